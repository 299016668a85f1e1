//! What Handover is measured against: a bare echo, a bare reverse proxy, and the desk that both relay to.

use crate::contact::now_us;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// Serves on a free port and prints it.
pub fn run(router: Router) -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, router).await.expect("serving");
    });
    ExitCode::SUCCESS
}

/// Reads JSON, writes it back.
pub fn echo() -> Router {
    Router::new().route("/v1/api/chat", post(|Json(body): Json<Value>| async move { Json(body) }))
}

/// Passes a body on and the answer back; stores nothing.
pub fn proxy(to: String) -> Router {
    let client = reqwest::Client::builder().build().expect("a client");
    let to = format!("http://{to}/hook");
    Router::new().route("/v1/api/chat", post(forward)).with_state((client, to))
}

async fn forward(State((client, to)): State<(reqwest::Client, String)>, body: Bytes) -> Bytes {
    let answer = client.post(to).header("content-type", "application/json").body(body).send().await;
    match answer {
        Ok(answer) => answer.bytes().await.unwrap_or_default(),
        Err(_) => Bytes::new(),
    }
}

/// What the desk has seen of each conversation.
#[derive(Default)]
struct Seen {
    doubled: u64,
    misordered: u64,
    last: HashMap<String, u64>,
    /// When each message was due, and how long it took from then until it came, in microseconds.
    took_us: Vec<(u64, u64)>,
}

/// A desk that counts: messages are texts such as `due 1700000000000000 message 7`, whose number grows within a session.
pub fn sink() -> Router {
    let seen = Arc::new(Mutex::new(Seen::default()));
    Router::new()
        .route("/hook", post(take))
        .route("/v3/conversations/{id}/{*activity}", post(take_activity))
        .route("/counts", get(counts))
        .with_state(seen)
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, Json(body): Json<Value>) -> Json<Value> {
    let text = body["message"]["content"]["text"].as_str().or(body["message"]["text"].as_str());
    let session = body["session"]["id"].as_str().unwrap_or_default();
    count(&seen, session, text.unwrap_or_default());
    Json(json!({ "ok": true }))
}

/// The same for a Bot Framework's router.
async fn take_activity(
    State(seen): State<Arc<Mutex<Seen>>>,
    Path((conversation, _)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Json<Value> {
    count(&seen, &conversation, body["text"].as_str().unwrap_or_default());
    Json(json!({ "id": "1" }))
}

fn count(seen: &Mutex<Seen>, session: &str, text: &str) {
    let words: Vec<&str> = text.split(' ').collect();
    if let ["due", due, "message", n] = words.as_slice()
        && let (Ok(due), Ok(n)) = (due.parse::<u64>(), n.parse::<u64>())
    {
        let mut seen = seen.lock().expect("the lock");
        seen.took_us.push((due, now_us().saturating_sub(due)));
        let last = seen.last.insert(session.to_owned(), n).unwrap_or(0);
        seen.doubled += u64::from(n == last);
        // One that is left out shows as one that is out of order when it comes, or as lost in the end.
        seen.misordered += u64::from(n < last);
    }
}

/// Which messages are counted: those that were due from then on, in microseconds since 1970.
#[derive(serde::Deserialize)]
struct Since {
    #[serde(default)]
    since_us: u64,
}

async fn counts(
    State(seen): State<Arc<Mutex<Seen>>>,
    Query(Since { since_us }): Query<Since>,
) -> Json<Value> {
    let seen = seen.lock().expect("the lock");
    let due = seen.took_us.iter().filter(|(due, _)| *due >= since_us);
    let mut took: Vec<u64> = due.map(|(_, took)| *took).collect();
    let (doubled, misordered) = (seen.doubled, seen.misordered);
    drop(seen);
    took.sort_unstable();
    let ms = |share: f64| {
        let at = ((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1));
        took.get(at).map_or(0.0, |us| *us as f64 / 1000.0)
    };
    let mean_ms = took.iter().sum::<u64>() as f64 / 1000.0 / (took.len().max(1) as f64);
    Json(json!({
        "received": took.len(),
        "doubled": doubled,
        "misordered": misordered,
        "p50_ms": ms(0.5),
        "p99_ms": ms(0.99),
        "mean_ms": mean_ms,
    }))
}
