//! A rolling upgrade: nodes of one version go on while the next one changes the tables.

use crate::support::nodes::{Place, places, start};
use crate::support::program::free_address;
use crate::world::{World, s, turn};
use handover_store::conformance::server::{database, shared};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a next version may do while this one runs: it only adds. Its number is after all that there will be.
const EXPANDS: &str = "BEGIN;
    ALTER TABLE deliveries ADD COLUMN urgency INT NOT NULL DEFAULT 7;
    ALTER TABLE conversations ADD COLUMN region TEXT;
    ALTER TABLE entries ADD COLUMN kept_until BIGINT;
    ALTER TABLE attempts ADD COLUMN took_ms BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE records ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
    CREATE INDEX deliveries_urgency ON deliveries (urgency, conversation) WHERE state = 'pending';
    CREATE TABLE labels (conversation BIGINT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (conversation, label));
    INSERT INTO migrations (name, checksum, needs) VALUES ('9999_next', 'unknown here', '0001_begin');
    COMMIT";

/// Another build of the program, the version before this one.
const OLDER: &str = "HANDOVER_OLDER_BUILD";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_go_on_while_the_next_version_adds_to_the_tables() {
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let database = database();
    let places = places(home.path(), &database, None);
    let late = places[2].clone();
    let mut world = World::begin(turn, places[..2].to_vec(), database.clone()).await;
    let began = Instant::now();
    let name = database.rsplit('/').next().unwrap().to_owned();
    tokio::task::block_in_place(|| shared().psql(&name, EXPANDS));
    let took = began.elapsed();
    let first = world.crowd.until_answered().await;
    // One of this version starts on what the next one made.
    world.nodes.extend(start(std::slice::from_ref(&late)).await);
    world.places.push(late);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let day = format!(
        "the next version added to the tables in {}, first answer {} later, and a node of this version joined",
        s(took),
        s(first)
    );
    world.close(&day).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_the_version_before_are_replaced_one_by_one() {
    let Some(older) = std::env::var_os(OLDER) else {
        println!("SKIPPED: name the program of the version before in {OLDER}");
        return;
    };
    let turn = turn().await;
    let home = tempfile::tempdir().unwrap();
    let database = database();
    let places: Vec<Place> = places(home.path(), &database, None)
        .into_iter()
        .map(|place| Place { build: Some(PathBuf::from(&older)), ..place })
        .collect();
    let mut world = World::begin(turn, places, database).await;
    let mut longest = Duration::ZERO;
    for n in 0..world.places.len() {
        // The new one comes first, the old one goes afterwards: both are there for a while.
        let folder = home.path().join(format!("new-{n}"));
        let file = world.places[n].folder.with_extension("toml");
        std::fs::copy(file, folder.with_extension("toml")).unwrap();
        let place = Place { folder, address: free_address(), network: None, build: None };
        let node = start(std::slice::from_ref(&place)).await.remove(0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let old = world.nodes[n].take().unwrap();
        let stop = move || old.stop(Duration::from_secs(10));
        let (status, _) = tokio::task::spawn_blocking(stop).await.unwrap();
        assert!(status.success(), "{status}");
        longest = longest.max(world.crowd.until_answered().await);
        let old = std::mem::replace(&mut world.places[n], place.clone());
        // The crowd still calls where the old one was.
        let again = Place { address: old.address, ..place };
        drop(node);
        world.nodes[n] = start(std::slice::from_ref(&again)).await.remove(0);
        world.places[n] = again;
    }
    let day = format!(
        "three nodes of the version before replaced one by one, never longer than {} without an answer",
        s(longest)
    );
    world.close(&day).await;
}
