//! Three NATS servers carry the hints, and one after the other is killed under load.

use crate::support::api::Api;
use crate::support::hints::across;
use crate::support::nats::Three;
use crate::support::nodes::{NODES, logs, places};
use crate::support::program::log_of;
use crate::world::{World, turn};
use handover_store::conformance::server::{database, shared};
use std::time::{Duration, Instant};

const BACK: &str = "connected to NATS";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_nats_server_is_killed_and_wakes_go_on_by_another() {
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let database = database();
    let mut three = Three::start();
    let places = places(home.path(), &database, Some(&three.bus()));
    let world = World::begin(turn, places, database).await;
    let began = Instant::now();
    while logs(&world.places).matches(BACK).count() < NODES {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", logs(&world.places));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (here, there) = (Api::new(world.places[0].address), Api::new(world.places[1].address));
    let before = across(&here, &there, 0).await;
    let (mut moved, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for n in 0..3 {
        // Whoever was there is at another server a moment later.
        let held = |place: &crate::support::nodes::Place| {
            let log = log_of(&place.folder);
            log.matches(BACK).count() == log.matches("the connection to NATS is lost").count() + 1
        };
        three.kill_one(n);
        let killed = Instant::now();
        tokio::time::sleep(Duration::from_millis(50)).await;
        while !world.places.iter().all(held) {
            assert!(killed.elapsed() < Duration::from_secs(20), "{}", logs(&world.places));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        moved = moved.max(killed.elapsed());
        slowest = slowest.max(across(&here, &there, n as u64 + 1).await);
        three.start_one(n);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let lost = logs(&world.places).matches("the connection to NATS is lost").count();
    assert!(lost >= 3, "nobody was at a server that was killed: {}", logs(&world.places));
    let day = format!(
        "each of three NATS servers killed, nodes at another after {} ms, a hint then took {} ms (before: {} ms)",
        moved.as_millis(),
        slowest.as_millis(),
        before.as_millis()
    );
    world.close(&day, shared()).await;
    assert!(moved < Duration::from_secs(5), "{moved:?}");
    assert!(slowest < Duration::from_secs(4), "{slowest:?}");
}
