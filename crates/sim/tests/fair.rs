//! Who makes noise, and a desk that is dead, hold up nobody else.
#![allow(clippy::expect_used, reason = "these are tests")]

use sim::{Act, Deed, Fault, Kind, Outcome, Plan, Setting, Weather, Wrong, play};

/// The longest that anything may wait, in milliseconds: a look for work every half second, and a few calls.
const LIVE_MS: i64 = 2000;

fn plan(acts: Vec<Act>, faults: Vec<Fault>) -> Plan {
    let livechat = handover_core::policy::Livechat { timeout_s: 7200, ..Default::default() };
    let (desk, posted, nodes) = (Kind::Chatwoot, vec![true, true, true], vec![0]);
    let setting = Setting { desk, shared: false, livechat, posted, nodes, calm: false };
    Plan { seed: 1, setting, acts, faults }
}

fn act(at_ms: i64, contact: usize, deed: Deed) -> Act {
    Act { at_ms, contact, n: 0, deed }
}

fn numbered(mut acts: Vec<Act>) -> Vec<Act> {
    acts.sort_by_key(|act| act.at_ms);
    acts.iter_mut().enumerate().for_each(|(n, act)| act.n = n);
    acts
}

/// How many deliveries of a contact there were to one side, and how long the slowest took.
fn slowest(outcome: &Outcome, contact: usize, to_desk: bool) -> (usize, i64) {
    let mine = |it: &&sim::Wait| it.contact == contact && it.to_desk == to_desk;
    let waits = outcome.waits.iter().filter(mine).map(|it| it.ms);
    (waits.clone().count(), waits.max().expect("there were deliveries"))
}

#[test]
fn a_noisy_contact_holds_up_nobody_else() {
    let mut acts = vec![act(0, 0, Deed::PressesStart), act(0, 1, Deed::PressesStart)];
    acts.extend((0..300).map(|n| act(10_000 + n, 0, Deed::Says)));
    acts.extend((0..10).map(|n| act(10_500 + 1000 * n, 1, Deed::Says)));
    let outcome = play(&plan(numbered(acts), Vec::new()), None, false);
    assert_eq!(outcome.failure, None);
    let (noisy, other) = (slowest(&outcome, 0, true), slowest(&outcome, 1, true));
    assert!(noisy.0 > 300 && noisy.1 > 5 * LIVE_MS, "it was no burst: {noisy:?}");
    assert!(other.0 > 10 && other.1 < LIVE_MS, "{other:?}");
}

#[test]
fn a_dead_desk_holds_up_nobody_who_talks_to_the_bot() {
    let mut acts: Vec<Act> = (0..2).map(|contact| act(0, contact, Deed::PressesStart)).collect();
    for contact in 0..2 {
        acts.extend((0..50).map(|n| act(60_000 + 100 * n, contact, Deed::Says)));
    }
    acts.extend((0..60).map(|n| act(60_500 + 10_000 * n, 2, Deed::Says)));
    let weather = Weather { desk_dead: true, ..Weather::default() };
    let dead = Fault { at_ms: 30_000, what: Wrong::Bad { weather, for_ms: 600_000 } };
    let outcome = play(&plan(numbered(acts), vec![dead]), None, false);
    assert_eq!(outcome.failure, None);
    let waiting = slowest(&outcome, 0, true);
    assert!(waiting.1 > 300_000, "the desk was not dead: {waiting:?}");
    let other = slowest(&outcome, 2, false);
    assert!(other.0 >= 60 && other.1 < LIVE_MS, "{other:?}");
}
