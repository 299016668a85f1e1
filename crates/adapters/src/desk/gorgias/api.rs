//! The API's requests and what its answers mean.

use super::settings::Settings;
use crate::kit::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handover_core::port::desk::Usage;
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use serde_json::Value;

/// What our own messages' `external_id` begins with.
pub(super) const OURS: &str = "handover:";

/// The `external_id` of something that we write.
pub(super) fn our_id(what: &str) -> String {
    format!("{OURS}{what}")
}

/// Whether a message is one that we wrote.
pub(super) fn is_ours(external_id: &str) -> bool {
    external_id.starts_with(OURS)
}

/// Reads something; values of the query are escaped.
pub(super) fn get(settings: &Settings<'_>, path: &str, query: &[(&str, &str)]) -> Request {
    signed(settings, Request::get(address(settings, path, query)))
}

/// Brings JSON.
pub(super) fn send(
    settings: &Settings<'_>,
    method: &'static str,
    path: &str,
    body: &Value,
) -> Request {
    signed(settings, Request::json(method, address(settings, path, &[]), body))
}

/// Brings files; `form` is a content type and a body.
pub(super) fn upload(settings: &Settings<'_>, form: (String, Vec<u8>)) -> Request {
    let mut request =
        Request::new("POST", address(settings, "upload", &[])).header("content-type", form.0);
    request.body = form.1;
    signed(settings, request)
}

/// Fetches a file. The key goes to the helpdesk's own address only.
pub(super) fn file(account: &Account, url: &str) -> Request {
    let request = Request::get(url).file();
    match Settings::of(account) {
        Ok(settings) if is_at(url, settings.base_url) => {
            request.header("authorization", basic(&settings))
        }
        _ => request,
    }
}

/// How much of the limit an answer says is used: `10/40`.
pub(super) fn usage(reply: &Reply) -> Option<Usage> {
    let (used, limit) = reply.header("x-gorgias-account-api-call-limit")?.split_once('/')?;
    Some(Usage { used: used.trim().parse().ok()?, limit: limit.trim().parse().ok()? })
}

fn address(settings: &Settings<'_>, path: &str, query: &[(&str, &str)]) -> String {
    let mut url = format!("{}/api/{path}", settings.base_url);
    if !query.is_empty() {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        url.push('?');
        url.push_str(&query);
    }
    url
}

fn signed(settings: &Settings<'_>, request: Request) -> Request {
    request.header("accept", "application/json").header("authorization", basic(settings))
}

fn basic(settings: &Settings<'_>) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", settings.username, settings.api_key)))
}

/// Whether an address lies at the helpdesk and cannot be read as one of another host.
fn is_at(url: &str, base_url: &str) -> bool {
    url.get(..base_url.len()).is_some_and(|start| start.eq_ignore_ascii_case(base_url))
        && url[base_url.len()..].starts_with('/')
}

/// The JSON of an answer; null where it is none.
pub(super) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

/// What a list holds: `{"data": [...]}` or the bare list.
pub(super) fn list(reply: &Reply) -> Vec<Value> {
    match body(reply) {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("data") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// An id, which is a number or the same as text.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::String(text) => {
            let text = text.trim();
            let plain = !text.is_empty()
                && text.len() <= 20
                && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.to_owned())
        }
        _ => None,
    }
}

/// Whether it was obeyed, as far as the answer tells.
pub(super) fn is_fine(reply: &Reply) -> bool {
    reply.status >= 200 && reply.status < 300 && !post::is_cut(reply)
}

/// Why an answer is no good, in words fit for a person.
pub(super) fn complaint(reply: &Reply) -> String {
    match reply.status {
        401 => "Gorgias refused the username or the API key (401): give valid ones in the desk's settings".into(),
        403 => format!("Gorgias says that the user may not do this (403): give the key of a user who may{}", said(reply)),
        200..=299 if post::is_cut(reply) => "Gorgias' answer broke off".into(),
        429 => "Gorgias takes no more requests for the moment (429)".into(),
        status => format!("Gorgias answered {status}{}", said(reply)),
    }
}

/// The vendor's wish when to come again, in seconds.
pub(super) fn retry_after_s(reply: &Reply) -> Option<u32> {
    reply.header("retry-after").and_then(|text| text.trim().parse().ok())
}

fn said(reply: &Reply) -> String {
    const CHARS_MAX: usize = 200;
    let body = body(reply);
    let text = ["/error/msg", "/error/message", "/message", "/error"]
        .iter()
        .find_map(|path| body.pointer(path).and_then(Value::as_str));
    let text: String = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        text
    } else {
        format!(": {}", text.chars().take(CHARS_MAX).collect::<String>())
    }
}
