//! What a step may show and to whom, and what it must bring to the desk.

use super::Step;
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::delivery::{Side, ToDeskAct};
use handover_core::entry::{Actor, Body, Entry};
use handover_core::event::{DeskAct, Event};
use handover_core::session::Holder;
use handover_core::words::END;

impl Step<'_> {
    /// A and rule 9: in an epoch of people nothing of the bot is shown; rule 8: notes never are.
    pub(super) fn nobody_speaks_out_of_turn(&self) {
        for entry in self.shown() {
            match &entry.actor {
                Actor::Bot => {
                    assert_eq!(self.before.holder(), Holder::Bot, "promise A");
                    assert_eq!(entry.epoch, self.before.epoch, "promise A");
                    let turn =
                        matches!(self.event, Event::Turn(it) if it.epoch == self.before.epoch);
                    assert!(turn, "promise A, rule 9");
                }
                Actor::Agent(_) => assert!(
                    self.before.session.is_some() || self.then.session.is_some(),
                    "no agent speaks without a session"
                ),
                Actor::Contact => assert!(matches!(self.event, Event::Contact(_)), "promise F"),
                Actor::Gateway => {}
            }
            let told = !matches!(
                entry.body,
                Body::Note { .. }
                    | Body::Fenced { .. }
                    | Body::Ignored { .. }
                    | Body::Terminal { .. }
            );
            assert!(told, "rules 8 and 9: {:?} is not for the contact", entry.body);
        }
        // What is posted to the contact is what the transcript shows to the contact.
        for delivery in self.decision.deliveries.iter().filter(|it| it.side == Side::Contact) {
            assert!(self.shown().any(|entry| entry.n == delivery.entry), "promise A");
        }
        if !self.world.policy.channel_can.pulls {
            let said = |entry: &&Entry| entry.content().is_some() && entry.actor != Actor::Contact;
            for entry in self.shown().filter(said) {
                let posted = |it: &_| matches!(it, Side::Contact);
                let mut to_contact = self.decision.deliveries.iter().filter(|it| posted(&it.side));
                assert!(to_contact.any(|it| it.entry == entry.n), "promise B: it goes out");
            }
        }
        // Rule 6: while a session is open the bot receives nothing but how sessions ended.
        for (epoch, turn) in self.turns().filter(|(_, turn)| !turn.terminal) {
            assert_eq!(self.then.holder(), Holder::Bot, "rule 6: {turn:?}");
            assert_eq!(epoch, self.then.epoch, "rule 6");
        }
    }

    /// What the desk must be told goes to it, once.
    pub(super) fn lanes(&self) {
        let posted = usize::from(!self.world.policy.desk_can.pulls);
        let begins = self.before.session.is_none() && self.then.session.is_some();
        let ends = self.before.session.is_some() && self.then.session.is_none();
        let opens = self.to_desk(|act| matches!(act, ToDeskAct::Open));
        assert_eq!(opens, posted * usize::from(begins), "rules 1 and 21");
        let ended = self.to_desk(|act| matches!(act, ToDeskAct::Ended { .. }));
        assert_eq!(ended, posted * usize::from(ends), "rules 12 and 16");
    }

    /// Rule 13: offered twice in a row is offered once.
    pub(super) fn offers(&self) {
        let is_offer = |entry: &Entry| {
            let buttons = entry.content().map(Content::buttons).unwrap_or_default();
            entry.actor == Actor::Gateway && buttons.iter().any(|button| button.payload == END)
        };
        let offers = self.decision.entries.iter().filter(|entry| is_offer(entry)).count();
        let offered =
            |it: &Conversation| it.session.as_ref().is_some_and(|session| session.offered);
        assert!(offers <= 1, "rule 13");
        if offers == 1 {
            assert!(!offered(self.before), "rule 13: once in a row");
            assert!(offered(self.then), "rule 13");
            assert!(matches!(self.event, Event::Desk(_)), "rules 13 and 15: only the desk offers");
        } else if !offered(self.before) {
            assert!(!offered(self.then), "rule 13: what was not said was not offered");
        }
        if let (Some(was), Some(is)) = (&self.before.session, &self.then.session) {
            // Rule 10: messages restart the window, and nothing else does.
            let messages = self.decision.entries.iter().any(|entry| {
                entry.content().is_some() && matches!(entry.actor, Actor::Contact | Actor::Agent(_))
            });
            let said =
                matches!(self.event, Event::Desk(from) if matches!(from.act, DeskAct::Said(_)));
            assert_eq!(is.messages - was.messages, u32::from(messages || said), "rule 10");
            let at = if messages || said { self.world.now } else { was.last_message_at };
            assert_eq!(is.last_message_at, at, "rule 10");
        }
    }
}
