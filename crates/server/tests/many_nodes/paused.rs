//! A node stands still for longer than its leases last, under load, and wakes.

use crate::support::api::{Api, text};
use crate::support::nodes::places;
use crate::support::program::{Program, log_of};
use crate::world::{World, s, turn};
use handover_store::conformance::server::{database, shared};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long it stands still after its leases have run out.
const STILL: Duration = Duration::from_secs(4);

const PAUSES: usize = 3;

const HELD: &str = "SELECT lease FROM deliveries WHERE wake IS NOT NULL AND lease IS NOT NULL";

const REFUSED: &str = "a delivery could not be settled";

fn held(database: &str) -> BTreeSet<String> {
    shared().psql(database, HELD).lines().map(str::to_owned).collect()
}

/// Pauses a node while it holds leases; gives them. What the others hold does not stay for so long.
async fn pause_at_work(node: &Program, database: &str) -> BTreeSet<String> {
    for _ in 0..30 {
        node.pause();
        let before = held(database);
        tokio::time::sleep(Duration::from_millis(700)).await;
        let held: BTreeSet<String> = held(database).intersection(&before).cloned().collect();
        if !held.is_empty() {
            return held;
        }
        node.wake();
        tokio::time::sleep(Duration::from_millis(130)).await;
    }
    panic!("it never works on anything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stands_still_for_longer_than_its_leases() {
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let database = database();
    let world = World::begin(turn, places(home.path(), &database, None), database.clone()).await;
    let name = database.rsplit('/').next().unwrap();
    let (mut held, mut woken) = (0, Duration::ZERO);
    for n in 0..PAUSES {
        let node = world.nodes[n].as_ref().unwrap();
        let leases = pause_at_work(node, name).await;
        held += leases.len();
        // 120 seconds pass at once, for what it has leased.
        let numbers = Vec::from_iter(leases).join(",");
        let run_out = format!("UPDATE deliveries SET wake = next_at WHERE lease IN ({numbers})");
        shared().psql(name, &run_out);
        tokio::time::sleep(STILL).await;
        let began = Instant::now();
        node.wake();
        let own = Api::new(world.places[n].address);
        own.chat("waker", &n.to_string(), text("hello")).await;
        woken = woken.max(began.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let log: Vec<String> = world.places.iter().map(|place| log_of(&place.folder)).collect();
    let fenced = log.join("").matches(REFUSED).count();
    let day = format!(
        "nodes stood still {PAUSES} times, with {held} deliveries whose leases ran out, {fenced} late settles refused; \
         answers {} after waking",
        s(woken)
    );
    world.close(&day, shared()).await;
    assert!(woken < Duration::from_secs(10), "{woken:?}");
    assert!(fenced > 0, "nothing was fenced: {}", log.join("\n"));
}
