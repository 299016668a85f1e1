//! What a desk elsewhere brings with it: its own clock, its own conversations, hooks that come late.

use super::story::{Story, ada};
use crate::content::Content;
use crate::decision::Ignored;
use crate::delivery::{Job, ToDeskAct};
use crate::entry::Body;
use crate::event::{DeskAct, Event, FromDesk, Outcome, SettledKind};
use crate::policy::OnDeskClosed;
use crate::session::Holder;
use crate::time::Timestamp;
use crate::words::{END, START};

/// Ada has answered in a session that the desk calls "7".
fn linked() -> Story {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    let delivered = Outcome::Delivered { link: Some("7".into()) };
    story.settle(SettledKind::DeskOpen { session: 1 }, delivered);
    story.agent_says("hello");
    story
}

fn said_at(story: &mut Story, text: &str, done_at: Timestamp) {
    let act = DeskAct::Said(Content::text(text));
    let from = FromDesk { source: None, agent: Some(ada()), done_at: Some(done_at), act };
    story.event(&Event::Desk(from));
}

#[test]
fn the_desks_link_stays_with_the_session_and_its_record() {
    let mut story = linked();
    assert_eq!(story.conversation.session.as_ref().unwrap().link.as_deref(), Some("7"));
    let ended = story.contact(Content::payload(END));
    assert_eq!(ended.sessions[0].link.as_deref(), Some("7"));
    let last = story.conversation.last.as_ref().unwrap();
    assert_eq!(last.session.link.as_deref(), Some("7"));
}

#[test]
fn rule_20_the_next_session_knows_the_conversation_of_the_one_before() {
    let mut story = linked();
    story.contact(Content::payload(END));
    story.contact(Content::payload(START));
    let session = story.conversation.session.clone().unwrap();
    assert_eq!((session.link, session.earlier_link.as_deref()), (None, Some("7")));
}

#[test]
fn a_link_that_is_learnt_after_the_end_is_kept_for_those_who_come_late() {
    let mut story = Story::posted();
    story.contact(Content::payload(START));
    let ended = story.contact(Content::payload(END)).sessions[0].clone();
    let delivered = Outcome::Delivered { link: Some("7".into()) };
    let learnt = story.settle(SettledKind::DeskOpen { session: 1 }, delivered).sessions[0].clone();
    assert_eq!(learnt.link.as_deref(), Some("7"));
    assert_eq!((learnt.state, learnt.ended_at), (ended.state, ended.ended_at));
}

#[test]
fn rule_21_an_agent_who_writes_in_the_linked_conversation_takes_over_there() {
    let mut story = linked();
    story.contact(Content::payload(END));
    story.later_s(60);
    story.policy.link = Some("7".into());
    let now = story.now;
    said_at(&mut story, "One more thing", now);
    assert_eq!(story.holder(), Holder::Agent);
    let session = story.conversation.session.clone().unwrap();
    assert_eq!((session.ordinal, session.link.as_deref()), (2, Some("7")));
    assert_eq!(story.seen_by_contact().last().unwrap(), "One more thing");
    assert_eq!(story.posted_to_desk().last().unwrap(), "open", "what was said meanwhile");
}

#[test]
fn what_was_said_before_the_end_and_comes_after_it_opens_nothing_and_is_told() {
    let mut story = linked();
    let before = story.now;
    story.later_s(1);
    story.contact(Content::payload(END));
    let shown = story.seen_by_contact();
    said_at(&mut story, "Too late", before);
    assert_eq!(story.holder(), Holder::Bot);
    assert_eq!(story.ignored, Some(Ignored::CameLate));
    assert_eq!(story.seen_by_contact(), shown, "promise A");
    let told = story.outbox.iter().rev().find_map(|delivery| match &delivery.job {
        Job::ToDesk(job) => Some(job),
        _ => None,
    });
    let told = told.unwrap();
    assert!(matches!(&told.act, ToDeskAct::Trouble { of: Some(_), .. }), "rule 11");
    assert_eq!(told.session.ordinal, 1);
}

#[test]
fn rule_15_a_conversation_that_is_closed_is_closed_once() {
    let mut story = linked();
    story.policy.livechat.on_desk_closed = OnDeskClosed::Ignore;
    story.desk(DeskAct::Closed);
    let lines = story.transcript.len();
    story.desk(DeskAct::Closed);
    assert_eq!(story.transcript.len(), lines, "by a hook and by a look: one closing");
    story.says("still here?");
    story.desk(DeskAct::Closed);
    assert_eq!(story.ignored, Some(Ignored::BySetting), "somebody wrote in between");
}

#[test]
fn rule_15_an_agent_who_writes_on_in_what_is_closed_does_not_close_it_again() {
    let mut story = linked();
    story.desk(DeskAct::Closed);
    story.agent_says("one more thing");
    let lines = story.transcript.len();
    story.desk(DeskAct::Closed);
    assert_eq!((story.transcript.len(), story.ignored), (lines, Some(Ignored::NothingNew)));
    story.desk(DeskAct::Reopened);
    story.desk(DeskAct::Closed);
    assert!(
        story.conversation.session.as_ref().unwrap().offered,
        "a second closing is another one"
    );
    story.agent_says("and another");
    story.says("thanks");
    let Job::ToDesk(job) = &story.outbox.last().unwrap().job else { panic!() };
    assert!(job.session.closed_at_desk, "what the contact says must open it again");
}

#[test]
fn rule_15_opened_again_is_noted_and_changes_nothing_else() {
    let mut story = linked();
    story.desk(DeskAct::Reopened);
    assert_eq!(story.ignored, Some(Ignored::NothingNew));
    story.desk(DeskAct::Closed);
    story.desk(DeskAct::Reopened);
    assert_eq!(story.holder(), Holder::Agent);
    assert!(!story.conversation.session.as_ref().unwrap().closed_at_desk);
    let note = |body: &Body| matches!(body, Body::Note { text } if text.contains("again"));
    assert_eq!(story.count(note), 1);
}

#[test]
fn our_own_closing_that_comes_back_leaves_no_trace() {
    let mut story = linked();
    story.contact(Content::payload(END));
    let lines = story.transcript.len();
    story.desk(DeskAct::Closed);
    assert_eq!((story.transcript.len(), story.holder()), (lines, Holder::Bot));
}

#[test]
fn an_agent_who_had_seen_everything_has_read_what_had_arrived() {
    let mut story = linked();
    story.says("can you read this?");
    let said = story.conversation.entries;
    let earlier = story.now.plus_ms(-1);
    story.settle(SettledKind::ToDesk, Outcome::Delivered { link: None });
    story.desk(DeskAct::SeenAt(earlier));
    assert_eq!(story.conversation.marks.desk_read, 0);
    story.desk(DeskAct::SeenAt(story.now));
    assert_eq!(story.conversation.marks.desk_read, said);
}

#[test]
fn what_did_not_reach_the_contact_is_told_with_its_line() {
    let mut story = linked();
    let line = story.conversation.entries;
    story.settle(SettledKind::ToContact, Outcome::Dead { why: "blocked".into() });
    let Job::ToDesk(job) = &story.outbox.last().unwrap().job else { panic!() };
    assert!(matches!(&job.act, ToDeskAct::Trouble { of: Some(of), .. } if *of == line));
}

#[test]
fn rule_15_the_next_message_tells_the_desk_that_it_was_closed() {
    let mut story = linked();
    story.desk(DeskAct::Closed);
    story.says("still here?");
    story.says("hello?");
    let told: Vec<bool> = story
        .outbox
        .iter()
        .filter_map(|delivery| match &delivery.job {
            Job::ToDesk(job) if matches!(job.act, ToDeskAct::Message { .. }) => {
                Some(job.session.closed_at_desk)
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn rule_15_a_closing_of_the_session_before_does_not_close_the_next() {
    for (second_link, told_of, ms_after_start, closes) in
        [("8", "8", 5, true), ("8", "7", 5, false), ("7", "7", 5, true), ("7", "7", -5, false)]
    {
        let mut story = linked();
        story.contact(Content::payload(END));
        story.contact(Content::payload(START));
        let delivered = Outcome::Delivered { link: Some(second_link.into()) };
        story.settle(SettledKind::DeskOpen { session: 2 }, delivered);
        story.policy.link = Some(told_of.into());
        let started_at = story.conversation.session.as_ref().unwrap().started_at;
        let done_at = Some(started_at.plus_ms(ms_after_start));
        let from = FromDesk { source: None, agent: None, done_at, act: DeskAct::Closed };
        story.event(&Event::Desk(from));
        let closed = story.conversation.session.as_ref().unwrap().closed_at_desk;
        assert_eq!(closed, closes, "{second_link} {told_of} {ms_after_start}");
    }
}

#[test]
fn rule_7_a_robot_takes_no_floor_and_begins_no_session() {
    let mut story = Story::posted();
    let robot = |text: &str| DeskAct::Announced(Content::text(text));
    story.desk(robot("Nobody asked"));
    assert_eq!((story.holder(), story.ignored), (Holder::Bot, Some(Ignored::NobodyThere)));
    story.contact(Content::payload(START));
    story.desk(robot("We answer within minutes"));
    assert_eq!(story.holder(), Holder::Waiting, "no agent has answered");
    assert_eq!(story.seen_by_contact().last().unwrap(), "We answer within minutes", "rule 8");
    story.agent_says("hello");
    story.contact(Content::payload(END));
    let sessions = story.conversation.sessions;
    story.later_s(60);
    story.desk(robot("How did we do?"));
    assert_eq!((story.holder(), story.conversation.sessions), (Holder::Bot, sessions));
    assert_ne!(story.seen_by_contact().last().unwrap(), "How did we do?", "promise A");
}
