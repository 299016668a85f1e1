//! Cases on SQLite: what a relayed message costs the store.

use crate::Failed;
use futures_util::future::try_join_all;
use handover_core::capability::Capabilities;
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::decide::decide;
use handover_core::delivery::{Job, ToDesk, ToDeskAct};
use handover_core::event::{ContactAct, Event, FromContact, Outcome, Settled, SettledKind};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SourceId};
use handover_core::policy::{Livechat, Policy};
use handover_core::port::outbox::SeenCall;
use handover_core::port::store::{
    Change, Committed, DeliveryState, InboxKey, Leased, Settle, Store,
};
use handover_core::time::Timestamp;
use handover_core::words::START;
use handover_store::Sqlite;
use std::path::PathBuf;

/// Messages that wait together.
const TOGETHER: u32 = 64;

/// Deliveries that wait, however many of them are brought.
const WAITING: u32 = 320;

pub(crate) fn at(n: u32) -> Timestamp {
    Timestamp::from_ms(1_800_000_000_000 + i64::from(n))
}

pub(crate) fn policy() -> Policy {
    Policy {
        desk: Some(AccountId::new("support")),
        link: None,
        desk_can: Capabilities::posted(),
        channel_can: Capabilities::pulling(),
        livechat: Livechat::default(),
    }
}

fn said(content: Content, source: String) -> Event {
    Event::Contact(FromContact {
        source: Some(SourceId::new(source)),
        metadata: None,
        verified: true,
        act: ContactAct::Said(content),
    })
}

/// A contact's message.
pub(crate) fn says(n: u32) -> Event {
    let text = format!("Where is my parcel? It was due on Monday. This is message {n:06}.");
    said(Content::text(text), format!("m-{n:06}"))
}

fn fresh(name: &str) -> Conversation {
    let id = ConversationId::new(format!("web.{name:0>32}"));
    let contact = Contact::unknown(ContactKey::new(name));
    Conversation::new(id, AccountId::new("web"), AccountId::new("bot"), contact)
}

/// A conversation with an open session.
pub(crate) fn in_session(name: &str) -> Conversation {
    let start = said(Content::payload(START), "start".into());
    decide(&fresh(name), &policy(), at(0), &start).conversation
}

/// What an event does to a conversation, which goes on from there.
fn change(conversation: &mut Conversation, event: &Event, n: u32) -> Change {
    let decision = decide(conversation, &policy(), at(n), event);
    *conversation = decision.conversation.clone();
    conversation.revision += 1;
    let source = match event {
        Event::Contact(act) => act.source.clone(),
        _ => None,
    };
    let inbox = source.map(|source| InboxKey {
        account: AccountId::new("web"),
        conversation: decision.conversation.id.clone(),
        source,
    });
    Change {
        at: at(n),
        conversation: decision.conversation,
        entries: decision.entries,
        deliveries: decision.deliveries,
        again: decision.again,
        sessions: decision.sessions,
        bot_state: decision.bot_state,
        inbox,
        settle: None,
    }
}

/// A store in a folder of its own, with conversations in which a session is open.
struct Place {
    store: Sqlite,
    folder: PathBuf,
    conversations: Vec<Conversation>,
}

impl Place {
    async fn new() -> Result<Self, Failed> {
        let folder = std::env::temp_dir().join(format!("handover-counts-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let store = Sqlite::open(folder.join("handover.db"))?;
        let mut conversations: Vec<_> = (0..TOGETHER).map(|n| fresh(&n.to_string())).collect();
        for conversation in &mut conversations {
            let start = said(Content::payload(START), "start".into());
            done(&store, change(conversation, &start, 0)).await?;
        }
        Ok(Self { store, folder, conversations })
    }

    /// The next message of one of them.
    async fn say(&mut self, n: u32) -> Result<(), Failed> {
        let at = n as usize % self.conversations.len().max(1);
        let conversation = self.conversations.get_mut(at).ok_or("there is no conversation")?;
        done(&self.store, change(conversation, &says(n), n)).await
    }

    /// Ends without closing: what it costs to move the log into the file is none of the case's.
    fn leave(self) -> Result<(), Failed> {
        std::fs::remove_dir_all(&self.folder)?;
        std::mem::forget(self.store);
        Ok(())
    }
}

async fn done(store: &Sqlite, change: Change) -> Result<(), Failed> {
    match store.commit(change).await? {
        Committed::Done => Ok(()),
        other => Err(format!("a commit came to {other:?}").into()),
    }
}

fn block_on(case: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(case)
}

pub(crate) fn commit_alone(times: u32) -> Result<(), Failed> {
    block_on(async {
        let mut place = Place::new().await?;
        for n in 0..times {
            place.say(n).await?;
        }
        place.leave()
    })
}

pub(crate) fn commit_64(times: u32) -> Result<(), Failed> {
    block_on(async {
        let mut place = Place::new().await?;
        for n in 0..times {
            let conversations = place.conversations.iter_mut().zip(0..);
            let changes: Vec<_> =
                conversations.map(|(it, m)| change(it, &says(n * TOGETHER + m), n)).collect();
            try_join_all(changes.into_iter().map(|change| done(&place.store, change))).await?;
        }
        place.leave()
    })
}

pub(crate) fn lease_settle(times: u32) -> Result<(), Failed> {
    block_on(async {
        let mut place = Place::new().await?;
        for n in 0..WAITING {
            place.say(n).await?;
        }
        for n in WAITING..WAITING + times {
            let leased = place.store.lease(at(n), at(n + 60_000), 1).await?;
            let leased = leased.into_iter().next().ok_or("nothing was leased")?;
            let id = &leased.delivery.id.conversation;
            let mut all = place.conversations.iter_mut();
            let conversation = all.find(|it| it.id == *id).ok_or("whose is it?")?;
            let mut change = change(conversation, &arrived(&leased), n);
            change.settle = Some(settle(&leased, n));
            done(&place.store, change).await?;
        }
        place.leave()
    })
}

/// The delivery has arrived.
fn arrived(leased: &Leased) -> Event {
    let delivery = &leased.delivery;
    let (kind, link) = match &delivery.job {
        Job::ToDesk(ToDesk { session, act: ToDeskAct::Open, .. }) => {
            (SettledKind::DeskOpen { session: session.ordinal }, Some("4711".to_owned()))
        }
        Job::ToDesk(_) => (SettledKind::ToDesk, None),
        Job::ToContact(_) | Job::Turn(_) => (SettledKind::ToContact, None),
    };
    let outcome = Outcome::Delivered { link };
    Event::Settled(Settled { delivery: delivery.id.n, entry: delivery.entry, kind, outcome })
}

fn settle(leased: &Leased, n: u32) -> Settle {
    let call = SeenCall {
        method: "POST".into(),
        url: "https://desk.example/api/v1/conversations/4711/messages".into(),
        at: at(n),
        took_ms: 120,
        status: Some(200),
        answer: r#"{"id":4711}"#.into(),
    };
    Settle {
        delivery: leased.delivery.id.clone(),
        lease: leased.lease,
        state: DeliveryState::Delivered,
        next_at: at(n),
        at: at(n),
        note: "delivered".into(),
        calls: vec![call],
    }
}
