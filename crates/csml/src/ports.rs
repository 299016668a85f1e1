//! What a turn needs from outside. The host implements these; all may block, as a turn runs on its own thread.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The ports of a turn.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// `HTTP()`
    pub http: &'a dyn Http,
    /// `App()`
    pub app: &'a dyn App,
    /// `SMTP()`
    pub smtp: &'a dyn Smtp,
    /// `Time()` and the deadline
    pub clock: &'a dyn Clock,
    /// `Random()`, `OneOf()`, `Shuffle()`, `UUID()`
    pub random: &'a dyn Random,
}

/// Why a call outside failed, in a few words for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortError(pub String);

/// A request as the bot built it. Redirects, address rules and the size of answers are the host's to guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// In capitals: GET, POST, PUT, PATCH, DELETE.
    pub method: String,
    /// With its query.
    pub url: String,
    /// Names as the bot wrote them.
    pub headers: Vec<(String, String)>,
    /// JSON to send, if any.
    pub body: Option<Json>,
    /// False after `disable_ssl_verify()`; a host may refuse that.
    pub verify_tls: bool,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

/// HTTP for bots.
pub trait Http {
    /// Sends and waits, at most for the given time in all.
    fn send(&self, request: &HttpRequest, time_left: Duration) -> Result<HttpResponse, PortError>;
}

/// A call of `App()`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppCall {
    /// The bot's `apps_endpoint`.
    pub endpoint: String,
    /// What to post: `function_id`, `data` and `client`.
    pub body: Json,
}

/// Apps for bots.
pub trait App {
    /// Posts the call and gives the answer as it came; reading it is the runtime's part.
    fn call(&self, call: &AppCall, time_left: Duration) -> Result<HttpResponse, PortError>;
}

/// Apps reached by HTTP, which is what they are.
#[derive(Clone, Copy)]
pub struct AppOverHttp<'a>(
    /// The way out.
    pub &'a dyn Http,
);

impl App for AppOverHttp<'_> {
    fn call(&self, call: &AppCall, time_left: Duration) -> Result<HttpResponse, PortError> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: call.endpoint.clone(),
            headers: vec![
                header("Content-Type", "application/json"),
                header("Accept", "application/json,text/*"),
            ],
            body: Some(call.body.clone()),
            verify_tls: true,
        };
        self.0.send(&request, time_left)
    }
}

/// A mail with the server to send it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    /// The mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte.
    pub tls: bool,
    /// TLS after the greeting.
    pub starttls: bool,
    /// The account.
    pub username: String,
    /// Its password.
    pub password: String,
    /// `PLAIN`, `LOGIN`, `XOAUTH2`; empty for any.
    pub auth_mechanisms: Vec<String>,
    /// `from`, `to`, `reply_to`, `cc`, `bcc`, `subject`, `text`, `html` as the bot gave them.
    pub mail: serde_json::Map<String, Json>,
}

/// Mail for bots.
pub trait Smtp {
    /// Sends and waits, at most for the given time in all.
    fn send(&self, mail: &Mail, time_left: Duration) -> Result<(), PortError>;
}

/// The time.
pub trait Clock {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
}

/// Chance.
pub trait Random {
    /// The next 64 random bits.
    fn next(&self) -> u64;
}

/// A port that is closed: each call fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

impl Http for Closed {
    fn send(
        &self,
        _request: &HttpRequest,
        _time_left: Duration,
    ) -> Result<HttpResponse, PortError> {
        Err(PortError("this host does not offer HTTP to bots".to_owned()))
    }
}

impl App for Closed {
    fn call(&self, _call: &AppCall, _time_left: Duration) -> Result<HttpResponse, PortError> {
        Err(PortError("this host does not offer apps to bots".to_owned()))
    }
}

impl Smtp for Closed {
    fn send(&self, _mail: &Mail, _time_left: Duration) -> Result<(), PortError> {
        Err(PortError("this host does not offer mail to bots".to_owned()))
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine for the time"
    )]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Random numbers from a seed (SplitMix64): good for choices and ids of a bot, not for secrets.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        SeededRandom(AtomicU64::new(seed))
    }
}

impl Random for SeededRandom {
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
