//! What contacts send: signed calls of the Chat API.

use crate::load::request;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

/// The key that the bench calls with.
pub const KEY: &str = "bench-key";
/// Its secret.
pub const SECRET: &str = "bench-secret";

/// Microseconds since 1970: the one clock that the load and the desk share, as they are on one machine.
#[expect(clippy::disallowed_methods, reason = "a load has a clock of its own")]
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The headers of signed calls, good for some minutes.
#[derive(Clone)]
pub struct Signed {
    key: String,
    signature: String,
}

impl Signed {
    pub fn now() -> Self {
        let key = format!("{KEY}|{}", now_us() / 1_000_000);
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
        mac.update(key.as_bytes());
        let hex: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { key, signature: format!("sha256={hex}") }
    }

    /// A call of the Chat API.
    pub fn chat(&self, body: &str) -> Vec<u8> {
        let headers =
            [("x-api-key", self.key.as_str()), ("x-api-signature", self.signature.as_str())];
        request("/v1/api/chat", &headers, body)
    }
}

/// The n-th message of a contact. It says when it was due, so that the desk knows how long it took.
pub fn message(contact: usize, n: u64, due_us: u64) -> String {
    let text = format!("due {due_us} message {n}");
    chat(contact, &json!({ "content_type": "text", "content": { "text": text } }), n)
}

/// What a contact says to a bot, which is not to be understood.
pub fn talk(contact: usize, n: u64) -> String {
    chat(contact, &json!({ "content_type": "text", "content": { "text": "What is this?" } }), n)
}

/// The payload that asks for a human.
pub fn start(contact: usize) -> String {
    let payload =
        json!({ "content_type": "payload", "content": { "payload": "LIVECHAT_SESSION_START" } });
    chat(contact, &payload, 0)
}

fn chat(contact: usize, payload: &Value, n: u64) -> String {
    json!({
        "client": { "user_id": format!("contact-{contact}") },
        "metadata": {},
        "request_id": format!("{contact}-{n}"),
        "payload": payload,
    })
    .to_string()
}
