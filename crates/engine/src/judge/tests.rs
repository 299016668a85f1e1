use super::{CLOCKS_MS, SHOWN_MS, judge};
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::delivery::{Delivery, Job, Side, ToDesk, ToDeskAct};
use handover_core::event::{Astray, How};
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SessionId};
use handover_core::language::Language;
use handover_core::port::desk::Held;
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::session::{EndCause, Session};
use handover_core::time::Timestamp;
use std::collections::BTreeMap;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + ms)
}

/// Long after all that happens here.
const LATER: Timestamp = at(100 * SHOWN_MS);

fn session(ordinal: u32) -> Session {
    Session {
        id: SessionId::nth(&ConversationId::new("c"), ordinal),
        ordinal,
        desk: AccountId::new("desk"),
        started_at: at(0),
        last_message_at: at(0),
        agent: None,
        answered_at: None,
        offered: false,
        messages: 0,
        link: Some("7".into()),
        earlier_link: None,
        closed_at_desk: false,
        looked_for: 0,
    }
}

fn message() -> ToDeskAct {
    ToDeskAct::Message { content: Content::text("hello") }
}

/// A delivery that was decided at `n` minutes and arrived a second later.
fn arrived(n: u64, ordinal: u32, act: ToDeskAct) -> DeliveryRecord {
    let created_at = at(i64::try_from(n).unwrap() * 60_000);
    let contact = Contact::unknown(ContactKey::new("eve"));
    DeliveryRecord {
        delivery: Delivery {
            id: DeliveryId { conversation: ConversationId::new("c"), n },
            side: Side::Desk,
            account: AccountId::new("desk"),
            epoch: 1,
            entry: n + 10,
            job: Job::ToDesk(ToDesk {
                session: session(ordinal),
                contact,
                language: Language::English,
                act,
            }),
        },
        state: DeliveryState::Delivered,
        attempts: 1,
        created_at,
        next_at: created_at.plus_ms(1000),
        note: "delivered".into(),
    }
}

fn held<const N: usize>(times: [(u64, u32); N]) -> Held {
    Held { times: BTreeMap::from(times), since: None }
}

fn numbers(astray: &[Astray], how: How) -> Vec<u64> {
    astray.iter().filter(|it| it.how == how).map(|it| it.delivery).collect()
}

#[test]
fn what_is_missing_and_what_is_doubled() {
    let records: Vec<_> = (1..=4).map(|n| arrived(n, 1, message())).collect();
    let (until, astray) = judge(&records, &session(1), &held([(1, 1), (3, 2)]), LATER);
    assert_eq!(until, 4);
    assert_eq!(numbers(&astray, How::Missing), [2, 4], "promise B");
    assert_eq!(numbers(&astray, How::Doubled), [3], "promise C");
    assert_eq!(astray[0].entry, 12);
}

#[test]
fn only_words_are_missed() {
    let trouble = ToDeskAct::Trouble { text: "no".into(), of: None };
    let ended = ToDeskAct::Ended { cause: EndCause::Expired };
    let records = [arrived(1, 1, ToDeskAct::Open), arrived(2, 1, trouble), arrived(3, 1, ended)];
    let (_, astray) = judge(&records, &session(1), &held([]), LATER);
    assert_eq!(
        numbers(&astray, How::Missing),
        [2],
        "an end told again could close a later session"
    );
    let (_, astray) = judge(&records, &session(1), &held([(1, 2), (2, 1), (3, 3)]), LATER);
    assert_eq!(numbers(&astray, How::Doubled), [1, 3]);
}

#[test]
fn what_lies_before_the_part_that_was_read_is_not_missing() {
    let records: Vec<_> = (1..=4).map(|n| arrived(n, 1, message())).collect();
    let since = Some(at(3 * 60_000 - CLOCKS_MS));
    let (until, astray) = judge(&records, &session(1), &Held { since, ..held([]) }, LATER);
    assert_eq!((until, numbers(&astray, How::Missing)), (4, vec![3, 4]));
}

#[test]
fn what_was_repeated_by_an_operator_may_have_arrived_long_before() {
    let mut records: Vec<_> = (1..=3).map(|n| arrived(n, 1, message())).collect();
    records[0].created_at = at(50 * 60_000);
    records[0].next_at = at(50 * 60_000);
    let since = Some(at(40 * 60_000));
    let (_, astray) = judge(&records, &session(1), &Held { since, ..held([]) }, LATER);
    assert_eq!(astray, [], "it was decided before the second");
    let (_, astray) = judge(&records, &session(1), &held([(2, 1), (3, 1)]), LATER);
    assert_eq!(numbers(&astray, How::Missing), [1]);
}

#[test]
fn what_has_just_arrived_waits_and_what_comes_behind_it_too() {
    let mut records: Vec<_> = (1..=3).map(|n| arrived(n, 1, message())).collect();
    let now = records[1].next_at.plus_ms(SHOWN_MS - 1);
    let (until, astray) = judge(&records, &session(1), &held([]), now);
    assert_eq!((until, numbers(&astray, How::Missing)), (1, vec![1]));
    let (until, _) = judge(&records, &session(1), &held([]), now.plus_ms(1));
    assert_eq!(until, 2);
    records[0].state = DeliveryState::Pending;
    assert_eq!(judge(&records, &session(1), &held([]), LATER), (0, Vec::new()));
}

#[test]
fn what_did_not_arrive_is_not_missing() {
    let mut records: Vec<_> = (1..=3).map(|n| arrived(n, 1, message())).collect();
    records[0].state = DeliveryState::Dead;
    records[1].state = DeliveryState::Skipped;
    let (until, astray) = judge(&records, &session(1), &held([(3, 1)]), LATER);
    assert_eq!((until, astray), (3, Vec::new()));
}

#[test]
fn each_is_judged_once_and_other_sessions_by_their_own_looks() {
    let records = [arrived(1, 1, message()), arrived(2, 1, message()), arrived(3, 2, message())];
    let known = Session { looked_for: 1, ..session(1) };
    let (until, astray) = judge(&records, &known, &held([]), LATER);
    assert_eq!((until, numbers(&astray, How::Missing)), (2, vec![2]), "taken away there since");
    let known = Session { looked_for: 2, ..known };
    assert_eq!(judge(&records, &known, &held([]), LATER), (2, Vec::new()));
}
