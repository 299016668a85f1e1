//! Counts the instructions of the hot functions and holds them against the numbers that are kept.
//!
//! Each case runs twice under valgrind, so often and then more often: the difference is what the runs more cost, without
//! what it takes to begin. Instructions do not depend on how busy the machine is.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod cases;
mod kept;
mod pure;
mod relay;
mod valgrind;

use clap::Parser;
use kept::{Kept, Verdict};
use std::error::Error;
use std::process::ExitCode;

/// What may fail, in words.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// The allocator of the program: with another one the counts would be those of another program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Counts the instructions of hot functions, and fails where one takes a tenth more than the numbers that are kept.
#[derive(Parser)]
struct Arguments {
    /// Keep the numbers that are counted now.
    #[arg(long)]
    accept: bool,
    /// Only cases whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Run one case so often, without counting: `NAME=TIMES`.
    #[arg(long, hide = true)]
    run: Option<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("The instructions could not be counted: {error}");
            ExitCode::FAILURE
        }
    }
}

/// False when something has become too slow.
fn run(arguments: &Arguments) -> Result<bool, Failed> {
    if let Some((name, times)) = arguments.run.as_deref().and_then(|it| it.split_once('=')) {
        cases::find(name).ok_or("there is no such case")?.run(times.parse()?)?;
        return Ok(true);
    }
    let only = arguments.only.as_deref().unwrap_or_default();
    let mut kept = Kept::read()?;
    let mut verdicts = Vec::new();
    println!("{:<28} {:>12} {:>12}", "instructions", "kept", "now");
    for case in cases::CASES.iter().filter(|case| case.name.contains(only)) {
        let now = valgrind::count(case)?;
        let before = kept.of(case.name);
        let shown = before.map_or_else(|| "none".to_owned(), |before| before.to_string());
        let verdict = Verdict::of(before, now);
        println!("{:<28} {shown:>12} {now:>12}  {}", case.name, verdict.word(before, now));
        verdicts.push((case, verdict));
        if arguments.accept {
            kept.put(case.name, now);
        }
    }
    if verdicts.is_empty() {
        return Err("no case has such a name".into());
    }
    if arguments.accept {
        kept.write()?;
        println!("Kept in {}.", kept::FILE);
        return Ok(true);
    }
    Ok(kept::tell(&verdicts))
}
