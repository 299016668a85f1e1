//! A browser without a browser, for the tests of agents' pages.

use crate::app::Shared;
use crate::config::{Config, Given, Presets};
use crate::http::router;
use crate::start::{Running, start};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use handover_core::content::Content;
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "password of the tests";

/// A whole program, and the cookie of whoever signed in.
pub(crate) struct Browser {
    pub(crate) app: Shared,
    router: Router,
    cookie: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }
}

impl Browser {
    pub(crate) async fn new() -> Self {
        Self::with_neighbours(false).await
    }

    /// With `allow_private_networks`, it may post to servers of the test.
    pub(crate) async fn with_neighbours(allow_private_networks: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let presets = Presets { admin_password: Some(PASSWORD.into()), ..Presets::default() };
        let given = Given { data: Some(folder.path().to_owned()), presets, ..Given::default() };
        let mut config = Config::load(given).unwrap();
        config.allow_private_networks = allow_private_networks;
        let running = start(&config).await.unwrap();
        let app = running.app.clone();
        let router = router(app.clone());
        Self { app, router, cookie: String::new(), _running: running, _folder: folder }
    }

    pub(crate) async fn signed_in() -> Self {
        Self::new().await.into_member("admin", PASSWORD).await
    }

    /// Someone else has signed in.
    pub(crate) async fn into_member(mut self, login: &str, password: &str) -> Self {
        let answer = self.sign_in(login, password, "/console").await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str, next: &str) -> Answer {
        self.post("/login", &[("login", login), ("password", password), ("next", next)], &[]).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path, &[]).body(Body::empty()).unwrap()).await
    }

    /// A form as it is, without a token.
    pub(crate) async fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let escaped =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let request = self
            .request("POST", path, headers)
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body.join("&").into()).unwrap()).await
    }

    /// A form with the token of the page it came from.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        self.post(path, &fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn token(&self) -> String {
        let page = self.get("/console").await.text;
        page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// A contact with such metadata says something and asks for a human.
    pub(crate) async fn contact(&self, name: &str, text: &str) -> ConversationId {
        let (channel, key) = (AccountId::new("web"), ContactKey::new("visitor"));
        let metadata =
            serde_json::json!({ "name": name, "page": "javascript:alert(1)", name: name });
        let mut id = None;
        for content in [Content::text(text), Content::payload("LIVECHAT_SESSION_START")] {
            let act = FromContact {
                source: None,
                metadata: metadata.as_object().cloned(),
                verified: false,
                act: ContactAct::Said(content),
            };
            id = Some(self.app.engine.from_contact(&channel, &key, act).await.unwrap());
        }
        id.unwrap().conversation
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "desk.example")
            .header("accept", "text/html")
            .header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}
