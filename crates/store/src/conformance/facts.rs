//! Short words for the things that cases are about.

use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::delivery::{Delivery, Job, Side, ToContact};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SessionId, SourceId};
use handover_core::port::outbox::{By, SeenCall};
use handover_core::port::store::{
    Change, Committed, DeliveryState, InboxKey, Leased, Settle, Store,
};
use handover_core::session::{SessionRecord, SessionState};
use handover_core::time::Timestamp;

/// A moment, in milliseconds after the beginning of a case.
pub const fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + ms)
}

/// The id of a conversation.
pub fn id(name: &str) -> ConversationId {
    ConversationId::new(name)
}

/// A contact.
pub fn contact() -> Contact {
    Contact::unknown(ContactKey::new("ann"))
}

/// A conversation in which nothing has happened.
pub fn fresh(name: &str) -> Conversation {
    Conversation::new(id(name), AccountId::new("web"), AccountId::new("bot"), contact())
}

/// A decision on a conversation that changes nothing yet.
pub fn change(conversation: Conversation, now: Timestamp) -> Change {
    Change {
        at: now,
        conversation: Conversation { updated_at: now, ..conversation },
        entries: Vec::new(),
        deliveries: Vec::new(),
        again: Vec::new(),
        sessions: Vec::new(),
        bot_state: None,
        inbox: None,
        settle: None,
    }
}

/// An entry of this number that says so.
pub fn entry(n: u64) -> Entry {
    Entry {
        n,
        at: at(0),
        epoch: 1,
        session: None,
        actor: Actor::Contact,
        cause: Cause::Sent,
        body: Body::Message { content: Content::text(format!("entry {n}")) },
        for_contact: true,
        for_desk: true,
        source: None,
    }
}

/// A session of a conversation.
pub fn session(name: &str, ordinal: u32, state: SessionState, started: i64) -> SessionRecord {
    SessionRecord {
        id: SessionId::nth(&id(name), ordinal),
        conversation: id(name),
        ordinal,
        channel: AccountId::new("web"),
        desk: AccountId::new("desk"),
        contact: contact(),
        state,
        started_at: at(started),
        answered_at: None,
        ended_at: None,
        cause: None,
        agent: None,
        link: None,
    }
}

/// What can be added to a change, in the words of a case.
pub trait Deed: Sized {
    /// Adds the next entry.
    #[must_use]
    fn say(self) -> Self;

    /// Adds the next delivery, to this side.
    #[must_use]
    fn send(self, side: Side) -> Self;

    /// Says where the event came from.
    #[must_use]
    fn from(self, source: &str) -> Self;

    /// Adds a session's record.
    #[must_use]
    fn session(self, session: SessionRecord) -> Self;

    /// Sets when time alone may change something.
    #[must_use]
    fn due(self, due: Option<Timestamp>) -> Self;

    /// Settles a delivery in the same breath.
    #[must_use]
    fn settling(self, settle: Settle) -> Self;
}

impl Deed for Change {
    fn say(mut self) -> Self {
        self.conversation.entries += 1;
        self.entries.push(entry(self.conversation.entries));
        self
    }

    fn send(mut self, side: Side) -> Self {
        self.conversation.deliveries += 1;
        let n = self.conversation.deliveries;
        let job = Job::ToContact(ToContact {
            contact: contact(),
            agent: None,
            content: Content::text(format!("delivery {n}")),
        });
        self.deliveries.push(Delivery {
            id: DeliveryId { conversation: self.conversation.id.clone(), n },
            side,
            account: AccountId::new(side.as_str()),
            epoch: 1,
            entry: self.conversation.entries,
            job,
        });
        self
    }

    fn from(mut self, source: &str) -> Self {
        self.inbox = Some(InboxKey {
            account: AccountId::new("web"),
            conversation: self.conversation.id.clone(),
            source: SourceId::new(source),
        });
        self
    }

    fn session(mut self, session: SessionRecord) -> Self {
        self.sessions.push(session);
        self
    }

    fn due(mut self, due: Option<Timestamp>) -> Self {
        self.conversation.due = due;
        self
    }

    fn settling(mut self, settle: Settle) -> Self {
        self.settle = Some(settle);
        self
    }
}

/// What a try came to.
pub fn outcome(leased: &Leased, state: DeliveryState, next: Timestamp) -> Settle {
    Settle {
        delivery: leased.delivery.id.clone(),
        lease: leased.lease,
        state,
        next_at: next,
        at: next,
        note: format!("try {}: {state:?}", leased.attempts + 1),
        calls: vec![call(leased.attempts + 1)],
    }
}

/// A call of this try.
pub fn call(attempt: u32) -> SeenCall {
    SeenCall {
        method: "POST".into(),
        url: format!("https://desk.example/{attempt}"),
        at: at(0),
        took_ms: attempt,
        status: attempt.is_multiple_of(2).then_some(200),
        answer: "ok".into(),
    }
}

/// An operator.
pub fn ada(now: i64, note: &str) -> By {
    By { at: at(now), who: "Ada".into(), note: note.into() }
}

/// The conversation as it is stored, or a fresh one.
pub async fn current(store: &dyn Store, name: &str) -> Conversation {
    store.load(&id(name)).await.unwrap().unwrap_or_else(|| fresh(name))
}

/// Commits what is made of the conversation as it is now.
pub async fn commit(
    store: &dyn Store,
    name: &str,
    now: i64,
    make: impl FnOnce(Change) -> Change,
) -> Committed {
    let conversation = current(store, name).await;
    store.commit(make(change(conversation, at(now)))).await.unwrap()
}

/// Leases as many as are due, for a second.
pub async fn lease(store: &dyn Store, now: i64) -> Vec<Leased> {
    store.lease(at(now), at(now + 1000), 100).await.unwrap()
}

/// What was leased, in short: `a.1`.
pub fn names(leased: &[Leased]) -> Vec<String> {
    leased.iter().map(|leased| leased.delivery.id.to_string()).collect()
}
