//! Plays seeds until there are enough or the time is over; tells the story of each that fails.
#![allow(clippy::print_stdout, reason = "this is a command for a terminal")]

use clap::Parser;
use sim::{Plan, play, story};
use std::process::ExitCode;
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
    /// Shows the log of `--seed`.
    #[arg(long)]
    log: bool,
    /// Tells of each failure in one line.
    #[arg(long)]
    brief: bool,
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
    let begun = Instant::now();
    let limit = args.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    let (mut played, mut failed, mut steps) = (0_u64, 0_u64, 0_i64);
    for seed in first..first.saturating_add(args.seeds) {
        if limit.is_some_and(|limit| begun.elapsed() > limit) || failed >= args.failures {
            break;
        }
        let plan = Plan::of(seed);
        let outcome = play(&plan, None, false);
        played += 1;
        steps += outcome.steps;
        if let Some(why) = &outcome.failure {
            failed += 1;
            if args.brief {
                println!("seed {seed} ({:?}): {why}", plan.setting.desk);
            } else {
                println!("{}", story(&plan, None, Duration::from_secs(20)));
            }
        }
        if played.is_multiple_of(10_000) {
            println!("{played} seeds, {failed} failed, {} s", begun.elapsed().as_secs());
        }
    }
    println!(
        "{played} seeds from {first}, {steps} steps, {failed} failed, {} s",
        begun.elapsed().as_secs()
    );
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
