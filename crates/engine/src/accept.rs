//! Load, decide, commit, tell: the one road by which anything happens to a conversation.

use crate::{Engine, conversation_id};
use futures_util::future::join_all;
use handover_core::contact::Contact;
use handover_core::conversation::Conversation;
use handover_core::decide::decide;
use handover_core::decision::{Decision, Ignored};
use handover_core::delivery::Side;
use handover_core::event::{Event, FromContact, FromDesk};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SessionId, SourceId};
use handover_core::port::bus::Envelope;
use handover_core::port::store::{Change, Committed, InboxKey, Settle, StoreError};
use std::sync::Arc;
use thiserror::Error;

/// How often a commit that came too late is decided anew. Within one process the lock makes that rare.
const TRIES: u32 = 50;

/// How many timers are fired at once: enough to share the disk's flushes, few enough to leave others their place in them.
const LOOKS_AT_ONCE: usize = 24;

/// What became of an event that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// The first entry that it made; 0 if it made none.
    pub entry: u64,
    /// Whether it had come before and changed nothing now (promise C).
    pub duplicate: bool,
    /// Why it changed nothing, if so.
    pub ignored: Option<Ignored>,
    /// Whether nothing will answer it: people have the floor, and no rule had a word to say.
    pub unanswered: bool,
}

/// An event, and what is known beside it.
pub(crate) struct Apply<'a> {
    pub(crate) id: &'a ConversationId,
    /// Makes the conversation if there is none yet.
    pub(crate) fresh: Option<&'a (dyn Fn() -> Conversation + Sync)>,
    /// The account that it came in on, and the sender's id for it.
    pub(crate) source: Option<(AccountId, SourceId)>,
    /// The delivery that it settles.
    pub(crate) settle: Option<Settle>,
    /// The desk that speaks, and what it calls the conversation.
    pub(crate) desk: Option<(&'a AccountId, Option<&'a str>)>,
    pub(crate) event: &'a Event,
}

impl<'a> Apply<'a> {
    pub(crate) fn of(id: &'a ConversationId, event: &'a Event) -> Self {
        Self { id, fresh: None, source: None, settle: None, desk: None, event }
    }
}

/// Why an event was not taken. Nothing is half done.
#[derive(Debug, Error)]
pub enum Error {
    /// No such session, or it is over.
    #[error("there is no such session")]
    NoSession,
    /// No such conversation.
    #[error("there is no such conversation")]
    NoConversation,
    /// The conversation moved on faster than this event could be decided.
    #[error("the conversation is too busy; try again")]
    Busy,
    /// The lease under which a delivery was tried is lost: somebody else settles it.
    #[error("somebody else has taken the delivery meanwhile")]
    Lost,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Takes what a contact did. The answer comes after it is on disk.
    ///
    /// # Errors
    /// When the store fails; then nothing was done.
    pub async fn from_contact(
        &self,
        channel: &AccountId,
        key: &ContactKey,
        act: FromContact,
    ) -> Result<Accepted, Error> {
        let id = conversation_id(channel, key);
        let fresh = || {
            let bot = self.ports.directory.bot_of(channel);
            Conversation::new(id.clone(), channel.clone(), bot, Contact::unknown(key.clone()))
        };
        let source = act.source.clone().map(|source| (channel.clone(), source));
        let event = Event::Contact(act);
        self.apply(Apply { fresh: Some(&fresh), source, ..Apply::of(&id, &event) }).await
    }

    /// Takes what happened at a desk to a session.
    ///
    /// # Errors
    /// When there is no such session, or the store fails; then nothing was done.
    pub async fn from_desk(&self, session: &SessionId, act: FromDesk) -> Result<Accepted, Error> {
        let record = self.ports.store.session(session).await?.ok_or(Error::NoSession)?;
        if !record.state.is_open() {
            return Err(Error::NoSession);
        }
        self.from_desk_to(&record.conversation, act).await
    }

    /// Takes what an agent did to a conversation, whether or not a session is open (rule 21).
    ///
    /// # Errors
    /// When there is no such conversation, or the store fails; then nothing was done.
    pub async fn from_desk_to(
        &self,
        conversation: &ConversationId,
        act: FromDesk,
    ) -> Result<Accepted, Error> {
        let source = act.source.clone().map(|source| (AccountId::new("desk"), source));
        let event = Event::Desk(act);
        self.apply(Apply { source, ..Apply::of(conversation, &event) }).await
    }

    /// Takes what a desk told of a conversation that is or was open there. `link` is what the desk calls it.
    pub(crate) async fn told_by(
        &self,
        desk: &AccountId,
        conversation: &ConversationId,
        link: Option<&str>,
        act: FromDesk,
    ) -> Result<Accepted, Error> {
        let source = act.source.clone().map(|source| (desk.clone(), source));
        let event = Event::Desk(act);
        let desk = Some((desk, link));
        self.apply(Apply { source, desk, ..Apply::of(conversation, &event) }).await
    }

    /// Ends what time has ended: each conversation whose moment has come gets a look. Says how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fire_due(&self, limit: u32) -> Result<usize, Error> {
        let due = self.ports.store.due(self.ports.clock.now(), limit).await?;
        for some in due.chunks(LOOKS_AT_ONCE) {
            join_all(some.iter().map(async |conversation| {
                if let Err(error) = self.look(conversation).await {
                    tracing::warn!(%conversation, %error, "a timer could not be fired; it will be tried again");
                }
            }))
            .await;
        }
        Ok(due.len())
    }

    /// Lets one conversation look at the time and at changed settings.
    ///
    /// # Errors
    /// When there is no such conversation, or the store fails.
    pub async fn look(&self, conversation: &ConversationId) -> Result<Accepted, Error> {
        self.apply(Apply::of(conversation, &Event::Due)).await
    }

    async fn load_or(
        &self,
        id: &ConversationId,
        fresh: Option<&(dyn Fn() -> Conversation + Sync)>,
    ) -> Result<Conversation, Error> {
        match (self.ports.store.load(id).await?, fresh) {
            (Some(conversation), _) => Ok(conversation),
            (None, Some(fresh)) => Ok(fresh()),
            (None, None) => Err(Error::NoConversation),
        }
    }

    /// Load, decide, commit; again when the conversation has moved on meanwhile.
    pub(crate) async fn apply(&self, what: Apply<'_>) -> Result<Accepted, Error> {
        let Apply { id, fresh, source, settle, desk, event } = what;
        let _turn = self.locks.of(id).await;
        let speaking = desk.map(|(desk, _)| desk);
        let inbox =
            source.map(|(account, source)| InboxKey { account, conversation: id.clone(), source });
        let mut remembered = self.latest.get(id);
        let mut refused = None;
        for _ in 0..TRIES {
            let from_memory = remembered.is_some();
            let conversation = match remembered.take() {
                Some(conversation) => conversation,
                None => Arc::new(self.load_or(id, fresh).await?),
            };
            if refused == Some(conversation.revision) {
                // It is not the revision that was refused.
                return Err(if settle.is_some() { Error::Lost } else { Error::Busy });
            }
            let holding = conversation.session.as_ref().map(|session| session.desk.clone());
            let mut policy =
                self.ports.directory.policy(&conversation.channel, holding.as_ref().or(speaking));
            if let Some((desk, link)) = desk {
                policy.desk = Some(desk.clone());
                policy.link = link.map(str::to_owned);
            }
            let now = self.ports.clock.now();
            let decision = decide(&conversation, &policy, now, event);
            let accepted = Accepted {
                conversation: id.clone(),
                entry: decision.entries.first().map_or(0, |entry| entry.n),
                duplicate: false,
                ignored: decision.ignored,
                unanswered: is_unanswered(&decision),
            };
            if settle.is_none() && !decision.changes(&conversation) {
                if from_memory {
                    // No commit will say whether this was decided on what is true.
                    continue;
                }
                return Ok(accepted);
            }
            let hints = hints(&conversation, &decision);
            let next = Conversation {
                revision: decision.conversation.revision + 1,
                ..decision.conversation.clone()
            };
            let change = Change {
                at: now,
                conversation: decision.conversation,
                entries: decision.entries,
                deliveries: decision.deliveries,
                again: decision.again,
                sessions: decision.sessions,
                bot_state: decision.bot_state,
                inbox: inbox.clone(),
                settle: settle.clone(),
            };
            match self.ports.store.commit(change).await? {
                Committed::Done => {
                    self.latest.put(next);
                    for hint in hints {
                        self.ports.bus.publish(hint);
                    }
                    return Ok(accepted);
                }
                Committed::Duplicate { entry } => {
                    let unanswered = false;
                    return Ok(Accepted {
                        entry,
                        duplicate: true,
                        ignored: None,
                        unanswered,
                        ..accepted
                    });
                }
                Committed::Stale => {
                    self.latest.forget(id);
                    refused = Some(conversation.revision);
                }
            }
        }
        Err(Error::Busy)
    }
}

/// Nothing but the event itself was written, and no bot was asked.
fn is_unanswered(decision: &Decision) -> bool {
    decision.conversation.session.is_some()
        && decision.entries.len() == 1
        && decision.deliveries.iter().all(|delivery| delivery.side != Side::Bot)
}

fn hints(before: &Conversation, decision: &Decision) -> Vec<Envelope> {
    let after = &decision.conversation;
    let mut hints = vec![Envelope::Changed {
        conversation: after.id.clone(),
        entries: after.entries,
        sessions: !decision.sessions.is_empty(),
        deliveries: !decision.deliveries.is_empty() || !decision.again.is_empty(),
    }];
    for (side, has_read) in [
        (Side::Contact, after.marks.contact_read > before.marks.contact_read),
        (Side::Desk, after.marks.desk_read > before.marks.desk_read),
    ] {
        if has_read {
            hints.push(Envelope::Read { conversation: after.id.clone(), side });
        }
    }
    hints
}
