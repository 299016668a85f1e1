//! What the helpdesk holds.

use super::hooks::Posted;
use super::limit::Bucket;
use super::options::Options;
use super::record::{Record, record, text, time};
use crate::vendor::Mood;
use handover_core::port::clock::Clock;
use handover_core::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The e-mail address of the API user.
pub const API_USER: &str = "api@shop.example";
/// The key of the API user.
pub const API_KEY: &str = "fake-gorgias-key";
/// The account's own address.
pub(super) const SUPPORT: &str = "support@shop.example";
/// The user that rules act as.
pub(super) const RULES_USER: u64 = 9;

/// Something that the helpdesk sent to a person by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The ticket's id.
    pub ticket: String,
    /// The message's id.
    pub message: String,
    /// To which address.
    pub to: String,
    /// `email`, `sms`, ...: by what it went.
    pub channel: String,
    /// What it said, quotes and signature included.
    pub text: String,
}

/// A file that the helpdesk keeps.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Vec<u8>,
}

/// Everything there is.
pub(super) struct State {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: Options,
    /// Scheme and host as the last request had them: the vendor's own addresses begin so.
    pub(super) base: String,
    pub(super) role: String,
    pub(super) users: BTreeMap<u64, Record>,
    pub(super) teams: BTreeMap<u64, Record>,
    pub(super) tags: BTreeMap<u64, Record>,
    pub(super) macros: BTreeMap<u64, Record>,
    pub(super) customers: BTreeMap<u64, Record>,
    pub(super) tickets: BTreeMap<u64, Record>,
    pub(super) messages: BTreeMap<u64, Record>,
    pub(super) integrations: BTreeMap<u64, Record>,
    /// Failures in a row, by integration.
    pub(super) failures: BTreeMap<u64, u32>,
    pub(super) events: BTreeMap<u64, Record>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) outbox: Vec<Posted>,
    pub(super) bucket: Bucket,
    pub(super) mood: Mood,
    pub(super) emails: Vec<Email>,
    pub(super) misfits: Vec<String>,
    pub(super) requests: Vec<String>,
    last_id: u64,
}

impl State {
    pub(super) fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        let mut state = Self {
            clock,
            options,
            base: "https://shop.gorgias.example".to_owned(),
            role: "admin".to_owned(),
            users: BTreeMap::new(),
            teams: BTreeMap::new(),
            tags: BTreeMap::new(),
            macros: BTreeMap::new(),
            customers: BTreeMap::new(),
            tickets: BTreeMap::new(),
            messages: BTreeMap::new(),
            integrations: BTreeMap::new(),
            failures: BTreeMap::new(),
            events: BTreeMap::new(),
            uploads: BTreeMap::new(),
            outbox: Vec::new(),
            bucket: Bucket::default(),
            mood: Mood::default(),
            emails: Vec::new(),
            misfits: Vec::new(),
            requests: Vec::new(),
            last_id: 86_538_000,
        };
        for (id, name, email) in [
            (1, "Handover", API_USER),
            (2, "Ana", "ana@shop.example"),
            (3, "Ben", "ben@shop.example"),
            (RULES_USER, "Gorgias Bot", "support@gorgias.example"),
        ] {
            state.add_user(id, name, email);
        }
        let created = state.now_text();
        let team = json!({ "id": 1, "name": "Support", "description": null,
            "created_datetime": created, "members": [{ "id": 2 }, { "id": 3 }], "uri": "/api/teams/1/" });
        state.teams.insert(1, record(team));
        for (id, name, said) in [
            (1, "Sign off", "Thank you for your patience. LIVECHAT_SESSION_END"),
            (2, "Greeting", "Hello, I am here to help."),
        ] {
            let action = json!({ "name": "setResponseText", "title": "Add response text", "type": "user",
                "arguments": { "body_text": said, "body_html": format!("<div>{said}</div>") } });
            let made = json!({ "id": id, "external_id": null, "name": name, "intent": null, "language": null,
                "usage": 0, "actions": [action], "created_datetime": created, "updated_datetime": null,
                "archived_datetime": null, "uri": format!("/api/macros/{id}/") });
            state.macros.insert(id, record(made));
        }
        state
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn now_text(&self) -> String {
        time(self.now())
    }

    /// A number that nothing else has.
    pub(super) fn next_id(&mut self) -> u64 {
        // Gaps, so that nobody counts on there being none.
        self.last_id += 7;
        self.last_id
    }

    /// The user whose name or first name this is; made if there is none.
    pub(super) fn agent(&mut self, name: &str) -> u64 {
        let found = self.users.iter().find(|(_, user)| {
            [text(user, "name"), text(user, "firstname"), text(user, "email")]
                .into_iter()
                .flatten()
                .any(|known| known.eq_ignore_ascii_case(name))
        });
        if let Some((id, _)) = found {
            return *id;
        }
        let id = self.next_id();
        let local: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '.' })
            .collect();
        self.add_user(id, name, &format!("{local}@shop.example"));
        id
    }

    fn add_user(&mut self, id: u64, name: &str, email: &str) {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let user = json!({ "id": id, "active": true, "bio": null, "country": null,
            "created_datetime": self.now_text(), "deactivated_datetime": null, "email": email,
            "external_id": null, "firstname": first, "lastname": last, "language": "en",
            "meta": { "name_set_via": "agent" }, "name": name, "role": { "name": "agent" },
            "timezone": "UTC", "updated_datetime": self.now_text(), "uri": format!("/api/users/{id}/") });
        self.users.insert(id, record(user));
    }

    /// A user or customer as other records show it.
    pub(super) fn person(record: &Record) -> Value {
        let field = |name: &str| record.get(name).cloned().unwrap_or(Value::Null);
        json!({ "id": field("id"), "email": field("email"), "name": field("name"),
            "firstname": field("firstname"), "lastname": field("lastname"), "meta": field("meta") })
    }

    /// A user as other records show it; null when there is none.
    pub(super) fn user(&self, id: Option<u64>) -> Value {
        id.and_then(|id| self.users.get(&id)).map_or(Value::Null, Self::person)
    }
}
