//! The web channel as pages see it, over a whole program on an empty folder.

mod files;
mod frames;
mod pages;
mod socket;

use crate::config::{Config, Given, Presets};
use crate::http::router;
use crate::start::{Running, start};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request};
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::ConversationId;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// A running program.
struct World {
    running: Running,
    router: Router,
    _folder: tempfile::TempDir,
}

/// An answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let presets = Presets { admin_password: Some("of the tests".into()), ..Presets::default() };
        let data = Some(folder.path().join("data"));
        let config = Config::load(Given { data, presets, ..Given::default() }).unwrap();
        let running = start(&config).await.unwrap();
        let router = router(running.app.clone());
        Self { running, router, _folder: folder }
    }

    /// Waits until the bot has said all that it has to say.
    async fn bot_is_done(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.running.app.store.counts().await.unwrap().deliveries_pending > 0 {
            assert!(Instant::now() < deadline, "the bot is never done");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 24).await.unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Posts frames over plain HTTP and gives the frames of the answer.
    async fn post(&self, token: &str, frames: Value) -> Vec<Value> {
        let request = Request::post("/v1/web/web/messages")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(json!({ "frames": frames }).to_string()))
            .unwrap();
        let answer = self.send(request).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()["frames"].as_array().unwrap().clone()
    }

    /// A new contact's token.
    async fn contact(&self) -> String {
        let frames = self.post("none", json!([{ "type": "hello" }])).await;
        assert_eq!(frames[0]["fresh"], true);
        frames[0]["token"].as_str().unwrap().to_owned()
    }

    /// What a contact may read.
    async fn events(&self, token: &str, after: u64) -> Vec<Value> {
        let bearer = format!("Bearer {token}");
        let path = format!("/v1/web/web/events?after={after}");
        let answer = self.get(&path, &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()["frames"].as_array().unwrap().clone()
    }

    fn conversation_of(&self, token: &str) -> ConversationId {
        let channel = handover_core::ids::AccountId::new("web");
        super::visitor::Visitor::of_token(&self.running.app, &channel, token).unwrap().conversation
    }

    /// An agent says something, and takes the floor by it (rule 21).
    async fn agent_says(&self, token: &str, text: &str) {
        let agent = Agent::new("a", "Ana");
        let act = FromDesk {
            source: None,
            agent: Some(agent),
            done_at: None,
            act: DeskAct::Said(Content::text(text)),
        };
        let id = self.conversation_of(token);
        self.running.app.engine.from_desk_to(&id, act).await.unwrap();
    }
}

fn say(id: &str, text: &str) -> Value {
    json!({ "type": "say", "id": id, "content": { "type": "text", "text": text } })
}

/// The HTML of all lines in some frames.
fn html(frames: &[Value]) -> String {
    frames
        .iter()
        .filter_map(|frame| frame["entries"].as_array())
        .flatten()
        .filter_map(|line| line["html"].as_str())
        .collect()
}
