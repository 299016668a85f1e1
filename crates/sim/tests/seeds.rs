//! A few hundred seeds, and that a seed is a run.
#![allow(clippy::panic, reason = "these are tests")]

use sim::{Plan, play, story};
use std::time::Duration;

/// As many as a debug build plays in some ten seconds, two side by side.
const SEEDS: u64 = 150;

fn plays(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let plan = Plan::of(seed);
        if play(&plan, None, false).failure.is_some() {
            panic!("{}", story(&plan, None, Duration::from_secs(20)));
        }
    }
}

#[test]
fn every_promise_holds() {
    plays((1..=SEEDS).step_by(2));
}

#[test]
fn every_promise_holds_in_the_others() {
    plays((2..=SEEDS).step_by(2));
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 7, 19, 170, 419] {
        let plan = Plan::of(seed);
        let (once, again) = (play(&plan, None, true), play(&Plan::of(seed), None, true));
        assert!(once.log.len() > 20, "seed {seed}: {:?}", once.log);
        assert_eq!(once, again, "seed {seed}");
        assert_ne!(once.log, play(&Plan::of(seed + 1), None, true).log);
    }
}
