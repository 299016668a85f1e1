//! What makes it believable.

mod agents;
mod customers;
mod hooks;
mod integrations;
mod messages;
mod moods;
mod tickets;
mod uploads;

use super::{API_KEY, API_USER, Gorgias, Options};
use crate::vendor::Vendor;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handover_core::port::clock::Clock;
use handover_core::port::http::{Reply, Request};
use handover_core::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that is set by hand.
#[derive(Default)]
pub(super) struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// A helpdesk and whoever asks it.
pub(super) struct World {
    pub(super) desk: Gorgias,
    clock: Arc<Hand>,
}

pub(super) fn world() -> World {
    with(Options::default())
}

pub(super) fn with(options: Options) -> World {
    let clock = Arc::new(Hand(AtomicI64::new(1_767_225_600_000)));
    World { desk: Gorgias::with(clock.clone(), options), clock }
}

pub(super) fn signed(request: Request) -> Request {
    let key = STANDARD.encode(format!("{API_USER}:{API_KEY}"));
    request.header("authorization", format!("Basic {key}"))
}

pub(super) fn url(path: &str) -> String {
    format!("https://shop.gorgias.example/api/{path}")
}

pub(super) fn read(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

impl World {
    pub(super) fn pass_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    pub(super) fn call(&self, request: Request) -> Reply {
        // So slow that the limit is out of the way where it is not what is tested.
        self.pass_ms(1_000);
        self.desk.call(&signed(request)).unwrap()
    }

    pub(super) fn get(&self, path: &str) -> Value {
        let reply = self.call(Request::get(url(path)));
        assert_eq!(reply.status, 200, "{path}");
        read(&reply)
    }

    /// Status and body.
    pub(super) fn send(&self, method: &'static str, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.call(Request::json(method, url(path), body));
        (reply.status, read(&reply))
    }

    pub(super) fn delete(&self, path: &str) -> u16 {
        self.call(Request::new("DELETE", url(path))).status
    }

    /// What is created.
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, made) = self.send("POST", path, body);
        assert_eq!(status, 201, "{made}");
        made
    }

    /// A ticket of a customer with this address, with one message by the API. Gives its id.
    pub(super) fn ticket(&self, email: &str) -> String {
        let ticket = self.post(
            "tickets",
            &json!({ "external_id": "s1", "channel": "api", "via": "api",
            "customer": { "email": email, "name": "Cleo" }, "messages": [from_customer("hello")] }),
        );
        ticket["id"].to_string()
    }

    /// A hook for this trigger that posts everything.
    pub(super) fn listen(&self, trigger: &str) -> Value {
        self.post(
            "integrations",
            &json!({ "name": "all", "type": "http", "http": {
            "url": "https://gw.example/hook", "method": "POST", "headers": { "X-Secret": "s" },
            "form": "{{context}}", "triggers": { trigger: true } } }),
        )
    }

    /// The bodies of the hooks that go out now; each is answered with 200.
    pub(super) fn heard(&self) -> Vec<Value> {
        let hooks = self.desk.hooks();
        for hook in &hooks {
            self.desk.hook_answered(hook, Some(200));
        }
        hooks.iter().map(|hook| serde_json::from_slice(&hook.body).unwrap()).collect()
    }

    /// No request was one that the real one would not understand.
    pub(super) fn all_fit(&self) {
        assert_eq!(self.desk.misfits(), Vec::<String>::new());
    }
}

pub(super) fn from_customer(said: &str) -> Value {
    json!({ "channel": "api", "via": "api", "from_agent": false, "body_text": said })
}
