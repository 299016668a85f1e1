//! Something went wrong. The agents get a private note, and a message that did not reach the contact is marked.

use super::walk::{Stop, Walk};
use super::{lookup, note};
use crate::desk::chatwoot::api::{encoded, failure, went_well};
use handover_core::entry::{Actor, Entry};
use serde_json::json;

const ERROR_CHARS_MAX: usize = 500;

pub(super) fn tell(walk: &mut Walk<'_>, text: &str, entry: Option<&Entry>) -> Result<(), Stop> {
    let Some(link) = lookup::link(walk)? else { return Ok(()) };
    if let Some(message) = entry.and_then(message) {
        let path = format!("/conversations/{}/messages/{}", encoded(&link), encoded(message));
        let error: String = text.chars().take(ERROR_CHARS_MAX).collect();
        let body = json!({ "status": "failed", "external_error": error });
        let reply = walk.ask(|api| api.send("PATCH", &path, &body))?;
        // Older releases have no such call.
        if !went_well(reply) && !matches!(reply.status, 400 | 403 | 404 | 405 | 422) {
            return Err(Box::new(failure(reply)));
        }
    }
    note::post(walk, &link, &[text.to_owned()])
}

/// Chatwoot's id of an agent's message; of its attachments and further parts the message's own.
fn message(entry: &Entry) -> Option<&str> {
    let (Actor::Agent(_), Some(source)) = (&entry.actor, &entry.source) else { return None };
    let id = source.as_str().split(['/', '.']).next()?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}
