//! The network between nodes, the vendor and the posted channel's program: slow, lossy, and now and then lying.

use crate::shared::{Post, Shared, lock};
use async_trait::async_trait;
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_fake::vendor::Vendor;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where the product is reached.
pub(crate) const BASE: &str = "https://handover.test";
/// Where the posted channel's program listens.
pub(crate) const CALLBACK: &str = "https://shop.test/chat";
/// A small picture.
pub(crate) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
/// How long the product's HTTP client waits for an answer, in milliseconds.
const PATIENCE_MS: i64 = 15_000;

/// The network as one node sees it.
pub(crate) struct Net {
    pub(crate) node: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) vendor: Option<Arc<dyn Vendor>>,
}

fn status(status: u16, hint: Option<&str>) -> Reply {
    let headers = hint.map(|hint| ("retry-after".to_owned(), hint.to_owned()));
    Reply { status, headers: headers.into_iter().collect(), body: b"<h1>Not now</h1>".to_vec() }
}

#[async_trait]
impl Http for Net {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let weather = lock(&self.shared.weather).clone();
        let words = || format!("{} {}", request.method, path(&request.url));
        let say = |what: &str| {
            self.shared.say(|| format!("node {}: {} {what}", self.node, words()));
        };
        self.shared.pause(self.takes(weather.slow)).await;
        if self.shared.permille(weather.refused) {
            say("is not sent");
            return Err(CallError::NotSent("connection refused".into()));
        }
        if self.shared.permille(weather.lost) {
            say("is lost on its way");
            self.shared.pause(PATIENCE_MS).await;
            return Err(CallError::Unknown("timed out".into()));
        }
        if self.shared.permille(weather.down) {
            say("is answered 503");
            return Ok(status(503, None));
        }
        if self.shared.permille(weather.too_many) {
            say("is answered 429");
            let hint = self.shared.permille(500).then_some("7");
            return Ok(status(429, hint));
        }
        let mut reply = self.obeyed(&request)?;
        if request.method != "GET" || reply.status >= 300 {
            say(&format!("is answered {}", reply.status));
        }
        let back_ms = self.takes(weather.slow);
        if self.shared.permille(weather.answer_lost) || back_ms > 6000 {
            say("is obeyed, and the answer is lost");
            self.shared.pause(back_ms.min(PATIENCE_MS)).await;
            return Err(CallError::Unknown("the connection was closed".into()));
        }
        if self.shared.permille(weather.half) && reply.body.len() > 1 {
            say("is obeyed, and half of the answer comes");
            let half = reply.body.len() / 2;
            reply.body.truncate(half);
        }
        self.shared.pause(back_ms).await;
        Ok(reply)
    }
}

impl Net {
    fn takes(&self, slow: u32) -> i64 {
        let is_slow = self.shared.permille(slow);
        let mut chance = self.shared.chance();
        if is_slow { chance.between(1000, 12_000) } else { chance.between(0, 60) }
    }

    /// What the receiver does.
    fn obeyed(&self, request: &Request) -> Result<Reply, CallError> {
        if request.url.starts_with(&format!("{BASE}/files/")) {
            let headers = vec![("content-type".to_owned(), "image/png".to_owned())];
            return Ok(Reply { status: 200, headers, body: PICTURE.to_vec() });
        }
        if request.url == CALLBACK {
            return Ok(self.received(request));
        }
        let Some(vendor) = &self.vendor else {
            return Err(CallError::Refused("nobody lives there".into()));
        };
        self.shared.touched.store(true, Ordering::Relaxed);
        let reply = vendor.call(request)?;
        match reply.header("location") {
            Some(place) if request.file && (300..400).contains(&reply.status) => {
                vendor.call(&Request::get(place).file())
            }
            _ => Ok(reply),
        }
    }

    /// The posted channel's program.
    fn received(&self, request: &Request) -> Reply {
        if lock(&self.shared.weather).blocked {
            return status(403, None);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let post = Post {
            user: text(&body["client"]["user_id"]),
            request_id: text(&body["request_id"]),
            entry: body["messages"][0]["n"].as_u64().unwrap_or_default(),
            text: body["messages"][0]["payload"]["content"].to_string(),
        };
        self.shared.say(|| format!("the contact's program got {}: {}", post.request_id, post.text));
        lock(&self.shared.posts).push(post);
        Reply { status: 200, headers: Vec::new(), body: b"{}".to_vec() }
    }
}

fn path(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(url)
}
