//! Five bugs planted on purpose: each is found, by the promise that it breaks, within a bounded number of seeds.
#![allow(clippy::panic, reason = "these are tests")]

use sim::{Bug, Plan, play, shrink, story};
use std::time::Duration;

/// Where a bug has not shown itself by then, the simulation looks away.
const SEEDS: u64 = 400;

fn found(bug: Bug, words: &[&str]) {
    for seed in 1..=SEEDS {
        let plan = Plan::of(seed);
        if let Some(why) = play(&plan, Some(bug), false).failure {
            assert_eq!(play(&plan, None, false).failure, None, "seed {seed} fails without it");
            assert!(words.iter().any(|words| why.contains(words)), "seed {seed}: {why}");
            return;
        }
    }
    panic!("{bug:?} is not found in {SEEDS} seeds");
}

#[test]
fn ack_before_commit() {
    found(Bug::AckBeforeCommit, &["promise B", "promise G"]);
}

#[test]
fn dedupe_outside_the_transaction() {
    found(Bug::DedupeOutside, &["promise C"]);
}

#[test]
fn resend_without_look_up() {
    found(Bug::ResendWithoutLook, &["promise C", "promises B and C"]);
}

#[test]
fn fence_left_out() {
    found(Bug::NoFence, &["promise A", "rule 9"]);
}

#[test]
fn lane_not_kept_in_order() {
    found(Bug::LaneOutOfOrder, &["promise D"]);
}

#[test]
fn a_failure_is_told_so_that_a_person_can_follow_it() {
    let bug = Some(Bug::NoFence);
    let fails = |plan: &Plan| play(plan, bug, false).failure.is_some();
    let Some(plan) = (1..=SEEDS).map(Plan::of).find(fails) else { panic!("it is not found") };
    let within = Duration::from_secs(20);
    let small = shrink(&plan, bug, within);
    assert!(fails(&small) && small.acts.len() < plan.acts.len() / 2, "{small:?}");
    let story = story(&plan, bug, within);
    for words in [&format!("seed {}, step ", plan.seed), "What people do", "FAILED: ", " line "] {
        assert!(story.contains(words), "{words}: {story}");
    }
}
