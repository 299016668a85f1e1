//! The event as the bot sees it.

use serde_json::Value as Json;

use super::Machine;
use crate::{
    code::ArgumentNames,
    lex::Pos,
    method,
    problem::{Outcome, Problem},
    tree::Name,
    turn::{Event, Refusal},
    value::{self, Value, compare, from_json},
};

#[derive(Debug, Clone)]
pub(super) struct EventValue {
    pub(super) content_type: String,
    pub(super) value: Name,
    /// The content as an object tagged with the event's type.
    content: Value,
    pub(super) secure: bool,
}

impl EventValue {
    pub(super) fn read(event: &Event) -> Result<Self, Refusal> {
        let field = match event.content_type.as_str() {
            "text" => "text",
            "payload" | "regex" => "payload",
            "url" | "image" | "audio" | "video" | "file" => "url",
            "flow_trigger" => "flow_id",
            _ => return Err(Refusal::UnknownEventType),
        };
        let found =
            event.content.get(field).and_then(Json::as_str).ok_or(Refusal::BadEventContent)?;
        let mut content =
            from_json(&event.content, Pos::NONE).map_err(|_| Refusal::BadEventContent)?;
        let value = if event.content_type == "flow_trigger" {
            let mut json = String::new();
            value::json_text(&content, &mut json);
            Name::from(json)
        } else {
            Name::from(found)
        };
        if let Some(map) = content.map_mut() {
            map.set_tag(Some(event.content_type.as_str().into()));
        }
        Ok(EventValue {
            content_type: event.content_type.clone(),
            value,
            content,
            secure: event.secure,
        })
    }

    pub(super) fn value(&self, at: Pos) -> Value {
        Value::text(self.value.clone(), at).secure_if(self.secure)
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.content.as_map().and_then(|map| map.get_text(name))
    }

    /// The text that methods work on: what was typed, or else the payload.
    fn text(&self) -> Option<&str> {
        self.field("text").or_else(|| self.field("payload"))
    }
}

impl Machine<'_> {
    pub(super) fn event_method(
        &mut self,
        name: &Name,
        names: &ArgumentNames,
        at: Pos,
    ) -> Outcome<()> {
        let arguments = self.pop_many(names.len());
        let named = names.iter().any(Option::is_some);
        let secure = self.event.secure;
        let plain = || {
            if arguments.is_empty() && !named {
                Ok(())
            } else {
                Err(Problem::arguments("`event.method()`"))
            }
        };
        let value = match name.as_ref() {
            "get_type" => {
                plain()?;
                Value::text(self.event.content_type.as_str(), at)
            }
            "get_content" => {
                plain()?;
                Value { at, ..self.event.content.clone() }.secure_if(secure)
            }
            "is_secure" => {
                plain()?;
                Value::bool(secure, at)
            }
            "is_email" => {
                plain()?;
                Value::bool(self.event.field("text").is_some_and(method::is_email), at)
            }
            "match" => {
                if arguments.is_empty() || named {
                    return Err(Problem::arguments("`event.match(a, b)`").into());
                }
                self.first_match(&arguments, at)
            }
            "match_array" => match arguments.as_slice() {
                [list] if !named && list.as_list().is_some() => {
                    self.first_match(list.as_list().unwrap_or(&[]), at)
                }
                _ => return Err(Problem::arguments("`event.match_array([a, b])`").into()),
            },
            _ => {
                if named {
                    return Err(Problem::arguments("`event.method(value)`, without names").into());
                }
                let Some(text) = self.event.text() else {
                    return Err(method::unknown(name).into());
                };
                let receiver = Value::text(text, at).secure_if(secure);
                let tainted = secure || arguments.iter().any(|argument| argument.secure);
                let value = method::call(name, receiver, arguments, at, &mut self.world)?;
                let is_bool = matches!(value.kind, value::Kind::Bool(_));
                value.secure_if(tainted && !is_bool)
            }
        };
        self.made(&value)?;
        self.push(value);
        Ok(())
    }

    fn first_match(&self, candidates: &[Value], at: Pos) -> Value {
        let typed = self.event.field("text");
        let payload = self.event.field("payload");
        let hit = candidates.iter().find(|candidate| {
            let hits = |text: &str| fits(candidate, text);
            // A payload beside a typed text counts only for what lists the answers it takes.
            match (typed, payload) {
                (Some(text), Some(payload)) => {
                    hits(text) || (compare::accepts(candidate).is_some() && hits(payload))
                }
                (Some(text), None) | (None, Some(text)) => hits(text),
                (None, None) => false,
            }
        });
        hit.cloned().unwrap_or_else(|| Value::null(at))
    }
}

/// Whether an event's text is what a candidate asks for.
fn fits(candidate: &Value, text: &str) -> bool {
    match &candidate.kind {
        value::Kind::Text(wanted) => wanted.as_ref() == text,
        value::Kind::Int(_) | value::Kind::Float(_) => candidate.to_text() == text,
        value::Kind::List(list) => compare::holds(list.items(), &Value::text(text, Pos::NONE)),
        value::Kind::Map(_) => compare::accepts(candidate)
            .is_some_and(|list| compare::holds(list, &Value::text(text, Pos::NONE))),
        _ => false,
    }
}
