//! What a running bot may ask of the world: HTTP by the guarded client, the time.

use csml::{HttpRequest, HttpResponse, PortError};
use handover_core::port::clock::Clock;
use handover_core::port::http::{Http, Reply, Request};
use reqwest::Url;
use std::time::Duration;
use tokio::runtime::Handle;

/// Redirects that a call follows. Each goes through the guard anew.
const REDIRECTS_MAX: usize = 5;

/// The world as a bot sees it. Its calls block: use it on a thread that may.
pub struct Outside<'a> {
    /// The guarded client, and where its futures run; none closes HTTP, as for a story.
    pub http: Option<(&'a dyn Http, &'a Handle)>,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Where the bot's chance begins.
    pub seed: u64,
    /// The longest that a turn may take, calls to other systems included, in milliseconds.
    pub turn_ms: u64,
}

impl csml::Clock for Outside<'_> {
    fn now_ms(&self) -> i64 {
        self.clock.now().as_ms()
    }
}

impl csml::Http for Outside<'_> {
    fn send(&self, request: &HttpRequest, time_left: Duration) -> Result<HttpResponse, PortError> {
        let (http, runtime) =
            self.http.ok_or_else(|| PortError("HTTP is closed in this place".into()))?;
        if !request.verify_tls {
            return Err(PortError("disable_ssl_verify() is not offered".into()));
        }
        let calls = follow(http, request);
        let answer = runtime.block_on(async { tokio::time::timeout(time_left, calls).await });
        match answer {
            Ok(answer) => answer,
            Err(_) => Err(PortError("took too long".into())),
        }
    }
}

async fn follow(http: &dyn Http, request: &HttpRequest) -> Result<HttpResponse, PortError> {
    let words = |error: &dyn std::fmt::Display| PortError(error.to_string());
    let mut url = Url::parse(&request.url).map_err(|error| words(&error))?;
    let mut method = method(&request.method)?;
    let mut body = match &request.body {
        Some(body) => serde_json::to_vec(body).map_err(|error| words(&error))?,
        None => Vec::new(),
    };
    let mut headers: Vec<(String, String)> =
        request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
    for _ in 0..=REDIRECTS_MAX {
        let call = Request {
            headers: headers.clone(),
            body: body.clone(),
            ..Request::new(method, url.to_string())
        };
        let reply = http.call(call).await.map_err(|error| words(&error))?;
        let place = match reply.status {
            301 | 302 | 303 | 307 | 308 => reply.header("location").map(str::to_owned),
            _ => None,
        };
        let Some(place) = place else { return Ok(response(reply)) };
        let next = url.join(&place).map_err(|error| words(&error))?;
        if next.origin() != url.origin() {
            // Another host must not learn what was meant for this one.
            headers.retain(|(name, _)| name != "authorization" && name != "cookie");
        }
        if matches!(reply.status, 301..=303) && method != "GET" {
            method = "GET";
            body.clear();
        }
        url = next;
    }
    Err(PortError("too many redirects".into()))
}

fn method(name: &str) -> Result<&'static str, PortError> {
    ["GET", "POST", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .find(|method| *method == name)
        .ok_or_else(|| PortError(format!("the method {name} is not offered")))
}

fn response(reply: Reply) -> HttpResponse {
    HttpResponse {
        status: reply.status,
        headers: reply.headers,
        body: String::from_utf8_lossy(&reply.body).into_owned(),
    }
}
