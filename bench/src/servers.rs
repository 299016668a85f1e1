//! What Handover is measured against: a bare echo, a bare reverse proxy, and the sink that both relay to.

use axum::body::Bytes;
use axum::extract::State;
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
    Router::new().route("/echo", post(|Json(body): Json<Value>| async move { Json(body) }))
}

/// Passes a body on and the answer back; stores nothing.
pub fn proxy(to: String) -> Router {
    let client = reqwest::Client::builder().build().expect("a client");
    Router::new().route("/hook", post(forward)).with_state((client, format!("http://{to}/hook")))
}

async fn forward(State((client, to)): State<(reqwest::Client, String)>, body: Bytes) -> Bytes {
    let answer = client.post(to).header("content-type", "application/json").body(body).send().await;
    match answer {
        Ok(answer) => answer.bytes().await.unwrap_or_default(),
        Err(_) => Bytes::new(),
    }
}

/// What the sink has seen of each conversation.
#[derive(Default)]
struct Seen {
    received: u64,
    doubled: u64,
    misordered: u64,
    last: HashMap<String, u64>,
}

/// A desk that counts: messages are texts that end in a number, which grows within a session.
pub fn sink() -> Router {
    let seen = Arc::new(Mutex::new(Seen::default()));
    Router::new().route("/hook", post(take)).route("/counts", get(counts)).with_state(seen)
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, Json(body): Json<Value>) -> Json<Value> {
    let text = body["message"]["content"]["text"].as_str().or(body["message"]["text"].as_str());
    let number = text.and_then(|text| text.rsplit(' ').next()).and_then(|n| n.parse::<u64>().ok());
    if let Some(number) = number {
        let session = body["session"]["id"].as_str().unwrap_or_default().to_owned();
        let mut seen = seen.lock().expect("the lock");
        seen.received += 1;
        let last = seen.last.insert(session, number).unwrap_or(0);
        seen.doubled += u64::from(number == last);
        seen.misordered += u64::from(number < last);
    }
    Json(json!({ "ok": true }))
}

async fn counts(State(seen): State<Arc<Mutex<Seen>>>) -> Json<Value> {
    let seen = seen.lock().expect("the lock");
    Json(json!({
        "received": seen.received,
        "doubled": seen.doubled,
        "misordered": seen.misordered,
    }))
}
