//! The rows of the table.

use crate::child::{KEY, SECRET, Server};
use crate::load::{self, Measured, Wire, request};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CONNECTIONS: usize = 64;

/// Measures and prints.
pub async fn table(seconds: u64) -> Result<(), String> {
    let duration = Duration::from_secs(seconds);
    println!("{CONNECTIONS} connections, {seconds} s a row; load and servers share this machine\n");
    println!("| what | per second | p50 ms | p99 ms | ratio | reach |");
    println!("|---|---:|---:|---:|---:|---:|");
    let bare = echo(duration).await?;
    row("bare axum echo", &bare, None, None);
    let accepted = accept(duration).await?;
    row("durable accept of a message", &accepted, Some(&bare), Some(0.40));
    let bare = proxy(duration).await?;
    row("bare reverse proxy", &bare, None, None);
    relay(duration, &bare).await
}

fn row(what: &str, measured: &Measured, beside: Option<&Measured>, reach: Option<f64>) {
    let ratio = beside.map(|beside| measured.per_s() / beside.per_s());
    println!(
        "| {what} | {:.0} | {:.2} | {:.2} | {} | {} |",
        measured.per_s(),
        measured.ms(0.5),
        measured.ms(0.99),
        ratio.map_or("1".into(), |ratio| format!("{ratio:.2}")),
        reach.map_or(String::new(), |reach| format!("{reach:.2}")),
    );
    if measured.failed > 0 {
        println!("  {} of {} requests failed", measured.failed, measured.requests);
    }
}

fn message(connection: usize, n: u64) -> String {
    chat(
        connection,
        &json!({ "content_type": "text", "content": { "text": format!("message {n}") } }),
        n,
    )
}

fn chat(connection: usize, payload: &Value, n: u64) -> String {
    json!({
        "client": { "user_id": format!("contact-{connection}") },
        "metadata": {},
        "request_id": format!("{connection}-{n}"),
        "payload": payload,
    })
    .to_string()
}

/// The headers of a signed call.
#[expect(clippy::disallowed_methods, reason = "a load has a clock of its own")]
fn signature() -> (String, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let key = format!("{KEY}|{now}");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(key.as_bytes());
    let hex: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    (key, format!("sha256={hex}"))
}

fn signed(path: &str, body: &str) -> Vec<u8> {
    let (key, signature) = signature();
    request(path, &[("x-api-key", &key), ("x-api-signature", &signature)], body)
}

async fn echo(duration: Duration) -> Result<Measured, String> {
    let server = Server::start(&["echo"])?;
    load::run(&server.address, CONNECTIONS, duration, |connection, n| {
        request("/echo", &[], &message(connection, n))
    })
    .await
}

async fn proxy(duration: Duration) -> Result<Measured, String> {
    let sink = Server::start(&["sink"])?;
    let server = Server::start(&["proxy", &sink.address])?;
    load::run(&server.address, CONNECTIONS, duration, |connection, n| {
        request("/hook", &[], &message(connection, n))
    })
    .await
}

/// Opens a session for the contact of each connection: from then on no bot answers.
async fn open_sessions(server: &Server) -> Result<(), String> {
    let mut wire = Wire::connect(&server.address).await?;
    for connection in 0..CONNECTIONS {
        let payload = json!({ "content_type": "payload", "content": { "payload": "LIVECHAT_SESSION_START" } });
        let status = wire.call(&signed("/v1/api/chat", &chat(connection, &payload, 0))).await?;
        if status != 200 {
            return Err(format!("a session could not be opened: {status}"));
        }
    }
    Ok(())
}

async fn messages(server: &Server, duration: Duration) -> Result<Measured, String> {
    let (key, signature) = signature();
    load::run(&server.address, CONNECTIONS, duration, move |connection, n| {
        let headers = [("x-api-key", key.as_str()), ("x-api-signature", signature.as_str())];
        request("/v1/api/chat", &headers, &message(connection, n))
    })
    .await
}

async fn accept(duration: Duration) -> Result<Measured, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let server = Server::start(&["handover", &folder.path().display().to_string()])?;
    open_sessions(&server).await?;
    let measured = messages(&server, duration).await?;
    if let Some(resident_mb) = server.resident_mb() {
        eprintln!("accept: {resident_mb} MB resident");
    }
    Ok(measured)
}

/// Contact → disk → desk's HTTP → receipt on disk. The rate counts messages whose receipt is on disk.
async fn relay(duration: Duration, bare: &Measured) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let sink = Server::start(&["sink"])?;
    let server = Server::start(&["handover", &folder.path().display().to_string(), &sink.address])?;
    let client = reqwest::Client::builder().build().map_err(|error| error.to_string())?;
    open_sessions(&server).await?;
    let started = Instant::now();
    let sent = messages(&server, duration).await?;
    while pending(&client, &server).await? > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    let counts: Value = client
        .get(format!("http://{}/counts", sink.address))
        .send()
        .await
        .map_err(|error| error.to_string())?
        .json()
        .await
        .map_err(|error| error.to_string())?;
    let per_s = sent.requests as f64 / seconds;
    println!(
        "| whole relay, receipt on disk | {per_s:.0} | | | {:.2} | 0.50 |",
        per_s / bare.per_s()
    );
    println!(
        "\nrelay: sent {}, received {}, doubled {}, out of order {}, failed {}",
        sent.requests, counts["received"], counts["doubled"], counts["misordered"], sent.failed
    );
    Ok(())
}

async fn pending(client: &reqwest::Client, server: &Server) -> Result<u64, String> {
    let text = client
        .get(format!("http://{}/metrics", server.address))
        .send()
        .await
        .map_err(|error| error.to_string())?
        .text()
        .await
        .map_err(|error| error.to_string())?;
    text.lines()
        .find_map(|line| line.strip_prefix("handover_deliveries_pending "))
        .and_then(|number| number.trim().parse::<f64>().ok())
        .map(|number| number as u64)
        .ok_or_else(|| "the metrics do not tell how many deliveries are pending".into())
}
