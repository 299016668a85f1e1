use super::{A_MINUTE, AFTER_S, AGAIN_MS, Afterwards, LATELY_MS, Looked};
use handover_core::ids::{AccountId, SessionId};
use handover_core::time::Timestamp;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + ms)
}

fn desk() -> AccountId {
    AccountId::new("d")
}

fn add(over: &mut Afterwards, name: &str, ended_ms: i64, now_ms: i64) {
    over.ended(&SessionId::new(name), &desk(), at(ended_ms), at(now_ms));
}

fn done() -> Looked {
    Looked::Done { cursor: Some("c".into()) }
}

/// Runs from a moment to another in steps; says at which seconds there was a look.
fn looks(over: &mut Afterwards, from_s: i64, to_s: i64, looked: &Looked) -> Vec<i64> {
    let mut seen = Vec::new();
    for second in from_s..=to_s {
        for due in over.take(at(second * 1000), 100) {
            assert!(due.is_over && due.cursor.is_none(), "all of it is read");
            seen.push(second);
            over.looked(&due.session, looked, at(second * 1000));
        }
    }
    seen
}

#[test]
fn looks_thin_out_and_come_to_an_end() {
    let mut over = Afterwards::default();
    add(&mut over, "s", 0, 0);
    assert_eq!(looks(&mut over, 0, 100_000, &done()), AFTER_S);
    assert!(over.sessions.is_empty(), "nothing is kept of it");
    assert!(over.desks[&desk()].due.is_empty());
}

#[test]
fn a_session_is_looked_at_once_a_time_however_often_it_is_told() {
    let mut over = Afterwards::default();
    for _ in 0..3 {
        add(&mut over, "s", 0, 0);
    }
    assert_eq!(over.take(at(60_000), 10).len(), 1);
    add(&mut over, "s", 0, 61_000);
    assert_eq!(over.take(at(120_000), 10), [], "that look is under way");
}

#[test]
fn after_a_restart_what_came_meanwhile_is_looked_for_and_the_schedule_goes_on() {
    let mut over = Afterwards::default();
    let hour = 3_600_000;
    add(&mut over, "s", -3 * hour, 0);
    let seen = looks(&mut over, 0, 22 * 3600, &done());
    assert!((0..=2700).contains(&seen[0]), "within a quarter of its age: {seen:?}");
    assert_eq!(seen[1..], [9 * 3600, 21 * 3600]);
    add(&mut over, "of long ago", -LATELY_MS, 0);
    assert!(over.sessions.is_empty());
}

#[test]
fn what_came_to_nothing_is_made_up_for_until_it_is_too_late() {
    for looked in [Looked::NotNow, Looked::Failed] {
        let mut over = Afterwards::default();
        add(&mut over, "s", 0, 0);
        let seen = looks(&mut over, 0, 2000, &looked);
        assert_eq!(seen, [60, 660, 1260, 1860], "every {AGAIN_MS} ms");
        let seen = looks(&mut over, 2001, LATELY_MS / 1000 + 2000, &looked);
        assert!(*seen.last().unwrap() < LATELY_MS / 1000, "promise E");
        assert!(over.sessions.is_empty());
    }
}

#[test]
fn thousands_that_have_ended_do_not_hammer_the_vendor() {
    let mut over = Afterwards::default();
    for n in 0..5000 {
        add(&mut over, &format!("s{n}"), -n * 10_000, 0);
    }
    let other = AccountId::new("other");
    over.ended(&SessionId::new("its"), &other, at(-60_000), at(0));
    let mut all = Vec::new();
    let mut of_other = 0;
    for tick in 0..7200 {
        let now = at(tick * 500);
        for due in over.take(now, 4) {
            if due.desk == other {
                of_other += 1;
            } else {
                all.push(now);
            }
            over.looked(&due.session, &done(), now);
        }
    }
    for window in all.windows(A_MINUTE + 1) {
        assert!(window[A_MINUTE].since_ms(window[0]) >= 60_000, "{window:?}");
    }
    assert!(all.len() > 50 * A_MINUTE, "and yet they get on: {}", all.len());
    assert_eq!(
        of_other, 3,
        "one account's crowd holds up no other: at once, after 5 and 30 minutes"
    );
}

#[test]
fn a_desk_that_is_gone_is_forgotten() {
    let mut over = Afterwards::default();
    add(&mut over, "s", 0, 0);
    let due = over.take(at(60_000), 10);
    over.keep(|_| false);
    over.looked(&due[0].session, &done(), at(60_000));
    assert!(over.sessions.is_empty() && over.desks.is_empty());
}
