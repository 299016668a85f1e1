//! The first page: what is wrong, what waits, what was given up, where something happened last.

use super::nodes::{self, Shown};
use super::view::{DeliveryView, name_of, took};
use crate::app::App;
use crate::console::name_of as contact_name;
use crate::doctor::is_probe;
use crate::settings::AccountKind;
use crate::settings::pages::moment::Moment;
use crate::staff::Frame;
use askama::Template;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::ids::{ContactKey, ConversationId, DeliveryId};
use handover_core::port::outbox::{ListPart, ListPlace, Which};
use handover_core::port::store::{DeliveryRecord, Result, SessionFilter};
use handover_core::session::{Holder, SessionState};
use handover_core::time::Timestamp;
use handover_engine::conversation_id;
use std::collections::{BTreeMap, BTreeSet};

/// Dead deliveries on one page.
const DEAD: u32 = 25;
/// Deliveries that wait, shown beside them: the oldest.
const QUEUED: u32 = 10;
/// Conversations listed, and the most that are looked at for that list.
const CONVERSATIONS: u32 = 50;
/// Open sessions counted at most.
const SESSIONS_MAX: u32 = 100_000;

#[derive(Template)]
#[template(path = "activity/overview.html")]
pub(super) struct Overview {
    pub(super) frame: Frame,
    alerts: Vec<(String, Moment)>,
    pending: u64,
    dead_count: u64,
    /// Each side, and how long the oldest delivery to it waits.
    ages: Vec<(&'static str, Option<String>)>,
    nodes: Option<Shown>,
    desks: Vec<DeskLine>,
    accounts: Vec<Choice>,
    account: String,
    account_name: String,
    dead: Vec<DeliveryView>,
    /// Where the list goes on.
    next: Option<String>,
    queued: Vec<DeliveryView>,
    conversations: Vec<ConversationLine>,
    find: String,
}

/// Open sessions of a desk.
#[derive(Default)]
struct DeskLine {
    name: String,
    waiting: usize,
    agent: usize,
}

/// An account to choose.
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

/// A conversation.
struct ConversationLine {
    id: String,
    name: String,
    channel: String,
    holder: &'static str,
    test: bool,
    at: Moment,
}

/// What was asked for.
pub(super) struct Asked {
    pub(super) account: String,
    pub(super) after: Option<ListPlace>,
    pub(super) find: String,
}

/// Reads all of it.
pub(super) async fn read(app: &App, frame: Frame, asked: Asked) -> Result<Overview> {
    let now = app.clock.now();
    let counts = app.store.counts().await?;
    let waiting = app.outbox.waiting_since().await?;
    let which: Which = super::act::which(&asked.account, None);
    let part = ListPart { which, after: asked.after, limit: DEAD };
    let dead = app.outbox.dead(part).await?;
    let next = dead
        .last()
        .filter(|_| dead.len() == DEAD as usize)
        .map(|last| place(&ListPlace { at: last.next_at, delivery: last.delivery.id.clone() }));
    let queued = app.outbox.queued(ListPart { limit: QUEUED, ..ListPart::default() }).await?;
    let account = super::act::which(&asked.account, None).account;
    let sides = [(AccountKind::Desk, Side::Desk), (AccountKind::Channel, Side::Contact)];
    let account_name = account.as_ref().map_or_else(String::new, |id| {
        let kinds = sides.iter().find(|(kind, _)| app.settings.account(*kind, id).is_some());
        name_of(app, kinds.map_or(Side::Bot, |(_, side)| *side), id)
    });
    let accounts =
        sides.iter().flat_map(|(kind, _)| app.settings.accounts(*kind)).map(|it| Choice {
            chosen: account.as_ref() == Some(&it.id),
            id: it.id.to_string(),
            name: it.name.clone(),
        });
    let age = |side| waiting.of(side).map(|since| took(now.since_ms(since)));
    Ok(Overview {
        frame,
        alerts: app
            .alerts
            .raised()
            .into_iter()
            .map(|it| (it.text, Moment::of(it.since, now)))
            .collect(),
        pending: counts.deliveries_pending,
        dead_count: counts.deliveries_dead,
        ages: vec![
            ("the desk", age(Side::Desk)),
            ("the contact", age(Side::Contact)),
            ("the bot", age(Side::Bot)),
        ],
        nodes: Shown::of(nodes::read(app).await?, now),
        desks: desks(app).await?,
        accounts: accounts.collect(),
        account: asked.account,
        account_name,
        dead: named(app, dead).await?,
        next,
        queued: named(app, queued).await?,
        conversations: conversations(app, now).await?,
        find: asked.find,
    })
}

/// A place in a list, as it stands in addresses.
fn place(place: &ListPlace) -> String {
    format!("{}.{}.{}", place.at.as_ms(), place.delivery.conversation, place.delivery.n)
}

/// Reads a place; one that cannot be read is the beginning.
pub(super) fn read_place(text: &str) -> Option<ListPlace> {
    let (at, delivery) = text.split_once('.')?;
    let (conversation, n) = delivery.rsplit_once('.')?;
    let delivery =
        DeliveryId { conversation: ConversationId::new(conversation), n: n.parse().ok()? };
    Some(ListPlace { at: Timestamp::from_ms(at.parse().ok()?), delivery })
}

/// A conversation by its id, or by what its channel calls the contact.
pub(super) async fn find(app: &App, words: &str) -> Result<Option<ConversationId>> {
    let words = words.trim();
    let channels = app.settings.accounts(AccountKind::Channel);
    let by_contact =
        channels.iter().map(|channel| conversation_id(&channel.id, &ContactKey::new(words)));
    for id in [ConversationId::new(words)].into_iter().chain(by_contact) {
        if app.store.load(&id).await?.is_some() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

async fn named(app: &App, records: Vec<DeliveryRecord>) -> Result<Vec<DeliveryView>> {
    let mut views = Vec::with_capacity(records.len());
    for record in records {
        let conversation = app.store.load(&record.delivery.id.conversation).await?;
        let contact = conversation.map(|it| contact_name(&it.contact)).unwrap_or_default();
        views.push(DeliveryView::brief(app, record, contact));
    }
    Ok(views)
}

async fn desks(app: &App) -> Result<Vec<DeskLine>> {
    let filter = SessionFilter { open: Some(true), conversation: None, limit: SESSIONS_MAX };
    let mut desks: BTreeMap<String, DeskLine> = BTreeMap::new();
    for session in app.store.sessions(filter).await? {
        if is_probe(&session.channel) {
            continue;
        }
        let line = desks.entry(session.desk.to_string()).or_insert_with(|| DeskLine {
            name: name_of(app, Side::Desk, &session.desk),
            ..DeskLine::default()
        });
        match session.state {
            SessionState::Waiting => line.waiting += 1,
            SessionState::Agent => line.agent += 1,
            SessionState::Ended => {}
        }
    }
    Ok(desks.into_values().collect())
}

/// Where something happened last: what came in lately, what is open, what began last.
async fn conversations(app: &App, now: Timestamp) -> Result<Vec<ConversationLine>> {
    let mut ids: BTreeSet<ConversationId> =
        app.outbox.stirred(CONVERSATIONS).await?.into_iter().collect();
    let filter = SessionFilter { open: None, conversation: None, limit: CONVERSATIONS };
    ids.extend(app.store.sessions(filter).await?.into_iter().map(|session| session.conversation));
    let mut found = app.store.conversations(CONVERSATIONS).await?;
    for conversation in &found {
        ids.remove(&conversation.id);
    }
    for id in ids {
        found.extend(app.store.load(&id).await?);
    }
    found.sort_by_key(|conversation| std::cmp::Reverse(conversation.updated_at));
    let line = |it: Conversation| ConversationLine {
        name: contact_name(&it.contact),
        channel: name_of(app, Side::Contact, &it.channel),
        holder: match it.holder() {
            Holder::Bot => "with the bot",
            Holder::Waiting => "waits for an agent",
            Holder::Agent => "with an agent",
        },
        test: is_probe(&it.channel),
        at: Moment::of(it.updated_at, now),
        id: it.id.to_string(),
    };
    Ok(found.into_iter().take(CONVERSATIONS as usize).map(line).collect())
}
