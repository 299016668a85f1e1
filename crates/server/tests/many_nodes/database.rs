//! The database is killed under load, with all its processes, and started again.

use crate::support::nodes::places;
use crate::world::{World, s, turn};
use handover_store::conformance::server::Server;
use std::time::{Duration, Instant};

const DOWN: Duration = Duration::from_secs(1);
const KILLS: u32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_killed_and_comes_back() {
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let server = Server::start_durable();
    let database = server.database();
    let world = World::begin(turn, places(home.path(), &database, None), database.clone()).await;
    let (mut first, mut up) = (Duration::ZERO, Duration::ZERO);
    for kill in 0..KILLS {
        tokio::task::block_in_place(|| if kill == 1 { server.stop() } else { server.kill() });
        // Once for longer than a call's patience.
        tokio::time::sleep(if kill == 2 { 7 * DOWN } else { DOWN }).await;
        let began = Instant::now();
        tokio::task::block_in_place(|| server.start_again());
        up = up.max(began.elapsed());
        first = first.max(world.crowd.until_answered().await);
        tokio::time::sleep(DOWN).await;
    }
    let day = format!(
        "database killed {KILLS} times, up after {}, first answer {} later",
        s(up),
        s(first)
    );
    world.close(&day, &server).await;
    assert!(first < Duration::from_secs(10), "{first:?}");
}
