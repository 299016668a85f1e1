//! Moving over from CSML Studio (docs/from-csml-studio.md), with the real program and believable vendors over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::port::clock::Clock;
use handover_core::time::Timestamp;
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::gorgias::Gorgias;
use handover_fake::server::{Desk, serve};
use handover_fake::vendor::{From, HookMood, Vendor};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::api::{Api, press, text};
use support::program::{Program, free_address};

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(jiff::Timestamp::now().as_millisecond())
    }
}

/// A vendor that listens, and its address.
async fn listening(vendor: Arc<dyn Vendor>) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let desk = Arc::new(Desk::new(vendor, &base, HookMood::Prompt));
    tokio::spawn(async move { serve(desk, listener).await.unwrap() });
    base
}

async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what} never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the contact reads, in words.
async fn read(api: &Api) -> String {
    let path = "/v1/api/messages?user_id=eve";
    api.call(Method::GET, path, None).await.1["messages"].to_string()
}

async fn moves_over(vendor: Arc<dyn Vendor>, name: &str, settings: impl Fn(&str) -> Value) {
    let base = listening(vendor.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::write(data.with_extension("toml"), "allow_private_networks = true\n").unwrap();
    let address = free_address();
    let _program = Program::start(&data, address);
    let api = Api::new(address);

    let desk = json!({ "vendor": name, "name": "Support", "settings": settings(&base) });
    let (status, answer) = api.call(Method::PUT, "/v1/settings/desks/support", Some(&desk)).await;
    assert!(status.is_success(), "{answer}");
    for secret in ["fake-admin-token", "fake-gorgias-key"] {
        assert!(!answer.to_string().contains(secret), "secrets are write-only");
    }
    let chosen = json!({ "desk": "support", "end_label": "End the chat" });
    api.until_answered(Method::PUT, "/v1/settings/livechat", &chosen).await;

    let who = json!({ "name": "Eve Example", "email": "eve@example.com", "plan": "gold" });
    api.chat_as("eve", "1", text("My parcel is late"), who.clone()).await;
    api.chat_as("eve", "2", press("LIVECHAT_SESSION_START"), who).await;
    let at_desk = until("the conversation at the desk", async || {
        let found = vendor.conversations().into_iter().next()?;
        found.messages.iter().any(|m| m.from == From::Note).then_some(found)
    })
    .await;
    assert!(at_desk.contact_name.contains("Eve Example"));
    assert!(at_desk.contact_data.to_string().contains("gold"));

    vendor.agent_says(&at_desk.id, "Ana", "Let me look for it");
    until("the agent's answer", async || {
        read(&api).await.contains("Let me look for it").then_some(())
    })
    .await;
    api.chat("eve", "3", text("Thank you, Ana")).await;
    until("the contact's message", async || {
        let now = vendor.conversations().remove(0);
        let found = |m: &handover_fake::vendor::Message| {
            m.from == From::Contact && m.text == "Thank you, Ana"
        };
        now.messages.iter().any(found).then_some(())
    })
    .await;
    vendor.agent_says(&at_desk.id, "Ana", "Goodbye! LIVECHAT_SESSION_END");
    until("the button", async || read(&api).await.contains("End the chat").then_some(())).await;
    assert!(read(&api).await.contains("Goodbye!"), "rule 13");
    let (said, _) = api.chat("eve", "4", press("LIVECHAT_SESSION_END")).await;
    assert!(!said["messages"].as_array().unwrap().is_empty(), "the bot is back: {said}");
    assert_eq!(api.session_of("eve").await, None);
    assert_eq!(read(&api).await.matches("Let me look for it").count(), 1, "promise C");
    assert_eq!(vendor.misfits(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_studios_chatwoot() {
    let vendor = Arc::new(Chatwoot::new(Arc::new(Now), Version::V4_15));
    moves_over(
        vendor,
        "chatwoot",
        |base| json!({ "base_url": base, "token": "fake-admin-token", "inbox": "CSML" }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_studios_gorgias() {
    let vendor = Arc::new(Gorgias::new(Arc::new(Now)));
    moves_over(vendor, "gorgias", |base| {
        json!({ "base_url": base, "username": "api@shop.example", "api_key": "fake-gorgias-key" })
    })
    .await;
}
