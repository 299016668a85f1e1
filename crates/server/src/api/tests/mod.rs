//! The routes, as callers see them, over a whole program on an empty folder.

mod access;
mod bad_input;
mod chat;
mod deliveries;
mod desk;
mod desks;
mod files_at_desks;
mod from_vendors;
mod fuzz;
mod health;
mod hooks;
mod looks;
mod settings;

use crate::config::{Config, Given, Presets};
use crate::http::router;
use crate::start::{Running, start};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use handover_adapters::kit::studio;
use handover_adapters::kit::time::unix_s;
use serde_json::{Value, json};
use tower::ServiceExt;

const KEY: &str = "key-of-the-tests";
const SECRET: &str = "secret-of-the-tests";

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
    text: String,
    json: Value,
}

/// How a call proves itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Nobody,
    Public,
    Signed,
    Bearer,
}

impl World {
    async fn new() -> Self {
        Self::with_neighbours(false).await
    }

    /// With `allow_private_networks`, it may post to servers of the test.
    async fn with_neighbours(allow_private_networks: bool) -> Self {
        Self::configured(|config| config.allow_private_networks = allow_private_networks).await
    }

    /// With what else a file or the environment may say.
    async fn configured(set: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let presets = Presets {
            admin_password: Some("password of the tests".into()),
            api_key: Some(KEY.into()),
            api_secret: Some(SECRET.into()),
        };
        let data = Some(folder.path().join("data"));
        let mut config = Config::load(Given { data, presets, ..Given::default() }).unwrap();
        set(&mut config);
        let running = start(&config).await.unwrap();
        let router = router(running.app.clone());
        Self { running, router, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 10 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }

    fn request(&self, who: As, method: Method, path: &str, body: Option<&Value>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        match who {
            As::Nobody => {}
            As::Public => request = request.header("x-api-key", KEY),
            As::Signed => {
                let key = format!("{KEY}|{}", unix_s(self.running.app.clock.now()));
                let signature = format!("sha256={}", studio::sign(SECRET, &key).unwrap());
                request = request.header("x-api-key", key).header("x-api-signature", signature);
            }
            As::Bearer => request = request.header("authorization", format!("Bearer {SECRET}")),
        }
        match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))
                .unwrap(),
            None => request.body(Body::empty()).unwrap(),
        }
    }

    async fn get(&self, who: As, path: &str) -> Answer {
        self.send(self.request(who, Method::GET, path, None)).await
    }

    async fn post(&self, who: As, path: &str, body: Value) -> Answer {
        self.send(self.request(who, Method::POST, path, Some(&body))).await
    }

    async fn put(&self, who: As, path: &str, body: Value) -> Answer {
        self.send(self.request(who, Method::PUT, path, Some(&body))).await
    }

    async fn delete(&self, who: As, path: &str) -> Answer {
        self.send(self.request(who, Method::DELETE, path, None)).await
    }

    async fn say(&self, who: As, user_id: &str, text: &str) -> Answer {
        self.post(who, "/v1/api/chat", said(user_id, None, text)).await
    }

    async fn press(&self, who: As, user_id: &str, payload: &str) -> Answer {
        let payload = json!({ "content_type": "payload", "content": { "payload": payload } });
        let body = json!({ "client": { "user_id": user_id }, "payload": payload });
        self.post(who, "/v1/api/chat", body).await
    }

    /// The open session of the one contact who has one.
    async fn session(&self) -> String {
        let sessions = self.get(As::Bearer, "/v1/sessions?state=open").await;
        let list = sessions.json["sessions"].as_array().unwrap();
        assert_eq!(list.len(), 1, "{}", sessions.text);
        list[0]["id"].as_str().unwrap().to_owned()
    }

    async fn set_channel(&self, field: &str, value: Value) {
        use crate::settings::AccountKind::Channel;
        let settings = &self.running.app.settings;
        let id = handover_core::ids::AccountId::new(crate::settings::API_CHANNEL);
        let mut account = (*settings.account(Channel, &id).unwrap()).clone();
        account.settings.insert(field.into(), value);
        settings.save_account(Channel, account).await.unwrap();
    }
}

fn said(user_id: &str, request_id: Option<&str>, text: &str) -> Value {
    json!({
        "client": { "user_id": user_id },
        "request_id": request_id,
        "payload": { "content_type": "text", "content": { "text": text } },
    })
}

impl Answer {
    fn fine(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text);
        self
    }

    fn messages(&self) -> &Vec<Value> {
        self.json["messages"].as_array().unwrap()
    }

    /// The texts of its messages.
    fn texts(&self) -> Vec<&str> {
        self.messages()
            .iter()
            .filter_map(|message| {
                let content = &message["payload"]["content"];
                content["text"].as_str().or_else(|| content["title"].as_str())
            })
            .collect()
    }

    fn refused(&self, status: u16, code: &str) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.json["error"]["code"], code, "{}", self.text);
        self.json["error"]["message"].as_str().unwrap()
    }
}
