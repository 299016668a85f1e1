//! A program that calls Handover's API, signed.

use super::program::{KEY, SECRET};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a call is repeated before the test gives up: longer than the program needs to come up again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A caller of the API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    /// Nodes: each call goes to the next one.
    bases: Arc<[String]>,
    next: Arc<AtomicUsize>,
}

/// An answer: its status and its body, null where it is no JSON.
pub(crate) type Answer = (StatusCode, Value);

impl Api {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self::of(&[address])
    }

    /// A caller of many nodes: each call, and each repeat of one, goes to the next.
    pub(crate) fn of(nodes: &[SocketAddr]) -> Self {
        let bases = nodes.iter().map(|address| format!("http://{address}")).collect();
        Self { client: client(), bases, next: Arc::default() }
    }

    /// One who waits for no answer longer than this, and repeats the call at the next node then.
    pub(crate) fn hasty(self, patience: Duration) -> Self {
        Self { client: client_with(patience), ..self }
    }

    fn base(&self) -> &str {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.bases[next % self.bases.len()]
    }

    /// One call, signed; none when no answer came.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let (key, signature) = signature();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base()))
            .header("x-api-key", key)
            .header("x-api-signature", signature);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        // An answer that breaks off is none.
        let text = answer.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// A call that must be answered.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body).await.expect("an answer")
    }

    /// Repeats a call until it is answered with success. Gives the answer and how often it was sent.
    pub(crate) async fn until_answered(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (Value, u32) {
        let began = Instant::now();
        let mut sent = 0;
        loop {
            sent += 1;
            match self.try_call(method.clone(), path, Some(body)).await {
                Some((status, answer)) if status.is_success() => return (answer, sent),
                Some((status, answer)) if !again(status) => {
                    panic!("{path} was refused: {status} {answer}\nfor {body}")
                }
                last => assert!(began.elapsed() < PATIENCE, "{path}: no success, last {last:?}"),
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    /// The contact says something; repeated until it is answered.
    pub(crate) async fn chat(&self, user: &str, id: &str, payload: Value) -> (Value, u32) {
        self.chat_as(user, id, payload, json!({})).await
    }

    /// The same with metadata.
    pub(crate) async fn chat_as(
        &self,
        user: &str,
        id: &str,
        payload: Value,
        metadata: Value,
    ) -> (Value, u32) {
        let body = json!({
            "client": { "user_id": user },
            "metadata": metadata,
            "request_id": id,
            "payload": payload,
        });
        self.until_answered(Method::POST, "/v1/api/chat", &body).await
    }

    /// The open session of a contact.
    pub(crate) async fn session_of(&self, user: &str) -> Option<String> {
        let (_, answer) =
            self.try_call(Method::GET, "/v1/sessions?state=open&limit=1000", None).await?;
        let sessions = answer["sessions"].as_array()?;
        let session = sessions.iter().find(|session| session["contact"]["id"] == user)?;
        Some(session["id"].as_str()?.to_owned())
    }

    /// A number from `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> Option<u64> {
        let url = format!("{}/metrics", self.base());
        let text = self.client.get(url).send().await.ok()?.text().await.ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.trim().parse::<f64>().ok().map(|number| number as u64)
    }
}

/// A busy program asks to come again; a refusal is for good.
fn again(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

/// An HTTP client.
pub(crate) fn client() -> Client {
    client_with(Duration::from_secs(25))
}

fn client_with(patience: Duration) -> Client {
    // It needs a provider even where nothing is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(patience)
        .connect_timeout(Duration::from_secs(2))
        .build()
        .expect("a client")
}

/// The headers of a signed call.
pub(crate) fn signature() -> (String, String) {
    let key = format!("{KEY}|{}", jiff::Timestamp::now().as_second());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(key.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    (key, format!("sha256={hex}"))
}

/// A text as a contact sends it.
pub(crate) fn text(words: &str) -> Value {
    json!({ "content_type": "text", "content": { "text": words } })
}

/// A pressed button.
pub(crate) fn press(payload: &str) -> Value {
    json!({ "content_type": "payload", "content": { "payload": payload } })
}
