//! Answers as the vendor gives them.

use super::record::Record;
use handover_core::port::http::Reply;
use serde_json::{Value, json};

/// What a request comes to.
pub(super) type Answer = Result<Good, Bad>;

/// It was obeyed.
#[derive(Debug)]
pub(super) struct Good {
    status: u16,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Nothing,
    Json(Value),
    File { mime: String, bytes: Vec<u8> },
}

impl Good {
    pub(super) fn found(body: impl Into<Value>) -> Answer {
        Ok(Self { status: 200, body: Body::Json(body.into()) })
    }

    pub(super) fn created(body: impl Into<Value>) -> Answer {
        Ok(Self { status: 201, body: Body::Json(body.into()) })
    }

    pub(super) fn updated(body: impl Into<Value>) -> Answer {
        Ok(Self { status: 202, body: Body::Json(body.into()) })
    }

    pub(super) fn deleted() -> Answer {
        Ok(Self { status: 204, body: Body::Nothing })
    }

    pub(super) fn file(mime: &str, bytes: &[u8]) -> Answer {
        Ok(Self { status: 200, body: Body::File { mime: mime.to_owned(), bytes: bytes.to_vec() } })
    }

    pub(super) fn reply(self) -> Reply {
        let (mime, body) = match self.body {
            Body::Nothing => return Reply { status: self.status, headers: vec![], body: vec![] },
            Body::Json(json) => ("application/json".to_owned(), json.to_string().into_bytes()),
            Body::File { mime, bytes } => (mime, bytes),
        };
        Reply { status: self.status, headers: vec![("content-type".to_owned(), mime)], body }
    }
}

/// It was refused.
#[derive(Debug)]
pub(super) struct Bad {
    pub(super) status: u16,
    msg: String,
    data: Record,
}

impl Bad {
    pub(super) fn new(status: u16, msg: impl Into<String>) -> Self {
        Self { status, msg: msg.into(), data: Record::new() }
    }

    /// A field that is wrong, and what is wrong with it.
    pub(super) fn field(field: &str, problem: &str) -> Self {
        Self::fields(vec![(field.to_owned(), problem.to_owned())])
    }

    /// Several fields that are wrong.
    pub(super) fn fields(problems: Vec<(String, String)>) -> Self {
        let mut bad = Self::new(400, "Failed to validate the request.");
        for (field, problem) in problems {
            bad.data.insert(field, json!([problem]));
        }
        bad
    }

    pub(super) fn missing(what: &str) -> Self {
        Self::new(404, format!("{what} does not exist."))
    }

    pub(super) fn reply(self) -> Reply {
        let mut error = json!({ "msg": self.msg });
        if let (false, Some(error)) = (self.data.is_empty(), error.as_object_mut()) {
            error.insert("data".to_owned(), Value::Object(self.data));
        }
        Reply {
            status: self.status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "error": error }).to_string().into_bytes(),
        }
    }
}
