//! `handover export`, `handover import`, `handover reopen`.

use crate::config::{Config, Given};
use crate::moving::{self, Asked, Done, Failed, Spot, Watch};
use handover_store::moving::TABLES;
use indicatif::{
    HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle,
};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is printed where there is no terminal for a bar.
const LINE_EVERY: Duration = Duration::from_secs(10);

const BAR: &str = "  {prefix:14} [{bar:30}] {human_pos} of {human_len}  {msg}  {eta} left";

/// Which way.
pub enum Way {
    /// From here to there.
    Export {
        /// `--to`.
        to: String,
    },
    /// From there to here.
    Import {
        /// `--from`.
        from: String,
    },
}

/// Does one pass.
pub fn run(given: Given, way: Way, finish: bool, compare: bool) -> ExitCode {
    let asked = Config::load(given).map_err(|error| error.to_string()).and_then(|config| {
        let mut asked = match &way {
            Way::Export { to } => Asked::export(&config, to),
            Way::Import { from } => Asked::import(&config, from),
        }?;
        (asked.finish, asked.compare) = (finish, compare);
        Ok((asked, config))
    });
    let (asked, config) = match asked {
        Ok(asked) => asked,
        Err(why) => return failed(&why),
    };
    let watch = Screen::default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    match runtime.block_on(moving::run(&asked, &watch)) {
        Ok(done) => {
            told(&asked, &config.data, &done);
            if done.is_unread() {
                println!(
                    "The database looks through what it was given (VACUUM, ANALYZE); it may be used meanwhile."
                );
                if let Err(why) = runtime.block_on(done.look_through()) {
                    eprintln!("It could not: {why}. It will do so by itself, later.");
                }
            }
            ExitCode::SUCCESS
        }
        Err(Failed { why, is_begun }) => {
            watch.end_early();
            let code = failed(&why);
            if is_begun {
                eprintln!(
                    "What was brought over so far stays. Run the same command again: it goes on there."
                );
            }
            if is_begun && asked.finish {
                eprintln!(
                    "Until it has come to its end Handover starts on neither place. To go on where it was: handover reopen"
                );
            }
            code
        }
    }
}

/// Opens a place again.
pub fn reopen(given: Given) -> ExitCode {
    let reopened = Config::load(given).map_err(|error| error.to_string()).and_then(|config| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(moving::reopen(&Spot::of(&config)))
    });
    match reopened {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => failed(&why),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("handover: {why}");
    ExitCode::FAILURE
}

fn told(asked: &Asked, data: &Path, done: &Done) {
    let (from, here) = &done.source;
    let (to, there) = &done.target;
    match here {
        Some(here) => {
            println!("  {:14} {:>14} {:>14}", "counted", "there was", "there is");
            for ((table, here), there) in TABLES.iter().zip(here).zip(there) {
                println!("  {table:14} {:>14} {:>14}", count(*here), count(*there));
            }
            for (what, there) in [("documents", done.documents), ("files", done.all_files)] {
                println!("  {what:14} {:>14} {:>14}", count(there), count(there));
            }
        }
        None => {
            let all: Vec<String> = TABLES
                .iter()
                .zip(there)
                .map(|(table, there)| format!("{} {table}", count(*there)))
                .collect();
            let (documents, files) = (count(done.documents), count(done.all_files));
            println!("  there now: {}, {documents} documents, {files} files", all.join(", "));
        }
    }
    match done.closed_for {
        Some(closed_for) => {
            println!(
                "Moved within {:.1} s: {} conversations and {} files in this pass; all that was brought over was read back and is the same.",
                closed_for.as_secs_f64(),
                count(done.rooms),
                count(done.files)
            );
            println!("Start it there:  {}", asked.target.start(data));
            println!(
                "{from} is closed: Handover does not start on it any more. To go back, move the other way round."
            );
        }
        None => {
            println!(
                "All of it is at {to} as it was a moment ago. Handover may go on running at {from}."
            );
            println!("When you are ready, stop it and run the same command with --finish.");
        }
    }
}

fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Progress for people: a bar on a terminal, a line now and then elsewhere.
#[derive(Default)]
struct Screen(Mutex<Option<Bar>>);

struct Bar {
    bar: ProgressBar,
    what: &'static str,
    began: Instant,
    told: Instant,
    /// Rows, or bytes of files.
    of: u64,
}

impl Bar {
    /// How fast it goes, in words.
    fn pace(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let per_second = (self.of as f64 / seconds) as u64;
        match self.what {
            "files" => format!("{}, {}/s", HumanBytes(self.of), HumanBytes(per_second)),
            _ => format!("{} rows, {}/s", HumanCount(self.of), HumanCount(per_second)),
        }
    }

    fn line(&self) -> String {
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let what = self.what;
        format!("  {what:14} {} of {}  {}", HumanCount(done), HumanCount(total), self.pace())
    }
}

impl Screen {
    fn with(&self, work: impl FnOnce(&mut Option<Bar>)) {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Leaves what the bar shows where it is.
    fn end_early(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.bar.abandon();
            }
        });
    }
}

impl Watch for Screen {
    fn say(&self, line: &str) {
        println!("  {line}");
    }

    fn begin(&self, what: &'static str, total: u64) {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stdout());
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what);
        let now = Instant::now();
        self.with(|place| *place = Some(Bar { bar, what, began: now, told: now, of: 0 }));
    }

    fn step(&self, done: u64, of: u64) {
        self.with(|bar| {
            let Some(bar) = bar else { return };
            bar.of += of;
            bar.bar.set_message(bar.pace());
            bar.bar.inc(done);
            if bar.bar.is_hidden() && bar.told.elapsed() >= LINE_EVERY {
                bar.told = Instant::now();
                let left = HumanDuration(bar.bar.eta());
                println!("{}, {left} left", bar.line());
            }
        });
    }

    fn end(&self) {
        self.with(|bar| {
            if let Some(bar) = bar.take() {
                bar.bar.finish_and_clear();
                if bar.bar.length() == Some(0) {
                    return;
                }
                let took = bar.began.elapsed().as_secs_f64();
                println!("{}, {took:.1} s", bar.line());
            }
        });
    }
}
