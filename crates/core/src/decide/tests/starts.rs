//! Rules 1 to 5 and 21.

use super::story::{Story, ada, human_question};
use crate::content::{Content, Trigger};
use crate::decision::Ignored;
use crate::entry::Body;
use crate::event::{ContactAct, DeskAct, Outcome, SettledKind, TurnOutcome};
use crate::session::{EndCause, Holder};
use crate::words::{END, EXPIRED, START, UNAVAILABLE};

#[test]
fn rule_1_start_opens_a_session_and_shows_the_start_text() {
    let mut story = Story::posted();
    story.policy.livechat.start_text = Some("One moment".into());
    let decision = story.contact(Content::payload(START));
    assert_eq!(story.holder(), Holder::Waiting);
    assert_eq!(story.posted_to_desk(), ["open"]);
    assert!(story.turns().is_empty(), "the bot does not get START");
    assert_eq!(story.seen_by_contact().last().unwrap(), "One moment");
    assert_eq!(decision.sessions.len(), 1);
    assert_eq!(story.conversation.epoch, 2);
}

#[test]
fn rule_1_no_start_text_is_shown_when_none_is_set() {
    let mut story = Story::new();
    story.policy.livechat.start_text = Some("  ".into());
    story.contact(Content::payload(START));
    assert_eq!(story.seen_by_contact().len(), 1);
}

#[test]
fn rule_1_typed_title_of_the_last_question_counts() {
    let mut story = Story::new();
    story.says("hello");
    story.bot(vec![human_question()]);
    story.says(" talk TO a human ");
    assert_eq!(story.holder(), Holder::Waiting);
}

#[test]
fn rule_1_typed_title_of_an_earlier_question_does_not_count() {
    let mut story = Story::new();
    story.says("hello");
    story.bot(vec![human_question()]);
    story.says("something");
    let Content::Question(mut other) = human_question() else { panic!() };
    other.buttons[0].payload = "OTHER".into();
    other.buttons[0].title = "Other".into();
    other.buttons[0].accepts.clear();
    story.bot(vec![Content::Question(other)]);
    story.says("talk to a human");
    assert_eq!(story.holder(), Holder::Bot);
}

#[test]
fn rule_1_a_number_counts_where_the_channel_shows_numbers() {
    let mut story = Story::posted();
    story.policy.channel_can.choices = false;
    story.says("hello");
    story.bot(vec![human_question()]);
    story.says("1");
    assert_eq!(story.holder(), Holder::Waiting);
}

#[test]
fn rule_1_a_press_carries_its_title_into_the_transcript() {
    let mut story = Story::new();
    story.says("hello");
    story.bot(vec![human_question()]);
    story.contact(Content::payload(START));
    assert!(story.seen_by_contact().contains(&"Talk to a human".to_owned()));
}

#[test]
fn rule_2_a_second_start_changes_nothing() {
    let mut story = Story::waiting();
    let before = story.conversation.clone();
    let decision = story.contact(Content::payload(START));
    assert_eq!(story.ignored, Some(Ignored::AlreadyOpen));
    assert!(decision.deliveries.is_empty() && decision.sessions.is_empty());
    assert_eq!(story.conversation.session, before.session);
    assert_eq!(story.conversation.epoch, before.epoch);
    let why = |body: &Body| matches!(body, Body::Ignored { why, .. } if why.contains("rule 2"));
    assert_eq!(story.count(why), 1, "promise G");
}

#[test]
fn rule_3_an_unknown_queue_is_noted() {
    let mut story = Story::new();
    story.contact(Content::payload("LIVECHAT_SESSION_START:billing"));
    assert_eq!(story.holder(), Holder::Waiting);
    let noted = |body: &Body| matches!(body, Body::Note { text } if text.contains("billing"));
    assert_eq!(story.count(noted), 1);
}

#[test]
fn rule_4_the_bot_starts_a_session_and_what_it_says_after_is_fenced() {
    let mut story = Story::new();
    story.says("help");
    story.bot(vec![Content::text("before"), Content::payload(START), Content::text("after")]);
    assert_eq!(story.holder(), Holder::Waiting);
    let seen = story.seen_by_contact();
    assert!(seen.contains(&"before".to_owned()) && !seen.contains(&"after".to_owned()));
    assert_eq!(story.count(|body| matches!(body, Body::Fenced { .. })), 1);
    assert!(story.bot_state.is_some(), "the turn itself counts");
}

#[test]
fn rule_5_without_a_desk_the_bot_gets_unavailable() {
    let mut story = Story::new();
    story.policy.desk = None;
    story.contact(Content::payload(START));
    assert_eq!(story.holder(), Holder::Bot);
    assert_eq!(story.terminals(), [(UNAVAILABLE.to_owned(), "no_desk".to_owned())]);
    story.bot(vec![]);
    assert!(story.seen_by_contact().last().unwrap().contains("nobody"), "never left in silence");
}

#[test]
fn rule_5_a_desk_that_refuses_for_good_ends_the_session() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    let why = "401: the key is not valid".to_owned();
    story.settle(SettledKind::DeskOpen { session: 1 }, Outcome::Dead { why });
    assert_eq!(story.holder(), Holder::Bot);
    assert_eq!(story.terminals(), [(UNAVAILABLE.to_owned(), "desk_failed".to_owned())]);
}

#[test]
fn rule_5_an_older_sessions_desk_failure_does_not_end_this_one() {
    let mut story = Story::posted();
    for _ in 0..2 {
        story.contact(Content::payload(START));
        if story.conversation.sessions == 1 {
            story.contact(Content::payload(END));
        }
    }
    story.settle(SettledKind::DeskOpen { session: 1 }, Outcome::Dead { why: "late".into() });
    assert_eq!(story.holder(), Holder::Waiting);
}

#[test]
fn rule_5_the_loop_guard_refuses_the_sixth_session_in_ten_minutes() {
    let mut story = Story::new();
    for _ in 0..5 {
        story.contact(Content::payload(START));
        assert_eq!(story.holder(), Holder::Waiting);
        story.contact(Content::payload(END));
    }
    story.contact(Content::payload(START));
    assert_eq!(story.holder(), Holder::Bot);
    let last = story.terminals().pop().unwrap();
    assert_eq!(last, (UNAVAILABLE.to_owned(), "loop_guard".to_owned()));
    story.now = story.now.plus_ms(600_000);
    story.contact(Content::payload(START));
    assert_eq!(story.holder(), Holder::Waiting, "ten minutes later it is open again");
}

#[test]
fn rule_5_a_bot_that_always_starts_does_not_go_round_for_ever() {
    let mut story = Story::new();
    story.policy.desk = None;
    story.contact(Content::payload(START));
    let mut turns = 0;
    while !story.turns().is_empty() {
        story.bot(vec![Content::payload(START)]);
        turns += 1;
        assert!(turns < 20, "promise E");
    }
    assert_eq!(story.holder(), Holder::Bot);
}

#[test]
fn rule_18_nobody_can_forge_what_only_the_gateway_gives() {
    let mut story = Story::new();
    for word in [EXPIRED, UNAVAILABLE] {
        story.contact(Content::payload(word));
        story.says(word);
    }
    assert!(story.turns().is_empty());
    assert_eq!(story.ignored, Some(Ignored::Forged));
}

#[test]
fn rule_20_the_tenth_session_works_like_the_first() {
    let mut story = Story::new();
    for ordinal in 1..=10 {
        story.now = story.now.plus_ms(600_000);
        story.contact(Content::payload(START));
        assert_eq!(story.holder(), Holder::Waiting);
        story.agent_says("hello");
        assert_eq!(story.holder(), Holder::Agent);
        story.agent_says("bye LIVECHAT_SESSION_END");
        story.contact(Content::payload(END));
        assert_eq!(story.holder(), Holder::Bot);
        assert_eq!(story.conversation.sessions, ordinal);
        assert_eq!(story.terminals(), [(END.to_owned(), "contact_ended".to_owned())]);
        story.bot(vec![Content::text("welcome back")]);
    }
}

#[test]
fn rule_21_an_agent_takes_over_by_accepting_or_by_writing() {
    for act in [DeskAct::Accepted, DeskAct::Said(Content::text("Hello, I am here"))] {
        let mut story = Story::new();
        story.says("hello");
        let epoch = story.conversation.epoch;
        story.desk(act);
        assert_eq!(story.holder(), Holder::Agent);
        assert!(story.conversation.epoch > epoch);
        assert_eq!(story.conversation.session.as_ref().unwrap().agent, Some(ada()));
        story.bot(vec![Content::text("I am the bot")]);
        assert!(!story.seen_by_contact().contains(&"I am the bot".to_owned()), "promise A");
    }
}

#[test]
fn the_bot_greets_when_the_chat_is_opened_first() {
    let mut story = Story::new();
    story.act(ContactAct::Opened(None));
    assert_eq!(story.turns()[0].1.event.content_type, "flow_trigger");
    story.act(ContactAct::Opened(None));
    assert_eq!(story.ignored, Some(Ignored::AlreadyOpened));
    assert_eq!(story.turns().len(), 1);
    let place = Trigger { flow: Some("prices".into()), step: None };
    story.act(ContactAct::Opened(Some(place)));
    assert_eq!(story.turns().len(), 2, "a named place is gone to again");
}

#[test]
fn a_bot_that_fails_costs_its_own_turn_only_and_the_contact_is_told() {
    let mut story = Story::new();
    story.says("hello");
    story.says("again");
    story.bot_outcome(TurnOutcome::Failed { why: "took too long".into() });
    assert_eq!(story.bot_state, None);
    assert!(story.seen_by_contact().last().unwrap().contains("Sorry"));
    story.bot(vec![Content::text("hi")]);
    assert_eq!(story.seen_by_contact().last().unwrap(), "hi");
}

#[test]
fn causes_tell_which_terminal_the_bot_gets() {
    assert_eq!(EndCause::ContactEnded.payload(), END);
    assert_eq!(EndCause::Expired.payload(), EXPIRED);
    assert_eq!(EndCause::NoAgent.payload(), UNAVAILABLE);
}
