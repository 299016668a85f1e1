//! The parts of the way round a desk. Each is taken as a contact or an agent would take it.

use super::wait::until;
use crate::app::App;
use crate::settings::AccountKind;
use crate::settings::connect::{Saved, save};
use crate::vault::random_text;
use handover_adapters::channel::probe::Probe;
use handover_core::capability::plain;
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::delivery::{Job, Side, ToDesk, ToDeskAct};
use handover_core::entry::{Actor, Body, Entry};
use handover_core::event::{ContactAct, DeskAct, FromContact, FromDesk};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SessionId};
use handover_core::port::desk::{Desk, Hop, NOT_ANSWERABLE};
use handover_core::port::directory::{Account, Directory};
use handover_core::port::store::{DeliveryRecord, DeliveryState, Page, StoreError};
use handover_core::time::Timestamp;
use handover_core::words::{END, START};
use handover_engine::conversation_id;
use serde_json::{Map, json};
use std::sync::Arc;
use tokio::time::Instant;

/// The contact that all tests of a desk share, so that the vendor's list of contacts does not fill up.
const CONTACT: &str = "loop-test";
/// Their name at the desk.
const NAME: &str = "Handover loop test";
/// Entries that one test can make at most, and many more.
const ENTRIES_MAX: u32 = 200;

/// What came of a part of the way; the error says why it failed.
pub(super) type Came = Result<Passed, String>;

/// A part of the way on which nothing failed.
pub(super) enum Passed {
    /// It works: what was found.
    Done(String),
    /// It does not apply to this desk: why.
    Left(String),
}

/// A contact on the way round a desk.
pub(super) struct Trip<'a> {
    app: &'a App,
    account: Arc<Account>,
    adapter: &'static dyn Desk,
    channel: AccountId,
    key: ContactKey,
    conversation: ConversationId,
    /// Tells this test's words from all others.
    nonce: String,
    /// What the conversation held before.
    entries_before: u64,
    deliveries_before: u64,
    session: Option<SessionId>,
    /// When the agent's answer was about to be written.
    answered_at: Timestamp,
    /// The entry that brought the answer.
    answer: Option<Entry>,
}

impl<'a> Trip<'a> {
    /// Makes ready. What an earlier test may have left open is ended first.
    pub(super) async fn prepare(app: &'a App, desk: &AccountId) -> Result<Self, String> {
        let found = app.settings.desk(desk);
        let (account, adapter) = found.ok_or("There is no such desk, or its kind is not known.")?;
        let nonce: String =
            random_text().map_err(|error| error.to_string())?.chars().take(8).collect();
        let channel = Probe::id_of(desk);
        let key = ContactKey::new(CONTACT);
        let conversation = conversation_id(&channel, &key);
        let mut trip = Self {
            app,
            account,
            adapter,
            channel,
            key,
            conversation,
            nonce,
            entries_before: 0,
            deliveries_before: 0,
            session: None,
            answered_at: app.clock.now(),
            answer: None,
        };
        trip.end_at_any_rate().await;
        let pending = app.store.pending(&trip.conversation, Side::Desk).await.map_err(words)?;
        if pending > 0 {
            // What an earlier test could not deliver is tried again ever more seldom, and would hold this one up.
            trip.key = ContactKey::new(format!("{CONTACT}-{}", trip.nonce));
            trip.conversation = conversation_id(&trip.channel, &trip.key);
        }
        if let Some(before) = app.store.load(&trip.conversation).await.map_err(words)? {
            trip.entries_before = before.entries;
            trip.deliveries_before = before.deliveries;
        }
        Ok(trip)
    }

    /// The desk's adapter.
    pub(super) fn adapter(&self) -> &'static dyn Desk {
        self.adapter
    }

    /// Takes one part of the way.
    pub(super) async fn take(&mut self, hop: Hop, deadline: Instant) -> Came {
        match hop {
            Hop::Credentials => self.credentials().await,
            Hop::Opened => self.opened(deadline).await,
            Hop::Message => self.message(deadline).await,
            Hop::Answer => self.answer().await,
            Hop::Hook => self.hook(deadline).await,
            Hop::Reached => self.reached(),
            Hop::Marker => self.marker(deadline).await,
            Hop::Ended => self.ended(deadline).await,
        }
    }

    /// Whether the desk is inside: it reads the transcript itself.
    fn inside(&self) -> bool {
        self.adapter.manifest().capabilities.pulls
    }

    async fn credentials(&self) -> Came {
        if self.inside() {
            return Ok(Passed::Done("This desk is part of the program.".into()));
        }
        let fields = self.adapter.manifest().fields;
        let mut given = Account::clone(&self.account);
        given.settings.retain(|name, _| fields.iter().any(|field| field.name == name));
        match save(self.app, AccountKind::Desk, given, true).await {
            Ok(Saved::Done { said }) if said.is_empty() => {
                Ok(Passed::Done("This desk has nothing to connect to beforehand.".into()))
            }
            Ok(Saved::Done { said }) => Ok(Passed::Done(said.join(" "))),
            Ok(Saved::Choose { field, question, .. }) => {
                Err(format!("{field}: a choice is open: {question}"))
            }
            Ok(Saved::Failed { why }) => Err(why),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn opened(&mut self, deadline: Instant) -> Came {
        self.say(Content::payload(START)).await?;
        let opened = self.load().await?.session.map(|session| session.id);
        self.session = Some(opened.ok_or("no session began")?);
        self.delivered(deadline, |act| matches!(act, ToDeskAct::Open)).await?;
        let link = self.load().await?.session.and_then(|session| session.link);
        Ok(Passed::Done(match link {
            Some(link) => format!("The desk calls it {link}."),
            None if self.inside() => "It is open; the console's lists leave tests out.".into(),
            None => "The desk gave it no name of its own.".into(),
        }))
    }

    async fn message(&self, deadline: Instant) -> Came {
        let text = format!("This is a test of the loop ({}). It ends by itself.", self.nonce);
        self.say(Content::text(text)).await?;
        self.delivered(deadline, |act| matches!(act, ToDeskAct::Message { .. })).await?;
        Ok(Passed::Done("The desk has taken it.".into()))
    }

    async fn answer(&mut self) -> Came {
        self.answered_at = self.app.clock.now();
        match self.answer_with(&format!("Loop test {}", self.nonce)).await {
            Ok(()) => Ok(Passed::Done("Written as an agent would.".into())),
            Err(why) if why == NOT_ANSWERABLE => Ok(Passed::Left(
                "A program cannot answer in place of an agent here. Answer a real conversation to see the way back.".into(),
            )),
            Err(why) => Err(why),
        }
    }

    async fn answer_with(&self, text: &str) -> Result<(), String> {
        let session = self.session.as_ref().ok_or("no session is open")?;
        if !self.inside() {
            return self.app.engine.answer_as_agent(session, text).await;
        }
        let said = FromDesk {
            source: None,
            agent: Some(Agent::new("loop-test", NAME)),
            done_at: None,
            act: DeskAct::Said(Content::text(text)),
        };
        self.app.engine.from_desk(session, said).await.map_err(words)?;
        Ok(())
    }

    async fn hook(&mut self, deadline: Instant) -> Came {
        let this = &*self;
        let look = || async move {
            let entries = this.entries().await.map_err(words)?;
            Ok::<_, String>(entries.into_iter().find(|entry| said_at_desk(entry, &this.nonce)))
        };
        let Some(entry) = until(self.app, &self.conversation, deadline, look).await? else {
            return Err(match self.last_hook().await {
                None => "No hook has ever come from this desk.".into(),
                Some(last) if last < self.answered_at => "No hook came after the answer.".into(),
                _ => "Hooks came, but none of them brought the answer.".into(),
            });
        };
        let came = match &entry.body {
            Body::Note { .. } => Err("The answer came back as a private note.".into()),
            Body::Ignored { why, .. } => {
                Err(format!("The answer came back and was ignored: {why}."))
            }
            _ if self.inside() => Ok(Passed::Done("This desk needs no hook.".into())),
            _ => Ok(Passed::Done("The answer came back by the hook.".into())),
        };
        self.answer = Some(entry);
        came
    }

    /// When the last hook came, at whichever node.
    async fn last_hook(&self) -> Option<Timestamp> {
        self.app.health.exchange().await;
        self.app.health.of(&self.account.id).last_hook_at
    }

    fn reached(&self) -> Came {
        match &self.answer {
            Some(entry) if entry.for_contact => {
                Ok(Passed::Done(format!("It is line {} of the transcript.", entry.n)))
            }
            _ => Err("The answer is not for the contact to see.".into()),
        }
    }

    async fn marker(&self, deadline: Instant) -> Came {
        self.answer_with(&format!("Bye {} {END}", self.nonce)).await?;
        let after = self.answer.as_ref().map_or(self.entries_before, |entry| entry.n);
        let look = || async move {
            let entries = self.entries().await.map_err(words)?;
            let offer = entries.iter().find(|entry| entry.n > after && offers_end(entry));
            Ok::<_, String>(offer.map(|offer| offer.n))
        };
        if until(self.app, &self.conversation, deadline, look).await?.is_some() {
            return Ok(Passed::Done("The contact was offered the end.".into()));
        }
        let entries = self.entries().await.map_err(words)?;
        let bye = entries.iter().find(|it| it.n > after && said_at_desk(it, &self.nonce));
        Err(match bye.and_then(Entry::content) {
            Some(content) => {
                format!("The marker was not found in what came back: {}", plain(content))
            }
            None => "The second answer did not come back.".into(),
        })
    }

    async fn ended(&self, deadline: Instant) -> Came {
        self.say(Content::payload(END)).await?;
        if self.load().await?.session.is_some() {
            return Err("The session did not end.".into());
        }
        self.delivered(deadline, |act| matches!(act, ToDeskAct::Ended { .. })).await?;
        Ok(Passed::Done("The desk was told.".into()))
    }

    /// Ends what is still open, whatever came before.
    pub(super) async fn end_at_any_rate(&self) {
        if !self.is_open().await {
            return;
        }
        let ended = self.say(Content::payload(END)).await;
        if ended.is_err() || self.is_open().await {
            let act = DeskAct::OperatorEnded;
            let by_operator = FromDesk { source: None, agent: None, done_at: None, act };
            let ended = self.app.engine.from_desk_to(&self.conversation, by_operator).await;
            if let Err(error) = ended {
                tracing::warn!(desk = %self.account.id, %error, "the session of a test could not be ended; it ends by its timeout");
            }
        }
    }

    async fn is_open(&self) -> bool {
        match self.app.store.load(&self.conversation).await {
            Ok(found) => found.is_some_and(|conversation| conversation.session.is_some()),
            Err(_) => true,
        }
    }

    async fn say(&self, content: Content) -> Result<(), String> {
        let metadata = match json!({ "name": NAME, "test": true }) {
            serde_json::Value::Object(metadata) => metadata,
            _ => Map::new(),
        };
        let act = FromContact {
            source: None,
            metadata: Some(metadata),
            verified: true,
            act: ContactAct::Said(content),
        };
        self.app.engine.from_contact(&self.channel, &self.key, act).await.map_err(words)?;
        Ok(())
    }

    async fn load(&self) -> Result<Conversation, String> {
        let found = self.app.store.load(&self.conversation).await.map_err(words)?;
        found.ok_or_else(|| "the conversation is gone".into())
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let page = Page { after: self.entries_before, limit: ENTRIES_MAX, newest: false };
        self.app.store.transcript(&self.conversation, page).await
    }

    /// Waits until something has been brought to the desk.
    async fn delivered(
        &self,
        deadline: Instant,
        is_it: impl Fn(&ToDeskAct) -> bool + Copy,
    ) -> Result<(), String> {
        if self.inside() {
            return Ok(());
        }
        let look = || async move {
            match self.delivery(is_it).await? {
                Some(DeliveryRecord { state: DeliveryState::Delivered, .. }) => Ok(Some(())),
                Some(DeliveryRecord { state: DeliveryState::Pending, .. }) | None => Ok(None),
                Some(over) => Err(over.note),
            }
        };
        if until(self.app, &self.conversation, deadline, look).await?.is_some() {
            return Ok(());
        }
        let note = self.delivery(is_it).await?.map(|pending| pending.note).unwrap_or_default();
        Err(match self.adapter.manifest().limit {
            _ if !note.is_empty() => note,
            Some(_) => {
                "It still waits for its turn: too many requests were made within the desk's limit."
                    .into()
            }
            None => "It was not delivered in time.".into(),
        })
    }

    async fn delivery(
        &self,
        is_it: impl Fn(&ToDeskAct) -> bool,
    ) -> Result<Option<DeliveryRecord>, String> {
        let deliveries = self.app.store.deliveries(&self.conversation).await.map_err(words)?;
        let ours = deliveries.into_iter().filter(|it| it.delivery.id.n > self.deliveries_before);
        let mut ours = ours
            .filter(|it| matches!(&it.delivery.job, Job::ToDesk(ToDesk { act, .. }) if is_it(act)));
        Ok(ours.next())
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Whether an agent said this, publicly or not, in this test.
fn said_at_desk(entry: &Entry, nonce: &str) -> bool {
    matches!(entry.actor, Actor::Agent(_))
        && match &entry.body {
            Body::Message { content } => plain(content).contains(nonce),
            Body::Note { text } | Body::Ignored { what: text, .. } => text.contains(nonce),
            _ => false,
        }
}

fn offers_end(entry: &Entry) -> bool {
    let content = entry.content();
    content.is_some_and(|content| content.buttons().iter().any(|button| button.payload == END))
}
