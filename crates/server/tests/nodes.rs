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
use std::time::{Duration, Instant};
use support::api::{Api, text};
use support::chance::Chance;
use support::hints::across;
use support::jetstream::NatsServer;
use support::ledger::Ledger;
use support::load::{Crowd, Load};
use support::nodes::{NODES, logs, places, start};
use support::program::{Program, free_address};

const BLOWS: u32 = 9;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_go_by_nats_and_all_goes_on_while_it_is_dead() {
    let home = tempfile::tempdir().unwrap();
    let (address, database) = (free_address(), database());
    let nats = NatsServer::start(address, None);
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
    let _nats = NatsServer::start(address, None);
    while logs(&places).matches("connected to NATS").count() < 2 * NODES {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", logs(&places));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = across(&here, &there, 3).await;
    println!("by NATS {alive:?}, while it is dead {dead:?}, once it is back {again:?}");
    assert!(dead < Duration::from_millis(1500), "a poll stands behind each hint: {dead:?}");
}
