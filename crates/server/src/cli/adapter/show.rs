//! What was read, as JSON.

use handover_adapters::kit::time::rfc3339;
use handover_core::event::{ContactAct, DeskAct, FromContact, FromDesk};
use handover_core::ids::ContactKey;
use handover_core::port::channel::DecodeError;
use handover_core::port::desk::{At, FromHook, Hooked, What};
use handover_core::port::http::Request;
use serde_json::{Value, json};

/// What a desk's adapter read.
pub(super) fn desk(vendor: &str, read: Result<Hooked, DecodeError>) -> Value {
    let events = |events: &[FromHook]| events.iter().map(from_hook).collect::<Vec<_>>();
    match read {
        Ok(Hooked::Events(happened)) => json!({ "vendor": vendor, "events": events(&happened) }),
        Ok(Hooked::Ignored { why }) => json!({ "ignored": why }),
        Ok(Hooked::Ask { request, or }) => {
            json!({ "asks": asks(&request), "or": events(&or) })
        }
        Err(error) => refused(error),
    }
}

/// What a channel's adapter read.
pub(super) fn channel(
    vendor: &str,
    read: Result<Vec<(ContactKey, FromContact)>, DecodeError>,
) -> Value {
    match read {
        Ok(acts) => {
            let events: Vec<Value> = acts.iter().map(|(key, act)| from_contact(key, act)).collect();
            json!({ "vendor": vendor, "events": events })
        }
        Err(error) => refused(error),
    }
}

fn refused(error: DecodeError) -> Value {
    let refused = match error {
        DecodeError::Field { field, problem } => json!({ "field": field, "problem": problem }),
        DecodeError::Unauthorised(problem) => json!({ "field": null, "problem": problem }),
    };
    json!({ "refused": refused })
}

fn from_hook(event: &FromHook) -> Value {
    let at = match &event.at {
        At::Session(id) => json!({ "session": id }),
        At::Conversation(id) => json!({ "conversation": id }),
        At::Link(link) => json!({ "link": link }),
    };
    let mut shown = match &event.what {
        What::Typing { name, on } => json!({ "act": "typing", "name": name, "on": on }),
        What::Did(did) => from_desk(did),
    };
    shown["at"] = at;
    shown
}

fn from_desk(did: &FromDesk) -> Value {
    let mut shown = match &did.act {
        DeskAct::Accepted => json!({ "act": "accepted" }),
        DeskAct::Said(content) => json!({ "act": "said", "content": content }),
        DeskAct::Announced(content) => json!({ "act": "announced", "content": content }),
        DeskAct::Noted(text) => json!({ "act": "noted", "text": text }),
        DeskAct::Seen { delivered, read } => {
            json!({ "act": "seen", "delivered": delivered, "read": read })
        }
        DeskAct::SeenAt(until) => json!({ "act": "seen_at", "until": rfc3339(*until) }),
        DeskAct::Closed => json!({ "act": "closed" }),
        DeskAct::Reopened => json!({ "act": "reopened" }),
        DeskAct::HandedBack(to) => json!({ "act": "handed_back", "to": to }),
        DeskAct::OperatorEnded => json!({ "act": "operator_ended" }),
    };
    shown["source"] = json!(did.source);
    shown["agent"] = did.agent.as_ref().map_or(
        Value::Null,
        |agent| json!({ "id": agent.id, "name": agent.name, "picture": agent.picture }),
    );
    shown["done_at"] = json!(did.done_at.map(rfc3339));
    shown
}

fn from_contact(key: &ContactKey, act: &FromContact) -> Value {
    let mut shown = match &act.act {
        ContactAct::Opened(trigger) => json!({ "act": "opened", "to": trigger }),
        ContactAct::Said(content) => json!({ "act": "said", "content": content }),
        ContactAct::Seen { delivered, read } => {
            json!({ "act": "seen", "delivered": delivered, "read": read })
        }
    };
    shown["contact"] = json!(key);
    shown["source"] = json!(act.source);
    shown["metadata"] = json!(act.metadata);
    shown
}

/// The question, without what proves who asks.
fn asks(request: &Request) -> String {
    format!("{} {}", request.method, without_secrets(&request.url))
}

fn without_secrets(url: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let address = match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(h, p)| (h, Some(p)));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let path = path.map(|path| format!("/{path}")).unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => address.to_owned(),
    };
    let Some(query) = query else { return address };
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(hidden).collect();
    format!("{address}?{}", pairs.join("&"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["key", "token", "secret", "password", "auth", "sig"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn a_question_is_shown_without_secrets() {
        for (url, shown) in [
            ("https://me:pw@x.example/a?ticket_id=5", "https://x.example/a?ticket_id=5"),
            (
                "https://x.example/a?api_key=s&b=1&Token=t",
                "https://x.example/a?api_key=***&b=1&Token=***",
            ),
            ("/api/messages/5", "/api/messages/5"),
            ("https://x.example", "https://x.example"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
