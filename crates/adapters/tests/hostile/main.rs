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

mod decoders;
mod mutate;

use handover_core::port::http::Reply;
use mutate::Chance;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

const SLOWEST: Duration = Duration::from_secs(2);

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
            decoders::desks(&body, &query, reply);
            decoders::channels(&body);
            decoders::texts(&body);
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
