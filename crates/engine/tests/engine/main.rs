//! The engine over the naive store: accept, deliver, retry, time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod crowded;
mod failing;
mod hooks;
mod leases;
mod operators;
mod world;

use handover_core::content::Content;
use handover_core::decision::Ignored;
use handover_core::delivery::Side;
use handover_core::entry::Body;
use handover_core::event::{ContactAct, DeskAct, FromContact};
use handover_core::port::http::CallError;
use handover_core::port::store::{DeliveryState, Store};
use handover_core::session::Holder;
use handover_core::words::{END, START};
use handover_engine::TRIES_MAX;
use world::{Test, eve, status, web};

fn holder(test: &Test) -> Holder {
    futures_executor::block_on(test.store.load(&test.id())).unwrap().unwrap().holder()
}

fn deliveries(test: &Test, side: Side) -> Vec<DeliveryState> {
    let all = futures_executor::block_on(test.store.deliveries(&test.id())).unwrap();
    all.iter().filter(|record| record.delivery.side == side).map(|record| record.state).collect()
}

#[test]
fn promise_c_the_same_fact_twice_changes_nothing() {
    let test = Test::new();
    let first = test.contact("a", Content::text("hello"));
    let second = test.contact("a", Content::text("hello"));
    assert!(!first.duplicate && second.duplicate);
    assert_eq!(first.entry, second.entry, "so that it can be answered alike");
    test.settle_all();
    assert_eq!(test.said(), ["hello", "turn 1"]);
}

#[test]
fn promise_c_an_ignored_fact_is_remembered_too() {
    let test = Test::new();
    test.contact("a", Content::payload(END));
    assert!(test.contact("a", Content::payload(END)).duplicate);
}

#[test]
fn a_bots_turn_is_committed_with_its_state() {
    let test = Test::new();
    for source in ["a", "b", "c"] {
        test.contact(source, Content::text(source));
    }
    test.settle_all();
    assert_eq!(test.said(), ["a", "b", "c", "turn 1", "turn 2", "turn 3"], "promise D");
    let state = futures_executor::block_on(test.store.bot_state(&test.id())).unwrap();
    assert_eq!(state, Some(serde_json::json!(3)));
}

#[test]
fn rule_9_a_turn_of_an_older_epoch_is_not_even_run() {
    let test = Test::new();
    test.contact("a", Content::text("hello"));
    test.contact("b", Content::payload(START));
    test.settle_all();
    assert!(test.world.turns.lock().unwrap().is_empty(), "promise A");
    assert_eq!(deliveries(&test, Side::Bot), [DeliveryState::Skipped]);
}

#[test]
fn a_bot_that_fails_costs_its_own_turn_only() {
    let test = Test::new();
    test.contact("a", Content::text("boom"));
    test.contact("b", Content::text("hello"));
    test.settle_all();
    assert_eq!(test.said().last().unwrap(), "turn 1");
    assert!(test.said().iter().any(|text| text.contains("Sorry")));
}

#[test]
fn rule_6_the_desk_gets_the_transcript_and_the_messages_in_order() {
    let test = Test::new();
    test.contact("a", Content::text("hello"));
    test.settle_all();
    test.contact("b", Content::payload(START));
    test.contact("c", Content::text("one"));
    test.contact("d", Content::text("two"));
    test.settle_all();
    test.contact("e", Content::payload(END));
    test.settle_all();
    assert_eq!(test.calls(), ["open with 4 lines", "one", "two", "ended contact_ended"]);
    assert_eq!(holder(&test), Holder::Bot);
}

#[test]
fn promise_d_a_lane_waits_for_its_head() {
    let test = Test::new();
    test.answer(status(500));
    test.contact("a", Content::payload(START));
    test.contact("b", Content::text("one"));
    assert_eq!(test.settle_all(), 1, "the message waits behind the opening");
    test.later_s(2);
    test.settle_all();
    assert_eq!(test.calls(), ["open with 2 lines", "open with 2 lines", "one"]);
}

#[test]
fn promise_b_what_is_given_up_is_dead_and_told() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    for _ in 0..TRIES_MAX {
        test.answer(status(500));
    }
    test.contact("b", Content::text("lost?"));
    // The session would expire meanwhile: the agent writes now and then.
    for n in 0..120 {
        test.settle_all();
        test.later_s(600);
        if holder(&test) != Holder::Bot {
            test.agent(&format!("keep {n}"), DeskAct::Said(Content::text("still there?")));
        }
    }
    assert!(deliveries(&test, Side::Desk).contains(&DeliveryState::Dead));
    assert!(test.said().iter().any(|text| text.contains("could not be passed on")));
}

#[test]
fn rule_5_a_desk_that_refuses_for_good_makes_the_bot_say_so() {
    let test = Test::new();
    test.answer(status(401));
    test.contact("a", Content::payload(START));
    test.settle_all();
    assert_eq!(holder(&test), Holder::Bot);
    assert!(test.world.turns.lock().unwrap()[0].contains("desk_failed"));
}

#[test]
fn promise_c_an_unknown_outcome_is_said_and_sent_again() {
    let test = Test::new();
    test.answer(Err(CallError::Unknown("time-out".into())));
    test.contact("a", Content::payload(START));
    test.settle_all();
    test.later_s(2);
    test.settle_all();
    assert_eq!(test.calls().len(), 2);
    let twice = |body: &Body| matches!(body, Body::Trouble { text } if text.contains("twice"));
    assert!(test.transcript().iter().any(|entry| twice(&entry.body)));
}

#[test]
fn what_must_not_be_called_is_not_tried_again() {
    let test = Test::new();
    test.answer(Err(CallError::Refused("a private network".into())));
    test.contact("a", Content::payload(START));
    test.settle_all();
    assert_eq!(deliveries(&test, Side::Desk)[0], DeliveryState::Dead);
}

#[test]
fn promise_b_a_lease_that_runs_out_is_taken_again_and_the_late_one_changes_nothing() {
    let test = Test::new();
    test.contact("a", Content::text("hello"));
    let lost = futures_executor::block_on(test.engine.lease(10)).unwrap().remove(0);
    assert_eq!(test.settle_all(), 0, "it is being worked on");
    test.later_s(121);
    assert_eq!(test.settle_all(), 1);
    assert!(futures_executor::block_on(test.engine.deliver(lost)).is_err());
    assert_eq!(test.said(), ["hello", "turn 1"], "promise C");
}

#[test]
fn rule_16_time_ends_a_silent_session() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.settle_all();
    test.later_s(3599);
    test.settle_all();
    assert_eq!(holder(&test), Holder::Waiting);
    test.later_s(1);
    test.settle_all();
    assert_eq!(holder(&test), Holder::Bot);
    assert!(test.world.turns.lock().unwrap()[0].contains("LIVECHAT_SESSION_EXPIRED"));
}

#[test]
fn nothing_is_written_for_what_changes_nothing() {
    let test = Test::new();
    test.contact("a", Content::text("hello"));
    let act = FromContact {
        source: None,
        metadata: None,
        verified: true,
        act: ContactAct::Seen { delivered: 0, read: 0 },
    };
    let hints = test.world.hints.lock().unwrap().len();
    futures_executor::block_on(test.engine.from_contact(&web(), &eve(), act)).unwrap();
    assert_eq!(test.world.hints.lock().unwrap().len(), hints);
}

#[test]
fn a_session_that_is_over_takes_nothing_more_from_its_desk() {
    let test = Test::new();
    test.contact("a", Content::payload(START));
    test.agent("b", DeskAct::HandedBack(None));
    let act = handover_core::event::FromDesk {
        source: None,
        agent: None,
        done_at: None,
        act: DeskAct::Said(Content::text("late")),
    };
    assert!(futures_executor::block_on(test.engine.from_desk(&test.session(), act)).is_err());
}

#[test]
fn what_another_process_did_counts_though_this_one_remembers_otherwise() {
    let mut test = Test::new();
    test.contact("1", Content::payload(START));
    let first = test.another_process();
    test.contact("2", Content::payload(END));
    let second = std::mem::replace(&mut test.engine, first);
    let late = test.contact("3", Content::payload(END));
    assert_eq!(late.ignored, Some(Ignored::NoSession), "rule 19");
    test.engine = second;
    assert_eq!(test.contact("4", Content::payload(START)).ignored, None);
    let ends = test.transcript().into_iter().filter(|it| matches!(it.body, Body::Ended { .. }));
    assert_eq!(ends.count(), 1, "rule 18");
}

#[test]
fn only_what_nobody_will_answer_says_so() {
    let test = Test::new();
    assert!(!test.contact("1", Content::text("hello")).unanswered, "the bot will");
    assert!(!test.contact("2", Content::payload(START)).unanswered, "the rules may");
    assert!(test.contact("3", Content::text("hello")).unanswered);
    assert!(!test.contact("3", Content::text("hello")).unanswered, "of a repetition nobody knows");
    assert!(!test.contact("4", Content::payload(END)).unanswered, "the bot will");
}
