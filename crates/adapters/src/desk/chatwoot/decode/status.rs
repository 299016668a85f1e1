//! What became of a conversation at Chatwoot. Both of its events are read alike: a change of status has been seen to
//! bring only the general one.

use super::{at, ignored};
use crate::desk::chatwoot::json;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::port::channel::DecodeError;
use handover_core::port::desk::{At, FromHook, Hooked, What};
use serde_json::Value;

pub(super) fn changed(event: &str, conversation: &Value) -> Result<Hooked, DecodeError> {
    let (_, link) = at(conversation)?;
    // By the desk's own name: the closing of an older conversation must not be taken for that of the present one.
    let at = if link.is_empty() { at(conversation)?.0 } else { At::Link(link.clone()) };
    let other_change = event == "conversation_updated" && changed_something_else(conversation);
    let status = if other_change { None } else { status(&link, conversation) };
    let events: Vec<FromHook> = status
        .into_iter()
        .chain(seen(&link, conversation))
        .map(|event| FromHook { at: at.clone(), what: What::Did(event) })
        .collect();
    Ok(if events.is_empty() {
        ignored("nothing of it concerns a session")
    } else {
        Hooked::Events(events)
    })
}

/// Closed, open again, or put off. The source id holds the moment, so that a repeat is known and a second closing is
/// not taken for one.
pub(in crate::desk::chatwoot) fn status(link: &str, conversation: &Value) -> Option<FromDesk> {
    let status = json::text(conversation, "status")?;
    let act = match status {
        "resolved" => DeskAct::Closed,
        "open" => DeskAct::Reopened,
        "snoozed" => DeskAct::Noted(snoozed(conversation)),
        _ => return None,
    };
    let done_at = ["updated_at", "last_activity_at", "timestamp"]
        .iter()
        .find_map(|key| conversation.get(key).and_then(json::moment));
    let source = done_at.map(|at| SourceId::new(format!("status/{link}/{status}/{}", at.as_ms())));
    Some(FromDesk { source, agent: None, done_at, act })
}

/// How far the agents have read.
pub(in crate::desk::chatwoot) fn seen(link: &str, conversation: &Value) -> Option<FromDesk> {
    let at = conversation.get("agent_last_seen_at").and_then(json::moment)?;
    Some(FromDesk {
        source: Some(SourceId::new(format!("seen/{link}/{}", at.as_ms()))),
        agent: None,
        done_at: Some(at),
        act: DeskAct::SeenAt(at),
    })
}

fn snoozed(conversation: &Value) -> String {
    match conversation.get("snoozed_until").and_then(json::moment) {
        Some(until) => format!("Snoozed at Chatwoot until {}.", crate::kit::time::rfc3339(until)),
        None => "Snoozed at Chatwoot until the contact writes.".into(),
    }
}

/// `changed_attributes` is null, or names each changed field; null says nothing.
fn changed_something_else(conversation: &Value) -> bool {
    match conversation.get("changed_attributes") {
        Some(Value::Array(changes)) if !changes.is_empty() => {
            !changes.iter().any(|change| change.get("status").is_some())
        }
        Some(Value::Object(changes)) if !changes.is_empty() => !changes.contains_key("status"),
        _ => false,
    }
}
