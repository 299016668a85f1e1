//! What a request is answered with.

use handover_core::port::http::Reply;
use serde_json::{Value, json};

/// Good answers are JSON, or nothing at all with status 200.
pub(super) type Answer = Result<Option<Value>, Refusal>;

/// A bad answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Refusal {
    fn error(status: u16, text: &str) -> Self {
        Self { status, body: json!({ "error": text }) }
    }

    pub(super) fn no_session() -> Self {
        Self {
            status: 401,
            body: json!({ "errors": ["You need to sign in or sign up before continuing."] }),
        }
    }

    pub(super) fn bad_token() -> Self {
        Self::error(401, "Invalid Access Token")
    }

    pub(super) fn not_allowed() -> Self {
        Self::error(401, "You are not authorized to do this action")
    }

    pub(super) fn unauthorized(text: &str) -> Self {
        Self::error(401, text)
    }

    pub(super) fn not_found() -> Self {
        Self::error(404, "Resource could not be found")
    }

    pub(super) fn unprocessable(text: &str) -> Self {
        Self::error(422, text)
    }

    /// A field of a record is not valid.
    pub(super) fn invalid(attribute: &str, text: &str) -> Self {
        Self { status: 422, body: json!({ "message": text, "attributes": [attribute] }) }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::error(422, &format!("param is missing or the value is empty: {parameter}"))
    }
}

pub(super) fn some(value: Value) -> Answer {
    Ok(Some(value))
}

pub(super) fn reply(answer: Answer) -> Reply {
    match answer {
        Ok(Some(value)) => json_reply(200, &value),
        Ok(None) => Reply { status: 200, headers: Vec::new(), body: Vec::new() },
        Err(refusal) => json_reply(refusal.status, &refusal.body),
    }
}

pub(super) fn json_reply(status: u16, value: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".into(), "application/json; charset=utf-8".into())],
        body: value.to_string().into_bytes(),
    }
}

pub(super) fn plain(status: u16, mime: &str, text: &str) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".into(), mime.to_owned())],
        body: text.as_bytes().to_vec(),
    }
}
