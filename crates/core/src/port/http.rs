//! HTTP as values. One guarded client wraps it for all adapters: time limits, redirects, private networks.

use async_trait::async_trait;
use thiserror::Error;

/// A request to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the answer is a file: redirections are followed, and more of it is read.
    pub file: bool,
    /// The longest that it may take, in seconds, where that is less than the client's own limit.
    pub within_s: Option<u32>,
}

impl Request {
    /// A call without headers and body.
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        let url = url.into();
        Self { method, url, headers: Vec::new(), body: Vec::new(), file: false, within_s: None }
    }

    /// Reads something.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Brings JSON.
    pub fn json(method: &'static str, url: impl Into<String>, body: &serde_json::Value) -> Self {
        let mut request = Self::new(method, url).header("content-type", "application/json");
        request.body = body.to_string().into_bytes();
        request
    }

    /// With a header; its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The answer is a file.
    #[must_use]
    pub fn file(mut self) -> Self {
        self.file = true;
        self
    }
}

impl std::fmt::Debug for Request {
    /// Headers and body may hold secrets, so neither is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, cut at the client's limit.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// Nothing was sent: safe to try again.
    #[error("could not be reached: {0}")]
    NotSent(String),
    /// It may have been obeyed.
    #[error("no answer came: {0}")]
    Unknown(String),
    /// It must not be sent: a private network, a malformed address.
    #[error("not allowed: {0}")]
    Refused(String),
}

/// Sends requests.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// Says whether the request may have been obeyed.
    async fn call(&self, request: Request) -> Result<Reply, CallError>;
}
