//! The fields of a hook, wherever they stand: in the address, in a form, in flat or nested JSON.

use super::{Kind, wrong};
use crate::desk::gorgias::api;
use handover_core::port::channel::{Call, DecodeError};
use serde_json::{Map, Value, json};

/// The fields of a hook.
#[derive(Debug)]
pub(super) struct Fields {
    root: Map<String, Value>,
}

/// Parts of the context that a form may hold as JSON in a text.
const PARTS: &[&str] = &["context", "ticket", "message", "event"];

/// Fields that only a hook about a message has.
const SAYS_A_MESSAGE: &[&str] = &[
    "message.id",
    "message_id",
    "message.body_text",
    "message_text",
    "text",
    "message.from_agent",
    "from_agent",
];

impl Fields {
    /// Reads them.
    ///
    /// # Errors
    /// When there is nothing, or nothing that can be read.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, DecodeError> {
        let mut root = body(&String::from_utf8_lossy(call.body))?;
        for part in PARTS {
            if let Some(Value::String(text)) = root.get(*part)
                && let Ok(value @ Value::Object(_)) = json(text)
            {
                root.insert((*part).to_owned(), value);
            }
        }
        if let Some(Value::Object(context)) = root.remove("context") {
            for (name, value) in context {
                root.entry(name).or_insert(value);
            }
        }
        wrap(&mut root);
        for (name, value) in form(call.query) {
            root.entry(name).or_insert(value);
        }
        root.remove("key");
        if root.is_empty() {
            return Err(wrong(
                "body",
                "It is empty. Let the integration send {{context}} as its request body.",
            ));
        }
        Ok(Self { root })
    }

    pub(super) fn kind(&self) -> Kind {
        let kind = self.text(&["event.type", "event_type", "trigger", "type"]).unwrap_or_default();
        match kind.as_str() {
            "ticket-message-failed" => Kind::Failed,
            "ticket-message-created" => Kind::Message,
            "ticket-self-unsnoozed" => Kind::Unsnoozed,
            "ticket-status-updated"
            | "ticket-updated"
            | "ticket-closed"
            | "ticket-reopened"
            | "ticket-opened"
            | "ticket-snoozed" => Kind::Status,
            "ticket-created" | "ticket-assignment-updated" | "ticket-handed-over" => {
                Kind::Other(kind)
            }
            _ if self.value(SAYS_A_MESSAGE).is_some() => Kind::Message,
            _ if self.value(&["ticket.status", "ticket_status", "status"]).is_some() => {
                Kind::Status
            }
            "" if self.message_id().is_some() => Kind::Message,
            _ if !kind.is_empty() => Kind::Other(kind),
            _ => Kind::Unknown,
        }
    }

    pub(super) fn ticket_id(&self) -> Option<String> {
        self.id(&["ticket.id", "ticket_id", "message.ticket_id"])
    }

    pub(super) fn event_id(&self) -> Option<String> {
        self.id(&["event.id", "event_id"])
    }

    /// The id that we gave to the ticket.
    pub(super) fn external_id(&self) -> Option<String> {
        self.text(&["ticket.external_id", "external_id", "ticket_external_id"])
    }

    fn message_id(&self) -> Option<String> {
        self.id(&["message.id", "message_id", "event.object_id", "object_id"])
    }

    /// The message as the API would show it, as far as it is told. What is not told is absent.
    pub(super) fn message(&self) -> Value {
        let mut message = match self.root.get("message") {
            Some(Value::Object(message)) => message.clone(),
            _ => Map::new(),
        };
        let mut add = |name: &str, value: Option<Value>| {
            if let (false, Some(value)) = (message.get(name).is_some_and(is_told), value) {
                message.insert(name.to_owned(), value);
            }
        };
        let flat = |names: &[&str]| self.value(names).cloned();
        add("id", self.message_id().map(Value::String));
        add("body_text", flat(&["message.body_text", "body_text", "message_text", "text"]));
        add("body_html", flat(&["message.body_html", "body_html"]));
        add("stripped_text", flat(&["message.stripped_text", "stripped_text"]));
        add("from_agent", flat(&["message.from_agent", "from_agent"]));
        add("channel", flat(&["message.channel", "message_channel", "channel"]));
        add("public", flat(&["message.public", "public"]));
        add("via", flat(&["message.via", "message_via", "via"]));
        add("external_id", flat(&["message.external_id", "message_external_id"]));
        add("rule_id", flat(&["message.rule_id", "rule_id"]));
        add("attachments", flat(&["message.attachments", "attachments"]));
        add(
            "created_datetime",
            flat(&["message.created_datetime", "message_created_datetime", "created_datetime"]),
        );
        let sender = json!({
            "id": flat(&["message.sender.id", "sender_id", "sender.id", "event.user_id", "user_id"]),
            "name": flat(&["message.sender.name", "sender_name", "sender.name"]),
            "email": flat(&["message.sender.email", "sender_email", "sender.email"]),
        });
        if sender.as_object().is_some_and(|sender| sender.values().any(is_told)) {
            add("sender", Some(sender));
        }
        Value::Object(message)
    }

    /// The ticket as the API would show it, as far as it is told.
    pub(super) fn ticket(&self) -> Value {
        let mut ticket = match self.root.get("ticket") {
            Some(Value::Object(ticket)) => ticket.clone(),
            _ => Map::new(),
        };
        for name in [
            "status",
            "closed_datetime",
            "updated_datetime",
            "opened_datetime",
            "snooze_datetime",
            "trashed_datetime",
        ] {
            let names = [format!("ticket.{name}"), format!("ticket_{name}"), name.to_owned()];
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if let Some(value) = self.value(&names) {
                ticket.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(id) = self.ticket_id() {
            ticket.insert("id".into(), id.into());
        }
        Value::Object(ticket)
    }

    fn id(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| api::id(self.value(&[name])?))
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        self.value(names).and_then(Value::as_str).map(|text| text.trim().to_owned())
    }

    /// The first of these that is told; `a.b` is `b` in `a`, or a field of that whole name.
    fn value(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| {
            let nested = || {
                let (first, rest) = name.split_once('.')?;
                rest.split('.').try_fold(self.root.get(first)?, |value, part| value.get(part))
            };
            nested().or_else(|| self.root.get(*name)).filter(|value| is_told(value))
        })
    }
}

/// Whether a value says something: templates write what is not there as `None` or nothing, and what they do not know
/// as it stands.
pub(super) fn is_told(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => {
            let text = text.trim();
            let empty = matches!(text, "" | "None" | "null" | "undefined");
            let unknown = text.starts_with("{{") && text.ends_with("}}");
            !empty && !unknown
        }
        _ => true,
    }
}

/// A yes or no as templates write it.
pub(super) fn yes(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A message or ticket of the API on its own stands where the context has it.
fn wrap(root: &mut Map<String, Value>) {
    let has = |name: &str| root.contains_key(name);
    let part = match () {
        () if !has("id") || has("message") || has("ticket") => return,
        () if has("from_agent") && has("ticket_id") => "message",
        () if has("status") && has("customer") => "ticket",
        () => return,
    };
    let whole = std::mem::take(root);
    if part == "message"
        && let Some(ticket) = whole.get("ticket_id")
    {
        root.insert("ticket_id".into(), ticket.clone());
    }
    root.insert(part.into(), Value::Object(whole));
}

fn body(text: &str) -> Result<Map<String, Value>, DecodeError> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Ok(Map::new());
    }
    if !text.starts_with(['{', '[', '"']) {
        return Ok(form(text).collect());
    }
    match json(text) {
        Ok(Value::Object(root)) => Ok(root),
        Ok(_) => {
            Err(wrong("body", "It must be a JSON object: let the integration send {{context}}."))
        }
        Err(error) => {
            let ids = salvaged(text);
            if ids.is_empty() {
                let problem = format!(
                    "It is no JSON ({error}). Let the integration send {{{{context}}}}, which is always well-formed."
                );
                return Err(wrong("body", &problem));
            }
            Ok(ids)
        }
    }
}

/// JSON; also JSON in a JSON text, alone in a list, or with line ends in its texts, as hand-written templates make it.
fn json(text: &str) -> Result<Value, serde_json::Error> {
    let value = serde_json::from_str(text).or_else(|error| {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        serde_json::from_str(&text).map_err(|_| error)
    })?;
    match value {
        Value::String(inner) if inner.trim_start().starts_with('{') => serde_json::from_str(&inner),
        Value::Array(mut list) if list.len() == 1 => Ok(list.remove(0)),
        value => Ok(value),
    }
}

fn form(text: &str) -> impl Iterator<Item = (String, Value)> {
    let text = text.trim().as_bytes();
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
}

/// The ids in JSON that the message's own words broke: with them the message can be looked up.
fn salvaged(text: &str) -> Map<String, Value> {
    const NAMES: &[&str] = &[
        "ticket_id",
        "message_id",
        "external_id",
        "event_type",
        "event_id",
        "from_agent",
        "status",
    ];
    let found = |name: &str| {
        let (_, after) = text.split_once(&format!("\"{name}\""))?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        let value = value.strip_prefix('"').unwrap_or(value);
        let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')?;
        (end > 0).then(|| value[..end].to_owned())
    };
    NAMES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), Value::String(found(name)?))))
        .collect()
}
