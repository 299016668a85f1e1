//! What a Chatwoot holds.

use super::call::Upload;
use super::version::Version;
use handover_core::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone)]
pub(super) struct AccountRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) next_display_id: i64,
    pub(super) labels: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) token: String,
    pub(super) administrator: bool,
    pub(super) accounts: Vec<i64>,
    /// The path of the picture.
    pub(super) picture: String,
}

#[derive(Debug, Clone)]
pub(super) struct Inbox {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) channel_id: i64,
    pub(super) name: String,
    /// `Channel::Api`, ...
    pub(super) channel_type: String,
    pub(super) identifier: String,
    pub(super) webhook_url: Option<String>,
    pub(super) secret: String,
    pub(super) hmac_token: String,
    pub(super) hmac_mandatory: bool,
    pub(super) additional: Map<String, Value>,
    pub(super) lock_to_single_conversation: bool,
    pub(super) members: Vec<i64>,
    /// Whether an active agent bot is attached.
    pub(super) agent_bot: bool,
    /// What else was set, as it came.
    pub(super) settings: Map<String, Value>,
}

impl Inbox {
    pub(super) fn is_api(&self) -> bool {
        self.channel_type == "Channel::Api"
    }
}

#[derive(Debug, Clone)]
pub(super) struct ContactRow {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) picture: String,
    pub(super) blocked: bool,
    pub(super) custom: Map<String, Value>,
    pub(super) additional: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) last_activity: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(super) struct ContactInbox {
    pub(super) id: i64,
    pub(super) contact: i64,
    pub(super) inbox: i64,
    pub(super) source_id: String,
    pub(super) hmac_verified: bool,
    pub(super) created: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct ConversationRow {
    pub(super) id: i64,
    pub(super) display_id: i64,
    pub(super) account: i64,
    pub(super) inbox: i64,
    pub(super) contact: i64,
    pub(super) contact_inbox: i64,
    pub(super) status: String,
    pub(super) assignee: Option<i64>,
    pub(super) priority: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) custom: Map<String, Value>,
    pub(super) additional: Map<String, Value>,
    pub(super) snoozed_until: Option<i64>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) last_activity: Timestamp,
    pub(super) waiting_since: Option<Timestamp>,
    pub(super) first_reply: Option<Timestamp>,
    pub(super) agent_seen: Option<Timestamp>,
    pub(super) contact_seen: Option<Timestamp>,
    pub(super) contact_types: bool,
}

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    User(i64),
    Contact(i64),
    Bot(i64),
    Nobody,
}

pub(super) const INCOMING: i64 = 0;
pub(super) const OUTGOING: i64 = 1;
pub(super) const ACTIVITY: i64 = 2;
pub(super) const TEMPLATE: i64 = 3;

#[derive(Debug, Clone)]
pub(super) struct MessageRow {
    pub(super) id: i64,
    pub(super) conversation: i64,
    pub(super) content: Option<String>,
    pub(super) kind: i64,
    pub(super) private: bool,
    pub(super) content_type: String,
    pub(super) content_attributes: Map<String, Value>,
    pub(super) source_id: Option<String>,
    pub(super) status: String,
    pub(super) sender: Sender,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) files: Vec<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) file: Upload,
}

#[derive(Debug, Clone)]
pub(super) struct CannedRow {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) short_code: String,
    pub(super) content: String,
    pub(super) created: Timestamp,
}

#[derive(Debug, Clone)]
pub(super) struct WebhookRow {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) subscriptions: Vec<String>,
    pub(super) secret: String,
}

/// A hook that waits to be sent.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) url: String,
    /// What it is signed with, where the release signs.
    pub(super) secret: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Everything.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) version: Version,
    pub(super) now: Timestamp,
    /// Scheme and host of this installation.
    pub(super) base: String,
    pub(super) accounts: BTreeMap<i64, AccountRow>,
    pub(super) users: Vec<User>,
    pub(super) inboxes: BTreeMap<i64, Inbox>,
    pub(super) contacts: BTreeMap<i64, ContactRow>,
    pub(super) contact_inboxes: BTreeMap<i64, ContactInbox>,
    pub(super) conversations: BTreeMap<i64, ConversationRow>,
    pub(super) messages: BTreeMap<i64, MessageRow>,
    pub(super) files: BTreeMap<i64, Stored>,
    pub(super) canned: BTreeMap<i64, CannedRow>,
    pub(super) webhooks: BTreeMap<i64, WebhookRow>,
    pub(super) hooks: VecDeque<Waiting>,
    /// Whether new inboxes have an active agent bot.
    pub(super) bots_everywhere: bool,
    /// How many ids were drawn, by what they are for.
    drawn: BTreeMap<&'static str, i64>,
}

impl State {
    pub(super) fn new(version: Version, now: Timestamp) -> Self {
        Self {
            version,
            now,
            base: "https://chatwoot.example".into(),
            accounts: BTreeMap::new(),
            users: Vec::new(),
            inboxes: BTreeMap::new(),
            contacts: BTreeMap::new(),
            contact_inboxes: BTreeMap::new(),
            conversations: BTreeMap::new(),
            messages: BTreeMap::new(),
            files: BTreeMap::new(),
            canned: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            hooks: VecDeque::new(),
            bots_everywhere: false,
            drawn: BTreeMap::new(),
        }
    }

    /// The next id of its kind. Kinds begin at different numbers, so that ids that are mixed up meet nothing.
    pub(super) fn draw(&mut self, of: &'static str) -> i64 {
        let first = match of {
            "inbox" => 3,
            "contact" => 11,
            "contact_inbox" => 71,
            "conversation" => 9001,
            "message" => 501,
            "file" => 2001,
            "canned" => 41,
            _ => 1,
        };
        let next = self.drawn.entry(of).or_insert(first - 1);
        *next += 1;
        *next
    }

    /// A word that nobody guesses; always the same in the same history.
    pub(super) fn word(&mut self, of: &'static str, length: usize) -> String {
        let number = self.draw(of);
        let digest = Sha256::digest(format!("handover-fake {of} {number}"));
        let mut word = hex(&digest);
        word.truncate(length);
        word
    }

    pub(super) fn uuid(&mut self, of: &'static str) -> String {
        let word = self.word(of, 32);
        let part = |from: usize, to: usize| word.get(from..to).unwrap_or_default().to_owned();
        format!(
            "{}-{}-4{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    pub(super) fn user(&self, id: i64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The conversation that an account calls so.
    pub(super) fn displayed(&self, account: i64, display_id: i64) -> Option<&ConversationRow> {
        self.conversations
            .values()
            .find(|row| row.account == account && row.display_id == display_id)
    }

    pub(super) fn messages_of(&self, conversation: i64) -> impl Iterator<Item = &MessageRow> {
        self.messages.values().filter(move |row| row.conversation == conversation)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC-SHA256 in lower-case hexadecimal digits.
pub(super) fn hmac_hex(key: &str, message: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(message);
    hex(&mac.finalize().into_bytes())
}

pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(1000)
}

pub(super) fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms())
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
        .unwrap_or_default()
}
