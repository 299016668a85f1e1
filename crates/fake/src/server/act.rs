//! What agents and the operator do on the page.

use super::Desk;
use super::page::address;
use crate::vendor::{HookMood, Mood};
use axum::Form;
use axum::extract::{FromRequestParts, Multipart, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// What hooks can be set to: the word, what it means.
pub(super) const HOOKS: [(&str, &str, HookMood); 5] = [
    ("prompt", "Go out once, in order", HookMood::Prompt),
    ("twice", "Go out twice", HookMood::Twice),
    ("late", "Are held back", HookMood::Late),
    ("out-of-order", "Go out in the wrong order", HookMood::OutOfOrder),
    ("lost", "Are lost", HookMood::Lost),
];

/// Proves that a form was sent from this server's own page.
pub(super) struct OwnPage;

impl<S: Sync> FromRequestParts<S> for OwnPage {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let from = parts.headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
        match from {
            Some("same-origin" | "none") | None => Ok(Self),
            Some(_) => Err(StatusCode::FORBIDDEN),
        }
    }
}

/// What is written in the composer.
#[derive(Default)]
struct Composed {
    conversation: String,
    agent: String,
    text: String,
    what: String,
    files: Vec<(String, String, Vec<u8>)>,
}

async fn composed(mut form: Multipart) -> Option<Composed> {
    let mut composed = Composed::default();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file = field.file_name().unwrap_or_default().to_owned();
            let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.ok()?;
            if !file.is_empty() {
                composed.files.push((file, mime, bytes.to_vec()));
            }
            continue;
        }
        let text = field.text().await.ok()?.replace("\r\n", "\n");
        match name.as_str() {
            "conversation" => composed.conversation = text,
            "agent" => composed.agent = text,
            "text" => composed.text = text,
            "what" => composed.what = text,
            _ => {}
        }
    }
    Some(composed)
}

pub(super) async fn say(_: OwnPage, State(desk): State<Arc<Desk>>, form: Multipart) -> Response {
    let Some(form) = composed(form).await else { return StatusCode::BAD_REQUEST.into_response() };
    let (conversation, agent) = (form.conversation.as_str(), form.agent.as_str());
    let canned = form.what.strip_prefix("canned:").and_then(|wanted| {
        desk.vendor.canned().into_iter().find(|(name, _)| name == wanted).map(|(_, text)| text)
    });
    let text = canned.unwrap_or(form.text);
    if !text.trim().is_empty() {
        match form.what.as_str() {
            "note" => desk.vendor.agent_notes(conversation, agent, &text),
            "robot" => desk.vendor.robot_says(conversation, &text),
            _ => desk.vendor.agent_says(conversation, agent, &text),
        };
    }
    if form.what != "note" && form.what != "robot" {
        for (name, mime, bytes) in &form.files {
            desk.vendor.agent_sends_file(conversation, agent, name, mime, bytes);
        }
    }
    back(conversation, agent)
}

fn back(conversation: &str, agent: &str) -> Response {
    Redirect::to(&address(conversation, agent)).into_response()
}

/// A button or a sign of life.
#[derive(Deserialize)]
pub(super) struct Pressed {
    conversation: String,
    agent: String,
    to: String,
}

pub(super) async fn status(
    _: OwnPage,
    State(desk): State<Arc<Desk>>,
    Form(form): Form<Pressed>,
) -> Response {
    match form.to.as_str() {
        "close" => desk.vendor.closes(&form.conversation, &form.agent),
        "reopen" => desk.vendor.reopens(&form.conversation, &form.agent),
        "snooze" => desk.vendor.snoozes(&form.conversation, &form.agent),
        _ => return StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    }
    back(&form.conversation, &form.agent)
}

pub(super) async fn types(
    _: OwnPage,
    State(desk): State<Arc<Desk>>,
    Form(form): Form<Pressed>,
) -> StatusCode {
    desk.vendor.agent_types(&form.conversation, &form.agent, form.to == "on");
    StatusCode::NO_CONTENT
}

/// The switches. A box that is not ticked is not sent.
#[derive(Deserialize)]
pub(super) struct Switches {
    #[serde(default)]
    conversation: String,
    #[serde(default)]
    agent: String,
    down: Option<String>,
    overloaded: Option<String>,
    revoked: Option<String>,
    limit_hit: Option<String>,
    #[serde(default)]
    answers_lost: u32,
    hooks: String,
}

pub(super) async fn mood(
    _: OwnPage,
    State(desk): State<Arc<Desk>>,
    Form(form): Form<Switches>,
) -> Response {
    let hooks = HOOKS.into_iter().find(|(value, _, _)| *value == form.hooks);
    desk.set_mood(Mood {
        down: form.down.is_some(),
        overloaded: form.overloaded.is_some(),
        revoked: form.revoked.is_some(),
        answers_lost: form.answers_lost,
        limit_hit: form.limit_hit.is_some(),
        hooks: hooks.map(|(_, _, mood)| mood).unwrap_or_default(),
    });
    back(&form.conversation, &form.agent)
}
