//! Bad input against the real program: a clear answer that names field and fix; nothing lost, nobody else slowed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::words::START;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::api::{Api, press, text};
use support::program::{Program, free_address, log_of};
use support::raw::{pour, silent};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long anybody else may wait for an answer meanwhile; generous, since tests share their machine.
const SLOWEST: Duration = Duration::from_secs(2);

struct Test {
    home: TempDir,
    program: Program,
    api: Api,
}

impl Test {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("data.toml");
        std::fs::write(file, "api_requests_per_s = 100000\n").unwrap();
        let program = Program::start(&home.path().join("data"), free_address());
        let api = Api::new(program.address);
        Self { home, program, api }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A contact who writes to an agent all the while: who they are slowed by, and what is kept of them, is counted.
    async fn bystander(&self) -> Bystander {
        self.api.chat("bystander", "start", press(START)).await;
        let over = Arc::new(AtomicBool::new(false));
        let (api, ends) = (self.api.clone(), Arc::clone(&over));
        let writing = tokio::spawn(async move {
            let (mut n, mut slowest) = (0, Duration::ZERO);
            while !ends.load(Ordering::Relaxed) {
                n += 1;
                let sent = Instant::now();
                api.chat("bystander", &n.to_string(), text(&format!("message {n}"))).await;
                slowest = slowest.max(sent.elapsed());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (n, slowest)
        });
        Bystander { over, writing }
    }

    /// Ends with a look at the bystander: served quickly, and everything kept once and in order.
    async fn unharmed(&self, bystander: Bystander) {
        bystander.over.store(true, Ordering::Relaxed);
        let (said, slowest) = bystander.writing.await.unwrap();
        println!(
            "meanwhile {said} messages of someone else, the slowest {} ms",
            slowest.as_millis()
        );
        assert!(slowest < SLOWEST, "someone else waited {slowest:?}");
        let session = self.api.session_of("bystander").await.unwrap();
        let (_, answer) =
            self.api.call(Method::GET, &format!("/v1/sessions/{session}"), None).await;
        let lines = answer["transcript"].as_array().unwrap();
        let kept: Vec<&str> = lines
            .iter()
            .filter(|line| line["from"] == "contact" && line["kind"] == "message")
            .filter_map(|line| line["text"].as_str())
            .filter(|text| text.starts_with("message "))
            .collect();
        let skipped = said - kept.len();
        // A transcript shows its last thousand lines.
        assert!(skipped == 0 || lines.len() >= 1000, "{skipped} messages were lost");
        let expected: Vec<String> = (skipped + 1..=said).map(|n| format!("message {n}")).collect();
        assert_eq!(kept, expected);
        let log = log_of(&self.data());
        assert!(!log.contains("panicked"), "{log}");
    }

    /// A visitor's token, as the chat page gets it.
    async fn visitor(&self) -> String {
        let hello = json!({ "frames": [{ "type": "hello", "after": 0, "language": "en" }] });
        let (status, answer) =
            self.api.call(Method::POST, "/v1/web/web/messages", Some(&hello)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["frames"][0]["token"].as_str().unwrap().to_owned()
    }
}

struct Bystander {
    over: Arc<AtomicBool>,
    writing: JoinHandle<(usize, Duration)>,
}

/// The error of an answer: its field and its words.
fn error(answer: &Value) -> (&str, &str) {
    let error = &answer["error"];
    let message = error["message"].as_str().unwrap_or_default();
    (error["field"].as_str().unwrap_or_default(), message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_requests_are_told_their_field_and_fix() {
    let test = Test::start();
    let bystander = test.bystander().await;
    let session = format!("/v1/sessions/{}", test.api.session_of("bystander").await.unwrap());
    let messages = format!("{session}/messages");
    let livechat = "/v1/settings/livechat";
    let chat = "/v1/api/chat";
    let said = |payload: Value| json!({ "client": { "user_id": "eve" }, "payload": payload });
    let long = "x".repeat(16_001);
    let wrong = [
        (chat, json!({ "payload": text("hi") }), 422, "client", "missing"),
        (chat, json!({ "client": {}, "payload": text("hi") }), 422, "client.user_id", "needed"),
        (chat, said(json!({})), 422, "payload.content_type", "missing"),
        (
            chat,
            said(json!({ "content_type": "dance", "content": {} })),
            422,
            "payload.content_type",
            "one of text, payload",
        ),
        (chat, said(text("")), 422, "payload.content.text", "empty"),
        (chat, said(text(&long)), 422, "payload.content.text", "At most 16000 characters"),
        (
            chat,
            said(json!({ "content_type": "image", "content": { "url": "javascript:alert(1)" } })),
            422,
            "payload.content.url",
            "https://",
        ),
        (&messages, json!({}), 422, "text", "text or media"),
        (&messages, json!({ "text": " " }), 422, "text", "empty"),
        (&messages, json!({ "text": long }), 422, "text", "At most 16000 characters"),
        (&messages, json!({ "text": "hi", "colour": "red" }), 422, "colour", "expected one of"),
        ("/v1/sessions/nobody/messages", json!({ "text": "hi" }), 404, "", "session"),
        (livechat, json!({ "timeout_s": 604_800 }), 422, "timeout_s", "less than 168 hours"),
        (livechat, json!({ "timeout_s": -1 }), 422, "timeout_s", "more than 0"),
        (livechat, json!({ "timeout_s": 0 }), 422, "timeout_s", "more than 0"),
        (livechat, json!({ "timeout_s": "1 hour" }), 422, "timeout_s", "whole seconds"),
        (livechat, json!({ "desk": "nowhere" }), 422, "desk", ""),
        (livechat, json!({ "colour": "red" }), 422, "colour", "no such setting"),
    ];
    for (path, body, status, field, words) in wrong.iter().cycle().take(wrong.len() * 10) {
        let method = if *path == livechat { Method::PUT } else { Method::POST };
        let (got, answer) = test.api.call(method, path, Some(body)).await;
        let (named, told) = error(&answer);
        assert_eq!((got.as_u16(), named), (*status, *field), "{path} {answer}");
        assert!(told.contains(*words) && told.len() > 10, "{path} {answer}");
    }
    let (_, livechat) = test.api.call(Method::GET, livechat, None).await;
    assert_eq!(livechat["timeout_s"], 3600, "nothing of it was saved");
    test.unharmed(bystander).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_and_huge_bodies_are_refused_early() {
    let test = Test::start();
    let bystander = test.bystander().await;
    let client = support::api::client();
    let base = format!("http://{}", test.program.address);
    let post = |path: &str, body: String| {
        let (key, signature) = support::api::signature();
        client
            .post(format!("{base}{path}"))
            .header("x-api-key", key)
            .header("x-api-signature", signature)
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let answer =
        post("/v1/api/chat", "{\"client\": {\"user_id\": \n\"eve\",,".into()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer: Value = answer.json().await.unwrap();
    assert!(error(&answer).1.contains("line 2"), "{answer}");

    let token = test.visitor().await;
    let megabyte = "x".repeat(1 << 20);
    let chat = json!({ "client": { "user_id": "eve" }, "payload": text(&megabyte) }).to_string();
    let frames = json!({ "frames": [
        { "type": "say", "id": "1", "content": { "type": "text", "text": megabyte } }] });
    for (path, body) in [("/v1/api/chat", chat), ("/v1/web/web/messages", frames.to_string())] {
        let answer = post(path, body).await.unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let answer: Value = answer.json().await.unwrap();
        assert!(error(&answer).1.contains("256 kB"), "{path}: {answer}");
    }

    for (path, key) in [("/chat/nowhere", ""), ("/v1/web/nowhere/messages", "")] {
        let answer =
            client.get(format!("{base}{path}")).header("x-api-key", key).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
    }
    let unknown =
        client.post(format!("{base}/v1/api/chat")).header("x-api-key", "nobody").json(&json!({}));
    let answer = unknown.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(error(&answer.json().await.unwrap()).1.contains("X-Api-Key"));

    let head = |length: &str| {
        format!(
            "POST /v1/web/web/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nx-file-name: big.bin\r\ncontent-type: application/octet-stream\r\n{length}\r\n\r\n"
        )
    };
    let gigabyte: u64 = 1_000_000_000;
    let address = test.program.address;
    for _ in 0..5 {
        pour(address, &head("transfer-encoding: chunked"), gigabyte, true).await;
    }
    let announced =
        pour(address, &head(&format!("content-length: {gigabyte}")), gigabyte, false).await;
    let streamed = pour(address, &head("transfer-encoding: chunked"), gigabyte, true).await;
    for (how, refused) in [("announced", announced), ("streamed", streamed)] {
        println!(
            "1 GB, {how}: refused after {} MB and {:?}",
            refused.sent_bytes / 1_000_000,
            refused.took
        );
        let head = refused.answer.lines().next().unwrap_or_default();
        assert!(head.contains(" 413 "), "{how}: {}", refused.answer);
        assert!(refused.answer.contains("10 MB"), "{how}: {}", refused.answer);
        assert!(refused.sent_bytes < 40_000_000, "{how}: {} bytes were read", refused.sent_bytes);
    }
    let kept = std::fs::read_dir(test.data().join("uploads")).map(|files| {
        files.flatten().filter(|file| file.metadata().is_ok_and(|it| it.is_file())).count()
    });
    assert_eq!(kept.unwrap_or(0), 0, "parts of refused files were left lying");
    test.unharmed(bystander).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_silent_connections_slow_nobody() {
    let test = Test::start();
    let bystander = test.bystander().await;
    let sockets = silent(test.program.address, 1000).await;
    // Someone new is served, too.
    let came = Instant::now();
    test.api.chat("newcomer", "1", text("hello")).await;
    assert!(came.elapsed() < SLOWEST, "{:?}", came.elapsed());
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(sockets);
    test.unharmed(bystander).await;
}

#[test]
fn an_invalid_bot_is_told_flow_line_and_column() {
    let home = tempfile::tempdir().unwrap();
    let validate = |path: &std::path::Path| {
        let out = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(["bot", "validate"])
            .arg(path)
            .output()
            .unwrap();
        let words = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8(words).unwrap())
    };
    let nowhere = home.path().join("nowhere");
    let (fine, words) = validate(&nowhere);
    assert!(!fine && words.contains("nowhere"), "{words}");

    let bot = home.path().join("bot");
    std::fs::create_dir_all(bot.join("flows")).unwrap();
    std::fs::write(bot.join("bot.json"), "{ \"name\": ").unwrap();
    std::fs::write(bot.join("flows/Default.csml"), "start:\n  say \"hi\"\n").unwrap();
    let (fine, words) = validate(&bot);
    assert!(!fine && words.contains("bot.json"), "{words}");

    let export = json!({ "id": "1", "name": "Broken", "default_flow": "Default",
        "flows": [{ "name": "Default" }] });
    std::fs::write(bot.join("bot.json"), export.to_string()).unwrap();
    std::fs::write(
        bot.join("flows/Default.csml"),
        "start:\n  say \"hi\"\n  if (event == {\n  goto nowhere\n",
    )
    .unwrap();
    let (fine, words) = validate(&bot);
    assert!(!fine && words.contains("Default") && !words.contains("panicked"), "{words}");
    assert!(words.contains("Default, line 4, column 3"), "no place: {words}");
}
