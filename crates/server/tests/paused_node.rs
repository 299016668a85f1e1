//! A node that stands still in the middle of a delivery, until the others must take it for dead, and wakes up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::port::clock::Clock;
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::server::{Desk, serve};
use handover_fake::vendor::HookMood;
use handover_store::conformance::server::database;
use reqwest::Method;
use rustix::process::{Signal, kill_process};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::api::{Api, press};
use support::program::{Program, free_address, log_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than what a node may go on for without saying that it lives.
const STANDS_STILL: Duration = Duration::from_millis(10_500);

/// A way to the desk on which answers can be kept back.
#[derive(Clone, Default)]
struct Relay {
    asked: Arc<Mutex<Vec<String>>>,
    keeps_back: Arc<AtomicBool>,
}

impl Relay {
    async fn run(self, listener: TcpListener, desk: SocketAddr) {
        while let Ok((caller, _)) = listener.accept().await {
            let (mut from, mut back) = caller.into_split();
            let (mut answers, mut to) = TcpStream::connect(desk).await.unwrap().into_split();
            let (there, here) = (self.clone(), self.clone());
            tokio::spawn(async move {
                let mut bytes = vec![0; 65536];
                while let Ok(n @ 1..) = from.read(&mut bytes).await {
                    there.note(&bytes[..n]);
                    if to.write_all(&bytes[..n]).await.is_err() {
                        return;
                    }
                }
            });
            tokio::spawn(async move {
                let mut bytes = vec![0; 65536];
                while let Ok(n @ 1..) = answers.read(&mut bytes).await {
                    while here.keeps_back.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    if back.write_all(&bytes[..n]).await.is_err() {
                        return;
                    }
                }
            });
        }
    }

    fn note(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let line = text.lines().next().unwrap_or_default();
        if line.ends_with("HTTP/1.1") {
            self.asked.lock().unwrap().push(line.to_owned());
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until something was asked for, and gives all that was.
    async fn until(&self, within: Duration, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let asked = self.asked();
            if asked.iter().any(|line| is_it(line)) {
                return asked;
            }
            assert!(began.elapsed() < within, "{asked:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn makes_contact(line: &str) -> bool {
    line.starts_with("POST ") && line.contains("/contacts ")
}

fn makes_conversation(line: &str) -> bool {
    line.starts_with("POST ") && line.contains("/conversations ")
}

fn looks_for_contact(line: &str) -> bool {
    line.starts_with("GET ") && line.contains("/contacts")
}

fn node(home: &Path, database: &str, n: usize) -> (Program, Api) {
    let folder = home.join(format!("node-{n}"));
    let key = home.join("key").display().to_string();
    let file =
        format!("allow_private_networks = true\ndatabase = {database:?}\nkey_file = {key:?}\n");
    std::fs::write(folder.with_extension("toml"), file).unwrap();
    let program = Program::start(&folder, free_address());
    let api = Api::new(program.address);
    (program, api)
}

/// The desk's answer to the first of several calls comes when the node wakes up. By then the delivery may be another's: it must
/// not go on to the next call as if nothing had been.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_c_who_stood_still_looks_before_it_goes_on() {
    let clock: Arc<dyn Clock> = Arc::new(handover::clock::SystemClock);
    let (relay, road) = (Relay::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", road.local_addr().unwrap());
    let chatwoot = Chatwoot::new(clock, Version::V4_15).at(&base);
    let desk = Arc::new(Desk::new(Arc::new(chatwoot), &base, HookMood::Prompt));
    tokio::spawn(relay.clone().run(road, listener.local_addr().unwrap()));
    let token = desk.connecting().into_iter().find(|it| it.0 == "Access token").unwrap().1;
    tokio::spawn(serve(desk, listener));

    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let (first, api) = node(home.path(), &database, 1);
    let settings = json!({ "base_url": base, "token": token });
    let body = json!({ "vendor": "chatwoot", "name": "Desk", "settings": settings });
    api.until_answered(Method::PUT, "/v1/settings/desks/cw", &body).await;
    api.until_answered(Method::PUT, "/v1/settings/livechat", &json!({ "desk": "cw" })).await;
    let (_second, _) = node(home.path(), &database, 2);

    relay.asked.lock().unwrap().clear();
    relay.keeps_back.store(true, Ordering::SeqCst);
    api.chat("ada", "start", press(handover_core::words::START)).await;
    relay.until(Duration::from_secs(10), makes_contact).await;
    assert_eq!(api.metric("handover_leases").await, Some(1), "the first node is at it");
    kill_process(first.pid(), Signal::STOP).unwrap();
    tokio::time::sleep(STANDS_STILL).await;
    relay.keeps_back.store(false, Ordering::SeqCst);
    kill_process(first.pid(), Signal::CONT).unwrap();

    let asked = relay.until(Duration::from_secs(60), makes_conversation).await;
    let first_of = |is_it: fn(&str) -> bool| asked.iter().position(|line| is_it(line));
    assert!(first_of(looks_for_contact) < first_of(makes_conversation), "{asked:#?}");
    assert!(first_of(looks_for_contact).is_some(), "{asked:#?}");
    let began = Instant::now();
    while api.metric("handover_deliveries_pending").await != Some(0) {
        let log = || log_of(&home.path().join("node-1"));
        assert!(began.elapsed() < Duration::from_secs(60), "{:#?}\n{}", relay.asked(), log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = relay.asked();
    assert_eq!(asked.iter().filter(|line| makes_conversation(line)).count(), 1, "{asked:#?}");
}
