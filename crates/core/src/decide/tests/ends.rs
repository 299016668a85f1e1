//! Rules 12 to 19 and 22.

use super::story::Story;
use crate::content::{Content, Trigger};
use crate::decision::Ignored;
use crate::entry::Body;
use crate::event::DeskAct;
use crate::policy::{ExpiredAt, OnDeskClosed};
use crate::session::Holder;
use crate::words::{END, EXPIRED, START};

fn ended(story: &Story) -> usize {
    story.count(|body| matches!(body, Body::Ended { .. }))
}

#[test]
fn rule_12_the_contact_ends_and_the_bot_gets_end() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    story.agent_says("hello");
    story.contact(Content::payload(END));
    assert_eq!(story.holder(), Holder::Bot);
    assert_eq!(story.posted_to_desk().last().unwrap(), "ended contact_ended");
    assert_eq!(story.terminals(), [(END.to_owned(), "contact_ended".to_owned())]);
    let (_, turn) = story.turns().pop().unwrap();
    assert_eq!(turn.event.content["agent"], "Ada");
    assert_eq!(turn.event.content["session_id"], "c-1");
    assert_eq!(turn.event.content["messages"], 2);
}

#[test]
fn rule_13_the_marker_offers_the_end_with_its_button() {
    let mut story = Story::accepted();
    story.agent_says("Goodbye! LIVECHAT\\_SESSION\\_END");
    let seen = story.seen_by_contact();
    assert_eq!(seen[seen.len() - 2], "Goodbye!");
    assert!(seen.last().unwrap().contains("End the chat"));
    assert_eq!(story.holder(), Holder::Agent, "an offer ends nothing");
    assert_eq!(story.conversation.choices[0].payload, END);
}

#[test]
fn rule_13_offered_twice_in_a_row_is_offered_once() {
    let mut story = Story::accepted();
    story.agent_says("LIVECHAT_SESSION_END");
    let seen = story.seen_by_contact().len();
    story.agent_says("LIVECHAT_SESSION_END");
    assert_eq!(story.seen_by_contact().len(), seen);
    story.says("one more thing");
    story.agent_says("LIVECHAT_SESSION_END");
    assert_eq!(story.seen_by_contact().len(), seen + 2, "something was said in between");
}

#[test]
fn rule_13_only_an_agents_marker_counts() {
    let mut story = Story::accepted();
    story.says("what is this LIVECHAT_SESSION_END?");
    assert!(!story.conversation.session.as_ref().unwrap().offered);
    let mut story = Story::new();
    story.says("hello");
    story.bot(vec![Content::text("bye LIVECHAT_SESSION_END")]);
    assert_eq!(story.seen_by_contact().last().unwrap(), "bye LIVECHAT_SESSION_END");
}

#[test]
fn rule_14_after_an_offer_only_the_button_ends() {
    let mut story = Story::accepted();
    story.agent_says("Bye LIVECHAT_SESSION_END");
    story.says("wait, one more question");
    assert_eq!(story.holder(), Holder::Agent);
    story.says("END THE CHAT");
    assert_eq!(story.holder(), Holder::Bot, "the typed label counts as the button (rule 1)");
}

#[test]
fn rule_15_closing_at_the_desk_follows_the_setting() {
    let mut story = Story::accepted();
    story.desk(DeskAct::Closed);
    assert_eq!(story.holder(), Holder::Agent);
    assert!(story.conversation.session.as_ref().unwrap().offered);

    let mut story = Story::accepted();
    story.policy.livechat.on_desk_closed = OnDeskClosed::End;
    story.desk(DeskAct::Closed);
    assert_eq!(story.terminals(), [(END.to_owned(), "desk_closed".to_owned())]);

    let mut story = Story::accepted();
    story.policy.livechat.on_desk_closed = OnDeskClosed::Ignore;
    story.desk(DeskAct::Closed);
    assert_eq!(story.holder(), Holder::Agent);
    assert_eq!(story.ignored, Some(Ignored::BySetting));
}

#[test]
fn rule_16_silence_for_the_timeout_ends_the_session() {
    let mut story = Story::waiting();
    story.policy.livechat.timeout_s = 60;
    story.later_s(59);
    assert_eq!(story.ignored, Some(Ignored::NotDue));
    story.later_s(1);
    assert_eq!(story.holder(), Holder::Bot);
    assert_eq!(story.terminals(), [(EXPIRED.to_owned(), "expired".to_owned())]);
    assert_eq!(story.conversation.due, None);
}

#[test]
fn rule_16_a_new_timeout_counts_for_open_sessions() {
    let mut story = Story::accepted();
    story.policy.livechat.timeout_s = 60;
    story.later_s(1);
    assert_eq!(
        story.conversation.due,
        story.conversation.session.as_ref().map(|session| session.last_message_at.plus_ms(60_000))
    );
}

#[test]
fn rule_16_expired_can_wait_for_the_next_message() {
    let mut story = Story::accepted();
    story.policy.livechat.expired_at = ExpiredAt::NextMessage;
    story.later_s(3600);
    assert_eq!(story.holder(), Holder::Bot);
    assert!(story.turns().is_empty());
    story.says("hello again");
    let turns = story.turns();
    assert!(turns[0].1.terminal && turns[0].1.event.content["payload"] == EXPIRED);
    assert_eq!(turns[1].1.event.content["text"], "hello again");
    assert_eq!(turns.len(), 2);
}

#[test]
fn rule_18_an_expired_that_was_owed_stands_in_the_transcript_once_it_is_paid() {
    let terminal =
        |body: &Body| matches!(body, Body::Terminal { payload, .. } if payload == EXPIRED);
    let mut story = Story::accepted();
    story.policy.livechat.expired_at = ExpiredAt::NextMessage;
    story.later_s(3600);
    assert_eq!(story.count(terminal), 0, "rule 16: the bot has not been told yet");
    story.says("hello again");
    story.says("and again");
    assert_eq!(story.count(terminal), 1, "promise G");
}

#[test]
fn rule_13_a_marker_that_offers_nothing_says_why() {
    let unheard = |body: &Body| matches!(body, Body::Ignored { what, why } if what == END && why.contains("rule 13"));
    let mut story = Story::accepted();
    story.agent_says(END);
    assert_eq!(story.count(unheard), 0);
    let offers = story.seen_by_contact().len();
    story.agent_says(END);
    assert_eq!(story.count(unheard), 1);
    story.agent_says("Bye LIVECHAT_SESSION_END");
    assert_eq!(story.count(unheard), 2, "its words are heard, its marker is not");
    assert_eq!(story.seen_by_contact().len(), offers + 1, "offered once in a row");
    story.says("one more question");
    story.agent_says(END);
    assert_eq!(story.count(unheard), 2, "now it offers again");
}

#[test]
fn rule_16_an_owed_expired_comes_before_the_next_session() {
    for ask in [true, false] {
        let mut story = Story::accepted();
        story.policy.livechat.expired_at = ExpiredAt::NextMessage;
        story.later_s(3600);
        if ask {
            story.contact(Content::payload(START));
        } else {
            story.desk(DeskAct::Accepted);
        }
        story.desk(DeskAct::HandedBack(None));
        let words: Vec<String> = story.terminals().into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, [EXPIRED, END], "rule 18: one for each session, in order");
    }
}

#[test]
fn rule_18_exactly_one_terminal_for_each_session() {
    let mut story = Story::accepted();
    story.contact(Content::payload(END));
    story.contact(Content::payload(END));
    story.desk(DeskAct::HandedBack(None));
    story.desk(DeskAct::OperatorEnded);
    story.later_s(10_000);
    assert_eq!(story.terminals().len(), 1);
    assert_eq!(ended(&story), 1);
}

#[test]
fn rule_18_a_terminal_turn_counts_even_when_the_next_session_overtakes_it() {
    let mut story = Story::accepted();
    story.contact(Content::payload(END));
    story.contact(Content::payload(START));
    story.bot(vec![Content::text("welcome back")]);
    assert!(!story.seen_by_contact().contains(&"welcome back".to_owned()), "promise A");
    assert!(story.bot_state.is_some());
}

#[test]
fn rule_18_a_bot_without_an_answer_does_not_leave_the_contact_in_silence() {
    let mut story = Story::accepted();
    story.later_s(3600);
    story.bot(vec![]);
    assert!(story.seen_by_contact().last().unwrap().contains("nobody wrote for a while"));
}

#[test]
fn rule_19_an_end_without_a_session_is_not_given_to_the_bot() {
    let mut story = Story::new();
    story.contact(Content::payload(END));
    assert_eq!(story.ignored, Some(Ignored::NoSession));
    assert!(story.turns().is_empty());
}

#[test]
fn rule_22_an_agent_hands_back_without_the_contacts_word() {
    let mut story = Story::accepted();
    story.desk(DeskAct::HandedBack(None));
    assert_eq!(story.terminals(), [(END.to_owned(), "agent_ended".to_owned())]);
    assert_eq!(story.turns().len(), 1);
}

#[test]
fn rule_22_an_agent_hands_back_at_a_named_place() {
    let mut story = Story::accepted();
    let place = Trigger { flow: Some("survey".into()), step: Some("start".into()) };
    story.desk(DeskAct::HandedBack(Some(place)));
    let turns = story.turns();
    assert!(turns[0].1.terminal);
    assert_eq!(turns[1].1.event.content["flow_id"], "survey");
}

#[test]
fn an_operator_can_end_it() {
    let mut story = Story::accepted();
    story.desk(DeskAct::OperatorEnded);
    assert_eq!(story.terminals(), [(END.to_owned(), "operator_ended".to_owned())]);
}
