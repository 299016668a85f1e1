//! Requests to one Chatwoot account, and what its answers mean.

use super::json;
use crate::kit::post;
use handover_core::port::channel::Step;
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

const NOT_CONNECTED: &str =
    "This desk is not connected to Chatwoot yet: open its settings and save them.";

/// What need not be encoded in a part of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One account at Chatwoot, as its settings and what was learnt describe it.
pub(super) struct Api<'a> {
    account: &'a Account,
    root: String,
    account_id: String,
    token: &'a str,
    /// The inbox that is ours.
    pub(super) inbox_id: i64,
}

impl<'a> Api<'a> {
    /// # Errors
    /// Says what is missing.
    pub(super) fn of(account: &'a Account) -> Result<Self, String> {
        let setting = |name| account.settings.get(name);
        let (Some(base_url), Some(token)) = (account.text("base_url"), account.text("token"))
        else {
            return Err("The desk needs the address of Chatwoot and an access token: set them in its settings.".into());
        };
        let (Some(account_id), Some(inbox_id)) =
            (setting("account_id").and_then(json::word), setting("inbox_id").and_then(json::int))
        else {
            return Err(NOT_CONNECTED.into());
        };
        Ok(Self { account, root: root(base_url), account_id, token, inbox_id })
    }

    /// Reads something of the account; `path` begins with a slash.
    pub(super) fn get(&self, path: &str) -> Request {
        authorised(Request::get(self.url(path)), self.token)
    }

    /// Brings JSON.
    pub(super) fn send(&self, method: &'static str, path: &str, body: &Value) -> Request {
        authorised(Request::json(method, self.url(path), body), self.token)
    }

    /// Brings a form.
    pub(super) fn form(&self, path: &str, content_type: String, body: Vec<u8>) -> Request {
        let request = Request::new("POST", self.url(path)).header("content-type", content_type);
        Request { body, ..authorised(request, self.token) }
    }

    /// An address of the interface that contacts use; none before the inbox is known. It needs no token.
    pub(super) fn public(&self, path: &str) -> Option<String> {
        let inbox = encoded(self.account.text("inbox_identifier")?);
        Some(format!("{}/public/api/v1/inboxes/{inbox}{path}", self.root))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/accounts/{}{path}", self.root, encoded(&self.account_id))
    }
}

/// With the token, which goes into no address.
pub(super) fn authorised(request: Request, token: &str) -> Request {
    request.header("api_access_token", token)
}

/// The address of an installation, whatever page of it was copied.
pub(super) fn root(base_url: &str) -> String {
    let text = base_url.trim();
    let host_from = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(host_from);
    let pages = ["/app/", "/api/", "/auth/", "?", "#"];
    let cut = pages.iter().filter_map(|page| rest.find(page)).min().unwrap_or(rest.len());
    let rest = rest.get(..cut).unwrap_or(rest);
    let rest = rest.strip_suffix("/app").unwrap_or(rest);
    format!("{scheme}{}", rest.trim_end_matches('/'))
}

/// An address that may lack its host.
pub(super) fn whole(account: &Account, url: &str) -> String {
    match account.text("base_url") {
        Some(base_url) if url.starts_with('/') => format!("{}{url}", root(base_url)),
        _ => url.to_owned(),
    }
}

/// A part of a path.
pub(super) fn encoded(part: &str) -> String {
    utf8_percent_encode(part, PLAIN).to_string()
}

/// What an answer that is no success means for a delivery.
pub(super) fn failure(reply: &Reply) -> Step {
    match reply.status {
        401 => Step::Retry {
            after_s: None,
            why: "Chatwoot does not accept the access token (401). Enter a new one in the desk's settings.".into(),
        },
        422 if complaint(reply).to_lowercase().contains("too many messages") => Step::Retry {
            after_s: Some(60),
            why: "Chatwoot takes no more messages for this conversation in this minute".into(),
        },
        200..=299 if post::is_cut(reply) => {
            Step::Retry { after_s: None, why: "Chatwoot's answer broke off".into() }
        }
        200..=299 => Step::Reject {
            why: "Chatwoot's answer could not be understood. Is the address in the desk's settings right?".into(),
        },
        _ => post::outcome(reply),
    }
}

/// Whether it was obeyed, as far as the answer tells.
pub(super) fn went_well(reply: &Reply) -> bool {
    (200..=299).contains(&reply.status) && !post::is_cut(reply)
}

/// The body as JSON; null when it is none.
pub(super) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// What Chatwoot says is wrong, with the fields that it names.
pub(super) fn complaint(reply: &Reply) -> String {
    let body = body(reply);
    let said = ["message", "error", "errors", "attributes"];
    let words: Vec<String> = said
        .iter()
        .filter_map(|key| match body.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
        .collect();
    words.join(" ")
}
