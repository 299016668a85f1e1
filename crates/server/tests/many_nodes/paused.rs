//! A node stands still for longer than its leases last, under load, and wakes.

use crate::support::api::{Api, text};
use crate::support::nodes::places;
use crate::world::{World, s, turn};
use handover_store::conformance::server::{database, shared};
use std::time::{Duration, Instant};

/// Longer than a node may be silent before the others take it for gone.
const STILL: Duration = Duration::from_secs(6);

/// 120 seconds pass at once, for what the node has leased.
const LEASES_RUN_OUT: &str =
    "UPDATE deliveries SET wake = next_at WHERE wake IS NOT NULL AND lease IS NOT NULL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stands_still_for_longer_than_its_leases() {
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let database = database();
    let world = World::begin(turn, places(home.path(), &database, None), database.clone()).await;
    let name = database.rsplit('/').next().unwrap();
    let (mut taken, mut woken) = (0, Duration::ZERO);
    for n in 0..2 {
        let node = world.nodes[n].as_ref().unwrap();
        node.pause();
        tokio::time::sleep(Duration::from_secs(1)).await;
        // What the others hold runs out as well: they have to live with that, too.
        let held = "SELECT count(*) FROM deliveries WHERE wake IS NOT NULL AND lease IS NOT NULL";
        taken += shared().psql(name, held).parse::<u64>().unwrap();
        shared().psql(name, LEASES_RUN_OUT);
        tokio::time::sleep(STILL).await;
        let began = Instant::now();
        node.wake();
        let own = Api::new(world.places[n].address);
        own.chat("waker", &n.to_string(), text("hello")).await;
        woken = woken.max(began.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    shared().psql(name, LEASES_RUN_OUT);
    let day = format!(
        "a node stood still twice, {taken} deliveries under leases that ran out; answers {} after it woke",
        s(woken)
    );
    world.close(&day).await;
    assert!(woken < Duration::from_secs(5), "{woken:?}");
}
