//! What a hook tells.

mod agent;
mod content;
pub(super) mod message;
pub(super) mod status;

use super::json;
use handover_core::ids::ConversationId;
use handover_core::port::channel::DecodeError;
use handover_core::port::desk::{At, FromHook, Hooked, What};
use handover_core::port::directory::Account;
use serde_json::Value;

pub(super) fn decode(account: &Account, body: &[u8]) -> Result<Hooked, DecodeError> {
    let body: Value = serde_json::from_slice(body).map_err(|error| {
        wrong("body", &format!("It must be a JSON object, as Chatwoot posts it ({error})."))
    })?;
    let Some(event) = json::text(&body, "event") else {
        return Err(wrong("event", "It is missing: Chatwoot names what happened in it."));
    };
    if let Some(why) = foreign(account, &body) {
        return Ok(ignored(why));
    }
    match event {
        "message_created" => message::created(account, &body),
        "message_updated" => message::updated(account, &body),
        // The last two are what bots are told, and what early releases told everyone.
        "conversation_status_changed"
        | "conversation_updated"
        | "conversation_resolved"
        | "conversation_opened" => status::changed(event, &body),
        "conversation_typing_on" => typing(account, &body, true),
        "conversation_typing_off" => typing(account, &body, false),
        "conversation_created" => Ok(ignored("a conversation was made: we make ours ourselves")),
        other => Ok(ignored(format!("`{other}` does not concern a session"))),
    }
}

/// An account's webhook gets the hooks of all its inboxes, and Chatwoot does not filter them.
fn foreign(account: &Account, body: &Value) -> Option<&'static str> {
    let learnt = |name| account.settings.get(name).and_then(json::word);
    let differs = |ours: Option<String>, theirs: Option<String>| matches!((ours, theirs), (Some(a), Some(b)) if a != b);
    let nested = |outer: &str| body.get(outer).and_then(|inner| json::id(inner, "id"));
    if differs(learnt("account_id"), nested("account")) {
        return Some("it comes from another Chatwoot account");
    }
    let conversation = body.get("conversation").unwrap_or(body);
    let inbox = nested("inbox").or_else(|| json::id(conversation, "inbox_id"));
    differs(learnt("inbox_id"), inbox).then_some("it comes from another inbox")
}

fn typing(account: &Account, body: &Value, on: bool) -> Result<Hooked, DecodeError> {
    if body.get("is_private").and_then(Value::as_bool) == Some(true) {
        return Ok(ignored("an agent types a private note"));
    }
    let user = body.get("user").unwrap_or(&Value::Null);
    if !matches!(json::text(user, "type"), Some("user" | "agent_bot")) {
        return Ok(ignored("the contact's own typing"));
    }
    let conversation = conversation_of(body)?;
    let name = Some(agent::of(account, body, user, conversation).name);
    Ok(Hooked::Events(vec![FromHook { at: at(conversation)?.0, what: What::Typing { name, on } }]))
}

fn conversation_of(body: &Value) -> Result<&Value, DecodeError> {
    body.get("conversation")
        .filter(|conversation| conversation.is_object())
        .ok_or_else(|| wrong("conversation", "It is missing: without it nobody knows whose it is."))
}

/// Which conversation is meant: the contact's id in the inbox is our conversation's, unless Chatwoot or a person made
/// the contact. Beside it, what Chatwoot calls the conversation.
fn at(conversation: &Value) -> Result<(At, String), DecodeError> {
    let id = json::id(conversation, "id").or_else(|| json::id(conversation, "display_id"));
    let source = conversation.get("contact_inbox").and_then(|inbox| json::text(inbox, "source_id"));
    match (source.filter(|source| is_ours(source)), id) {
        (Some(source), id) => {
            Ok((At::Conversation(ConversationId::new(source)), id.unwrap_or_default()))
        }
        (None, Some(id)) => Ok((At::Link(id.clone()), id)),
        (None, None) => Err(wrong(
            "conversation.id",
            "It is missing: without it nobody knows which conversation is meant.",
        )),
    }
}

/// Our conversations' ids are 32 lower-case hex digits; those that Chatwoot makes hold dashes.
fn is_ours(source: &str) -> bool {
    source.len() == 32 && source.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn ignored(why: impl Into<String>) -> Hooked {
    Hooked::Ignored { why: why.into() }
}

fn wrong(field: &str, problem: &str) -> DecodeError {
    DecodeError::Field { field: field.into(), problem: problem.into() }
}
