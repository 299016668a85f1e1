//! Plays seeds until there are enough or the time is over; tells the story of each that fails.
#![allow(clippy::print_stdout, reason = "this is a command for a terminal")]

use clap::Parser;
use sim::{Plan, play, story};
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Plays the false world.
#[derive(Parser)]
struct Args {
    /// How many seeds to play.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// Stops after so many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// The first seed; alone, only this one is played and all of its log is shown.
    #[arg(long)]
    seed: Option<u64>,
    /// How many failures to tell before stopping.
    #[arg(long, default_value_t = 1)]
    failures: u64,
    /// Seeds to play side by side.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Shows the log of `--seed`.
    #[arg(long)]
    log: bool,
    /// Tells of each failure in one line.
    #[arg(long)]
    brief: bool,
}

#[derive(Default)]
struct Total {
    played: AtomicU64,
    failed: AtomicU64,
    steps: AtomicI64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let first = args.seed.unwrap_or(1);
    if args.log {
        let outcome = play(&Plan::of(first), None, true);
        outcome.log.iter().for_each(|line| println!("{line}"));
        println!("{:?}", outcome.failure);
        return ExitCode::SUCCESS;
    }
    let total = Total::default();
    let begun = Instant::now();
    let limit = args.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    let next = AtomicU64::new(first);
    let last = first.saturating_add(args.seeds);
    let goes_on = || {
        limit.is_none_or(|limit| begun.elapsed() <= limit)
            && total.failed.load(Relaxed) < args.failures
    };
    std::thread::scope(|scope| {
        for _ in 0..args.threads.max(1) {
            scope.spawn(|| {
                while goes_on() {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= last {
                        return;
                    }
                    let plan = Plan::of(seed);
                    let outcome = play(&plan, None, false);
                    if let Some(why) = &outcome.failure {
                        total.failed.fetch_add(1, Relaxed);
                        if args.brief {
                            println!("seed {seed} ({:?}): {why}", plan.setting.desk);
                        } else {
                            println!("{}", story(&plan, None, Duration::from_secs(20)));
                        }
                    }
                    total.steps.fetch_add(outcome.steps, Relaxed);
                    let played = total.played.fetch_add(1, Relaxed) + 1;
                    if played.is_multiple_of(10_000) {
                        let failed = total.failed.load(Relaxed);
                        println!(
                            "{played} seeds, {failed} failed, {} s",
                            begun.elapsed().as_secs()
                        );
                    }
                }
            });
        }
    });
    let (played, failed) = (total.played.load(Relaxed), total.failed.load(Relaxed));
    println!(
        "{played} seeds from {first}, {} steps, {failed} failed, {} s",
        total.steps.load(Relaxed),
        begun.elapsed().as_secs()
    );
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
