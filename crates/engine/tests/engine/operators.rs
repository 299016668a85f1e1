//! What operators see of a try, and what repeating does.

use crate::world::{Test, status};
use futures_executor::block_on;
use handover_core::content::Content;
use handover_core::delivery::Side;
use handover_core::entry::Body;
use handover_core::ids::DeliveryId;
use handover_core::port::http::{CallError, Reply};
use handover_core::port::outbox::{Attempt, By, Deed, ListPart, Outbox};
use handover_core::port::store::{DeliveryRecord, DeliveryState, Store};
use handover_core::words::START;
use handover_engine::TRIES_MAX;

fn of_desk(test: &Test) -> Vec<DeliveryRecord> {
    let mut all = block_on(test.store.deliveries(&test.id())).unwrap();
    all.retain(|record| record.delivery.side == Side::Desk);
    all
}

fn history(test: &Test, delivery: &DeliveryId) -> Vec<Attempt> {
    block_on(test.store.attempts(&test.id(), delivery.n..=delivery.n)).unwrap()
}

fn repeat(test: &Test, delivery: &DeliveryId) -> Deed {
    let at = handover_core::port::clock::Clock::now(&*test.world);
    let by = By { at, who: "Ada".into(), note: "Repeated.".into() };
    block_on(test.store.repeat(delivery, by)).unwrap()
}

#[test]
fn a_try_keeps_what_its_calls_looked_like() {
    let test = Test::new();
    let body = br#"{"error":"busy","token":"s3cret"}"#.to_vec();
    test.answer(Ok(Reply { status: 500, headers: Vec::new(), body }));
    test.answer(Err(CallError::NotSent("no route".into())));
    test.contact("a", Content::payload(START));
    test.settle_all();
    test.later_s(2);
    test.settle_all();
    test.later_s(10);
    test.settle_all();
    let lines = history(&test, &of_desk(&test)[0].delivery.id);
    let calls: Vec<_> = lines.iter().flat_map(|line| &line.calls).collect();
    let shown: Vec<_> = calls
        .iter()
        .map(|call| (call.method.as_str(), call.url.as_str(), call.status, call.answer.as_str()))
        .collect();
    let url = "https://desk.example/";
    assert_eq!(
        shown,
        [
            ("POST", url, Some(500), r#"{"error":"busy","token":"(secret)"}"#),
            ("POST", url, None, "could not be reached: no route"),
            ("POST", url, Some(200), ""),
        ]
    );
    assert_eq!(calls[1].at.since_ms(calls[0].at), 2000);
}

#[test]
fn a_bots_turn_has_no_calls() {
    let test = Test::new();
    test.contact("a", Content::text("hello"));
    test.settle_all();
    let lines = block_on(test.store.attempts(&test.id(), 0..=9)).unwrap();
    assert_eq!((lines.len(), lines[0].note.as_str()), (1, "answered"));
    assert!(lines[0].calls.is_empty());
}

#[test]
fn promise_b_a_dead_delivery_is_repeated_with_its_schedule_anew() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    for _ in 0..TRIES_MAX {
        test.answer(status(500));
    }
    test.contact("b", Content::text("hello"));
    for _ in 0..TRIES_MAX {
        test.settle_all();
        test.later_s(400);
    }
    let said = of_desk(&test)[1].delivery.id.clone();
    assert_eq!(of_desk(&test)[1].state, DeliveryState::Dead);
    let part = ListPart { limit: 9, ..ListPart::default() };
    assert_eq!(block_on(test.store.dead(part)).unwrap()[0].delivery.id, said);

    test.answer(status(500));
    assert_eq!(repeat(&test, &said), Deed::Done);
    test.settle_all();
    assert_eq!(of_desk(&test)[1].state, DeliveryState::Pending, "one failure is not the last");
    test.later_s(2);
    test.settle_all();
    assert_eq!(of_desk(&test)[1].state, DeliveryState::Delivered, "a second after the first");
    assert_eq!(test.calls().last().map(String::as_str), Some("hello"));
    assert_eq!(repeat(&test, &said), Deed::Refused(DeliveryState::Delivered));
}

#[test]
fn a_repeated_turn_of_a_bot_that_lost_the_floor_stays_fenced() {
    let test = Test::new();
    test.contact("a", Content::text("boom"));
    test.settle_all();
    let all = block_on(test.store.deliveries(&test.id())).unwrap();
    let turn = all.iter().find(|record| record.delivery.side == Side::Bot).unwrap();
    assert_eq!(turn.state, DeliveryState::Dead);
    test.contact("b", Content::payload(START));
    test.settle_all();
    assert_eq!(repeat(&test, &turn.delivery.id), Deed::Done);
    test.settle_all();
    let all = block_on(test.store.deliveries(&test.id())).unwrap();
    assert_eq!(all[0].state, DeliveryState::Skipped, "promise A");
    assert!(!test.transcript().iter().any(|entry| matches!(entry.body, Body::Fenced { .. })));
}
