//! Several nodes on one PostgreSQL: promises B, C, D and rule 18 while nodes are killed and stopped under load.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_store::conformance::server::database;
use reqwest::Method;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::api::{Api, press, text};
use support::chance::Chance;
use support::ledger::Ledger;
use support::load::{Crowd, Load};
use support::program::{Program, free_address, log_of};

const NODES: usize = 3;
const BLOWS: u32 = 9;

/// Where a node keeps what is its own, and where it listens.
#[derive(Clone)]
struct Place {
    folder: PathBuf,
    address: SocketAddr,
}

impl Place {
    fn start(&self) -> Program {
        Program::start(&self.folder, self.address)
    }
}

/// Places of nodes that share a database, a key and perhaps a server for hints.
fn places(home: &Path, database: &str, bus: Option<&str>) -> Vec<Place> {
    let key = home.join("key");
    let mut file = format!(
        "api_requests_per_s = 100000\ndatabase = {database:?}\nkey_file = {:?}\n",
        key.display().to_string()
    );
    if let Some(bus) = bus {
        file.push_str(&format!("bus = {bus:?}\n"));
    }
    let place = |n: usize| {
        let folder = home.join(format!("node-{n}"));
        std::fs::write(folder.with_extension("toml"), &file).unwrap();
        Place { folder, address: free_address() }
    };
    (0..NODES).map(place).collect()
}

/// All at once, on whatever is in the database.
async fn start(places: &[Place]) -> Vec<Option<Program>> {
    let starting = places.iter().cloned();
    let starting = starting
        .map(|place| tokio::task::spawn_blocking(move || place.start()))
        .collect::<Vec<_>>();
    let mut nodes = Vec::new();
    for node in starting {
        nodes.push(Some(node.await.unwrap()));
    }
    nodes
}

fn logs(places: &[Place]) -> String {
    places.iter().map(|place| log_of(&place.folder)).collect::<Vec<_>>().join("\n---\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_b_c_d_hold_when_nodes_are_killed_and_stopped_under_load() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let places = places(home.path(), &database, None);
    let mut nodes = start(&places).await;
    let api = Api::of(&places.iter().map(|place| place.address).collect::<Vec<_>>());
    let crowd = Crowd::start(Load::new(api.clone()), 3, 3, 2).await;
    let mut chance = Chance::new(u64::from(std::process::id()));
    let (mut up_after, mut stopped_after) = (Duration::ZERO, Duration::ZERO);
    for blow in 0..BLOWS {
        tokio::time::sleep(Duration::from_millis(chance.between(200, 1000))).await;
        let n = usize::try_from(chance.between(0, NODES as u64)).unwrap() % NODES;
        let (node, place) = (nodes[n].take().unwrap(), places[n].clone());
        let again = tokio::task::spawn_blocking(move || {
            let took = if blow % 3 == 2 {
                let (status, took) = node.stop(Duration::from_secs(10));
                assert!(status.success(), "{status}");
                took
            } else {
                node.kill();
                Duration::ZERO
            };
            (place.start(), took)
        });
        let (node, took) = again.await.unwrap();
        (up_after, stopped_after) = (up_after.max(node.up_after), stopped_after.max(took));
        nodes[n] = Some(node);
    }
    let counted = crowd.over().await;
    let over = Instant::now();
    while api.metric("handover_deliveries_pending").await != Some(0) {
        assert!(over.elapsed() < Duration::from_secs(60), "{}", logs(&places));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!(
        "{BLOWS} blows, up again after at most {} ms, stopped within {} ms, all at rest {} s later; {counted}",
        up_after.as_millis(),
        stopped_after.as_millis(),
        over.elapsed().as_secs(),
    );
    drop(nodes);
    let ledger = Ledger::at(&places[0].folder.with_extension("ledger"), Some(database)).await;
    counted.check(&ledger).await;
    assert!(counted.total() > 300, "there was hardly any load; the logs: {}", logs(&places));
    assert!(counted.repeated > 0, "no call was ever cut off");
}

/// How long it takes until one who waits at a node learns what was said at another.
async fn across(here: &Api, there: &Api, n: u64) -> Duration {
    let user = format!("across-{n}");
    here.chat(&user, "start", press(handover_core::words::START)).await;
    let session = loop {
        if let Some(session) = here.session_of(&user).await {
            break session;
        }
    };
    let waits = {
        let (here, path) =
            (here.clone(), format!("/v1/api/messages?user_id={user}&after=3&wait_s=20"));
        tokio::spawn(async move { here.call(Method::GET, &path, None).await.1 })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let said = Instant::now();
    let path = format!("/v1/sessions/{session}/messages");
    let body = json!({ "text": "from afar", "id": "1", "agent": { "id": "7", "name": "Bob" } });
    there.until_answered(Method::POST, &path, &body).await;
    let heard = waits.await.unwrap();
    assert!(heard.to_string().contains("from afar"), "{heard}");
    said.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_at_one_node_learns_at_once_what_is_said_at_another() {
    let home = tempfile::tempdir().unwrap();
    let places = places(home.path(), &database(), None);
    let _nodes = start(&places).await;
    let (here, there) = (Api::new(places[0].address), Api::new(places[1].address));
    let mut took = Vec::new();
    for n in 0..5 {
        took.push(across(&here, &there, n).await);
    }
    println!("from node to node: {took:?}");
    assert!(took.iter().min().unwrap() < &Duration::from_millis(200), "{took:?}");
    // What an operator changes at one node counts at the others.
    let changed = json!({ "end_label": "Done" });
    here.until_answered(Method::PUT, "/v1/settings/livechat", &changed).await;
    let began = Instant::now();
    while there.call(Method::GET, "/v1/settings/livechat", None).await.1["end_label"] != "Done" {
        assert!(began.elapsed() < Duration::from_secs(5), "{}", logs(&places));
    }
    here.chat("ada", "1", text("hello")).await;
    assert!(there.chat("ada", "1", text("hello")).await.0["messages"].is_array(), "promise C");
}

#[test]
fn a_node_with_another_key_is_refused_with_what_to_do() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let places = places(home.path(), &database, None);
    let first = places[0].start();
    let toml = format!("database = {database:?}\n");
    std::fs::write(places[1].folder.with_extension("toml"), toml).unwrap();
    let second = Program::run_to_end(&places[1].folder, places[1].address);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("--key-file"), "{said}");
    drop(first);
}

/// A NATS server of our own, gone when dropped.
struct Nats(std::process::Child);

impl Nats {
    fn start(address: SocketAddr) -> Self {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        // Debian puts it where only root's shell looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let server = std::process::Command::new("nats-server")
            .env("PATH", path)
            .args(["--addr", &host, "--port", &port])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("nats-server: install Debian's package of that name, as ./test does");
        Self(server)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_go_by_nats_and_all_goes_on_while_it_is_dead() {
    let home = tempfile::tempdir().unwrap();
    let (address, database) = (free_address(), database());
    let nats = Nats::start(address);
    let places = places(home.path(), &database, Some(&format!("nats://{address}")));
    let _nodes = start(&places).await;
    let (here, there) = (Api::new(places[0].address), Api::new(places[1].address));
    let began = Instant::now();
    while logs(&places).matches("connected to NATS").count() < NODES {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", logs(&places));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let alive = across(&here, &there, 1).await;
    drop(nats);
    let dead = across(&here, &there, 2).await;
    let _nats = Nats::start(address);
    while logs(&places).matches("connected to NATS").count() < 2 * NODES {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", logs(&places));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = across(&here, &there, 3).await;
    println!("by NATS {alive:?}, while it is dead {dead:?}, once it is back {again:?}");
    assert!(dead < Duration::from_millis(1500), "a poll stands behind each hint: {dead:?}");
}
