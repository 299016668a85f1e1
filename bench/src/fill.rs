//! Fills a store with open sessions, as the core would have decided them, without the HTTP in between.

use futures_util::future::try_join_all;
use handover_core::capability::Capabilities;
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::decide::decide;
use handover_core::event::{ContactAct, Event, FromContact};
use handover_core::ids::{AccountId, ContactKey};
use handover_core::policy::{Livechat, Policy};
use handover_core::port::store::{Change, Store};
use handover_core::time::Timestamp;
use handover_engine::conversation_id;
use std::sync::Arc;

/// Commits at once: a group of the store's writer.
const AT_ONCE: u64 = 128;

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    pub count: u64,
    /// Messages in each, beside what opens it.
    pub messages: u64,
    /// When everything was said.
    pub at: Timestamp,
    /// So many of them, the first ones, were left alone since this moment instead.
    pub stale: (u64, Timestamp),
}

/// Writes them all. The contacts are those of [`crate::contact`].
pub async fn fill(store: &Arc<dyn Store>, sessions: Sessions) -> Result<(), String> {
    let mut writers = Vec::new();
    for first in 0..AT_ONCE {
        let store = Arc::clone(store);
        writers.push(tokio::spawn(async move {
            let step = usize::try_from(AT_ONCE).unwrap_or(1);
            for contact in (first..sessions.count).step_by(step) {
                let (stale, then) = sessions.stale;
                let at = if contact < stale { then } else { sessions.at };
                let change = opened(contact, sessions.messages, at);
                store.commit(change).await.map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(())
        }));
    }
    for done in try_join_all(writers).await.map_err(|error| error.to_string())? {
        done?;
    }
    Ok(())
}

/// A session in which a contact has said so much, as one change.
fn opened(contact: u64, messages: u64, at: Timestamp) -> Change {
    let channel = AccountId::new("api");
    let key = ContactKey::new(format!("contact-{contact}"));
    let id = conversation_id(&channel, &key);
    let bot = AccountId::new("livechat-demo");
    let mut conversation = Conversation::new(id, channel, bot, Contact::unknown(key));
    let policy = Policy {
        desk: Some(AccountId::new("console")),
        link: None,
        desk_can: Capabilities::pulling(),
        channel_can: Capabilities::pulling(),
        livechat: Livechat::default(),
    };
    let mut change: Option<Change> = None;
    for n in 0..=messages {
        let content = if n == 0 {
            Content::text(handover_core::words::START)
        } else {
            Content::text(format!(
                "This is the message of number {n} that contact {contact} wrote."
            ))
        };
        let act = ContactAct::Said(content);
        let event =
            Event::Contact(FromContact { source: None, metadata: None, verified: true, act });
        let decision = decide(&conversation, &policy, at, &event);
        conversation = decision.conversation;
        let whole = change.get_or_insert_with(|| Change {
            at,
            conversation: conversation.clone(),
            entries: Vec::new(),
            deliveries: Vec::new(),
            again: Vec::new(),
            sessions: Vec::new(),
            bot_state: None,
            inbox: None,
            settle: None,
        });
        whole.entries.extend(decision.entries);
        whole.sessions.extend(decision.sessions);
    }
    let mut change = change.unwrap_or_else(|| unreachable!("there is at least the START"));
    change.conversation = conversation;
    change
}
