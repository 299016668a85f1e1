//! Rules 6 to 11: while a session is open.

use super::story::{Story, ada, human_question};
use crate::capability::Capabilities;
use crate::contact::Agent;
use crate::content::{Card, Content, Media, MediaKind};
use crate::decision::Ignored;
use crate::delivery::{Job, Side};
use crate::entry::Body;
use crate::event::{ContactAct, DeskAct, Outcome, SettledKind, TurnOutcome};
use crate::session::Holder;
use crate::words::{END, START};

fn picture() -> Content {
    Content::Media(Media {
        kind: MediaKind::Image,
        url: "/files/x/cat.png".into(),
        name: Some("cat.png".into()),
        mime: Some("image/png".into()),
        size_bytes: Some(9),
    })
}

#[test]
fn rule_6_messages_go_to_the_desk_in_order_and_the_bot_gets_nothing() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    story.says("one");
    story.contact(picture());
    story.contact(Content::Payload { payload: "MENU".into(), title: Some("Menu".into()) });
    assert_eq!(
        story.posted_to_desk(),
        ["open", "one", "cat.png (/files/x/cat.png)", "Menu"],
        "promise D"
    );
    assert!(story.turns().is_empty());
}

#[test]
fn rule_6_the_bots_place_stays_as_it_was() {
    let mut story = Story::new();
    story.says("hello");
    story.bot(vec![human_question()]);
    let (state, pinned) = (story.bot_state.clone(), story.conversation.pinned.clone());
    story.says("a turn that is overtaken");
    story.contact(Content::payload(START));
    story.bot(vec![Content::text("too late")]);
    assert_eq!(story.bot_state, state);
    assert_eq!(story.conversation.pinned, pinned);
    assert!(pinned.is_some(), "the version that made the hold is kept");
}

#[test]
fn rule_7_the_first_message_or_acceptance_makes_the_holder_agent() {
    let mut story = Story::waiting();
    let epoch = story.conversation.epoch;
    story.desk(DeskAct::Accepted);
    assert_eq!(story.holder(), Holder::Agent);
    assert_eq!(story.conversation.epoch, epoch + 1);

    let mut story = Story::waiting();
    story.agent_says("hello");
    assert_eq!(story.holder(), Holder::Agent);
    assert_eq!(story.count(|body| matches!(body, Body::Accepted)), 1);
}

#[test]
fn rule_7_a_second_agent_does_not_take_the_session_away() {
    let mut story = Story::accepted();
    let bob = Agent::new("bob", "Bob");
    story.desk_by(bob, DeskAct::Accepted);
    assert_eq!(story.ignored, Some(Ignored::AlreadyAccepted));
    assert_eq!(story.conversation.session.as_ref().unwrap().agent, Some(ada()));
    story.desk(DeskAct::Accepted);
    assert_eq!(story.ignored, Some(Ignored::NothingNew));
}

#[test]
fn rule_8_public_messages_go_to_the_contact_and_notes_never() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    story.agent_says("public");
    story.desk(DeskAct::Noted("secret LIVECHAT_SESSION_END".into()));
    let posted: Vec<_> =
        story.outbox.iter().filter(|delivery| delivery.side == Side::Contact).collect();
    let Job::ToContact(last) = &posted.last().unwrap().job else { panic!() };
    assert_eq!(last.content, Content::text("public"));
    assert_eq!(last.agent, Some(ada()));
    assert!(!story.seen_by_contact().iter().any(|text| text.contains("secret")));
    assert!(!story.conversation.session.as_ref().unwrap().offered, "a note is not public");
}

#[test]
fn rule_9_output_of_an_older_epoch_is_fenced_and_kept() {
    let mut story = Story::new();
    story.says("hello");
    story.contact(Content::payload(START));
    story.bot(vec![Content::text("too late")]);
    assert_eq!(story.ignored, Some(Ignored::Fenced));
    assert!(!story.seen_by_contact().contains(&"too late".to_owned()), "promise A");
    assert_eq!(story.count(|body| matches!(body, Body::Fenced { .. })), 1);
}

#[test]
fn rule_9_a_whole_session_during_a_slow_turn_still_fences_it() {
    let mut story = Story::new();
    story.says("hello");
    story.contact(Content::payload(START));
    story.contact(Content::payload(END));
    story.bot(vec![Content::text("too late")]);
    assert!(!story.seen_by_contact().contains(&"too late".to_owned()));
    story.bot(vec![Content::text("welcome back")]);
    assert!(story.seen_by_contact().contains(&"welcome back".to_owned()));
}

#[test]
fn rule_9_a_turn_that_was_not_run_says_why() {
    let mut story = Story::new();
    story.says("hello");
    story.contact(Content::payload(START));
    story.bot_outcome(TurnOutcome::Skipped);
    let why = |body: &Body| matches!(body, Body::Ignored { why, .. } if why.contains("rule 9"));
    assert_eq!(story.count(why), 1, "promise G");
}

#[test]
fn rule_9_a_failure_of_a_fenced_turn_is_not_told_to_the_contact() {
    let mut story = Story::new();
    story.says("hello");
    story.contact(Content::payload(START));
    let seen = story.seen_by_contact();
    story.bot_outcome(TurnOutcome::Failed { why: "boom".into() });
    assert_eq!(story.seen_by_contact(), seen, "promise A");
}

#[test]
fn rule_10_messages_restart_the_window_notes_and_receipts_do_not() {
    let mut story = Story::accepted();
    story.later_s(3000);
    story.says("still here");
    story.later_s(3000);
    assert_eq!(story.holder(), Holder::Agent);
    story.agent_says("me too");
    story.later_s(3000);
    assert_eq!(story.holder(), Holder::Agent);
    story.desk(DeskAct::Noted("hm".into()));
    let last = story.conversation.entries;
    story.act(ContactAct::Seen { delivered: last, read: last });
    story.desk(DeskAct::Seen { delivered: last, read: last });
    story.later_s(600);
    assert_eq!(story.holder(), Holder::Bot);
}

#[test]
fn rule_10_a_message_need_not_move_the_timer() {
    let mut story = Story::accepted();
    let due = story.conversation.due;
    story.now = story.now.plus_ms(60_000);
    story.says("hello");
    assert_eq!(story.conversation.due, due, "set too early, it looks and is set anew");
    story.later_s(3540);
    assert_eq!(story.ignored, Some(Ignored::NotDue));
    assert!(story.conversation.due > due);
}

#[test]
fn rule_11_what_a_channel_cannot_show_becomes_the_nearest_thing() {
    let can = Capabilities::text_only();
    assert_eq!(can.show(&human_question()), [Content::text("What can I do?\n1. Talk to a human")]);
    assert_eq!(can.show(&picture()), [Content::text("cat.png (/files/x/cat.png)")]);
    let card = Content::Card(Card {
        title: "Pizza".into(),
        subtitle: Some("hot".into()),
        image_url: Some("https://x/p.png".into()),
        buttons: vec![],
        url: None,
    });
    let with_media = Capabilities { media: true, ..can };
    assert_eq!(with_media.show(&card).len(), 2, "a card becomes picture and text");
    assert_eq!(can.show(&Content::Carousel { cards: vec![] }), []);
    let odd = Content::Other {
        content_type: "signature".into(),
        content: serde_json::json!({ "title": "Sign here" }),
    };
    assert_eq!(crate::capability::plain(&odd), "Sign here");
}

#[test]
fn rule_11_what_cannot_be_passed_on_is_told_to_its_sender() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    story.agent_says("hello");
    story.contact(picture());
    story.settle(SettledKind::ToDesk, Outcome::Dead { why: "too large".into() });
    assert!(story.seen_by_contact().last().unwrap().contains("could not be passed on"));
    story.settle(SettledKind::ToContact, Outcome::Dead { why: "blocked".into() });
    assert_eq!(story.posted_to_desk().last().unwrap(), "trouble", "promise B");
    let before = story.outbox.len();
    story.settle(SettledKind::DeskNotice, Outcome::Dead { why: "blocked".into() });
    assert_eq!(story.outbox.len(), before, "promise E: failures of notices end here");
}

#[test]
fn promise_c_an_unknown_outcome_is_said_in_the_transcript() {
    let mut story = Story::posted();
    story.says("hello");
    story.settle(SettledKind::ToContact, Outcome::Unknown);
    let said = |body: &Body| matches!(body, Body::Trouble { text } if text.contains("twice"));
    assert_eq!(story.count(said), 1);
    let before = story.outbox.len();
    story.settle(SettledKind::ToDesk, Outcome::Twice);
    assert_eq!((story.count(said), story.outbox.len()), (2, before), "promise E");
}

#[test]
fn receipts_move_marks_forward_only() {
    let mut story = Story::accepted();
    story.agent_says("hello");
    let last = story.conversation.entries;
    story.act(ContactAct::Seen { delivered: last + 50, read: 1 });
    assert_eq!(story.conversation.marks.contact_delivered, last);
    assert_eq!(story.conversation.marks.contact_read, 1);
    story.act(ContactAct::Seen { delivered: 0, read: 0 });
    assert_eq!(story.ignored, Some(Ignored::NothingNew));
    story.desk(DeskAct::Seen { delivered: 0, read: last });
    assert_eq!(story.conversation.marks.desk_delivered, last, "what is read has arrived");
}
