//! What becomes of what a node was at when it is killed, and what operators see of the nodes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_store::conformance::server::{database, shared};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::api::{Api, press};
use support::browser::{Driver, Look};
use support::program::{PASSWORD, Program, free_address, log_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Where a node keeps what is its own, and where it listens.
struct Place {
    folder: PathBuf,
    address: SocketAddr,
}

impl Place {
    /// One that shares database and key with the others at this home.
    fn new(home: &Path, database: &str, n: usize) -> Self {
        let folder = home.join(format!("node-{n}"));
        let key = home.join("key").display().to_string();
        let file =
            format!("allow_private_networks = true\ndatabase = {database:?}\nkey_file = {key:?}\n");
        std::fs::write(folder.with_extension("toml"), file).unwrap();
        Self { folder, address: free_address() }
    }

    fn start(&self) -> Program {
        Program::start(&self.folder, self.address)
    }

    fn api(&self) -> Api {
        Api::new(self.address)
    }
}

/// A desk's receiver. While it is told to, it lets callers wait for ever.
struct Desk {
    address: SocketAddr,
    waits: Arc<AtomicBool>,
    called: UnboundedReceiver<Instant>,
}

impl Desk {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let waits = Arc::new(AtomicBool::new(true));
        let (tell, called) = unbounded_channel();
        let while_told = Arc::clone(&waits);
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                let (tell, waits) = (tell.clone(), while_told.load(Ordering::SeqCst));
                tokio::spawn(async move {
                    let mut request = [0; 65536];
                    if caller.read(&mut request).await.is_err()
                        || tell.send(Instant::now()).is_err()
                    {
                        return;
                    }
                    if waits {
                        std::future::pending::<()>().await;
                    }
                    let answer =
                        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
                    let _ = caller.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, waits, called }
    }

    async fn next_call(&mut self, within: Duration) -> Instant {
        let called = tokio::time::timeout(within, self.called.recv()).await;
        called.unwrap_or_else(|_| panic!("no call came within {within:?}")).unwrap()
    }
}

/// A contact asks for a human at this node, which is killed while it tells the desk. Gives when that was.
async fn killed_while_it_delivers(
    place: &Place,
    node: Program,
    desk: &mut Desk,
    user: &str,
) -> Instant {
    desk.waits.store(true, Ordering::SeqCst);
    place.api().chat(user, "start", press(handover_core::words::START)).await;
    desk.next_call(Duration::from_secs(10)).await;
    assert_eq!(place.api().metric("handover_leases").await, Some(1), "{}", log_of(&place.folder));
    desk.waits.store(false, Ordering::SeqCst);
    let killed = Instant::now();
    node.kill();
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_b_what_a_dead_node_was_delivering_is_taken_up_as_soon_as_it_is_missed() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let mut desk = Desk::start().await;
    let first = Place::new(home.path(), &database, 1);
    let node = first.start();
    let settings =
        json!({ "url": format!("http://{}/hook", desk.address), "secret": "a long secret" });
    let body = json!({ "vendor": "webhook", "name": "Desk", "settings": settings });
    let path = "/v1/settings/desks/hook?connect=false";
    first.api().until_answered(Method::PUT, path, &body).await;
    let chosen = json!({ "desk": "hook" });
    first.api().until_answered(Method::PUT, "/v1/settings/livechat", &chosen).await;

    // The only node is killed, and started again in its folder.
    let killed = killed_while_it_delivers(&first, node, &mut desk, "ada").await;
    let node = first.start();
    let again_after = desk.next_call(Duration::from_secs(20)).await - killed;

    // One of two is killed, and stays dead.
    let second = Place::new(home.path(), &database, 2);
    let other = second.start();
    let killed = killed_while_it_delivers(&first, node, &mut desk, "eve").await;
    let taken_up_after = desk.next_call(Duration::from_secs(30)).await - killed;
    let told = second.api().call(Method::GET, "/v1/nodes", None).await.1;
    assert_eq!(nodes_of(&told).count(), 1, "{told}");
    println!(
        "started again in its place: delivered {} ms after the kill; dead: {} ms",
        again_after.as_millis(),
        taken_up_after.as_millis(),
    );
    assert!(again_after < Duration::from_secs(8), "{again_after:?}");
    assert!(taken_up_after < Duration::from_secs(18), "{taken_up_after:?}");
    drop(other);
}

const LOOKS: [Look; 4] = [
    Look { name: "desktop", size: (1280, 800), dark: false },
    Look { name: "phone", size: (390, 844), dark: true },
    Look { name: "desktop", size: (1280, 800), dark: true },
    Look { name: "phone", size: (390, 844), dark: false },
];

fn nodes_of(told: &Value) -> impl Iterator<Item = &Value> {
    told["nodes"].as_array().unwrap().iter()
}

/// The nodes, once what one of them tells is so.
async fn until(api: &Api, is_so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = api.call(Method::GET, "/v1/nodes", None).await.1;
        if is_so(&told) {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_the_nodes() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let places: Vec<Place> = (1..=3).map(|n| Place::new(home.path(), &database, n)).collect();
    let _nodes: Vec<Program> = places.iter().map(Place::start).collect();
    let api = places[0].api();
    let all = |told: &Value| nodes_of(told).count() == 3 && told["hints"] == "arrive";
    let told = until(&api, all).await;
    assert_eq!(nodes_of(&told).filter(|node| node["this"] == true).count(), 1, "{told}");
    for (name, value) in [("handover_nodes", 3), ("handover_bus_up", 1), ("handover_leases", 0)] {
        assert_eq!(api.metric(name).await, Some(value), "{name}");
    }
    assert!(api.metric("handover_lag_seconds").await < Some(5));
    let driver = Driver::start().await;
    for look in LOOKS {
        // One that is about to stop, and falls silent.
        let leaving = json!({ "beat": 1, "leases": 2, "name": "north", "version": "0.1.0", "started_at": 0, "is_leaving": true });
        let id = format!("0-{}-{}", look.name, look.dark);
        let record = format!("INSERT INTO records VALUES ('node', '{id}', '{leaving}')");
        shared().psql(database.rsplit('/').next().unwrap(), &record);
        until(&api, |told| nodes_of(told).any(|node| node["id"] == *id)).await;
        let window = driver.window(look).await;
        window.goto(&format!("http://{}/activity", places[0].address)).await;
        window.type_into("#login", "admin").await;
        window.type_into("#password", PASSWORD).await;
        window.press("Sign in").await;
        window.goto(&format!("http://{}/activity", places[0].address)).await;
        window.sees("Nodes").await;
        window.sees("this one").await;
        window.sees("leaving").await;
        window.sees("Deliveries in hand").await;
        window.shoot("activity-nodes").await;
        window.is_sound().await;
        window.close().await;
    }
}
