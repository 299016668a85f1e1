//! Who did it.

use crate::desk::chatwoot::json;
use handover_core::contact::Agent;
use handover_core::ids::AgentId;
use handover_core::port::directory::Account;
use serde_json::Value;

const NAMELESS: &str = "Agent";

/// The one who wrote or types. What nobody wrote (a greeting, an automation) is said by the inbox.
pub(super) fn of(account: &Account, body: &Value, sender: &Value, conversation: &Value) -> Agent {
    let Some(id) = json::id(sender, "id") else { return inbox(body) };
    let name = json::text(sender, "available_name").or_else(|| json::text(sender, "name"));
    match json::text(sender, "type") {
        Some("agent_bot") => named(format!("bot-{id}"), name, picture(sender)),
        Some("captain_assistant") => named(format!("captain-{id}"), name, picture(sender)),
        _ => user(account, id, sender, conversation),
    }
}

/// Whether a person wrote it. Old releases do not name the kind of sender; then whoever has a name is one.
pub(super) fn is_person(sender: &Value) -> bool {
    let is_robot = matches!(json::text(sender, "type"), Some("agent_bot" | "captain_assistant"));
    json::id(sender, "id").is_some() && !is_robot
}

fn user(account: &Account, id: String, sender: &Value, conversation: &Value) -> Agent {
    let learnt = account.settings.get("agents").and_then(|agents| agents.get(&id));
    let assignee = conversation.get("meta").and_then(|meta| meta.get("assignee"));
    let assignee = assignee.filter(|assignee| json::id(assignee, "id").as_ref() == Some(&id));
    let name = json::text(sender, "available_name")
        .or_else(|| json::text(learnt?, "name"))
        .or_else(|| json::text(sender, "name"))
        .or_else(|| json::text(assignee?, "name"));
    let face =
        picture(sender).or_else(|| picture(assignee?)).or_else(|| json::text(learnt?, "picture"));
    named(id, name, face)
}

fn inbox(body: &Value) -> Agent {
    let inbox = body.get("inbox").and_then(|inbox| json::text(inbox, "name"));
    let account = body.get("account").and_then(|account| json::text(account, "name"));
    named("inbox".into(), inbox.or(account), None)
}

fn named(id: String, name: Option<&str>, picture: Option<&str>) -> Agent {
    let name = name.unwrap_or(NAMELESS).trim().to_owned();
    Agent { id: AgentId::new(id), name, picture: picture.map(str::to_owned) }
}

fn picture(person: &Value) -> Option<&str> {
    ["thumbnail", "avatar_url", "avatar"].iter().find_map(|key| json::text(person, key))
}
