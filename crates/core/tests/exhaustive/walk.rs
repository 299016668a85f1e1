//! Breadth first through all states.

use crate::moves::Move;
use crate::rules;
use crate::state::{Key, State, Waiting};
use handover_core::decide::decide;
use handover_core::delivery::Job;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Turns that may wait in the bot's lane at a time; states with more are checked but not gone on from.
const TURNS_MAX: usize = 3;
/// Of so many merged states one is gone on from all the same, to see that it goes on like the one it was merged with.
const PROBED: usize = 32;

/// Where a state was first reached from, for the story of a failure.
type Trail = Vec<(u32, Move)>;

struct Node {
    state: State,
    /// Its place in the trail.
    at: u32,
    key: usize,
}

/// Walks all sequences of `moves` from `start`, up to `depth` of them. True when longer ones would lead to nothing new.
pub(crate) fn walk(name: &str, start: State, moves: &[Move], depth: usize) -> bool {
    let given = std::env::var("HANDOVER_EXHAUSTIVE_DEPTH").ok();
    let depth = given.and_then(|text| text.parse().ok()).unwrap_or(depth).max(depth);
    let began = Instant::now();
    let hasher = RandomState::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    // For each state how many sequences lead to it at this depth, and what its successors were.
    let mut successors: Vec<Option<Vec<(Move, u64)>>> = vec![None];
    let mut trail: Trail = Vec::new();
    known.insert(start.key(), 0);
    let mut level = vec![Node { state: start, at: 0, key: 0 }];
    let mut ways: HashMap<usize, u128> = HashMap::from([(0, 1)]);
    let mut edges: Vec<Vec<usize>> = vec![Vec::new()];
    let (mut steps, mut sequences, mut merged, mut probed) = (0_u64, 0_u128, 0_usize, 0_usize);
    let mut complete = false;
    for length in 1..=depth {
        let mut next = Vec::new();
        let mut probes = Vec::new();
        for node in &level {
            let mut keys = Vec::with_capacity(moves.len());
            for &what in moves {
                let Some(state) = step(&node.state, what, &|| story(&trail, node.at, what)) else {
                    continue;
                };
                steps += 1;
                let key = state.key();
                let fresh = known.len();
                let key_hash = hasher.hash_one(&key);
                let id = *known.entry(key).or_insert(fresh);
                keys.push((what, key_hash));
                edges[node.key].push(id);
                if id == fresh {
                    successors.push(None);
                    edges.push(Vec::new());
                    if length < depth && state.turns.len() <= TURNS_MAX {
                        trail.push((node.at, what));
                        next.push(Node { state, at: trail.len() as u32, key: id });
                    }
                } else {
                    merged += 1;
                    if merged.is_multiple_of(PROBED) {
                        probes.push((id, state));
                    }
                }
            }
            successors[node.key] = Some(keys);
        }
        // Merged states go on as those that they were merged with: else merging them would hide something.
        for (id, state) in probes {
            let Some(expected) = &successors[id] else { continue };
            let after = |what| step(&state, what, &|| format!("a merged state, then {what:?}"));
            let keys: Vec<(Move, u64)> = moves
                .iter()
                .filter_map(|&what| Some((what, hasher.hash_one(after(what)?.key()))))
                .collect();
            assert_eq!(keys, *expected, "{name}: these are not the same state");
            probed += 1;
        }
        // How many sequences there are of this length, merged or not.
        let mut longer: HashMap<usize, u128> = HashMap::new();
        for (id, count) in &ways {
            for after in &edges[*id] {
                *longer.entry(*after).or_default() += count;
            }
        }
        sequences += longer.values().sum::<u128>();
        ways = longer;
        level = next;
        if level.is_empty() && length < depth {
            println!("{name}: nothing new after {length} moves");
            complete = true;
            break;
        }
    }
    println!(
        "{name}: {} states, {steps} steps checked, for {sequences} sequences of up to {depth} of {} moves; \
         {probed} of {merged} merged states looked at again; {:.1} s",
        known.len(),
        moves.len(),
        began.elapsed().as_secs_f64(),
    );
    assert!(known.len() > 100 && probed > 0, "hardly anything was walked");
    complete
}

/// One step, checked; none where the move cannot happen.
fn step(before: &State, what: Move, story: &dyn Fn() -> String) -> Option<State> {
    let mut after = before.clone();
    let event = after.prepare(what)?;
    let (policy, now) = (&after.policy, after.now);
    let decided = catch_unwind(AssertUnwindSafe(|| {
        let decision = decide(&before.conversation, policy, now, &event);
        rules::of_the_step(before, &after, &event, &decision);
        decision
    }));
    let Ok(decision) = decided else {
        panic!("it went wrong after: {}", story());
    };
    after.turns.extend(decision.deliveries.iter().filter_map(|delivery| match &delivery.job {
        Job::Turn(turn) => {
            Some(Waiting { delivery: delivery.id.n, epoch: delivery.epoch, turn: turn.clone() })
        }
        _ => None,
    }));
    after.conversation = decision.conversation;
    after.conversation.revision += 1;
    after.policy.link = None;
    if catch_unwind(AssertUnwindSafe(|| rules::of_the_state(&after))).is_err() {
        panic!("it went wrong after: {}", story());
    }
    Some(after)
}

/// The moves that led to a failure, the last one last.
fn story(trail: &Trail, mut at: u32, last: Move) -> String {
    let mut moves = vec![format!("{last:?}")];
    while at > 0 {
        let (from, what) = trail[at as usize - 1];
        moves.push(format!("{what:?}"));
        at = from;
    }
    moves.reverse();
    moves.join(", ")
}
