//! The adapter against what it reads and writes. How it does in a whole talk with a believable Gorgias is tested there.

mod connecting;
mod decoding;
mod looking;
mod opening;
mod telling;

use super::Gorgias;
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SessionId};
use handover_core::language::Language;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::session::Session;
use handover_core::time::Timestamp;
use serde_json::{Value, json};

const CONVERSATION: &str = "0123456789abcdef0123456789abcdef";
const PLACEHOLDER: &str = "0123456789abcdef0123456789abcdef@chat.invalid";
/// 2026-05-04T09:10:00Z.
const NOW: Timestamp = Timestamp::from_ms(1_777_885_800_000);
/// `api@shop.example:key`.
const BASIC: &str = "Basic YXBpQHNob3AuZXhhbXBsZTprZXk=";

fn account(more: Value) -> Account {
    let mut settings = json!({
        "base_url": "https://shop.gorgias.com/api/",
        "username": "api@shop.example",
        "api_key": "key",
        "hook_token": "token",
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Account {
        id: AccountId::new("support"),
        vendor: "gorgias".into(),
        name: "Support".into(),
        settings: settings.as_object().unwrap().clone(),
    }
}

fn session() -> Session {
    Session {
        id: SessionId::new(format!("{CONVERSATION}-2")),
        ordinal: 2,
        desk: AccountId::new("support"),
        // 2026-05-04T09:00:00Z.
        started_at: Timestamp::from_ms(1_777_885_200_000),
        last_message_at: Timestamp::from_ms(1_777_885_260_000),
        agent: None,
        answered_at: None,
        offered: false,
        messages: 1,
        link: None,
        earlier_link: None,
        closed_at_desk: false,
        looked_for: 0,
    }
}

/// A delivery, to be changed and then walked.
struct Job {
    account: Account,
    job: ToDesk,
    attempts: u32,
    transcript: Vec<Entry>,
}

impl Job {
    fn new(act: ToDeskAct) -> Self {
        let mut contact = Contact::unknown(ContactKey::new("eve"));
        contact.metadata.insert("name".into(), "Eve".into());
        contact.metadata.insert("email".into(), "eve@mail.example".into());
        let job = ToDesk { session: session(), contact, language: Language::English, act };
        Self { account: account(json!({})), job, attempts: 0, transcript: Vec::new() }
    }

    /// A message in a session that has ticket 4711.
    fn message(content: Content) -> Self {
        let mut job = Self::new(ToDeskAct::Message { content });
        job.job.session.link = Some("4711".into());
        job
    }

    fn step(&self, so_far: &[Reply]) -> Step {
        let id = DeliveryId { conversation: ConversationId::new(CONVERSATION), n: 9 };
        let outgoing =
            Outgoing { id: &id, entry: 5, attempts: self.attempts, at: NOW, job: &self.job };
        Gorgias.step(&self.account, outgoing, &self.transcript, so_far)
    }

    /// Walks to the end: the requests that were made, as they were answered, and what came of it.
    fn walk(&self, answers: &[(u16, Value)]) -> (Vec<Request>, Step) {
        let mut requests = Vec::new();
        let mut replies = Vec::new();
        loop {
            match self.step(&replies) {
                Step::Call(request) => {
                    let Some((status, body)) = answers.get(replies.len()) else {
                        return (requests, Step::Call(request));
                    };
                    requests.push(request);
                    replies.push(reply(*status, body));
                }
                end => return (requests, end),
            }
        }
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn entry(n: u64, actor: Actor, body: Body) -> Entry {
    Entry {
        n,
        at: NOW,
        epoch: 1,
        session: None,
        actor,
        cause: Cause::Sent,
        body,
        for_contact: true,
        for_desk: true,
        source: None,
    }
}

fn said(text: &str) -> Body {
    Body::Message { content: Content::text(text) }
}

/// Method and address behind `/api/`. Every request to Gorgias carries the key in its header and never in its address.
fn lines(requests: &[Request]) -> Vec<String> {
    let line = |request: &Request| {
        let Some(path) = request.url.strip_prefix("https://shop.gorgias.com/api/") else {
            assert!(!request.headers.iter().any(|(name, _)| name == "authorization"));
            return format!("{} {}", request.method, request.url);
        };
        assert!(request.headers.contains(&("authorization".into(), BASIC.into())));
        assert!(!request.url.contains("key"), "{}", request.url);
        format!("{} {path}", request.method)
    };
    requests.iter().map(line).collect()
}

fn body(request: &Request) -> Value {
    assert!(request.headers.contains(&("content-type".into(), "application/json".into())));
    serde_json::from_slice(&request.body).unwrap()
}
