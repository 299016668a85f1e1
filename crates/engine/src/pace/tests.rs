use super::Paces;
use super::Urgency::{self, Bulk, Live};
use handover_core::ids::{AccountId, ConversationId, DeliveryId};
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::time::Timestamp;
use std::collections::BTreeMap;

const LIMIT: Limit = Limit { requests: 40, window_s: 20 };

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn account() -> AccountId {
    AccountId::new("gorgias")
}

fn may(paces: &Paces, n: u64, urgency: Urgency, calls: usize, ms: i64) -> Result<(), i64> {
    may_of(paces, &format!("c-{n}"), n, urgency, calls, ms)
}

fn may_of(
    paces: &Paces,
    conversation: &str,
    n: u64,
    urgency: Urgency,
    calls: usize,
    ms: i64,
) -> Result<(), i64> {
    let delivery = DeliveryId { conversation: ConversationId::new(conversation), n };
    paces.may(&account(), LIMIT, &delivery, urgency, calls, at(ms)).map_err(Timestamp::as_ms)
}

/// Plays deliveries that come at their time and come back when they are told to. Gives when each was let through.
fn play(paces: &Paces, waiting: Vec<(i64, u64, Urgency)>) -> Vec<(u64, i64)> {
    let mut waiting: BTreeMap<(i64, u64), Urgency> =
        waiting.into_iter().map(|(ms, n, urgency)| ((ms, n), urgency)).collect();
    let mut made = Vec::new();
    while let Some(((ms, n), urgency)) = waiting.pop_first() {
        assert!(ms < 20_000_000, "promise E: nobody is forgotten");
        match may(paces, n, urgency, 1, ms) {
            Ok(()) => made.push((n, ms)),
            Err(back) => {
                assert!(back > ms);
                waiting.insert((back, n), urgency);
            }
        }
    }
    made
}

fn within_the_limit(made: &[(u64, i64)]) {
    let mut times: Vec<i64> = made.iter().map(|(_, ms)| *ms).collect();
    times.sort_unstable();
    for window in times.windows(37) {
        assert!(window[36] - window[0] >= 20_000, "37 calls from {} to {}", window[0], window[36]);
    }
}

#[test]
fn never_more_than_the_limit_in_any_window_and_no_slower_than_need_be() {
    let made = play(&Paces::default(), (0..200).map(|n| (0, n, Live)).collect());
    within_the_limit(&made);
    assert!(made.last().unwrap().1 <= 150_000);
}

#[test]
fn what_is_live_does_not_wait_behind_ten_thousand_that_are_left_over() {
    let mut all: Vec<_> = (0..10_000).map(|n| (0, n, Bulk)).collect();
    // From then on somebody writes every three seconds.
    all.extend((0..100).map(|n| (5000 + i64::try_from(n).unwrap() * 3000, 20_000 + n, Live)));
    let made = play(&Paces::default(), all);
    within_the_limit(&made);
    for (n, ms) in made.iter().filter(|(n, _)| *n >= 20_000) {
        let came = 5000 + i64::try_from(n - 20_000).unwrap() * 3000;
        assert!(ms - came <= 100, "the {n}th waited for {} ms", ms - came);
    }
    let hours = made.last().unwrap().1 / 3_600_000;
    assert!(hours <= 3, "and what is left over goes on: {hours} h");
}

#[test]
fn what_is_left_over_is_not_starved_by_what_is_live() {
    let mut all: Vec<_> = (0..2000).map(|n| (i64::try_from(n).unwrap() * 100, n, Live)).collect();
    all.push((30_000, 9999, Bulk));
    let made = play(&Paces::default(), all);
    within_the_limit(&made);
    let bulk = made.iter().find(|(n, _)| *n == 9999).unwrap().1;
    assert!(bulk <= 60_000, "it waited until {bulk}");
}

#[test]
fn live_messages_come_before_transcripts() {
    let paces = Paces::default();
    for n in 0..3 {
        assert_eq!(may(&paces, n, Bulk, 5, 0), Ok(()));
    }
    assert_eq!(may(&paces, 3, Bulk, 5, 0), Ok(()), "it begins in its half");
    assert!(may(&paces, 4, Bulk, 5, 0).is_err());
    for n in 5..20 {
        assert_eq!(may(&paces, n, Live, 1, 0), Ok(()));
    }
}

#[test]
fn calls_that_were_not_foreseen_count() {
    let paces = Paces::default();
    assert!(paces.has_room(&account(), LIMIT, at(0)));
    for _ in 0..18 {
        paces.one_more(&account(), at(0));
    }
    assert!(!paces.has_room(&account(), LIMIT, at(0)));
    assert!(paces.has_room(&account(), LIMIT, at(20_000)));
}

#[test]
fn the_vendors_own_count_and_its_wish_for_silence_are_heard() {
    let paces = Paces::default();
    paces.used(&account(), LIMIT, Usage { used: 36, limit: 40 }, at(0));
    assert_eq!(may(&paces, 1, Live, 1, 0), Ok(()));
    paces.used(&account(), LIMIT, Usage { used: 40, limit: 40 }, at(0));
    assert_eq!(may(&paces, 2, Live, 1, 0), Err(2000));
    paces.silence(&account(), at(9000));
    assert_eq!(may(&paces, 2, Live, 1, 2000), Err(9000));
    assert_eq!(may(&paces, 2, Live, 1, 9000), Ok(()));
}

#[test]
fn who_looks_at_what_is_over_leaves_three_quarters_to_everybody_else() {
    let paces = Paces::default();
    let mut made = 0;
    while paces.is_quiet(&account(), LIMIT, at(made)) {
        paces.one_more(&account(), at(made));
        made += 1;
    }
    assert_eq!(made, 9, "a quarter of nine tenths of 40");
    assert!(paces.has_room(&account(), LIMIT, at(made)), "open sessions are still looked at");
    for n in 0..18 {
        assert_eq!(may(&paces, n, Live, 1, made), Ok(()), "and nobody waits");
    }
    assert!(paces.is_quiet(&account(), LIMIT, at(made + 20_000)));
    paces.silence(&account(), at(made + 30_000));
    assert!(!paces.is_quiet(&account(), LIMIT, at(made + 20_000)));
}

/// How many messages of a conversation are let through at one moment.
fn shout(paces: &Paces, name: &str, ms: i64) -> usize {
    (0..100).filter(|n| may_of(paces, name, *n, Live, 1, ms).is_ok()).count()
}

#[test]
fn a_loud_conversation_finds_half_of_the_limit_while_it_is_alone() {
    let paces = Paces::default();
    assert_eq!(shout(&paces, "loud", 0), 18, "half of the 36 that are used of 40");
    assert_eq!(may_of(&paces, "loud", 200, Live, 1, 19_000), Err(20_000));
    // Looks at what a desk holds are nobody's.
    paces.one_more(&account(), at(19_000));
    assert_eq!(shout(&paces, "loud", 20_000), 18);
    let made: Vec<bool> =
        (0..9).map(|n| may_of(&paces, "other", n, Live, 1, 20_001).is_ok()).collect();
    assert_eq!(made, [true; 9], "and others who come after it find room at once");
}

#[test]
fn a_loud_conversation_leaves_two_thirds_to_others_who_are_there() {
    let paces = Paces::default();
    assert_eq!(may_of(&paces, "other-0", 0, Live, 1, 0), Ok(()));
    assert_eq!(shout(&paces, "loud", 1000), 12);
    assert_eq!(may_of(&paces, "loud", 200, Live, 1, 2000), Err(21_000));
    for n in 1..15 {
        let name = format!("other-{n}");
        assert_eq!(may_of(&paces, &name, 0, Live, 1, 15_000), Ok(()), "{name}");
    }
    // It is its turn when its own calls are a window old: it is not put off for ever.
    assert_eq!(shout(&paces, "loud", 21_000), 12);
    // Who was alone is at its third from when others come on.
    assert_eq!(shout(&paces, "loud", 60_000), 18);
    assert_eq!(may_of(&paces, "other-0", 1, Live, 1, 65_000), Ok(()));
    assert_eq!(may_of(&paces, "loud", 201, Live, 1, 66_000), Err(80_000));
}

#[test]
fn a_loud_conversation_is_never_forgotten_and_others_do_not_wait_for_it() {
    // Its lane: one delivery waits for room at a time.
    let paces = Paces::default();
    let (mut loud_at, mut loud, mut made, mut waits) = (0, 0, Vec::new(), Vec::new());
    for other in 0..200 {
        let now = 50_000 + other * 2500;
        while loud_at <= now {
            match may_of(&paces, "loud", loud, Live, 1, loud_at) {
                Ok(()) => {
                    made.push((loud, loud_at));
                    loud += 1;
                    loud_at += 150;
                }
                Err(back) => loud_at = back,
            }
        }
        let n = u64::try_from(other).unwrap();
        let name = format!("other-{}", n % 4);
        match may_of(&paces, &name, n, Live, 1, now) {
            Ok(()) => {
                made.push((n, now));
                waits.push(0);
            }
            Err(back) => waits.push(back - now),
        }
    }
    assert_eq!(waits, [0; 200], "promise E: nobody waits for the loud one");
    within_the_limit(&made);
    assert!(loud > 300, "a third of the limit for 550 s: {loud}");
}
