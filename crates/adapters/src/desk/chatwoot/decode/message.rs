//! Messages: of hooks and, when catching up, of the list.

use super::{agent, at, content, conversation_of, ignored, wrong};
use crate::desk::chatwoot::{OURS, json};
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::port::channel::DecodeError;
use handover_core::port::desk::{At, FromHook, Hooked, What};
use handover_core::port::directory::Account;
use serde_json::Value;

/// A message was written.
pub(super) fn created(account: &Account, body: &Value) -> Result<Hooked, DecodeError> {
    let conversation = conversation_of(body)?;
    let (at, _) = at(conversation)?;
    Ok(match written(account, body, conversation)? {
        Ok(events) => Hooked::Events(placed(&at, events)),
        Err(why) => ignored(why),
    })
}

/// A message changed: its state, or it was deleted. It is never a new message.
pub(super) fn updated(account: &Account, body: &Value) -> Result<Hooked, DecodeError> {
    let conversation = conversation_of(body)?;
    let (at, _) = at(conversation)?;
    let id = message_id(body)?;
    if !is_deleted(body) {
        return Ok(ignored("a message that is known changed its state"));
    }
    if is_ours(body) || kind(body) != Kind::Outgoing || is_private(body) {
        return Ok(ignored("a message that no agent sent to the contact was deleted"));
    }
    let text = "An agent deleted a message at Chatwoot. The contact has it already.".to_owned();
    let event = FromDesk {
        source: Some(SourceId::new(format!("{id}/deleted"))),
        agent: Some(agent::of(account, body, sender(body), conversation)),
        done_at: body.get("updated_at").and_then(json::moment),
        act: DeskAct::Noted(text),
    };
    Ok(Hooked::Events(placed(&at, vec![event])))
}

/// What a message tells, or why nothing.
///
/// # Errors
/// When it has no id.
pub(in crate::desk::chatwoot) fn written(
    account: &Account,
    message: &Value,
    conversation: &Value,
) -> Result<Result<Vec<FromDesk>, &'static str>, DecodeError> {
    let id = message_id(message)?;
    if is_ours(message) {
        return Ok(Err("an echo of what we posted ourselves"));
    }
    match kind(message) {
        Kind::Outgoing => {}
        Kind::Incoming => return Ok(Err("the contact's own message")),
        Kind::Activity => return Ok(Err("a line about what happened in Chatwoot")),
        Kind::Unknown => {
            return Err(wrong("message_type", "It must be incoming, outgoing or template."));
        }
    }
    if is_deleted(message) {
        return Ok(Err("the message was deleted"));
    }
    let agent = agent::of(account, message, sender(message), conversation);
    let done_at = message.get("created_at").and_then(json::moment);
    let event = |source: String, act| FromDesk {
        source: Some(SourceId::new(source)),
        agent: Some(agent.clone()),
        done_at,
        act,
    };
    if is_private(message) {
        let note = content::note(message);
        return Ok(if note.is_empty() {
            Err("an empty note")
        } else {
            Ok(vec![event(id, DeskAct::Noted(note))])
        });
    }
    // Greetings, automations and bots speak for no agent (rule 7).
    let said_by =
        if agent::is_person(sender(message)) { DeskAct::Said } else { DeskAct::Announced };
    let mut events: Vec<FromDesk> = content::said(message)
        .into_iter()
        .enumerate()
        .map(|(n, said)| {
            let source = if n == 0 { id.clone() } else { format!("{id}.{n}") };
            event(source, said_by(said))
        })
        .collect();
    events.extend(content::attachments(message).into_iter().enumerate().map(
        |(n, (attachment, said))| {
            let source = format!("{id}/{}", attachment.unwrap_or_else(|| format!("#{n}")));
            event(source, said_by(said))
        },
    ));
    Ok(if events.is_empty() { Err("an empty message") } else { Ok(events) })
}

pub(in crate::desk::chatwoot) fn placed(at: &At, events: Vec<FromDesk>) -> Vec<FromHook> {
    events.into_iter().map(|event| FromHook { at: at.clone(), what: What::Did(event) }).collect()
}

#[derive(PartialEq, Eq)]
enum Kind {
    Incoming,
    /// By an agent, a bot, a template.
    Outgoing,
    Activity,
    Unknown,
}

/// A word in hooks, a number in the list.
fn kind(message: &Value) -> Kind {
    match message.get("message_type").and_then(json::word).as_deref() {
        Some("incoming" | "0") => Kind::Incoming,
        Some("outgoing" | "template" | "1" | "3") => Kind::Outgoing,
        Some("activity" | "2") => Kind::Activity,
        _ => Kind::Unknown,
    }
}

fn is_ours(message: &Value) -> bool {
    json::text(message, "source_id").is_some_and(|source| source.starts_with(OURS))
}

fn is_private(message: &Value) -> bool {
    // Whatever is not plainly public stays with the agents.
    !matches!(message.get("private"), None | Some(Value::Null | Value::Bool(false)))
}

fn is_deleted(message: &Value) -> bool {
    let attributes = message.get("content_attributes");
    attributes.and_then(|it| it.get("deleted")).and_then(Value::as_bool) == Some(true)
}

fn message_id(message: &Value) -> Result<String, DecodeError> {
    json::id(message, "id").ok_or_else(|| {
        wrong("id", "It is missing: without the message's id a repeat could not be told.")
    })
}

fn sender(message: &Value) -> &Value {
    message.get("sender").unwrap_or(&Value::Null)
}
