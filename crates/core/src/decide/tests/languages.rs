//! Who is told what, and in whose language.

use super::story::Story;
use crate::content::Content;
use crate::entry::{Actor, Body, Cause, Entry};
use crate::event::{
    ContactAct, DeskAct, Event, FromContact, FromDesk, Outcome, SettledKind, TurnOutcome,
};
use crate::language::{Language, Phrases, fill};
use crate::words::{END, START};
use serde_json::json;

/// A contact who speaks Portuguese, and operators who speak German.
fn abroad(mut story: Story) -> Story {
    story.policy.livechat.language = Language::German;
    let metadata = json!({ "language": "pt-BR" }).as_object().cloned();
    let act = ContactAct::Said(Content::payload(START));
    story.event(&Event::Contact(FromContact { source: None, metadata, verified: false, act }));
    story
}

fn contact() -> &'static Phrases {
    Language::Portuguese.phrases()
}

fn agents() -> &'static Phrases {
    Language::German.phrases()
}

/// What the transcript says to agents about trouble and the desk.
fn told(story: &Story) -> Vec<String> {
    let text = |entry: &Entry| match &entry.body {
        Body::Trouble { text } | Body::Note { text } => Some(text.clone()),
        _ => None,
    };
    story.transcript.iter().filter(|entry| entry.for_desk).filter_map(text).collect()
}

fn last_to_contact(story: &Story) -> String {
    story.seen_by_contact().pop().unwrap_or_default()
}

#[test]
fn rule_1_the_start_text_is_in_the_contacts_language() {
    let story = abroad(Story::new());
    assert_eq!(last_to_contact(&story), contact().start_text);
}

#[test]
fn rule_1_an_own_start_text_stays_as_the_operator_set_it() {
    let mut story = Story::new();
    story.policy.livechat.start_text = Some("One moment".into());
    assert_eq!(last_to_contact(&abroad(story)), "One moment");
}

#[test]
fn rule_13_the_offer_is_in_the_contacts_language_and_its_label_ends() {
    let mut story = abroad(Story::new());
    story.agent_says(END);
    let offer = format!("{}\n1. {}", contact().end_message, contact().end_label);
    assert_eq!(last_to_contact(&story), offer);
    story.says(contact().end_label);
    assert!(story.conversation.session.is_none(), "rule 1: the typed label counts as the button");
}

#[test]
fn a_contact_whose_language_is_not_known_reads_the_operators() {
    for metadata in [json!({}), json!({ "language": "sv" }), json!({ "language": 7 })] {
        let mut story = Story::new();
        story.policy.livechat.language = Language::Dutch;
        story.conversation.contact.metadata = metadata.as_object().cloned().unwrap();
        story.contact(Content::payload(START));
        assert_eq!(last_to_contact(&story), Language::Dutch.phrases().start_text);
    }
}

#[test]
fn rule_9_a_bot_that_fails_or_takes_too_long_is_told_to_both() {
    let mut story = abroad(Story::new());
    story.desk(DeskAct::HandedBack(None));
    story.bot_outcome(TurnOutcome::Failed { why: "it took longer than 10 s".into() });
    assert_eq!(last_to_contact(&story), contact().bot_failed);
    let why = fill(agents().bot_failed_because, &[("why", "it took longer than 10 s")]);
    assert_eq!(told(&story), [why]);
}

#[test]
fn rule_5_a_silent_bot_leaves_nobody_in_silence() {
    let mut story = Story::new();
    story.policy.desk = None;
    let mut story = abroad(story);
    story.bot(vec![]);
    assert_eq!(last_to_contact(&story), contact().unavailable);
}

#[test]
fn rules_12_and_16_that_it_is_over_is_said_in_the_contacts_language() {
    let mut story = abroad(Story::new());
    story.later_s(3600);
    story.bot(vec![]);
    assert_eq!(last_to_contact(&story), contact().expired);
    let mut story = abroad(Story::new());
    story.contact(Content::payload(END));
    story.bot(vec![]);
    assert_eq!(last_to_contact(&story), contact().over);
}

#[test]
fn promise_b_a_message_that_does_not_reach_the_desk_is_told_to_both() {
    let mut story = abroad(Story::posted());
    story.settle(SettledKind::ToDesk, Outcome::Dead { why: "413".into() });
    assert_eq!(last_to_contact(&story), contact().not_delivered);
    let line = (story.conversation.entries - 2).to_string();
    let told = told(&story);
    assert_eq!(told, [fill(agents().desk_missed, &[("line", &line), ("why", "413")])]);
}

#[test]
fn promise_b_a_message_that_does_not_reach_the_contact_is_told_to_its_agent() {
    let mut story = abroad(Story::posted());
    story.agent_says("Hello");
    let line = story.conversation.entries.to_string();
    story.settle(SettledKind::ToContact, Outcome::Dead { why: "gone".into() });
    let words = fill(agents().contact_missed, &[("line", &line), ("why", "gone")]);
    assert_eq!(told(&story), [words]);
    assert_eq!(story.posted_to_desk().last().unwrap(), "trouble");
    assert_eq!(last_to_contact(&story), "Hello", "the contact need not know");
}

#[test]
fn rule_5_a_desk_that_cannot_be_opened_is_told_to_the_bot_and_the_team() {
    let mut story = abroad(Story::posted());
    story.settle(SettledKind::DeskOpen { session: 1 }, Outcome::Dead { why: "401".into() });
    assert_eq!(told(&story), [fill(agents().desk_unreachable, &[("why", "401")])]);
    story.bot(vec![]);
    assert_eq!(last_to_contact(&story), contact().unavailable);
}

#[test]
fn promise_b_a_desk_that_could_not_be_told_of_the_end_is_written_down() {
    let mut story = abroad(Story::posted());
    story.settle(SettledKind::DeskNotice, Outcome::Dead { why: "500".into() });
    assert_eq!(told(&story), [fill(agents().desk_not_told, &[("why", "500")])]);
}

#[test]
fn rule_11_an_attachment_that_can_be_fetched_nowhere_is_told_to_both() {
    let mut story = abroad(Story::posted());
    let decision = story.desk(DeskAct::Said(Content::unshown("plan.pdf")));
    assert_eq!(last_to_contact(&story), contact().attachment_unshown);
    let words = fill(agents().attachment_missed, &[("name", "plan.pdf")]);
    assert_eq!(told(&story), [words]);
    assert_eq!(story.posted_to_desk().last().unwrap(), "trouble");
    assert!(decision.conversation.session.is_some_and(|it| it.agent.is_some()), "rule 7");
}

#[test]
fn promise_c_what_may_arrive_twice_is_said() {
    let mut story = abroad(Story::posted());
    let line = story.conversation.entries.to_string();
    story.settle(SettledKind::ToDesk, Outcome::Unknown);
    assert_eq!(told(&story), [fill(agents().maybe_twice, &[("line", &line)])]);
}

#[test]
fn rule_21_late_words_are_told_to_their_agent() {
    let mut story = abroad(Story::posted());
    story.agent_says("Hello");
    story.contact(Content::payload(END));
    let act = DeskAct::Said(Content::text("and one more thing"));
    let (agent, done_at) = (Some(super::story::ada()), Some(story.now));
    let late = story.event(&Event::Desk(FromDesk { source: None, agent, done_at, act }));
    let text = late.deliveries.iter().find_map(|it| match &it.job {
        crate::delivery::Job::ToDesk(job) => match &job.act {
            crate::delivery::ToDeskAct::Trouble { text, .. } => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(text, Some(agents().came_late));
}

#[test]
fn rule_3_an_unknown_queue_is_noted() {
    let mut story = Story::new();
    story.policy.livechat.language = Language::German;
    story.contact(Content::payload("LIVECHAT_SESSION_START:billing"));
    assert_eq!(told(&story), [fill(agents().no_queue, &[("queue", "billing")])]);
}

#[test]
fn rule_15_closing_and_opening_at_the_desk_is_noted() {
    let mut story = abroad(Story::new());
    story.desk(DeskAct::Accepted);
    story.desk(DeskAct::Closed);
    story.desk(DeskAct::Reopened);
    assert_eq!(told(&story), [agents().closed_at_desk, agents().opened_again]);
    let rule = |entry: &&Entry| entry.cause == Cause::Rule { number: 15 };
    let notes = story.transcript.iter().filter(rule).filter(|it| it.actor != Actor::Gateway);
    assert_eq!(notes.count(), 2);
}
