//! A look at what a desk holds of a session: what was lost on its way to us is taken, what was lost on its way to the desk
//! is brought once more.

use crate::accept::Apply;
use crate::desk::CALLS;
use crate::hook::Hook;
use crate::judge::judge;
use crate::{Engine, Error};
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::entry::Actor;
use handover_core::event::{Astray, DeskAct, Event, Looked};
use handover_core::ids::{SessionId, SourceId};
use handover_core::port::desk::{CatchUp, Desk, FromHook, Held, What};
use handover_core::port::directory::Account;
use handover_core::port::store::{INBOX_DAYS, Page};
use handover_core::session::{Session, SessionRecord};
use handover_core::time::Timestamp;
use std::collections::HashSet;

/// What is older is no longer taken from a look, in milliseconds: the inbox may have forgotten that it came before.
const TOO_OLD_MS: i64 = (INBOX_DAYS - 1) * 24 * 60 * 60 * 1000;
/// Lines of the transcript in which it is looked whether something came before: the last ones. Of the others the inbox knows.
const LINES: u32 = 500;

/// What a look at what the desk holds has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaughtUp {
    /// It was looked.
    Done {
        /// What was taken.
        hook: Hook,
        /// What to begin the next look with.
        cursor: Option<String>,
        /// What of ours does not stand there as it should. It is in the transcript, and on its way again where it was
        /// missing.
        astray: Vec<Astray>,
    },
    /// There is nothing to look at now: the session is not yet at the desk, something waits to be brought there, or the
    /// account's limit has no room.
    NotNow,
    /// The desk could not be asked.
    Failed {
        /// Why.
        why: String,
    },
}

/// What is looked at.
struct Place {
    conversation: Conversation,
    session: Session,
    is_open: bool,
}

impl Engine {
    /// Asks the desk of a session, open or over, what it holds; takes what was missed, and has brought again what is not
    /// there. With `cursor` only what is new since the look that gave it is read; without it, all of the session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn catch_up(
        &self,
        session: &SessionId,
        cursor: Option<&str>,
    ) -> Result<CaughtUp, Error> {
        let Some(place) = self.place(session).await? else { return Ok(CaughtUp::NotNow) };
        let desk = &place.session.desk;
        let Some((account, adapter)) = self.ports.directory.desk(desk) else {
            return Ok(CaughtUp::NotNow);
        };
        // What has not been brought there yet would look as if the desk had lost it, or had not been opened again.
        let waits = self.ports.store.pending(&place.conversation.id, Side::Desk).await?;
        let now = self.ports.clock.now();
        let has_room = adapter.manifest().limit.is_none_or(|limit| {
            // Nobody waits for what is said where all is over.
            if place.is_open {
                self.paces.has_room(desk, limit, now)
            } else {
                self.paces.is_quiet(desk, limit, now)
            }
        });
        if place.session.link.is_none() || waits > 0 || !has_room {
            return Ok(CaughtUp::NotNow);
        }
        match self.look_at(&account, adapter, &place.session, cursor).await {
            Ok((events, next, held)) => {
                self.ports.watch.went_well(desk, now);
                let hook = self.take_news(&place, events, cursor.is_none(), now).await?;
                if hook.spoken > 0 {
                    self.ports.watch.missed(desk, now, hook.spoken);
                }
                let astray = match held {
                    Some(held) => self.compare(&place, &held, now).await?,
                    None => Vec::new(),
                };
                Ok(CaughtUp::Done { hook, cursor: next, astray })
            }
            Err(why) => {
                // A conversation of long ago may be gone: that is no trouble of the desk's.
                if place.is_open {
                    self.ports.watch.failed(desk, now, &why);
                }
                Ok(CaughtUp::Failed { why })
            }
        }
    }

    /// The session as far as it is known.
    async fn place(&self, id: &SessionId) -> Result<Option<Place>, Error> {
        let Some(record) = self.ports.store.session(id).await? else { return Ok(None) };
        let Some(conversation) = self.ports.store.load(&record.conversation).await? else {
            return Ok(None);
        };
        let open = conversation.session.as_ref().filter(|open| open.id == *id).cloned();
        let is_open = open.is_some();
        let last = conversation.last.as_ref().map(|last| &last.session);
        let last = last.filter(|last| last.id == *id).cloned();
        let session = open.or(last).unwrap_or_else(|| long_over(&record));
        Ok(Some(Place { conversation, session, is_open }))
    }

    /// What the desk tells: events, where to go on, what of ours is there; or why it could not be asked.
    async fn look_at(
        &self,
        account: &Account,
        adapter: &dyn Desk,
        session: &Session,
        cursor: Option<&str>,
    ) -> Result<(Vec<FromHook>, Option<String>, Option<Held>), String> {
        let mut answers = Vec::new();
        loop {
            match adapter.catch_up(account, session, cursor, &answers) {
                CatchUp::Call(_) if answers.len() >= CALLS => {
                    return Err("too many calls were needed".to_owned());
                }
                CatchUp::Call(request) => match self.call(account, adapter, request).await {
                    Ok(answer) => answers.push(answer),
                    Err(error) => return Err(error.to_string()),
                },
                CatchUp::Done { events, cursor, held } => return Ok((events, cursor, held)),
                CatchUp::Failed { why } => return Err(why),
            }
        }
    }

    /// Takes what had not come before.
    async fn take_news(
        &self,
        place: &Place,
        mut events: Vec<FromHook>,
        is_whole: bool,
        now: Timestamp,
    ) -> Result<Hook, Error> {
        let oldest = now.plus_ms(-TOO_OLD_MS);
        events.retain(|event| match &event.what {
            What::Did(did) => {
                did.done_at.is_none_or(|at| at > oldest) && (place.is_open || is_said(&did.act))
            }
            What::Typing { .. } => place.is_open,
        });
        let found = events.len();
        if is_whole && found > 0 {
            let known = self.known(place).await?;
            events.retain(|event| match &event.what {
                What::Did(did) => did.source.as_ref().is_none_or(|id| !known.contains(id)),
                What::Typing { .. } => true,
            });
        }
        let before = found - events.len();
        let mut hook = self.take(&place.session.desk, events).await?;
        hook.repeated += before;
        Ok(hook)
    }

    /// The desk's ids of what stands in the session's transcript: to ask the inbox of each would cost a write.
    async fn known(&self, place: &Place) -> Result<HashSet<SourceId>, Error> {
        let page = Page { after: 0, limit: LINES, newest: true };
        let entries = self.ports.store.transcript(&place.conversation.id, page).await?;
        let ordinal = Some(place.session.ordinal);
        let theirs = |actor: &Actor| !matches!(actor, Actor::Contact | Actor::Bot);
        let entries = entries.into_iter().filter(|it| it.session == ordinal && theirs(&it.actor));
        Ok(entries.filter_map(|entry| entry.source).collect())
    }

    /// Compares what was brought to the desk with what stands there.
    async fn compare(
        &self,
        place: &Place,
        held: &Held,
        now: Timestamp,
    ) -> Result<Vec<Astray>, Error> {
        let Place { conversation, session, .. } = place;
        if conversation.deliveries <= session.looked_for {
            return Ok(Vec::new());
        }
        let records = self.ports.store.deliveries(&conversation.id).await?;
        let (until, astray) = judge(&records, session, held, now);
        if until <= session.looked_for {
            return Ok(Vec::new());
        }
        let looked = Looked { session: session.ordinal, until, astray: astray.clone() };
        let event = Event::Looked(looked);
        let taken = self.apply(Apply::of(&conversation.id, &event)).await?;
        if taken.ignored.is_some() || astray.is_empty() {
            return Ok(Vec::new());
        }
        self.ports.watch.astray(&session.desk, now, &astray);
        Ok(astray)
    }
}

/// What an agent or a robot said: of what is over, nothing else matters.
const fn is_said(act: &DeskAct) -> bool {
    matches!(act, DeskAct::Said(_) | DeskAct::Announced(_) | DeskAct::Noted(_))
}

/// A session that others came after, as far as its record tells. What was brought to it is no longer looked for.
fn long_over(record: &SessionRecord) -> Session {
    Session {
        id: record.id.clone(),
        ordinal: record.ordinal,
        desk: record.desk.clone(),
        started_at: record.started_at,
        last_message_at: record.ended_at.unwrap_or(record.started_at),
        agent: record.agent.clone(),
        answered_at: record.answered_at,
        offered: false,
        messages: 0,
        link: record.link.clone(),
        earlier_link: None,
        closed_at_desk: true,
        looked_for: u64::MAX,
    }
}
