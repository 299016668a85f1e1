//! Every decoder against what nobody should send: the fixtures, and anything else, broken by chance that a seed repeats.
//!
//! `HANDOVER_FUZZ_ROUNDS=100000` goes on for longer, `HANDOVER_SEED=7` begins elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod mutate;

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
use mutate::Chance;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp::from_ms(1_777_885_800_000);
/// A hook's events; no hook of any size may make more of them.
const EVENTS_MAX: usize = 100;
const SLOWEST: Duration = Duration::from_secs(2);
const SECRET: &str = "secret-of-the-tests";

/// Bodies that are right, or wrong in a known way.
fn seeds() -> Vec<Vec<u8>> {
    let files = [
        include_str!("../../src/desk/chatwoot/fixtures/messages.json"),
        include_str!("../../src/desk/chatwoot/fixtures/conversations.json"),
        include_str!("../../src/desk/chatwoot/fixtures/account.json"),
        include_str!("../../src/desk/gorgias/fixtures/message_created.json"),
        include_str!("../../src/desk/gorgias/fixtures/status_updated.json"),
        include_str!("../../src/channel/api/fixtures/requests.json"),
        include_str!("../../src/channel/api/fixtures/wrong_requests.json"),
        include_str!("../../src/channel/api/fixtures/messages.json"),
        include_str!("../../src/desk/webhook/fixtures/posts.json"),
    ];
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for text in files {
        let whole: Value = serde_json::from_str(text).unwrap();
        for case in whole.as_array().cloned().unwrap_or_else(|| vec![whole.clone()]) {
            // A case holds its body under some name; the body itself is a seed, and the case is one too.
            for name in ["hook", "body", "request", "payload", "message"] {
                if case[name].is_object() {
                    seeds.push(case[name].to_string().into_bytes());
                }
            }
            seeds.push(case.to_string().into_bytes());
        }
    }
    for form in [
        include_str!("../../src/desk/gorgias/fixtures/form.txt"),
        include_str!("../../src/desk/gorgias/fixtures/studio.txt"),
    ] {
        seeds.extend(form.lines().map(|line| line.as_bytes().to_vec()));
    }
    for frame in [
        json!({ "type": "hello", "after": 0, "language": "en", "metadata": { "name": "Eve" } }),
        json!({ "type": "say", "id": "1", "content": { "type": "text", "text": "hi" } }),
        json!({ "type": "press", "id": "2", "payload": "MENU", "title": "Menu" }),
        json!({ "type": "opened", "id": "3", "ref": "target:start@Default" }),
        json!({ "type": "seen", "delivered": 3, "read": 2 }),
        json!({ "type": "typing", "on": true }),
    ] {
        seeds.push(frame.to_string().into_bytes());
    }
    seeds.push(
        b"<p>Hi <b>LIVECHAT_SESSION_END</b><br>On Mon, Ana wrote:<blockquote>x</blockquote>"
            .to_vec(),
    );
    seeds
}

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

fn desks(body: &[u8], query: &str, reply: Reply) {
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

fn channels(body: &[u8]) {
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

fn texts(body: &[u8], now: Timestamp) {
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
        && let Err(error) = proof.signed(SECRET, now)
    {
        fair(&error, "studio");
    }
    let header = |name: &str| (name != "webhook-id").then_some(&*text);
    if let Err(error) = webhook::verify(SECRET, header, body, now) {
        fair(&error, "webhook");
    }
}

#[test]
fn no_decoder_falls_over_whatever_is_sent() {
    let given = std::env::var("HANDOVER_FUZZ_ROUNDS").ok().and_then(|text| text.parse().ok());
    let rounds: usize = given.unwrap_or(3000);
    let mut chance = Chance::from_env(1);
    let (seeds, began) = (seeds(), Instant::now());
    assert!(seeds.len() > 30, "hardly any seeds");
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let seed = chance.pick(&seeds).clone();
        let body =
            if round < seeds.len() { seeds[round].clone() } else { chance.mutated(&seed, &seeds) };
        let query = String::from_utf8_lossy(&chance.mutated(&seed, &seeds)).into_owned();
        let status = *chance.pick(&[200, 200, 200, 404, 429, 500]);
        let reply = Reply { status, headers: Vec::new(), body: chance.mutated(&seed, &seeds) };
        let sent = Instant::now();
        let fine = catch_unwind(AssertUnwindSafe(|| {
            desks(&body, &query, reply);
            channels(&body);
            texts(&body, NOW);
        }));
        let took = sent.elapsed();
        slowest = slowest.max(took);
        let shown = || String::from_utf8_lossy(&body).chars().take(2000).collect::<String>();
        assert!(fine.is_ok(), "round {round}: body {}\nquery {query}", shown());
        assert!(took < SLOWEST, "round {round}: {took:?} for {} bytes: {}", body.len(), shown());
    }
    println!(
        "{rounds} bodies of {} seeds, the slowest {} ms; {:.1} s",
        seeds.len(),
        slowest.as_millis(),
        began.elapsed().as_secs_f64()
    );
}
