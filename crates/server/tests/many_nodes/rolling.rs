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
    tokio::task::block_in_place(|| {
        // The tables are in use, in another order than here: so it may be the one that has to begin anew.
        while let Err(said) = shared().try_psql(&name, EXPANDS) {
            assert!(said.contains("deadlock"), "{said}");
        }
    });
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
    world.close(&day, shared()).await;
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
    let mut places = places(home.path(), &database, None);
    places.iter_mut().for_each(|place| place.build = Some(PathBuf::from(&older)));
    let mut world = World::begin(turn, places.clone(), database).await;
    // The first of the new version changes the tables while all of the version before are there.
    let folder = home.path().join("new");
    let file = places[0].folder.with_extension("toml");
    std::fs::copy(file, folder.with_extension("toml")).unwrap();
    let new = Place { folder, address: free_address(), network: None, build: None };
    world.nodes.extend(start(std::slice::from_ref(&new)).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut longest = Duration::ZERO;
    for (n, place) in places.into_iter().enumerate() {
        let old = world.nodes[n].take().unwrap();
        let place = Place { build: None, ..place };
        let replaced = tokio::task::spawn_blocking(move || {
            let (status, took) = old.stop(Duration::from_secs(10));
            assert!(status.success(), "{status}");
            (place.start(), took)
        });
        let (node, took) = replaced.await.unwrap();
        longest = longest.max(took);
        world.nodes[n] = Some(node);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let day = format!(
        "three nodes of the version before replaced one by one, each gone within {}",
        s(longest)
    );
    world.close(&day, shared()).await;
}
