//! Connections are lost at the worst moments, and servers stop: what is told is true, and nothing is half done or done
//! twice (promises B and C).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod relay;

use futures_util::future::join_all;
use handover_core::delivery::Side;
use handover_core::port::store::{Committed, DeliveryState, Record, Records, Store};
use handover_store::Postgres;
use handover_store::conformance::facts::{
    Deed, at, change, commit, current, fresh, id, lease, outcome,
};
use handover_store::conformance::server::{Server, block_on, shared};
use relay::{Fate, Relay};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A store behind a relay, and a database of its own.
async fn behind() -> (Postgres, Relay) {
    let relay = Relay::start(&shared().database()).await;
    (Postgres::open(&relay.url).await.unwrap(), relay)
}

/// However the connection is lost around a COMMIT, the commit is told as done, and is done once.
#[test]
fn a_commit_whose_answer_is_lost_is_found_out() {
    for cut in Fate::CUTS {
        block_on(async {
            let (store, relay) = behind().await;
            commit(&store, "a", 0, |it| it.say().send(Side::Desk)).await;
            let leased = lease(&store, 0).await;
            let base = current(&store, "a").await;
            relay.at_next_commit(cut);
            let settle = outcome(&leased[0], DeliveryState::Delivered, at(1));
            let decided = change(base, at(1)).say().settling(settle);
            assert_eq!(store.commit(decided).await.unwrap(), Committed::Done, "{cut:?}");
            assert!(relay.has_met_one(), "{cut:?}: the test did not test");
            let now = current(&store, "a").await;
            assert_eq!((now.revision, now.entries), (2, 2), "{cut:?}");
            let tries = store.deliveries(&id("a")).await.unwrap()[0].attempts;
            assert_eq!(tries, 1, "{cut:?}");
        });
    }
}

/// So is a first commit, a settle, a lease and a document.
#[test]
fn what_else_is_written_is_found_out_too() {
    for cut in Fate::CUTS {
        block_on(async {
            let (store, relay) = behind().await;
            relay.at_next_commit(cut);
            let first = change(fresh("a"), at(0)).say().send(Side::Desk);
            assert_eq!(store.commit(first).await.unwrap(), Committed::Done, "{cut:?}");
            relay.at_next_commit(cut);
            let leased = lease(&store, 0).await;
            assert_eq!(leased.len(), 1, "{cut:?}: what was leased is told");
            assert!(!leased[0].interrupted, "{cut:?}");
            relay.at_next_commit(cut);
            let settle = outcome(&leased[0], DeliveryState::Dead, at(1));
            assert!(store.settle(settle).await.unwrap(), "{cut:?}");
            relay.at_next_commit(cut);
            let ann = Record { kind: "agent".into(), id: "ann".into(), body: json!(1) };
            assert!(store.create(ann.clone()).await.unwrap(), "{cut:?}: it is she who made it");
            assert!(!store.create(ann).await.unwrap(), "{cut:?}");
            assert!(relay.has_met_one());
        });
    }
}

/// Readers come back by themselves.
#[test]
fn reading_goes_on_after_the_connection_was_lost() {
    block_on(async {
        let (store, relay) = behind().await;
        commit(&store, "a", 0, Deed::say).await;
        for _ in 0..5 {
            relay.cut_now();
            assert_eq!(current(&store, "a").await.revision, 1);
        }
    });
}

/// An administrator who ends our connections again and again slows us down, no more.
#[test]
fn connections_that_are_ended_cost_nothing_but_time() {
    block_on(async {
        let url = shared().database();
        let database = url.rsplit('/').next().unwrap().to_owned();
        let store = Postgres::open(&url).await.unwrap();
        let over = AtomicBool::new(false);
        let ending = async {
            while !over.load(Ordering::Relaxed) {
                let database = database.clone();
                tokio::task::spawn_blocking(move || {
                    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE application_name = 'handover' AND datname = current_database()";
                    shared().psql(&database, end);
                })
                .await
                .unwrap();
                sleep(Duration::from_millis(30)).await;
            }
        };
        let writing = async {
            let committers = (0..8).map(|committer| {
                let store = &store;
                async move {
                    let mut it = fresh(&format!("c{committer}"));
                    for n in 0..40 {
                        let decided = change(it, at(n)).say().send(Side::Desk);
                        // Nobody else writes here: all but `Done` would be a lie.
                        assert_eq!(store.commit(decided.clone()).await.unwrap(), Committed::Done);
                        it = decided.conversation;
                        it.revision += 1;
                        sleep(Duration::from_millis(5)).await;
                    }
                    assert_eq!(current(store, &format!("c{committer}")).await, it);
                }
            });
            join_all(committers).await;
            over.store(true, Ordering::Relaxed);
        };
        futures_util::future::join(ending, writing).await;
    });
}

/// The server stops as in a power cut and starts again, under load: what was told as done is there, what was told as not
/// written is not, and all goes on by itself.
#[test]
fn a_server_that_stops_and_starts_loses_nothing_that_was_answered() {
    let server = Server::start();
    block_on(async {
        let store = Postgres::open(&server.database()).await.unwrap();
        let over = AtomicBool::new(false);
        let writing = (0..8).map(|committer| {
            let (store, over) = (&store, &over);
            async move {
                let name = format!("c{committer}");
                let mut done = 0;
                let mut it = fresh(&name);
                while !over.load(Ordering::Relaxed) {
                    let decided = change(it.clone(), at(0)).say();
                    match store.commit(decided.clone()).await {
                        Ok(told) => {
                            assert_eq!(told, Committed::Done, "nobody else writes here");
                            (done, it) = (done + 1, decided.conversation);
                            it.revision += 1;
                        }
                        Err(error) => {
                            let error = error.to_string();
                            assert!(error.contains("nothing was written"), "{error}");
                        }
                    }
                }
                (name, done)
            }
        });
        let stopping = async {
            for _ in 0..2 {
                sleep(Duration::from_millis(300)).await;
                tokio::task::block_in_place(|| server.stop());
                sleep(Duration::from_millis(200)).await;
                tokio::task::block_in_place(|| server.start_again());
            }
            sleep(Duration::from_millis(500)).await;
            over.store(true, Ordering::Relaxed);
        };
        let (written, ()) = futures_util::future::join(join_all(writing), stopping).await;
        for (name, done) in written {
            assert!(done > 0);
            let now = current(&store, &name).await;
            assert_eq!((now.revision, now.entries), (done, done));
        }
    });
}

/// A server that cannot be written to, as one that has just lost its place to another, is waited for.
#[test]
fn a_server_that_is_read_only_is_waited_for() {
    block_on(async {
        let url = shared().database();
        let database = url.rsplit('/').next().unwrap().to_owned();
        let store = Postgres::open(&url).await.unwrap();
        commit(&store, "a", 0, Deed::say).await;
        let base = current(&store, "a").await;
        let read_only = |on: &str| {
            let set = format!("ALTER DATABASE {database} SET default_transaction_read_only = {on}");
            shared().psql("postgres", &set);
            let end = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
            );
            shared().psql("postgres", &end);
        };
        read_only("on");
        let writable = async {
            sleep(Duration::from_millis(700)).await;
            tokio::task::block_in_place(|| read_only("off"));
        };
        let commit = store.commit(change(base, at(1)).say());
        let (told, ()) = futures_util::future::join(commit, writable).await;
        assert_eq!(told.unwrap(), Committed::Done);
    });
}

/// A server that is gone for longer than anybody waits is told, and that nothing was written.
#[test]
fn patience_ends() {
    let server = Server::start();
    block_on(async {
        let store = Postgres::open(&server.database()).await.unwrap();
        server.stop();
        let told = store.commit(change(fresh("a"), at(0)).say()).await.unwrap_err().to_string();
        assert!(told.contains("nothing was written"), "{told}");
        server.start_again();
        assert_eq!(commit(&store, "a", 0, Deed::say).await, Committed::Done);
    });
}

/// A node has as many connections as it needs from the beginning, and needs no more.
#[test]
fn a_node_does_with_seven_connections() {
    block_on(async {
        let url = shared().database();
        let database = url.rsplit('/').next().unwrap();
        shared().psql("postgres", "CREATE ROLE few LOGIN CONNECTION LIMIT 7");
        shared().psql("postgres", &format!("ALTER DATABASE {database} OWNER TO few"));
        let store = Postgres::open(&url.replace("handover@", "few@")).await.unwrap();
        let both = (0..30).map(|n| {
            let store = &store;
            async move {
                let name = format!("c{n}");
                commit(store, &name, 0, |it| it.say().send(Side::Desk)).await;
                store.lease(at(0), at(9), 1).await.unwrap();
                store.keep_file(&name, "{}", b"a file").await.unwrap();
                assert_eq!(current(store, &name).await.revision, 1);
            }
        });
        join_all(both).await;
        // Another is told when it starts, and leaves those of the first alone.
        let error = Postgres::open(&url.replace("handover@", "few@")).await.unwrap_err();
        assert!(error.to_string().contains("too many connections"), "{error}");
        assert_eq!(current(&store, "c1").await.revision, 1);
    });
}

/// A caller that goes away in the middle leaves nothing half done on the connection that others use after it.
#[test]
fn a_call_that_is_dropped_disturbs_nobody() {
    block_on(async {
        let store = Postgres::open(&shared().database()).await.unwrap();
        for n in 0..40_u64 {
            let record = Record { kind: "k".into(), id: format!("{n}"), body: json!(n) };
            let short = Duration::from_micros(100 * n);
            let _ = tokio::time::timeout(short, store.put(record)).await;
            let kept = Record { kind: "kept".into(), id: format!("{n}"), body: json!(n) };
            store.put(kept).await.unwrap();
        }
        assert_eq!(store.list("kept").await.unwrap().len(), 40);
    });
}

/// A node that stands still, or is cut off, between its locks and its COMMIT: who writes to the same conversation, and who
/// waits in one group with them, is held up and not refused.
#[test]
fn a_node_that_falls_silent_in_a_transaction_makes_nobody_fail() {
    block_on(async {
        let (silent, relay) = behind().await;
        let name = relay.url.rsplit('/').next().unwrap().split('?').next().unwrap();
        let here = Postgres::open(&shared().address(name)).await.unwrap();
        commit(&here, "a", 0, Deed::say).await;
        let base = current(&here, "a").await;
        let stuck = async {
            relay.at_next_commit(Fate::Silence);
            silent.commit(change(base.clone(), at(1)).say()).await
        };
        let others = async {
            relay.until_met().await;
            let began = Instant::now();
            let same = here.commit(change(base.clone(), at(2)).say());
            let other = here.commit(change(fresh("b"), at(2)).say());
            let (same, other) = futures_util::future::join(same, other).await;
            assert_eq!((same.unwrap(), other.unwrap()), (Committed::Done, Committed::Done));
            println!("others were held up for {:?}", began.elapsed());
        };
        let (told, ()) = futures_util::future::join(stuck, others).await;
        // It was undone; done again, it comes too late.
        match told {
            Ok(told) => assert_eq!(told, Committed::Stale),
            Err(error) => assert!(error.to_string().contains("nothing was written"), "{error}"),
        }
        assert_eq!(current(&here, "a").await.entries, 2);
    });
}

/// Who only listens learns within seconds that nobody is there any more.
#[test]
fn a_line_that_falls_silent_is_noticed() {
    block_on(async {
        let (store, relay) = behind().await;
        let line = store.line().await.unwrap();
        line.check().await.unwrap();
        relay.be_silent();
        let began = Instant::now();
        assert!(line.check().await.is_err());
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    });
}
