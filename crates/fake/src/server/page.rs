//! The agents' page.

use super::Desk;
use crate::vendor::{Conversation, From, HookMood, Message, Mood};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

const STYLE: &str = include_str!("../../assets/desk.css");
const SCRIPT: &str = include_str!("../../assets/desk.js");
/// How many misfits are shown.
const MISFITS_SHOWN: usize = 12;

/// What the page shows.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// A conversation.
    #[serde(default)]
    c: String,
    /// Who works at it.
    #[serde(default)]
    agent: String,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Page {
    title: String,
    connecting: Vec<(&'static str, String)>,
    list: Vec<Line>,
    open: Option<Open>,
    agents: Vec<Chosen>,
    canned: Vec<(String, String)>,
    mood: Mood,
    bad_day: Option<String>,
    hooks: Vec<Chosen>,
    misfits: Vec<String>,
    misfits_count: usize,
    requests_count: usize,
}

struct Chosen {
    value: String,
    label: String,
    chosen: bool,
}

/// A conversation in the list.
struct Line {
    id: String,
    link: String,
    name: String,
    status: String,
    preview: String,
    here: bool,
}

/// The conversation that is open.
struct Open {
    id: String,
    status: String,
    active: bool,
    name: String,
    email: Option<String>,
    messages: Vec<Said>,
    data: Vec<(String, String)>,
    types: bool,
    has_read: bool,
}

/// A message.
struct Said {
    class: &'static str,
    who: String,
    text: String,
    files: Vec<String>,
    id: String,
    our_id: Option<String>,
    failed: Option<String>,
}

pub(super) async fn show(State(desk): State<Arc<Desk>>, Query(wanted): Query<Wanted>) -> Response {
    let page = build(&desk, &wanted);
    let Ok(html) = page.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'; img-src data:";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(html))
        .into_response()
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

pub(super) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

/// The page's address for a conversation and an agent.
pub(super) fn address(conversation: &str, agent: &str) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
            out
        })
    };
    format!("/?c={}&agent={}", escape(conversation), escape(agent))
}

fn build(desk: &Desk, wanted: &Wanted) -> Page {
    let mut conversations = desk.vendor.conversations();
    let agents = desk.vendor.agents();
    let agent = agents.iter().find(|name| **name == wanted.agent);
    let agent = agent.or_else(|| agents.iter().find(|name| *name == "Ana")).or(agents.first());
    let agent = agent.cloned().unwrap_or_default();
    let here = conversations
        .iter()
        .position(|row| row.id == wanted.c)
        .or_else(|| conversations.len().checked_sub(1).filter(|_| wanted.c.is_empty()));
    let here_id = here.and_then(|at| conversations.get(at)).map(|row| row.id.clone());
    let list = conversations
        .iter()
        .rev()
        .map(|row| line(row, &agent, here_id.as_deref() == Some(row.id.as_str())))
        .collect();
    let misfits = desk.vendor.misfits();
    let mood = desk.mood();
    Page {
        title: desk.title(),
        connecting: desk.connecting(),
        list,
        open: here.map(|at| open(conversations.swap_remove(at))),
        agents: agents
            .iter()
            .map(|name| Chosen { value: name.clone(), label: name.clone(), chosen: *name == agent })
            .collect(),
        canned: desk.vendor.canned(),
        bad_day: bad_day(&mood),
        hooks: hooks(mood.hooks),
        mood,
        misfits_count: misfits.len(),
        misfits: misfits.into_iter().rev().take(MISFITS_SHOWN).collect(),
        requests_count: desk.vendor.requests().len(),
    }
}

fn line(row: &Conversation, agent: &str, here: bool) -> Line {
    let preview = row.messages.last().map(|last| match last.files.first() {
        Some(file) if last.text.is_empty() => file.clone(),
        _ => last.text.chars().take(90).collect(),
    });
    Line {
        id: row.id.clone(),
        link: address(&row.id, agent),
        name: name_of(row),
        status: row.status.clone(),
        preview: preview.unwrap_or_default(),
        here,
    }
}

fn name_of(row: &Conversation) -> String {
    if row.contact_name.is_empty() { "Nameless".into() } else { row.contact_name.clone() }
}

fn open(row: Conversation) -> Open {
    let name = name_of(&row);
    let mut data = Vec::new();
    flatten("", &row.contact_data, &mut data);
    Open {
        id: row.id,
        active: matches!(row.status.as_str(), "open" | "pending"),
        status: row.status,
        email: row.contact_email,
        messages: row.messages.into_iter().map(|message| said(message, &name)).collect(),
        name,
        data,
        types: row.contact_types,
        has_read: row.contact_has_read,
    }
}

fn said(message: Message, contact: &str) -> Said {
    let (class, who) = match message.from {
        From::Contact => ("contact", contact.to_owned()),
        From::Agent(name) => ("agent", name),
        From::Note => ("note", "Private note".into()),
        From::Robot => ("robot", "Robot".into()),
    };
    Said {
        class,
        who,
        text: message.text,
        files: message.files,
        id: message.id,
        our_id: message.our_id,
        failed: message.failed,
    }
}

/// A line for every value that is there.
fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let within =
        |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name} · {key}") };
    match value {
        Value::Null => {}
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| flatten(&within(key), value, lines))
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (item, number) in list.iter().zip(1..) {
                flatten(&within(&format!("{number}")), item, lines);
            }
        }
        Value::Array(list) if list.is_empty() => {}
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(plain).collect();
            lines.push((name.to_owned(), texts.join(", ")));
        }
        other => lines.push((name.to_owned(), plain(other))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is wrong today, for the top of the page.
fn bad_day(mood: &Mood) -> Option<String> {
    let mut wrong = Vec::new();
    let mut say = |on: bool, text: &str| {
        if on {
            wrong.push(text.to_owned());
        }
    };
    say(mood.down, "it is down");
    say(mood.overloaded, "it is overloaded");
    say(mood.revoked, "credentials are revoked");
    say(mood.limit_hit, "its limit is hit");
    match mood.hooks {
        HookMood::Prompt => {}
        HookMood::Twice => say(true, "hooks go out twice"),
        HookMood::Late => say(true, "hooks are held back"),
        HookMood::OutOfOrder => say(true, "hooks go out in the wrong order"),
        HookMood::Lost => say(true, "hooks are lost"),
    }
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

fn hooks(mood: HookMood) -> Vec<Chosen> {
    super::act::HOOKS
        .into_iter()
        .map(|(value, label, hooks)| Chosen {
            value: value.into(),
            label: label.into(),
            chosen: hooks == mood,
        })
        .collect()
}
