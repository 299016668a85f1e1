//! That it behaves as the facts say.

mod contacts;
mod hooks;
mod moods;
mod public;
mod talk;

use super::{ADMIN_TOKEN, Chatwoot, Version};
use crate::vendor::Vendor;
use handover_core::port::clock::Clock;
use handover_core::port::http::{Reply, Request};
use handover_core::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that stands until it is moved.
pub(super) struct Hand(AtomicI64);

impl Hand {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_790_000_000_000)))
    }

    fn passes(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

const HOOK: &str = "https://handover.example/hooks/x";

/// A Chatwoot with an API inbox (3), the contact Zoe (11) and her open conversation 1.
struct Scene {
    vendor: Chatwoot,
    clock: Arc<Hand>,
    inbox: Value,
}

impl Scene {
    fn new() -> Self {
        Self::of(Version::V4_15, |vendor| vendor, json!({}))
    }

    fn of(version: Version, with: impl Fn(Chatwoot) -> Chatwoot, inbox: Value) -> Self {
        let clock = Hand::new();
        let vendor = with(Chatwoot::new(clock.clone(), version));
        let mut body = json!({"name": "Chat", "channel": {"type": "api", "webhook_url": HOOK}});
        body.as_object_mut().unwrap().extend(inbox.as_object().unwrap().clone());
        let mut scene = Self { vendor, clock, inbox: Value::Null };
        scene.inbox = scene.post("/inboxes", &body);
        scene.post("/inbox_members", &json!({"inbox_id": 3, "user_ids": [1, 2, 3]}));
        let zoe =
            json!({"inbox_id": 3, "source_id": "key-zoe", "name": "Zoe", "identifier": "zoe"});
        assert_eq!(scene.post("/contacts", &zoe)["payload"]["contact"]["id"], 11);
        let opened = scene.post(
            "/conversations",
            &json!({"inbox_id": 3, "contact_id": 11, "source_id": "key-zoe"}),
        );
        assert_eq!(opened["id"], 1);
        scene.vendor.hooks();
        scene
    }

    fn send(&self, request: Request) -> Reply {
        self.vendor.call(&request.header("api_access_token", ADMIN_TOKEN)).unwrap()
    }

    fn ask(&self, method: &'static str, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.send(Request::json(method, Self::url(path), body));
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    fn url(path: &str) -> String {
        format!("https://cw.example/api/v1/accounts/1{path}")
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let (status, shown) = self.ask("POST", path, body);
        assert_eq!(status, 200, "{path}: {shown}");
        shown
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.send(Request::get(Self::url(path)));
        assert_eq!(reply.status, 200, "{path}");
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// Sends a message of this kind and gives its id.
    fn says(&self, kind: &str, text: &str) -> i64 {
        let body = json!({"content": text, "message_type": kind});
        self.post("/conversations/1/messages", &body)["id"].as_i64().unwrap()
    }

    /// The events that are sent now.
    fn events(&self) -> Vec<Value> {
        self.vendor
            .hooks()
            .iter()
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }

    fn names_of_events(&self) -> Vec<String> {
        self.events().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }

    fn status(&self) -> String {
        self.vendor.conversations()[0].status.clone()
    }

    fn no_misfits(&self) {
        assert_eq!(self.vendor.misfits(), Vec::<String>::new());
    }
}
