//! A desk's hook: proved, read, if need be asked about, and taken.

use crate::{Engine, Error};
use handover_core::content::Content;
use handover_core::delivery::Side;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{AccountId, ConversationId};
use handover_core::port::bus::Envelope;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::desk::{At, Desk, FromHook, Hooked, What};
use handover_core::port::directory::Account;
use thiserror::Error as ThisError;

/// Questions that one hook may lead to; more means that its adapter goes round in circles.
const QUESTIONS: usize = 3;

/// What became of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hook {
    /// Events that changed something.
    pub taken: usize,
    /// Messages and closings that had not come before: what a hook should have brought if a look did.
    pub spoken: usize,
    /// Events that had come before.
    pub repeated: usize,
    /// Why nothing or not all of it was taken, in words.
    pub ignored: Vec<String>,
}

/// Why a hook was not taken. Nothing of it, or only its first events, are done; a repeat does the rest.
#[derive(Debug, ThisError)]
pub enum HookError {
    /// No such desk.
    #[error("there is no such desk")]
    NoDesk,
    /// It cannot be believed or read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It could not be kept.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl Engine {
    /// Takes a hook whose secret address has been checked. The answer comes after all of it is on disk (promise B).
    ///
    /// # Errors
    /// When it proves nothing, cannot be read, or cannot be kept.
    pub async fn hook(&self, desk: &AccountId, call: &Call<'_>) -> Result<Hook, HookError> {
        let (account, adapter) = self.ports.directory.desk(desk).ok_or(HookError::NoDesk)?;
        adapter.verify(&account, call)?;
        self.ports.watch.hooked(desk, call.at);
        let events = match self.read(&account, adapter, call).await? {
            Ok(events) => events,
            Err(why) => return Ok(Hook { ignored: vec![why], ..Hook::default() }),
        };
        Ok(self.take(desk, events).await?)
    }

    /// Reads a hook, and asks the desk where it must be asked.
    async fn read(
        &self,
        account: &Account,
        adapter: &dyn Desk,
        call: &Call<'_>,
    ) -> Result<Result<Vec<FromHook>, String>, DecodeError> {
        let mut answers = Vec::new();
        loop {
            let (request, or) = match adapter.decode(account, call, &answers)? {
                Hooked::Events(events) => return Ok(Ok(events)),
                Hooked::Ignored { why } => return Ok(Err(why)),
                Hooked::Ask { request, or } => (request, or),
            };
            if answers.len() >= QUESTIONS {
                return Ok(Ok(or));
            }
            match self.ask(account, adapter, request).await {
                Some(answer) => answers.push(answer),
                None => return Ok(Ok(or)),
            }
        }
    }

    /// Takes what happened at a desk, in order.
    ///
    /// # Errors
    /// When the store fails. What came before the failure is done; the same events again do the rest.
    pub async fn take(&self, desk: &AccountId, events: Vec<FromHook>) -> Result<Hook, Error> {
        let mut hook = Hook::default();
        for event in events {
            let Some(place) = self.meant(desk, &event.at).await? else {
                hook.ignored.push("no conversation of this desk is meant".into());
                continue;
            };
            match event.what {
                What::Typing { name, on } => {
                    let (conversation, side) = (place.conversation, Side::Desk);
                    self.ports.bus.publish(Envelope::Typing { conversation, side, name, on });
                    hook.taken += 1;
                }
                What::Did(mut did) => {
                    self.reachable(desk, &mut did);
                    let spoken = matches!(did.act, DeskAct::Said(_) | DeskAct::Closed);
                    let (id, link) = (&place.conversation, place.link.as_deref());
                    let done = self.told_by(desk, id, link, did).await?;
                    match done.ignored {
                        _ if done.duplicate => hook.repeated += 1,
                        Some(why) => {
                            // Words that came too late are no repeat either.
                            hook.spoken += usize::from(spoken && done.entry > 0);
                            hook.ignored.push(why.why().into());
                        }
                        None => {
                            hook.taken += 1;
                            hook.spoken += usize::from(spoken);
                        }
                    }
                }
            }
        }
        Ok(hook)
    }

    /// Files and pictures under addresses that contacts can reach.
    fn reachable(&self, desk: &AccountId, did: &mut FromDesk) {
        if let DeskAct::Said(Content::Media(media)) | DeskAct::Announced(Content::Media(media)) =
            &mut did.act
        {
            media.url = self.ports.directory.file_of(desk, &media.url);
        }
        if let Some(picture) = did.agent.as_mut().and_then(|agent| agent.picture.as_mut()) {
            *picture = self.ports.directory.file_of(desk, picture);
        }
    }

    /// The conversation that a desk means: only one that is or was last open there (promise F), and never one that
    /// another desk has now.
    async fn meant(&self, desk: &AccountId, at: &At) -> Result<Option<Meant>, Error> {
        let store = &self.ports.store;
        let (id, link) = match at {
            At::Conversation(id) => (Some(id.clone()), None),
            At::Session(id) => {
                let session = store.session(id).await?;
                let session = session.filter(|session| session.desk == *desk);
                session.map_or((None, None), |found| (Some(found.conversation), found.link))
            }
            At::Link(link) => {
                let session = store.linked(desk, link).await?;
                (session.map(|found| found.conversation), Some(link.clone()))
            }
        };
        let Some(id) = id else { return Ok(None) };
        let Some(conversation) = store.load(&id).await? else { return Ok(None) };
        let last = conversation.last.as_ref().map(|last| &last.session);
        let session = conversation.session.as_ref().or(last);
        let Some(session) = session.filter(|session| session.desk == *desk) else {
            return Ok(None);
        };
        let link = link.or_else(|| session.link.clone());
        Ok(Some(Meant { conversation: id, link }))
    }
}

/// A conversation, and what the desk calls it.
struct Meant {
    conversation: ConversationId,
    link: Option<String>,
}
