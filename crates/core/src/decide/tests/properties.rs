//! The promises over random stories.

use super::story::{Story, ada, human_question};
use crate::content::Content;
use crate::entry::{Actor, Body};
use crate::event::{ContactAct, DeskAct, Event, FromDesk, TurnOutcome};
use crate::session::Holder;
use crate::words::{END, START};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    Says,
    Start,
    End,
    Opens,
    Accepts,
    AgentSays,
    Marker,
    Notes,
    Closes,
    Reopens,
    SaidBefore(i64),
    HandsBack,
    BotAnswers,
    BotStarts,
    BotFails,
    Waits(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Says),
        3 => Just(Act::Start),
        2 => Just(Act::End),
        1 => Just(Act::Opens),
        2 => Just(Act::Accepts),
        3 => Just(Act::AgentSays),
        1 => Just(Act::Marker),
        1 => Just(Act::Notes),
        1 => Just(Act::Closes),
        1 => Just(Act::Reopens),
        1 => (0i64..20_000).prop_map(Act::SaidBefore),
        1 => Just(Act::HandsBack),
        5 => Just(Act::BotAnswers),
        1 => Just(Act::BotStarts),
        1 => Just(Act::BotFails),
        2 => (1i64..4000).prop_map(Act::Waits),
    ]
}

fn play(story: &mut Story, act: &Act) {
    let turn_waits = !story.turns().is_empty();
    match act {
        Act::Says => drop(story.says("hello")),
        Act::Start => drop(story.contact(Content::payload(START))),
        Act::End => drop(story.contact(Content::payload(END))),
        Act::Opens => drop(story.act(ContactAct::Opened(None))),
        Act::Accepts => drop(story.desk(DeskAct::Accepted)),
        Act::AgentSays => drop(story.agent_says("hi")),
        Act::Marker => drop(story.agent_says("bye LIVECHAT_SESSION_END")),
        Act::Notes => drop(story.desk(DeskAct::Noted("hm".into()))),
        Act::Closes => drop(story.desk(DeskAct::Closed)),
        Act::Reopens => drop(story.desk(DeskAct::Reopened)),
        Act::SaidBefore(ms) => {
            let done_at = Some(story.now.plus_ms(-ms));
            let act = DeskAct::Said(Content::text("earlier"));
            drop(story.event(&Event::Desk(FromDesk {
                source: None,
                agent: Some(ada()),
                done_at,
                act,
            })));
        }
        Act::HandsBack => drop(story.desk(DeskAct::HandedBack(None))),
        Act::BotAnswers if turn_waits => drop(story.bot(vec![human_question()])),
        Act::BotStarts if turn_waits => drop(story.bot(vec![Content::payload(START)])),
        Act::BotFails if turn_waits => {
            drop(story.bot_outcome(TurnOutcome::Failed { why: "boom".into() }));
        }
        Act::BotAnswers | Act::BotStarts | Act::BotFails => {}
        Act::Waits(seconds) => drop(story.later_s(*seconds)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold_in_every_story(acts in prop::collection::vec(act(), 1..60)) {
        let mut story = Story::posted();
        let mut terminals_run = 0;
        for act in &acts {
            let before = story.conversation.clone();
            let terminals = story.terminals().len();
            let runs_terminal = story.turns().first().is_some_and(|(_, turn)| turn.terminal)
                && matches!(act, Act::BotAnswers | Act::BotStarts | Act::BotFails);
            let lines = story.transcript.len();
            play(&mut story, act);
            terminals_run += usize::from(runs_terminal);

            // A: in an epoch that belongs to people nothing of the bot is shown.
            for entry in &story.transcript[lines..] {
                if entry.actor == Actor::Bot && entry.for_contact {
                    prop_assert_eq!(before.holder(), Holder::Bot);
                    prop_assert_eq!(entry.epoch, before.epoch);
                }
            }
            // The epoch grows by one at each change of the holder, and only then.
            let changed = before.holder() != story.holder();
            if changed || before.session.as_ref().map(|s| s.ordinal)
                != story.conversation.session.as_ref().map(|s| s.ordinal)
            {
                prop_assert!(story.conversation.epoch > before.epoch);
            } else {
                prop_assert_eq!(story.conversation.epoch, before.epoch);
            }
            // E: an open session has a timer.
            prop_assert_eq!(story.conversation.due.is_some(), story.conversation.session.is_some());
            prop_assert!(story.terminals().len() + 1 >= terminals);
        }
        // D: numbered without gaps.
        for (index, entry) in story.transcript.iter().enumerate() {
            prop_assert_eq!(entry.n, index as u64 + 1);
        }
        // 18: one terminal for each session that is over.
        let over = story.conversation.sessions as usize - usize::from(story.conversation.session.is_some());
        prop_assert_eq!(terminals_run + story.terminals().len(), over);
        // Deliveries are numbered without gaps too, each for an entry that exists.
        for delivery in &story.outbox {
            prop_assert!(delivery.id.n <= story.conversation.deliveries);
            prop_assert!(delivery.entry <= story.conversation.entries);
        }
        // G: what is ignored says why.
        let silent = |body: &Body| matches!(body, Body::Ignored { why, .. } if why.is_empty());
        prop_assert_eq!(story.count(silent), 0);
    }
}
