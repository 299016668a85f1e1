//! A decision in the making. All that the rules have in common: numbering, what each side is shown, the outbox.

use crate::contact::Agent;
use crate::content::Content;
use crate::conversation::Conversation;
use crate::decision::{Decision, Ignored};
use crate::delivery::{Delivery, Job, Side, ToContact, ToDesk, ToDeskAct, Turn};
use crate::entry::{Actor, Body, Cause, Entry};
use crate::event::BotEvent;
use crate::ids::{AccountId, DeliveryId, SourceId};
use crate::language::{Language, Phrases};
use crate::policy::Policy;
use crate::session::{EndCause, Session, SessionRecord, SessionState};
use crate::time::Timestamp;

/// Who may see an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Contact and desk.
    Both,
    /// The desk.
    Desk,
    /// The contact.
    Contact,
    /// Operators.
    Nobody,
}

/// A decision in the making.
pub(super) struct Draft<'a> {
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
    pub(super) decision: Decision,
}

impl<'a> Draft<'a> {
    pub(super) fn new(conversation: &Conversation, policy: &'a Policy, now: Timestamp) -> Self {
        Self { policy, now, decision: Decision::nothing(conversation) }
    }

    pub(super) fn conversation(&mut self) -> &mut Conversation {
        &mut self.decision.conversation
    }

    pub(super) fn session(&mut self) -> Option<&mut Session> {
        self.decision.conversation.session.as_mut()
    }

    /// The language of the session: the contact's, or else the operator's.
    pub(super) fn language(&self) -> Language {
        let contact = &self.decision.conversation.contact;
        contact.language().unwrap_or(self.policy.livechat.language)
    }

    /// What there is to say to the contact.
    pub(super) fn to_contact(&self) -> &'static Phrases {
        self.language().phrases()
    }

    /// What there is to say to agents.
    pub(super) fn to_agents(&self) -> &'static Phrases {
        self.policy.livechat.language.phrases()
    }

    /// Writes a line of the transcript and gives its number.
    pub(super) fn entry(&mut self, actor: Actor, cause: Cause, body: Body, seen: Seen) -> u64 {
        let conversation = &mut self.decision.conversation;
        conversation.entries += 1;
        conversation.updated_at = self.now;
        let n = conversation.entries;
        self.decision.entries.push(Entry {
            n,
            at: self.now,
            epoch: conversation.epoch,
            session: conversation.session.as_ref().map(|session| session.ordinal),
            actor,
            cause,
            body,
            for_contact: matches!(seen, Seen::Both | Seen::Contact),
            for_desk: matches!(seen, Seen::Both | Seen::Desk),
            source: None,
        });
        n
    }

    /// Marks the last entry with the sender's own id.
    pub(super) fn source(&mut self, source: Option<&SourceId>) {
        if let Some(entry) = self.decision.entries.last_mut() {
            entry.source = source.cloned();
        }
    }

    /// Says that an event changed nothing, and why (promise G).
    pub(super) fn ignore(&mut self, actor: Actor, what: impl Into<String>, ignored: Ignored) {
        self.decision.ignored = Some(ignored);
        self.ignore_part(actor, what, ignored);
    }

    /// Says that a part of an event changed nothing, and why.
    pub(super) fn ignore_part(&mut self, actor: Actor, what: impl Into<String>, ignored: Ignored) {
        let body = Body::Ignored { what: what.into(), why: ignored.why().into() };
        self.entry(actor, Cause::Sent, body, Seen::Desk);
    }

    /// Says that an event changed nothing, where not even the transcript needs to know.
    pub(super) fn ignore_silently(&mut self, ignored: Ignored) {
        self.decision.ignored = Some(ignored);
    }

    /// Shows a message to the contact.
    pub(super) fn say(&mut self, actor: Actor, cause: Cause, content: Content) -> u64 {
        let buttons = content.buttons();
        if !buttons.is_empty() {
            self.decision.conversation.choices = buttons.into_iter().cloned().collect();
        }
        let agent = match &actor {
            Actor::Agent(agent) => Some(agent.clone()),
            _ => None,
        };
        let seen = if content.is_pacing() { Seen::Contact } else { Seen::Both };
        let n = self.entry(actor, cause, Body::Message { content: content.clone() }, seen);
        self.post_to_contact(n, agent, &content);
        n
    }

    /// Posts a content to a channel that does not read the transcript itself, in what it can show (rule 11).
    pub(super) fn post_to_contact(&mut self, entry: u64, agent: Option<Agent>, content: &Content) {
        if self.policy.channel_can.pulls {
            return;
        }
        for content in self.policy.channel_can.show(content) {
            let contact = self.decision.conversation.contact.clone();
            let account = self.decision.conversation.channel.clone();
            let job = Job::ToContact(ToContact { contact, agent: agent.clone(), content });
            self.deliver(Side::Contact, account, entry, job);
        }
    }

    /// Brings something to the open session's desk, unless it reads the transcript itself.
    pub(super) fn post_to_desk(&mut self, entry: u64, act: ToDeskAct) {
        let Some(session) = self.decision.conversation.session.clone() else { return };
        self.post_to_desk_of(&session, entry, act);
    }

    /// The same for a session that is no longer open.
    pub(super) fn post_to_desk_of(&mut self, session: &Session, entry: u64, act: ToDeskAct) {
        if self.policy.desk_can.pulls {
            return;
        }
        let contact = self.decision.conversation.contact.clone();
        let language = self.policy.livechat.language;
        let job = Job::ToDesk(ToDesk { session: session.clone(), contact, language, act });
        self.deliver(Side::Desk, session.desk.clone(), entry, job);
    }

    /// Lets the bot take a turn on an entry.
    pub(super) fn turn(&mut self, of: u64, event: BotEvent, terminal: bool) {
        let bot = self.decision.conversation.bot.clone();
        self.deliver(Side::Bot, bot, of, Job::Turn(Turn { of, event, terminal }));
    }

    /// Gives the bot what it is owed from a session that expired (rule 16), before anything else reaches it.
    pub(super) fn pay_bot(&mut self, of: u64) {
        if let Some(event) = self.decision.conversation.owed.take() {
            self.terminal(of, event, EndCause::Expired);
        }
    }

    /// Tells the bot that a session is over, and the transcript that the bot was told (rule 18).
    pub(super) fn terminal(&mut self, of: u64, event: BotEvent, cause: EndCause) {
        let body = Body::Terminal { payload: cause.payload().into(), cause };
        self.entry(Actor::Gateway, Cause::Rule { number: 18 }, body, Seen::Nobody);
        self.turn(of, event, true);
    }

    fn deliver(&mut self, side: Side, account: AccountId, entry: u64, job: Job) {
        let conversation = &mut self.decision.conversation;
        conversation.deliveries += 1;
        let id = DeliveryId { conversation: conversation.id.clone(), n: conversation.deliveries };
        let epoch = conversation.epoch;
        self.decision.deliveries.push(Delivery { id, side, account, epoch, entry, job });
    }

    /// Counts a message of either side (rule 10) and takes back an offer that it outdates.
    pub(super) fn touch(&mut self) {
        let now = self.now;
        if let Some(session) = self.session() {
            session.last_message_at = now;
            session.messages += 1;
            session.offered = false;
        }
    }

    /// Writes the session as lists show it.
    pub(super) fn record(&mut self, session: &Session, ended: Option<(EndCause, Timestamp)>) {
        let conversation = &self.decision.conversation;
        let state = match (ended, &session.agent) {
            (Some(_), _) => SessionState::Ended,
            (None, Some(_)) => SessionState::Agent,
            (None, None) => SessionState::Waiting,
        };
        let record = SessionRecord {
            id: session.id.clone(),
            conversation: conversation.id.clone(),
            ordinal: session.ordinal,
            channel: conversation.channel.clone(),
            desk: session.desk.clone(),
            contact: conversation.contact.clone(),
            state,
            started_at: session.started_at,
            answered_at: session.answered_at,
            ended_at: ended.map(|(_, at)| at),
            cause: ended.map(|(cause, _)| cause),
            agent: session.agent.clone(),
            link: session.link.clone(),
        };
        self.decision.sessions.retain(|earlier| earlier.id != record.id);
        self.decision.sessions.push(record);
    }

    /// Gives the decision out, with the moment at which time alone may change something.
    pub(super) fn finish(mut self) -> Decision {
        let timeout_ms = i64::from(self.policy.livechat.timeout_s) * 1000;
        let conversation = &mut self.decision.conversation;
        conversation.due = conversation.session.as_ref().map(|session| {
            let expires = session.last_message_at.plus_ms(timeout_ms);
            // A timer that is set too early looks and is set anew; so a message need not move it (design.md 4).
            match conversation.due {
                Some(due) if due <= expires && due > self.now => due,
                _ => expires,
            }
        });
        self.decision
    }
}
