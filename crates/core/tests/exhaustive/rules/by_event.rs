//! What must hold of a step by who made it.

use super::Step;
use crate::moves::ada;
use handover_core::content::Content;
use handover_core::decision::Ignored;
use handover_core::delivery::ToDeskAct;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::event::{ContactAct, DeskAct, TurnDone, TurnOutcome};
use handover_core::session::Holder;
use handover_core::wish::{self, Wish};
use handover_core::words::END;

impl Step<'_> {
    pub(super) fn contact(&self, act: &ContactAct) {
        let ContactAct::Said(content) = act else { return };
        if self.decision.ignored == Some(Ignored::Empty) {
            return assert_eq!(self.decision.entries.len(), 0);
        }
        // Nothing that the contact says is dropped without a word (rule 11).
        let own = self.decision.entries.first().expect("a line of the transcript");
        assert_eq!(own.actor, Actor::Contact, "promise G");
        let open = self.before.session.is_some();
        let numbers = !self.world.policy.channel_can.choices;
        let wish = wish::of_contact(content, &self.before.choices, numbers);
        match (wish, open) {
            (Some(Wish::Start { .. }), true) => {
                assert_eq!(self.decision.ignored, Some(Ignored::AlreadyOpen), "rule 2");
                assert_eq!(self.before.session, self.then.session, "rule 2");
                assert!(self.decision.deliveries.is_empty(), "rule 2");
            }
            (Some(Wish::Start { .. }), false) => {
                assert_eq!(self.then.sessions, self.before.sessions + 1, "rules 1 and 5");
                if self.then.session.is_none() {
                    let (_, turn) = self.turns().last().expect("rule 5: never left in silence");
                    assert!(turn.terminal, "rule 5");
                }
            }
            (Some(Wish::End), true) => assert_eq!(self.then.session, None, "rule 12"),
            (Some(Wish::End | Wish::Forged), false) => {
                assert!(self.decision.ignored.is_some(), "rule 19");
                assert!(self.decision.deliveries.is_empty(), "rules 18 and 19");
            }
            (_, true) => {
                assert_eq!(self.then.holder(), self.before.holder(), "rule 14");
                let messages = self.to_desk(|act| matches!(act, ToDeskAct::Message { .. }));
                let posted = !self.world.policy.desk_can.pulls;
                assert_eq!(messages, usize::from(posted), "rule 6: it goes to the desk");
                assert!(own.for_desk, "rule 6");
            }
            (None, false) => {
                let asked = self.turns().filter(|(_, turn)| !turn.terminal).count();
                assert_eq!(asked, 1, "the bot is asked");
            }
        }
    }

    pub(super) fn desk(&self, act: &DeskAct) {
        let after = self.then.session.as_ref();
        match act {
            DeskAct::Said(content) => {
                let said = |entry: &Entry| entry.actor == Actor::Agent(ada());
                let shown = self.shown().filter(|entry| said(entry) && entry.content().is_some());
                let marked = matches!(content, Content::Text { text } if text.contains("SESSION"));
                match self.decision.ignored {
                    Some(Ignored::CameLate) => {
                        assert_eq!((after, shown.count()), (None, 0), "late words open nothing");
                        let trouble = self.to_desk(|act| matches!(act, ToDeskAct::Trouble { .. }));
                        let posted = !self.world.policy.desk_can.pulls;
                        assert_eq!(trouble, usize::from(posted), "rule 11");
                    }
                    Some(why) => {
                        assert_eq!(why, Ignored::NoSession, "rule 8");
                        assert_eq!(self.world.policy.desk, None, "rule 21");
                        assert_eq!(after, None);
                    }
                    None => {
                        assert_eq!(self.then.holder(), Holder::Agent, "rules 7 and 21");
                        let words = shown.count();
                        let alone = matches!(content, Content::Text { text } if text.starts_with("LIVECHAT"));
                        assert_eq!(words, usize::from(!alone), "rules 8 and 13");
                    }
                }
                for entry in self.shown().filter(|_| marked) {
                    let words = format!("{:?}", entry.body);
                    let leaked = words.contains("LIVECHAT") && entry.actor != Actor::Gateway;
                    assert!(!leaked, "rule 13: the marker is taken out");
                }
                if marked && self.decision.ignored.is_none() {
                    assert!(after.is_some_and(|session| session.offered), "rule 13");
                }
                let is_marker =
                    |it: &Entry| matches!(&it.body, Body::Ignored { what, .. } if what == END);
                let unheard = self.decision.entries.iter().filter(|it| is_marker(it)).count();
                let again = self.before.session.as_ref().is_some_and(|session| session.offered);
                let unheard_why = "promise G, rule 13: a marker that offers nothing says why";
                assert_eq!(unheard, usize::from(marked && again), "{unheard_why}");
            }
            DeskAct::Announced(_) => {
                assert_eq!(self.then.holder(), self.before.holder(), "rule 7: a robot is no agent");
            }
            DeskAct::Noted(_) => {
                assert_eq!(self.shown().count(), 0, "rule 8");
                assert_eq!(self.then.session, self.before.session, "rule 10");
            }
            DeskAct::HandedBack(_) | DeskAct::OperatorEnded => {
                assert_eq!(self.then.holder(), Holder::Bot, "rule 22");
            }
            DeskAct::Accepted
                if self.world.policy.desk.is_some() || self.before.session.is_some() =>
            {
                assert_eq!(self.then.holder(), Holder::Agent, "rules 7 and 21");
            }
            DeskAct::Reopened | DeskAct::SeenAt(_) | DeskAct::Seen { .. } => {
                assert_eq!(self.then.holder(), self.before.holder());
            }
            DeskAct::Accepted | DeskAct::Closed => {}
        }
    }

    pub(super) fn turn(&self, done: &TurnDone) {
        let has_floor = done.epoch == self.before.epoch && self.before.session.is_none();
        let fenced = self.count(|body| matches!(body, Body::Fenced { .. })) as usize;
        let shown = self.shown().count();
        match &done.outcome {
            TurnOutcome::Replied(reply) if !has_floor => {
                assert_eq!((fenced, shown), (reply.messages.len(), 0), "rule 9: kept, never shown");
                assert_eq!(self.decision.deliveries.len(), 0, "rule 9");
                assert_eq!(self.before.sessions, self.then.sessions, "rule 9");
            }
            TurnOutcome::Replied(reply) => {
                let start =
                    reply.messages.iter().position(|it| matches!(it, Content::Payload { .. }));
                let began = self.then.sessions > self.before.sessions;
                if let (Some(at), true) = (start, began) {
                    assert_eq!(fenced, reply.messages.len() - at - 1, "rule 4: those after it");
                    let bot = |entry: &&Entry| entry.actor == Actor::Bot;
                    assert_eq!(self.shown().filter(bot).count(), at, "rule 4: those before it");
                }
                if done.turn.terminal {
                    assert!(shown > 0 || began, "rule 5: the contact is never left in silence");
                }
            }
            TurnOutcome::Failed { .. } => {
                assert_eq!(shown, usize::from(has_floor), "a failure is told where it matters");
                assert!(!self.decision.entries.is_empty(), "promise G");
            }
            TurnOutcome::Skipped => {
                assert_eq!(shown, 0, "rule 9");
                assert!(!self.decision.entries.is_empty(), "promise G");
            }
        }
    }
}
