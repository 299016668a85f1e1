//! Makes a failure small: what people do and what goes wrong is left out, as long as it still fails.

use crate::mutant::Bug;
use crate::plan::Plan;
use crate::run::play;
use std::time::{Duration, Instant};

/// The smallest plan found within a time that still fails.
pub fn shrink(plan: &Plan, bug: Option<Bug>, within: Duration) -> Plan {
    let begun = Instant::now();
    let mut best = plan.clone();
    let fails = |plan: &Plan| play(plan, bug, false).failure.is_some();
    let mut part = best.acts.len().max(best.faults.len()).div_ceil(2).max(1);
    loop {
        let before = best.acts.len() + best.faults.len();
        let mut at = 0;
        while at < best.faults.len() && begun.elapsed() < within {
            let mut less = best.clone();
            less.faults.drain(at..(at + part).min(less.faults.len()));
            if fails(&less) { best = less } else { at += part }
        }
        let mut at = 0;
        while at < best.acts.len() && begun.elapsed() < within {
            let mut less = best.clone();
            less.acts.drain(at..(at + part).min(less.acts.len()));
            if fails(&less) { best = less } else { at += part }
        }
        let same = before == best.acts.len() + best.faults.len();
        if begun.elapsed() >= within || part == 1 && same {
            return best;
        }
        part = if part > 1 { part / 2 } else { 1 };
    }
}

/// A failure, told so that a person can follow it.
pub fn story(plan: &Plan, bug: Option<Bug>, within: Duration) -> String {
    let small = shrink(plan, bug, within);
    let outcome = play(&small, bug, true);
    let mut story = format!(
        "seed {}, step {}: {}\n",
        plan.seed,
        outcome.steps,
        outcome.failure.as_deref().unwrap_or("it no longer fails")
    );
    story.push_str(&format!("The settings: {:?}\n", small.setting));
    story.push_str("What people do in the smallest story that fails:\n");
    for act in &small.acts {
        story.push_str(&format!("  {:>9} ms  c{} {:?}\n", act.at_ms, act.contact, act.deed));
    }
    story.push_str("What goes wrong in it:\n");
    for fault in &small.faults {
        story.push_str(&format!("  {:>9} ms  {:?}\n", fault.at_ms, fault.what));
    }
    story.push_str("The last that happened:\n");
    for line in crate::shared::Shared::tail(&outcome.log) {
        story.push_str(&format!("  {line}\n"));
    }
    story
}
