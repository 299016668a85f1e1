//! Cases that touch no disk.

use crate::{Failed, relay};
use csml::{
    BotFile, Client, Closed, Event, FlowFile, Limits, Ports, Program, SeededRandom, State,
    SystemClock, TurnInput,
};
use handover::render::{Viewer, entry};
use handover_adapters::channel::api::Api;
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::decide::decide;
use handover_core::delivery::ToContact;
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SourceId};
use handover_core::language::Language;
use handover_core::port::channel::{Call, Channel, Outgoing};
use handover_core::port::directory::Account;
use serde_json::json;
use std::hint::black_box;

/// What bots say: a little Markdown and a link.
const ANSWER: &str =
    "Your parcel is **on its way**.\nIt should be there by *Tuesday*: https://post.example/t/4711";

pub(crate) fn decide_message(times: u32) -> Result<(), Failed> {
    let (conversation, policy) = (relay::in_session("a"), relay::policy());
    for n in 0..times {
        let event = relay::says(n);
        black_box(decide(black_box(&conversation), &policy, relay::at(n), &event));
    }
    Ok(())
}

fn account() -> Account {
    let settings = json!({
        "bot": "demo", "key": "k", "secret": "s", "callback_url": "https://app.example/in",
    });
    let settings = settings.as_object().cloned().unwrap_or_default();
    Account { id: AccountId::new("api"), vendor: "api".into(), name: "App".into(), settings }
}

pub(crate) fn decode_chat(times: u32) -> Result<(), Failed> {
    let (account, headers) = (account(), [("x-api-key".to_owned(), "k".to_owned())]);
    let body = json!({
        "client": { "user_id": "ada" },
        "request_id": "7d9f6e1c-1f5b-4c60-9d4c-3f4d3a8f2b11",
        "metadata": { "name": "Ada", "plan": "gold", "locale": "en" },
        "payload": { "content_type": "text", "content": { "text": "Where is my parcel? It was due on Monday." } },
    });
    let body = body.to_string();
    for n in 0..times {
        let at = relay::at(n);
        let call = Call { method: "POST", query: "", headers: &headers, body: body.as_bytes(), at };
        let acts = Api.decode(&account, black_box(&call)).map_err(|error| format!("{error:?}"))?;
        black_box(acts);
    }
    Ok(())
}

pub(crate) fn answer(times: u32) -> Result<(), Failed> {
    let account = account();
    let contact = Contact { verified: true, ..Contact::unknown(ContactKey::new("ada")) };
    let job = ToContact { contact, agent: None, content: Content::text(ANSWER) };
    let conversation = ConversationId::new("00112233445566778899aabbccddeeff");
    let id = DeliveryId { conversation, n: 4 };
    for n in 0..times {
        let out = Outgoing { id: &id, entry: 9, attempts: 0, at: relay::at(n), job: &job };
        black_box(Api.step(&account, black_box(out), &[]));
    }
    Ok(())
}

pub(crate) fn render(times: u32) -> Result<(), Failed> {
    for n in 0..times {
        let line = Entry {
            n: u64::from(n) + 1,
            at: relay::at(n),
            epoch: 1,
            session: None,
            actor: Actor::Bot,
            cause: Cause::Sent,
            body: Body::Message { content: Content::text(ANSWER) },
            for_contact: true,
            for_desk: true,
            source: Some(SourceId::new("m")),
        };
        black_box(entry(black_box(&line), Viewer::Contact(Language::English)))
            .ok_or("nothing was drawn")?;
    }
    Ok(())
}

const FLOW: &str = r#"
fn total(a, b) { return a + b }
start:
  do items = [1, 2, 3, 4]
  do sum = 0
  foreach (item) in items { do sum = total(sum, item) }
  if (event == "nothing") { say "?" } else { say "You said {{event}}: {{sum}}" }
  remember asked = event
  hold
  goto start
"#;

pub(crate) fn turn(times: u32) -> Result<(), Failed> {
    let flow = FlowFile {
        id: "1".into(),
        name: "Default".into(),
        commands: Vec::new(),
        content: FLOW.into(),
    };
    let bot = BotFile {
        id: "bot".into(),
        name: "bot".into(),
        default_flow: "Default".into(),
        flows: vec![flow],
        ..BotFile::default()
    };
    let program = Program::compile(&bot).map_err(|report| format!("{report:?}"))?;
    let random = SeededRandom::new(1);
    let ports =
        Ports { http: &Closed, app: &Closed, smtp: &Closed, clock: &SystemClock, random: &random };
    let (event, metadata, client, limits) =
        (Event::text("hi"), json!({}), Client::default(), Limits::default());
    let mut state = State::new();
    for _ in 0..times {
        let input = TurnInput {
            state: &state,
            event: &event,
            metadata: &metadata,
            client: &client,
            step_limit: None,
            limits: &limits,
            ports,
            arrival: None,
        };
        let turned = program.run(input).map_err(|error| format!("{error:?}"))?;
        if turned.messages.is_empty() {
            return Err("the bot said nothing".into());
        }
        state = turned.state;
    }
    Ok(())
}
