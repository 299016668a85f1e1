mod connecting;
mod decoding;
mod looking;
mod messages;
mod opening;
mod signs_of_life;
mod telling;
mod verifying;

use super::Chatwoot;
use handover_core::contact::Contact;
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

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_250);
const EVE: &str = "0123456789abcdef0123456789abcdef";
const HOST: &str = "https://chat.example";

/// A connected account; `more` goes over its settings.
fn account(more: Value) -> Account {
    let mut settings: Value =
        serde_json::from_str(include_str!("../fixtures/account.json")).unwrap();
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Account {
        id: AccountId::new("desk"),
        vendor: "chatwoot".into(),
        name: "Chatwoot".into(),
        settings: settings.as_object().unwrap().clone(),
    }
}

/// Eve's session of this ordinal; it is conversation 12 at Chatwoot.
fn session(ordinal: u32) -> Session {
    Session {
        id: SessionId::nth(&ConversationId::new(EVE), ordinal),
        ordinal,
        desk: AccountId::new("desk"),
        started_at: Timestamp::from_ms(1_700_000_000_000),
        last_message_at: NOW,
        agent: None,
        answered_at: None,
        offered: false,
        messages: 0,
        link: Some("12".into()),
        earlier_link: None,
        closed_at_desk: false,
        looked_for: 0,
    }
}

fn eve() -> Contact {
    let mut contact = Contact::unknown(ContactKey::new("eve"));
    contact.metadata.insert("name".into(), "Eve".into());
    contact
}

/// A delivery to try: the third of Eve's conversation.
struct Try {
    account: Account,
    session: Session,
    contact: Contact,
    language: Language,
    act: ToDeskAct,
    attempts: u32,
    transcript: Vec<Entry>,
}

impl Try {
    fn new(act: ToDeskAct) -> Self {
        Self {
            account: account(json!({})),
            session: session(1),
            contact: eve(),
            language: Language::English,
            act,
            attempts: 0,
            transcript: Vec::new(),
        }
    }

    fn step(&self, so_far: &[Reply]) -> Step {
        let id = DeliveryId { conversation: ConversationId::new(EVE), n: 3 };
        let job = ToDesk {
            session: self.session.clone(),
            contact: self.contact.clone(),
            language: self.language,
            act: self.act.clone(),
        };
        let job = Outgoing { id: &id, entry: 5, attempts: self.attempts, at: NOW, job: &job };
        Chatwoot.step(&self.account, job, &self.transcript, so_far)
    }

    /// Walks through these requests and answers; gives what it came to.
    fn meets(&self, script: &[Exchange]) -> Step {
        walk(script, |so_far| match self.step(so_far) {
            Step::Call(request) => Err(request),
            end => Ok(end),
        })
    }
}

/// A request that must be made, as `METHOD /path` and its body, and the answer to it.
struct Exchange {
    request: &'static str,
    body: Value,
    reply: Reply,
}

fn on(request: &'static str, body: Value, status: u16, answer: Value) -> Exchange {
    Exchange { request, body, reply: reply(status, &answer) }
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn walk<T>(script: &[Exchange], step: impl Fn(&[Reply]) -> Result<T, Request>) -> T {
    let mut replies = Vec::new();
    for exchange in script {
        let Err(request) = step(&replies) else {
            panic!("it stopped before {}", exchange.request);
        };
        assert_eq!(described(&request), (exchange.request.to_owned(), exchange.body.clone()));
        guarded(&request);
        replies.push(exchange.reply.clone());
    }
    step(&replies).unwrap_or_else(|request| panic!("one more call: {:?}", described(&request)))
}

fn described(request: &Request) -> (String, Value) {
    let path = request.url.strip_prefix(HOST).unwrap_or(&request.url);
    let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    (format!("{} {path}", request.method), body)
}

/// The token goes to the interface of agents only, and into no address.
fn guarded(request: &Request) {
    assert!(!request.url.contains("adm-token") && !request.url.contains("hook-token"));
    let token = request.headers.iter().find(|(name, _)| name == "api_access_token");
    let for_agents = request.url.starts_with(&format!("{HOST}/api"));
    assert_eq!(token.map(|(_, token)| token.as_str()), for_agents.then_some("adm-token"));
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
