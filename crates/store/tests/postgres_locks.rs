//! What keeps nodes and groups apart: in each of these stories two come in between each other, and each needs its lock.
#![allow(clippy::unwrap_used, reason = "a test that cannot open its store has failed")]

mod relay;

use futures_util::future::{join, join_all};
use handover_core::delivery::Side;
use handover_core::port::outbox::{Deed as Done, Outbox, Which};
use handover_core::port::store::{Committed, DeliveryState, Store, StoreError};
use handover_store::Postgres;
use handover_store::conformance::facts::{
    Deed, ada, at, change, commit, current, fresh, id, lease, names, outcome,
};
use handover_store::conformance::server::{block_on, database, shared};
use relay::{Fate, Relay};

async fn open(url: &str) -> Postgres {
    Postgres::open(url).await.unwrap()
}

/// The name of the database in an address.
fn named(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// A node with a slow connection, and one with a good one, on one database.
async fn slow_and_quick() -> (Postgres, Relay, Postgres) {
    let url = database();
    let relay = Relay::start(&url).await;
    (open(&relay.url).await, relay, open(&url).await)
}

/// What comes into a lane while another node is emptying it is not overlooked by either (promise B).
#[test]
fn a_lane_is_filled_while_its_last_is_being_settled() {
    block_on(async {
        let (slow, relay, quick) = slow_and_quick().await;
        commit(&slow, "a", 0, |it| it.send(Side::Desk)).await;
        let first = lease(&slow, 0).await;
        relay.at_next_commit(Fate::SlowCommit);
        let settling = slow.settle(outcome(&first[0], DeliveryState::Delivered, at(1)));
        let filling = async {
            relay.until_met().await;
            commit(&quick, "a", 2, |it| it.send(Side::Desk)).await
        };
        assert_eq!(join(settling, filling).await.0.ok(), Some(true));
        assert_eq!(names(&lease(&quick, 3).await), ["a.2"]);
    });
}

/// A lease that ran out is settled or taken anew, never both (promise C).
#[test]
fn a_late_settle_and_another_lease_do_not_both_hold() {
    block_on(async {
        let (slow, relay, quick) = slow_and_quick().await;
        commit(&slow, "a", 0, |it| it.send(Side::Desk)).await;
        let late = lease(&slow, 0).await;
        relay.at_next_commit(Fate::Slow);
        let settling = slow.settle(outcome(&late[0], DeliveryState::Delivered, at(5000)));
        let leasing = async {
            relay.until_met().await;
            lease(&quick, 5000).await
        };
        let (settled, taken) = join(settling, leasing).await;
        assert_eq!((settled.ok(), taken), (Some(true), Vec::new()));
        assert_eq!(lease(&quick, 9000).await, []);
    });
}

/// A lease that another node is taking at this moment is no longer there to be settled under.
#[test]
fn a_late_settle_waits_for_a_lease_that_is_being_taken() {
    block_on(async {
        let (slow, relay, quick) = slow_and_quick().await;
        commit(&slow, "a", 0, |it| it.send(Side::Desk)).await;
        let late = lease(&quick, 300).await;
        relay.at_next_commit(Fate::SlowCommit);
        let leasing = slow.lease(at(5000), at(9000), 5);
        let settling = async {
            relay.until_met().await;
            quick.settle(outcome(&late[0], DeliveryState::Delivered, at(5000))).await
        };
        let (taken, settled) = join(leasing, settling).await;
        assert_eq!((taken.unwrap().len(), settled.ok()), (1, Some(false)));
    });
}

/// What is repeated waits for a lease that another node is taking on what is behind it: two of a lane are never under way
/// at once (promise D).
#[test]
fn a_repeat_waits_for_a_lease_that_is_being_taken() {
    block_on(async {
        let (slow, relay, quick) = slow_and_quick().await;
        commit(&slow, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
        let first = lease(&slow, 0).await;
        assert!(slow.settle(outcome(&first[0], DeliveryState::Dead, at(1))).await.unwrap());
        relay.at_next_commit(Fate::SlowCommit);
        let leasing = slow.lease(at(2), at(1002), 5);
        let repeating = async {
            relay.until_met().await;
            quick.repeat(&first[0].delivery.id, ada(3, "")).await
        };
        let (taken, repeated) = join(leasing, repeating).await;
        let taken = taken.unwrap();
        assert_eq!((names(&taken), repeated.ok()), (vec!["a.2".into()], Some(Done::Done)));
        assert_eq!(lease(&quick, 304).await, [], "what is being tried is not overtaken");
        assert!(slow.settle(outcome(&taken[0], DeliveryState::Delivered, at(5))).await.unwrap());
        assert_eq!(names(&lease(&quick, 306).await), ["a.1"]);
    });
}

/// How often the server had to end a transaction as two waited for each other. It counts when connections have ended.
async fn circles(url: &str) -> String {
    let database = named(url);
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
         AND application_name = 'handover'";
    while shared().psql(database, open) != "0" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let circles = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    shared().psql(database, circles)
}

/// Groups of two nodes on the same conversations, old ones and new ones, wait for each other and never in a circle.
#[test]
fn groups_of_two_nodes_do_not_wait_in_a_circle() {
    block_on(async {
        let url = database();
        let nodes = join(open(&url), open(&url)).await;
        for round in 0..24 {
            let write = async |store: &Postgres, turn: usize| {
                let decided = (0..40).map(|n| {
                    let name = format!("c{}-{}", round / 2, (n * turn) % 41);
                    async move { commit(store, &name, 0, |it| it.say().send(Side::Desk)).await }
                });
                join_all(decided).await
            };
            let (one, other) = join(write(&nodes.0, 3), write(&nodes.1, 7)).await;
            assert!(one.iter().chain(&other).any(|told| *told == Committed::Done));
        }
        drop(nodes);
        assert_eq!(circles(&url).await, "0", "locks are taken in one order");
    });
}

/// Everything at once on a few conversations: nodes wait for each other, never in a circle, and each lane has one head.
#[test]
fn nodes_are_in_each_others_way_and_none_is_stuck() {
    block_on(async {
        let url = database();
        let nodes = join(open(&url), open(&url)).await;
        let works = async |store: &Postgres, seed: u64| {
            for step in 0..120_u64 {
                let name = format!("c{}", (seed * 7 + step * 5) % 9);
                let now = step as i64;
                match (seed + step) % 6 {
                    0 | 1 => {
                        let send = |it: handover_core::port::store::Change| {
                            it.say().send(Side::Desk).send(Side::Bot)
                        };
                        commit(store, &name, now, send).await;
                    }
                    2 => {
                        for leased in store.lease(at(now), at(now + 40), 5).await.unwrap() {
                            let dead = leased.lease % 3 == 0;
                            let state =
                                if dead { DeliveryState::Dead } else { DeliveryState::Delivered };
                            let settle = outcome(&leased, state, at(now));
                            commit(store, leased.delivery.id.conversation.as_str(), now, |it| {
                                it.say().settling(settle)
                            })
                            .await;
                        }
                    }
                    3 => {
                        for leased in store.lease(at(now), at(now + 40), 5).await.unwrap() {
                            let id = &leased.delivery.id;
                            store.defer(id, leased.lease, at(now)).await.unwrap();
                        }
                    }
                    4 => {
                        let all = store.repeat_all(Which::default(), ada(now, "again"));
                        all.await.unwrap();
                    }
                    _ => {
                        let n = 1 + step % 4;
                        let delivery =
                            handover_core::ids::DeliveryId { conversation: id(&name), n };
                        store.skip(&delivery, ada(now, "away")).await.unwrap();
                    }
                }
            }
        };
        let hands = (0..4).flat_map(|seed| [works(&nodes.0, seed), works(&nodes.1, seed + 10)]);
        join_all(hands).await;
        drop(nodes);
        let database = named(&url);
        let strange = "SELECT count(*) FROM (SELECT count(wake) AS heads FROM deliveries
             WHERE state = 'pending' GROUP BY conversation, side) AS lanes WHERE heads <> 1";
        assert_eq!(shared().psql(database, strange), "0", "each lane has one head");
        let leftover =
            "SELECT count(*) FROM deliveries WHERE state <> 'pending' AND wake IS NOT NULL";
        assert_eq!(shared().psql(database, leftover), "0");
        assert_eq!(circles(&url).await, "0", "locks are taken in one order");
    });
}

/// Changes that wait together do not share a fate: one that cannot be written costs nobody else anything.
#[test]
fn a_change_that_fails_costs_nobody_else_anything() {
    block_on(async {
        let store = open(&database()).await;
        commit(&store, "bad", 0, Deed::say).await;
        let base = current(&store, "bad").await;
        let tries = (0..40).map(|n| {
            let (store, base) = (&store, base.clone());
            async move {
                if n % 10 != 3 {
                    let good = change(fresh(&format!("good{n}")), at(0)).say();
                    return store.commit(good).await.map_err(|StoreError(why)| why);
                }
                let mut bad = change(base, at(1)).say().from("m");
                bad.entries.push(bad.entries[0].clone());
                store.commit(bad).await.map_err(|StoreError(why)| why)
            }
        });
        for (n, told) in join_all(tries).await.into_iter().enumerate() {
            match n % 10 {
                3 => assert!(told.unwrap_err().contains("duplicate key"), "{n}"),
                _ => assert_eq!(told, Ok(Committed::Done), "{n}"),
            }
        }
        assert_eq!(current(&store, "bad").await, base);
        assert_eq!(store.counts().await.unwrap().conversations, 37);
    });
}

/// What waits together in one group is told as if it had come one after the other.
#[test]
fn a_group_is_told_in_its_order() {
    block_on(async {
        let (store, relay, _) = slow_and_quick().await;
        commit(&store, "b", 0, |it| it.send(Side::Desk)).await;
        let leased = lease(&store, 0).await;
        let first = change(fresh("a"), at(0)).say().from("m");
        let mut after = first.clone();
        after.conversation.revision = 1;
        let after = change(after.conversation, at(1)).say().from("n");
        let settle = outcome(&leased[0], DeliveryState::Delivered, at(1));
        let held_up = change(fresh("c"), at(0)).say();
        let tries = async {
            // While the group before them is held up, all these gather.
            relay.until_met().await;
            let commits = [&first, &first, &after, &first].map(|it| store.commit(it.clone()));
            let id = &leased[0].delivery.id;
            let settles = join(store.settle(settle.clone()), store.settle(settle.clone()));
            let last = store.defer(id, leased[0].lease, at(9));
            join(join_all(commits), join(settles, last)).await
        };
        relay.at_next_commit(Fate::Slow);
        let (_, (commits, ((settled, again), deferred))) = join(store.commit(held_up), tries).await;
        let commits: Vec<_> = commits.into_iter().map(Result::unwrap).collect();
        let duplicate = Committed::Duplicate { entry: 1 };
        assert_eq!(
            commits,
            [Committed::Done, duplicate.clone(), Committed::Done, duplicate],
            "promise C"
        );
        assert_eq!(current(&store, "a").await.revision, 2);
        let held = [settled, again, deferred].map(Result::unwrap);
        assert_eq!(held, [true, false, false]);
        let other = change(fresh("d"), at(0)).say();
        let base = current(&store, "a").await;
        relay.at_next_commit(Fate::Slow);
        let rivals = async {
            relay.until_met().await;
            let rivals = ["x", "y"].map(|who| change(base.clone(), at(3)).say().from(who));
            join_all(rivals.map(|it| store.commit(it))).await
        };
        let (_, rivals) = join(store.commit(other), rivals).await;
        let rivals: Vec<_> = rivals.into_iter().map(Result::unwrap).collect();
        assert_eq!(rivals, [Committed::Done, Committed::Stale]);
    });
}
