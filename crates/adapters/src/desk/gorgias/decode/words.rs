//! The words of an agent's message: without the history and the signature of a mail, with the marker if it is there.

use crate::kit::html::{self, Leave};
use crate::kit::quoted;
use handover_core::marker;
use handover_core::words::END;
use serde_json::Value;
use std::borrow::Cow;

/// What the message says.
pub(super) fn of(message: &Value) -> String {
    let own = own_words(message);
    if marker::take(&own).found || !has_marker(message) {
        return own;
    }
    // A macro put it where a mail keeps its signature, or only into the HTML (rule 13).
    let unescaped = html::unescaped(&own);
    match unescaped {
        Cow::Owned(unescaped) if marker::take(&unescaped).found => unescaped,
        _ if own.is_empty() => END.to_owned(),
        _ => format!("{own}\n{END}"),
    }
}

fn own_words(message: &Value) -> String {
    let body = text(message, "body_text");
    // A template writes `None` for the text that Gorgias did not strip; an agent may say it too.
    let is_said = |stripped: &&str| *stripped != "None" || body == Some("None");
    if let Some(stripped) = text(message, "stripped_text").filter(is_said) {
        return stripped.to_owned();
    }
    if let Some(body) = body {
        let own = quoted::without_history(body);
        let own = match text(message, "stripped_signature")
            .and_then(|signature| own.strip_suffix(signature))
        {
            Some(own) => own.trim().to_owned(),
            None => quoted::without_signature(&own),
        };
        if !own.is_empty() {
            return own;
        }
    }
    let leave = Leave { history: true, signature: true };
    let own = ["stripped_html", "body_html"]
        .iter()
        .filter_map(|name| text(message, name))
        .map(|html| html::text(html, leave))
        .find(|own| !own.is_empty());
    // Better all of it than nothing (rule 11); but a file that was sent without words is something.
    let whole = body.filter(|_| !has_files(message)).map(str::to_owned);
    own.or(whole).unwrap_or_default()
}

fn has_files(message: &Value) -> bool {
    match &message["attachments"] {
        Value::Array(files) => !files.is_empty(),
        // As a template writes it.
        Value::String(files) => files.contains("url"),
        _ => false,
    }
}

/// Whether the marker stands anywhere but in the history, where it was offered before.
fn has_marker(message: &Value) -> bool {
    let leave = Leave { history: true, signature: false };
    let plain = ["stripped_text", "body_text", "stripped_signature"]
        .iter()
        .filter_map(|name| text(message, name))
        .map(|words| html::unescaped(&quoted::without_history(words)).into_owned());
    let html = ["stripped_html", "body_html"]
        .iter()
        .filter_map(|name| text(message, name))
        .map(|words| html::text(words, leave));
    plain.chain(html).any(|words| marker::take(&words).found)
}

/// A field's words; here `null` may be what an agent said.
fn text<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    message[name].as_str().map(str::trim).filter(|text| !text.is_empty())
}
