//! A request of the Chat API: read with an error for the first field that is wrong.

use super::message;
use handover_core::content::Content;
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::{ContactKey, SourceId};
use handover_core::port::channel::DecodeError;
use serde_json::{Map, Value};

/// The longest text of a contact, in characters.
pub const TEXT_CHARS_MAX: usize = 16_000;
const ID_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 4096;
const METADATA_BYTES_MAX: usize = 16_384;
const UNVERIFIED: &str = "unverified:";
const VERIFIED: &str = "verified:";

/// A request of the Chat API.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Who speaks, as the caller says.
    pub user_id: String,
    /// The caller's id for this request: the same id twice is the same request.
    pub request_id: Option<String>,
    /// What the caller knows about the contact.
    pub metadata: Option<Map<String, Value>>,
    /// What the contact says.
    pub content: Content,
    /// Where the caller wants the answer to be posted.
    pub callback_url: Option<String>,
}

impl ChatRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// Names the field and the fix.
    pub fn read(body: &Value) -> Result<Self, DecodeError> {
        let fields = object(body, "body")?;
        let client = object(needed(fields, "client", "client")?, "client")?;
        Ok(Self {
            user_id: user_id(client.get("user_id"), "client.user_id")?,
            request_id: optional_text(fields, "request_id", ID_CHARS_MAX)?
                .filter(|id| !id.is_empty()),
            metadata: metadata(fields.get("metadata"))?,
            content: payload(needed(fields, "payload", "payload")?)?,
            callback_url: optional_text(fields, "callback_url", URL_CHARS_MAX)?
                .filter(|url| !url.is_empty()),
        })
    }

    /// What it means for the conversation.
    pub fn into_act(self, verified: bool) -> FromContact {
        FromContact {
            source: self.request_id.map(SourceId::new),
            metadata: self.metadata,
            verified,
            act: ContactAct::Said(self.content),
        }
    }
}

/// The contact's key. A key in a browser is public, so an unsigned call may name any user: it speaks for a contact of
/// its own, whatever name it gives (promise F). No two names share a key.
pub fn contact_key(user_id: &str, verified: bool) -> ContactKey {
    ContactKey::new(if !verified {
        format!("{UNVERIFIED}{user_id}")
    } else if user_id.starts_with(UNVERIFIED) || user_id.starts_with(VERIFIED) {
        format!("{VERIFIED}{user_id}")
    } else {
        user_id.to_owned()
    })
}

/// The user id that a contact's key was made from.
pub fn user_id_of(key: &ContactKey) -> &str {
    let key = key.as_str();
    key.strip_prefix(UNVERIFIED).or_else(|| key.strip_prefix(VERIFIED)).unwrap_or(key)
}

/// A user id: text, or a whole number as older clients send it.
///
/// # Errors
/// Names the field and the fix.
pub fn user_id(value: Option<&Value>, field: &str) -> Result<String, DecodeError> {
    let id = match value {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => id.to_string(),
        _ => return Err(wrong(field, "A text that names the user is needed.")),
    };
    if id.trim().is_empty() {
        return Err(wrong(field, "A text that names the user is needed; this one is empty."));
    }
    within(&id, ID_CHARS_MAX, field)?;
    Ok(id)
}

fn metadata(value: Option<&Value>) -> Result<Option<Map<String, Value>>, DecodeError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(metadata)) => {
            if Value::Object(metadata.clone()).to_string().len() > METADATA_BYTES_MAX {
                return Err(wrong(
                    "metadata",
                    &format!("At most {METADATA_BYTES_MAX} bytes of JSON."),
                ));
            }
            Ok(Some(metadata.clone()))
        }
        Some(_) => Err(wrong("metadata", "An object is needed: {\"name\": ...}.")),
    }
}

fn payload(value: &Value) -> Result<Content, DecodeError> {
    let fields = object(value, "payload")?;
    let content_type = needed(fields, "content_type", "payload.content_type")?
        .as_str()
        .ok_or_else(|| wrong("payload.content_type", "A text is needed."))?;
    let main = match content_type {
        "text" => "text",
        "payload" => "payload",
        "image" | "video" | "audio" | "file" | "url" => "url",
        "flow_trigger" => "flow_id",
        _ => {
            return Err(wrong(
                "payload.content_type",
                "It must be one of text, payload, image, video, audio, file, url, flow_trigger.",
            ));
        }
    };
    let content = needed(fields, "content", "payload.content")?;
    let path = format!("payload.content.{main}");
    let text = match object(content, "payload.content")?.get(main) {
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(Value::Number(number)) if main != "url" => number.to_string(),
        Some(Value::String(_)) => return Err(wrong(&path, "It is empty; a text is needed.")),
        _ => return Err(wrong(&path, "A text is needed.")),
    };
    if main == "url" {
        within(&text, URL_CHARS_MAX, &path)?;
        if !(text.starts_with("https://") || text.starts_with("http://")) {
            return Err(wrong(&path, "An address that begins with https:// or http:// is needed."));
        }
    } else {
        within(&text, TEXT_CHARS_MAX, &path)?;
    }
    Ok(message::decode(content_type, content))
}

fn object<'a>(value: &'a Value, field: &str) -> Result<&'a Map<String, Value>, DecodeError> {
    value.as_object().ok_or_else(|| wrong(field, "An object is needed: {...}."))
}

fn needed<'a>(
    fields: &'a Map<String, Value>,
    key: &str,
    path: &str,
) -> Result<&'a Value, DecodeError> {
    fields.get(key).ok_or_else(|| wrong(path, "It is missing."))
}

fn optional_text(
    fields: &Map<String, Value>,
    key: &str,
    chars_max: usize,
) -> Result<Option<String>, DecodeError> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => within(text, chars_max, key).map(|()| Some(text.clone())),
        Some(_) => Err(wrong(key, "A text is needed.")),
    }
}

fn within(text: &str, chars_max: usize, field: &str) -> Result<(), DecodeError> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(wrong(field, &format!("At most {chars_max} characters; this has {chars}.")));
    }
    Ok(())
}

fn wrong(field: &str, problem: &str) -> DecodeError {
    DecodeError::Field { field: field.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{ChatRequest, contact_key, user_id_of};
    use handover_core::content::Content;
    use handover_core::port::channel::DecodeError;
    use serde_json::{Value, json};

    #[test]
    fn fixtures_are_read() {
        let cases: Vec<(Value, Value)> =
            serde_json::from_str(include_str!("fixtures/requests.json")).unwrap();
        for (body, ours) in cases {
            let request =
                ChatRequest::read(&body).unwrap_or_else(|error| panic!("{body}: {error}"));
            let content: Content = serde_json::from_value(ours).unwrap();
            assert_eq!(request.content, content, "{body}");
            assert_eq!(request.user_id, "ada");
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        let cases: Vec<(Value, String)> =
            serde_json::from_str(include_str!("fixtures/wrong_requests.json")).unwrap();
        for (body, path) in cases {
            match ChatRequest::read(&body) {
                Err(DecodeError::Field { field, problem }) => {
                    assert_eq!(field, path, "{body}: {problem}");
                    assert!(problem.ends_with('.'), "{problem}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn long_texts_are_refused_by_name() {
        let body = |text: String| {
            json!({ "client": { "user_id": "ada" },
                "payload": { "content_type": "text", "content": { "text": text } } })
        };
        assert!(ChatRequest::read(&body("ä".repeat(16_000))).is_ok());
        let error = ChatRequest::read(&body("ä".repeat(16_001))).unwrap_err().to_string();
        assert!(error.starts_with("payload.content.text: At most 16000"), "{error}");
    }

    #[test]
    fn no_unsigned_name_reaches_a_signed_contact() {
        let names = ["ada", "unverified:ada", "verified:ada", "verified:unverified:ada", ""];
        let mut keys = std::collections::BTreeSet::new();
        for name in names {
            for verified in [true, false] {
                assert!(keys.insert(contact_key(name, verified)), "promise F: {name} {verified}");
            }
            assert_eq!(user_id_of(&contact_key(name, false)), name);
            assert_eq!(user_id_of(&contact_key(name, true)), name);
        }
    }
}
