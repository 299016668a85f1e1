//! Messages.

use serde_json::{Value as Json, json};

use super::Machine;
use crate::{
    limits::Limit,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    turn::Message,
    value::{self, Value, to_plain_json},
};

/// A message with so many bytes of text is refused.
const MESSAGE_BYTES_MAX: usize = 16_000;

impl Machine<'_> {
    pub(super) fn send(&mut self, message: Message) -> Outcome<()> {
        if self.messages.len() >= self.world.limits.messages {
            return Err(Stop::Limit(Limit::Messages));
        }
        self.messages.push(message);
        Ok(())
    }

    /// Counts the text of a message; one that is too long ends the turn.
    fn weigh(&mut self, value: &Value) -> Outcome<()> {
        // Escapes make at most six bytes of one: what is light enough need not be written out.
        let bytes = if value.weight() < MESSAGE_BYTES_MAX / 8 {
            value.weight()
        } else {
            self.world.make_bytes(value.weight())?;
            value.to_text().len()
        };
        if bytes >= MESSAGE_BYTES_MAX {
            let message =
                format!("a message of {bytes} bytes; it must be shorter than {MESSAGE_BYTES_MAX}");
            return Err(Stop::fatal(Problem::new(Kind::MessageTooLong, message).at(value.at)));
        }
        self.messages_bytes += bytes;
        if self.messages_bytes > self.world.limits.messages_bytes {
            return Err(Stop::Limit(Limit::MessagesBytes));
        }
        Ok(())
    }

    fn secure_shown(&mut self, value: &Value) -> Outcome<()> {
        let problem = Problem::new(Kind::SecureShown, "a secret cannot be shown");
        self.fail(&problem, value.at).map(drop)
    }

    pub(super) fn say(&mut self, value: &Value) -> Outcome<()> {
        if value.secure {
            return self.secure_shown(value);
        }
        self.weigh(value)?;
        self.send(message(value))
    }

    pub(super) fn debug(&mut self, value: &Value) -> Outcome<()> {
        if value.secure {
            return self.secure_shown(value);
        }
        self.weigh(value)?;
        let content = match value.tag() {
            Some(tag) if tag.as_ref() == "debug" => to_plain_json(value),
            _ => json!({ "args": [value.to_text()] }),
        };
        self.send(Message { content_type: "debug".to_owned(), content })
    }
}

fn message(value: &Value) -> Message {
    let (content_type, content) = match &value.kind {
        value::Kind::Null => ("text", json!({ "text": null })),
        value::Kind::List(list) => {
            ("array", Json::Array(list.items().iter().map(to_plain_json).collect()))
        }
        value::Kind::Map(map) => (map.tag().map_or("object", AsRef::as_ref), to_plain_json(value)),
        value::Kind::Closure(_) => ("closure", Json::Null),
        value::Kind::Text(text) => ("text", json!({ "text": text.as_ref() })),
        _ => ("text", json!({ "text": value.to_text() })),
    };
    Message { content_type: content_type.to_owned(), content }
}
