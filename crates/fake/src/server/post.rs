//! Posts the vendor's hooks.

use super::Desk;
use handover_core::port::http::Request;
use reqwest::{Client, Method, redirect};
use std::sync::Arc;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// As long as the real ones wait.
const WAIT: Duration = Duration::from_secs(5);

/// Sends hooks.
pub(super) struct Poster {
    client: Client,
}

impl Poster {
    pub(super) fn new() -> Result<Self, String> {
        // A second installation is refused and changes nothing: that is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent("handover-fake")
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(WAIT)
            .build()
            .map_err(|error| format!("the client for hooks cannot be made: {error}"))?;
        Ok(Self { client })
    }

    /// The status that came back.
    async fn send(&self, request: &Request) -> Option<u16> {
        let method = Method::from_bytes(request.method.as_bytes()).ok()?;
        let mut call = self.client.request(method, &request.url).body(request.body.clone());
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        call.send().await.ok().map(|reply| reply.status().as_u16())
    }
}

/// Looks for hooks for ever. One after the other: their order is the vendor's.
pub(super) async fn run(desk: Arc<Desk>, poster: Poster) {
    loop {
        for request in desk.vendor.hooks() {
            let status = poster.send(&request).await;
            desk.vendor.hook_answered(&request, status);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
