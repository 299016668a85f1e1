//! Leases that run out, clocks that leap, and what is still on its way then.

use crate::deliveries;
use crate::world::{Test, status};
use futures_executor::block_on;
use handover_core::content::Content;
use handover_core::delivery::{Job, Side};
use handover_core::entry::Body;
use handover_core::port::clock::Clock;
use handover_core::port::http::CallError;
use handover_core::port::outbox::{By, Outbox};
use handover_core::port::store::{DeliveryState, Leased, Store};
use handover_core::words::START;
use handover_engine::LEASE_MS;
use std::sync::atomic::Ordering::Relaxed;

/// A desk that is asked what it has.
fn looking() -> Test {
    let test = Test::new();
    test.world.looks_up.store(true, Relaxed);
    test
}

fn lease(test: &Test) -> Leased {
    block_on(test.engine.lease(1)).unwrap().remove(0)
}

/// Lines that say that something may have arrived twice.
fn doubts(test: &Test) -> usize {
    let twice = |body: &Body| matches!(body, Body::Trouble { text } if text.contains("twice"));
    test.transcript().iter().filter(|entry| twice(&entry.body)).count()
}

#[test]
fn promise_c_what_a_lost_holder_may_have_sent_is_said_before_it_is_sent_again() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    let lost = block_on(test.engine.lease(1)).unwrap().remove(0);
    assert!(matches!(lost.delivery.job, Job::ToDesk(_)));
    test.later_s(121);
    test.settle_all();
    assert_eq!(test.calls().len(), 1);
    assert_eq!(doubts(&test), 1);
}

#[test]
fn promise_c_no_call_is_made_that_could_outlast_its_lease() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    let held = block_on(test.engine.lease(1)).unwrap().remove(0);
    test.later_s(119);
    let _ = block_on(test.engine.deliver(held));
    assert_eq!(test.calls().len(), 0, "someone else may take it before the call is over");
    test.later_s(10);
    test.settle_all();
    assert_eq!(test.calls().len(), 1);
}

#[test]
fn a_delivery_of_many_slow_calls_stops_before_its_lease_runs_out() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    let before = test.calls().len();
    test.world.slow_ms.store(14_000, Relaxed);
    test.contact("b", Content::text("ask 20"));
    let leased = block_on(test.engine.lease(10)).unwrap();
    let began = test.world.now();
    for leased in leased {
        block_on(test.engine.deliver(leased)).unwrap();
    }
    let took_ms = test.world.now().since_ms(began);
    assert!(took_ms < LEASE_MS, "nobody else may do the same beside us");
    assert_eq!(test.calls().len() - before, 7);
    assert!(deliveries(&test, Side::Desk).contains(&DeliveryState::Pending), "promise B");
}

#[test]
fn promise_c_what_a_lost_holder_has_sent_is_looked_for_when_it_must_have_arrived() {
    let test = looking();
    test.contact("a", Content::payload(START));
    lease(&test);
    test.later_s(121);
    test.settle_all();
    test.later_s(29);
    test.settle_all();
    assert_eq!(test.calls().len(), 0, "it may be on its way");
    test.later_s(1);
    test.settle_all();
    assert_eq!((test.calls().len(), doubts(&test)), (1, 0));
}

#[test]
fn promise_c_what_got_no_answer_is_looked_for_when_it_must_have_arrived() {
    let test = looking();
    test.answer(Err(CallError::Unknown("time-out".into())));
    test.contact("a", Content::payload(START));
    test.settle_all();
    test.later_s(14);
    test.settle_all();
    assert_eq!(test.calls().len(), 1, "it may be on its way");
    test.later_s(1);
    test.settle_all();
    assert_eq!((test.calls().len(), doubts(&test)), (2, 0));
}

#[test]
fn promise_c_a_clock_that_was_set_back_lengthens_no_lease() {
    let test = looking();
    test.contact("a", Content::payload(START));
    test.settle_all();
    let before = test.calls().len();
    test.world.slow_ms.store(-5_000, Relaxed);
    test.contact("b", Content::text("ask 20"));
    block_on(test.engine.deliver(lease(&test))).unwrap();
    assert_eq!(test.calls().len() - before, 1);
    assert!(deliveries(&test, Side::Desk).contains(&DeliveryState::Pending), "promise B");
}

#[test]
fn promise_c_what_two_brought_at_once_is_said() {
    for answer in [status(200), Err(CallError::Unknown("time-out".into()))] {
        let test = looking();
        test.contact("a", Content::payload(START));
        let held = lease(&test);
        // Another node whose clock is ahead.
        let ahead = test.world.now().plus_ms(LEASE_MS + 1);
        let theirs = block_on(test.store.lease(ahead, ahead.plus_ms(LEASE_MS), 1)).unwrap();
        assert!(theirs[0].interrupted);
        test.answer(answer);
        let _ = block_on(test.engine.deliver(held));
        assert_eq!((test.calls().len(), doubts(&test)), (1, 1));
    }
}

#[test]
fn promise_c_nothing_is_said_of_what_was_looked_for_in_time() {
    let test = looking();
    test.contact("a", Content::payload(START));
    let held = lease(&test);
    // It stands still after its call, and someone else takes over.
    let late = test.world.now().plus_ms(LEASE_MS + 1);
    block_on(test.store.lease(late, late.plus_ms(LEASE_MS), 1)).unwrap();
    test.world.slow_ms.store(LEASE_MS + 2, Relaxed);
    assert!(block_on(test.engine.deliver(held)).is_err());
    assert_eq!((test.calls().len(), doubts(&test)), (1, 0));
}

#[test]
fn promise_c_nothing_is_said_of_what_an_operator_gave_up_meanwhile() {
    let test = looking();
    test.contact("a", Content::payload(START));
    let held = lease(&test);
    let by = By { at: test.world.now(), who: "ada".into(), note: String::new() };
    block_on(test.store.skip(&held.delivery.id, by)).unwrap();
    assert!(block_on(test.engine.deliver(held)).is_err());
    assert_eq!((test.calls().len(), doubts(&test)), (1, 0));
}

#[test]
fn promise_c_what_a_try_came_to_is_written_down_although_the_store_was_away() {
    for afterwards in [false, true] {
        let test = looking();
        test.failing.afterwards.store(afterwards, Relaxed);
        test.contact("a", Content::payload(START));
        for leased in block_on(test.engine.lease(10)).unwrap() {
            test.failing.times.store(5, Relaxed);
            let settled = block_on(test.engine.deliver(leased));
            // What was written after all is told as a lost lease, and there is nothing left to be done.
            assert!(settled.is_ok() || afterwards);
            test.failing.times.store(0, Relaxed);
        }
        assert_eq!(deliveries(&test, Side::Desk), [DeliveryState::Delivered]);
        assert_eq!((test.calls().len(), doubts(&test)), (1, 0));
    }
}

#[test]
fn a_store_that_stays_away_ends_a_try_and_the_lease_runs_out() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    let leased = lease(&test);
    test.failing.times.store(u32::MAX, Relaxed);
    assert!(block_on(test.engine.deliver(leased)).is_err());
    test.failing.times.store(0, Relaxed);
    assert_eq!(test.settle_all(), 0, "nobody knows");
    test.later_s(121);
    test.settle_all();
    assert_eq!(deliveries(&test, Side::Desk), [DeliveryState::Delivered], "promise B");
}

#[test]
fn promise_c_what_a_try_came_to_is_written_down_although_others_are_faster_all_the_time() {
    let test = looking();
    test.contact("a", Content::payload(START));
    let leased = lease(&test);
    test.failing.overtaken.store(300, Relaxed);
    block_on(test.engine.deliver(leased)).unwrap();
    assert_eq!(deliveries(&test, Side::Desk), [DeliveryState::Delivered]);
    assert_eq!((test.calls().len(), doubts(&test)), (1, 0));
}
