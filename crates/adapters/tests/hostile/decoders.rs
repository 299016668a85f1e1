//! What must hold for every decoder, whatever it is given.

use handover_adapters::channel::api::decode::ChatRequest;
use handover_adapters::channel::api::message;
use handover_adapters::channel::web::Frame;
use handover_adapters::desk::chatwoot::Chatwoot;
use handover_adapters::desk::gorgias::Gorgias;
use handover_adapters::kit::html::{self, Leave};
use handover_adapters::kit::{quoted, studio, webhook};
use handover_core::ids::AccountId;
use handover_core::marker;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::desk::{Desk, Hooked};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::time::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_ms(1_777_885_800_000);
/// A hook's events; no hook of any size may make more of them.
const EVENTS_MAX: usize = 100;
const SECRET: &str = "secret-of-the-tests";

fn account() -> Account {
    let settings = json!({
        "base_url": "https://desk.example", "token": SECRET, "api_key": SECRET, "username": "api@desk.example",
        "hook_token": SECRET, "inbox": "3", "inbox_id": 3, "account_id": 1,
    });
    Account {
        id: AccountId::new("support"),
        vendor: "any".into(),
        name: "Support".into(),
        settings: settings.as_object().unwrap().clone(),
    }
}

/// An error names a field and what to do, and tells no secret.
fn fair(error: &DecodeError, of: &str) {
    let words = error.to_string();
    assert!(!words.contains(SECRET), "{of}: a secret in {words}");
    assert!(words.len() < 2000, "{of}: {} bytes of error", words.len());
    if let DecodeError::Field { field, problem } = error {
        assert!(!field.is_empty() && problem.len() > 5, "{of}: {words}");
    }
}

/// Hooks of desks, and answers to what their adapters ask.
pub(crate) fn desks(body: &[u8], query: &str, reply: Reply) {
    let account = account();
    let headers = [
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        (
            "x-chatwoot-signature".to_owned(),
            String::from_utf8_lossy(body).chars().take(80).collect(),
        ),
    ];
    let call = Call { method: "POST", query, headers: &headers, body, at: NOW };
    let plain = Call { headers: &[], ..call };
    for (name, desk) in [("chatwoot", &Chatwoot as &dyn Desk), ("gorgias", &Gorgias)] {
        for call in [&call, &plain] {
            if let Err(error) = desk.verify(&account, call) {
                fair(&error, name);
            }
            let mut answers = Vec::new();
            for _ in 0..5 {
                match desk.decode(&account, call, &answers) {
                    Ok(Hooked::Events(events)) => {
                        assert!(events.len() <= EVENTS_MAX, "{name}: {} events", events.len());
                        break;
                    }
                    Err(error) => {
                        fair(&error, name);
                        break;
                    }
                    Ok(Hooked::Ignored { why }) => {
                        assert!(!why.trim().is_empty(), "promise G: {name}");
                        break;
                    }
                    // It asks the vendor, who answers as badly.
                    Ok(_) => answers.push(reply.clone()),
                }
            }
        }
    }
}

/// Frames of the chat page and requests of the Chat API.
pub(crate) fn channels(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    if let Err(refusal) = Frame::parse(&text) {
        assert!(!refusal.to_string().trim().is_empty(), "a refusal without words");
    }
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        if let Err(error) = ChatRequest::read(&value) {
            fair(&error, "chat api");
        }
        let kind = value["content_type"].as_str().unwrap_or("text");
        let content = message::decode(kind, &value["content"]);
        let _ = message::encode(&content);
    }
}

/// HTML, quoted history, markers, signatures.
pub(crate) fn texts(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    for history in [true, false] {
        let words = html::text(&text, Leave { history, signature: !history });
        assert!(words.len() <= text.len() * 4 + 64, "html grew to {} bytes", words.len());
    }
    let _ = html::pictures(&text);
    let _ = (quoted::without_history(&text), quoted::without_signature(&text));
    let taken = marker::take(&text);
    assert!(taken.text.len() <= text.len());
    if let Ok(proof) = studio::Credentials::read(Some(&text), Some(&text))
        && let Err(error) = proof.signed(SECRET, NOW)
    {
        fair(&error, "studio");
    }
    let header = |name: &str| (name != "webhook-id").then_some(&*text);
    if let Err(error) = webhook::verify(SECRET, header, body, NOW) {
        fair(&error, "webhook");
    }
}
