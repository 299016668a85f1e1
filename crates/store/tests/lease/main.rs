//! Leases checked completely: two workers and one lane of three deliveries, in every order in which leasing, trying,
//! settling, giving back, crashing and the clock can come, until nothing new can happen (promises B, C and D).
//!
//! The plain store is walked through every state; SQLite and PostgreSQL go along a part of the ways, more of them with
//! `HANDOVER_LEASE_WAYS=2000`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod play;

use handover_core::port::store::Store;
use handover_store::conformance::server::{block_on, database};
use handover_store::{Model, Postgres, Sqlite};
use play::{Key, MOVES, Move, Play};
use std::collections::HashSet;
use std::time::Instant;

/// Ways on which the stores on a disk go along: each step of them is a flush, or a few questions to a server.
const WAYS: usize = 100;

/// Plays these moves on a fresh lane; none when the last of them cannot happen.
async fn play(moves: &[Move]) -> Option<Key> {
    let store = Model::new();
    let mut play = Play::start(&store, "c").await;
    let mut last = true;
    for &what in moves {
        last = play.step(what).await;
    }
    if !last {
        return None;
    }
    let key = play.key().await;
    play.drain().await;
    Some(key)
}

#[test]
fn every_order_of_two_workers_on_one_lane() {
    let began = Instant::now();
    let mut known: HashSet<Key> = HashSet::new();
    known.insert(block_on(play(&[])).unwrap());
    let mut level: Vec<Vec<Move>> = vec![Vec::new()];
    let (mut steps, mut longest) = (0_usize, 0);
    let mut ways: Vec<Vec<Move>> = Vec::new();
    while !level.is_empty() {
        let mut next = Vec::new();
        for way in &level {
            for &what in MOVES {
                let mut longer = way.clone();
                longer.push(what);
                let Some(key) = block_on(play(&longer)) else { continue };
                steps += 1;
                if known.insert(key) {
                    next.push(longer);
                } else {
                    ways.push(longer);
                }
            }
        }
        longest += usize::from(!next.is_empty());
        level = next;
    }
    println!(
        "{} states, {steps} steps checked, the farthest after {longest} moves; {:.1} s",
        known.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(known.len() > 500, "hardly anything was walked");
    let folder = tempfile::tempdir().unwrap();
    alongside("SQLite", &Sqlite::open(folder.path().join("db")).unwrap(), &ways);
    alongside("PostgreSQL", &block_on(Postgres::open(&database())).unwrap(), &ways);
}

/// The same checks over another store: each way on a conversation of its own.
fn alongside(name: &str, store: &dyn Store, ways: &[Vec<Move>]) {
    let began = Instant::now();
    let given = std::env::var("HANDOVER_LEASE_WAYS").ok().and_then(|text| text.parse().ok());
    let count = given.unwrap_or(WAYS).min(ways.len());
    let mut steps = 0;
    for (index, way) in ways.iter().step_by(ways.len() / count).enumerate() {
        block_on(async {
            let mut play = Play::start(store, &format!("c{index}")).await;
            for &what in way {
                play.step(what).await;
            }
            play.drain().await;
        });
        steps += way.len();
    }
    println!("{name}: {count} ways, {steps} steps; {:.1} s", began.elapsed().as_secs_f64());
}
