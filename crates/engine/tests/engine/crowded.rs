//! An account that does not answer holds up its own deliveries only.

use crate::world::{Test, web};
use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use handover_core::content::Content;
use handover_core::delivery::Side;
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::{ContactKey, SourceId};
use handover_core::port::http::CallError;
use handover_core::port::store::{DeliveryState, Leased, Store};
use handover_core::words::START;
use std::sync::atomic::Ordering;

const CONTACTS: usize = 200;
const AT_ONCE: usize = 128;

fn starts(test: &Test, name: &str) {
    let act = FromContact {
        source: Some(SourceId::new("a")),
        metadata: None,
        verified: true,
        act: ContactAct::Said(Content::payload(START)),
    };
    let key = ContactKey::new(name);
    block_on(test.engine.from_contact(&web(), &key, act)).unwrap();
}

fn lease(test: &Test) -> Vec<Leased> {
    block_on(test.engine.lease(512)).unwrap()
}

#[test]
fn a_desk_that_does_not_answer_takes_its_share_of_places_and_no_more() {
    let test = Test::new();
    (0..CONTACTS).for_each(|n| starts(&test, &format!("contact-{n}")));
    test.world.hangs.store(true, Ordering::Relaxed);
    let leased = lease(&test);
    assert_eq!(leased.len(), CONTACTS);
    let tries: FuturesUnordered<_> = leased.into_iter().map(|it| test.engine.deliver(it)).collect();
    let mut tries = Box::pin(tries);
    let mut came_back = 0;
    while let Some(Some(done)) = tries.next().now_or_never() {
        done.unwrap();
        came_back += 1;
    }
    assert_eq!((came_back, test.calls().len()), (CONTACTS - AT_ONCE, AT_ONCE));
    // What goes to another account goes on: a turn of the bot stands for it here.
    let other = FromContact {
        source: None,
        metadata: None,
        verified: true,
        act: ContactAct::Said(Content::text("hello")),
    };
    block_on(test.engine.from_contact(&web(), &ContactKey::new("other"), other)).unwrap();
    assert_eq!(test.settle_all(), 1);
    // Those that found no place come back within a second, untried.
    test.later_s(1);
    test.world.hangs.store(false, Ordering::Relaxed);
    drop(tries);
    assert_eq!(test.settle_all(), CONTACTS - AT_ONCE);
    assert_eq!(test.calls().len(), CONTACTS);
}

#[test]
fn promise_e_what_found_no_place_for_half_a_day_is_given_up_with_a_word() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    test.contact("b", Content::text("is anybody there?"));
    let nobody = || Err(CallError::NotSent("connection refused".into()));
    (0..3).for_each(|_| test.answer(nobody()));
    for _ in 0..3 {
        test.settle_all();
        test.later_s(20);
    }
    (0..4).for_each(|n| starts(&test, &format!("contact-{n}")));
    test.world.hangs.store(true, Ordering::Relaxed);
    let leased = lease(&test).into_iter().filter(|it| it.delivery.id.conversation != test.id());
    let tries: FuturesUnordered<_> = leased.map(|it| test.engine.deliver(it)).collect();
    let mut tries = Box::pin(tries);
    assert!(tries.next().now_or_never().is_none(), "all four places of a silent desk are taken");
    let state = |test: &Test| {
        let all = block_on(test.store.deliveries(&test.id())).unwrap();
        all.into_iter().rfind(|it| it.delivery.side == Side::Desk).unwrap().state
    };
    for hour in 0..12 {
        assert_eq!(state(&test), DeliveryState::Pending, "after {hour} hours");
        test.later_s(3600);
        for leased in lease(&test) {
            if leased.delivery.id.conversation == test.id() {
                block_on(test.engine.deliver(leased)).unwrap();
            }
        }
    }
    assert_eq!(state(&test), DeliveryState::Dead);
    assert!(test.said().iter().any(|said| said.starts_with("Sorry, your last message")));
}

#[test]
fn what_is_said_after_thousands_of_turns_waits_until_each_was_taken_once_and_no_longer() {
    const TURNS: usize = 2000;
    /// The places of all but the bot's turns that are worked on.
    const FREE: usize = 384;
    let test = Test::new();
    test.world.bot_hangs.store(true, Ordering::Relaxed);
    for n in 0..TURNS {
        let act = FromContact {
            source: None,
            metadata: None,
            verified: true,
            act: ContactAct::Said(Content::text("hello")),
        };
        let key = ContactKey::new(format!("contact-{n}"));
        block_on(test.engine.from_contact(&web(), &key, act)).unwrap();
    }
    test.later_s(1);
    starts(&test, "live");
    let live = handover_engine::conversation_id(&web(), &ContactKey::new("live"));
    let tries = FuturesUnordered::new();
    let mut tries = Box::pin(tries);
    for round in 0.. {
        assert!(round <= TURNS / FREE, "turns are put off again and again before it");
        let leased = block_on(test.engine.lease(FREE as u32)).unwrap();
        let is_taken = leased.iter().any(|it| it.delivery.id.conversation == live);
        leased.into_iter().for_each(|it| tries.push(test.engine.deliver(it)));
        while let Some(Some(done)) = tries.next().now_or_never() {
            done.unwrap();
        }
        if is_taken {
            break;
        }
        // Those that were put off are due again.
        test.later_s(2);
    }
    assert_eq!(test.world.turns.lock().unwrap().len(), AT_ONCE);
    assert_eq!(test.calls().len(), 1, "the desk was called for it");
}
