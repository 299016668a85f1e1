//! A web of recorded answers, for cases with HTTP.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use csml::{Http, HttpRequest, HttpResponse, PortError};
use serde_json::{Map, Value, json};

use crate::compare;

/// Gives the recorded replies in order, and checks each request against the recorded one.
pub(crate) struct Web {
    exchanges: RefCell<VecDeque<Value>>,
    /// What differed from the record.
    pub(crate) differences: RefCell<Vec<String>>,
}

impl Web {
    pub(crate) fn new(record: &Value) -> Self {
        let exchanges = record.as_array().cloned().unwrap_or_default();
        Web { exchanges: RefCell::new(exchanges.into()), differences: RefCell::default() }
    }
}

impl Http for Web {
    fn send(&self, request: &HttpRequest, _: Duration) -> Result<HttpResponse, PortError> {
        self.answer(request)
    }
}

impl Web {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, PortError> {
        let Some(exchange) = self.exchanges.borrow_mut().pop_front() else {
            return Err(PortError("nothing listens there".to_owned()));
        };
        let headers: Map<String, Value> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), json!(value)))
            .collect();
        let path = request
            .url
            .split_once("://")
            .map_or("", |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
        let sent = json!({ "method": request.method, "path": path, "headers": headers, "body": request.body });
        if let Err(difference) = compare::same(&exchange["request"], &sent, "request") {
            self.differences.borrow_mut().push(difference);
        }
        let reply = &exchange["reply"];
        let status =
            reply["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        let location = reply["headers"].get("Location").and_then(Value::as_str);
        if let (300..=399, Some(url)) = (status, location) {
            let next = HttpRequest {
                method: "GET".to_owned(),
                url: url.to_owned(),
                body: None,
                ..request.clone()
            };
            return self.answer(&next);
        }
        let headers = reply["headers"].as_object().into_iter().flatten();
        Ok(HttpResponse {
            status,
            headers: headers.map(|(name, value)| (name.to_lowercase(), text(value))).collect(),
            body: text(&reply["body"]),
        })
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
