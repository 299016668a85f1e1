//! What only a database can do that many nodes share: they race, and each promise holds all the same.
#![allow(clippy::unwrap_used, reason = "a test that cannot open its store has failed")]

use futures_util::future::{join, join_all};
use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::events::Events;
use handover_core::port::outbox::{Deed as Done, Outbox};
use handover_core::port::store::{
    Committed, DeliveryState, Leased, Page, Record, Records, Store, StoreError,
};
use handover_core::session::SessionState;
use handover_store::Postgres;
use handover_store::conformance::facts::{
    Deed, ada, at, change, commit, current, id, lease, names, outcome, session,
};
use handover_store::conformance::server::{Server, block_on, database, shared};
use serde_json::json;
use std::collections::BTreeSet;

const ALL: Page = Page { after: 0, limit: 10_000, newest: false };

async fn open(url: &str) -> Postgres {
    Postgres::open(url).await.unwrap()
}

async fn two() -> (Postgres, Postgres) {
    let url = database();
    join(open(&url), open(&url)).await
}

/// Whichever node commits, what waits of a conversation is in its order (promise D).
#[test]
fn events_of_all_nodes_wait_in_order() {
    block_on(async {
        let (one, other) = two().await;
        one.keep_events();
        other.keep_events();
        let names = ["a", "b", "c"];
        let speak = |node, name| async move {
            for now in 0..20 {
                let said = change(current(node, name).await, at(now)).say().say();
                // Who comes too late has said nothing.
                let _: Committed = node.commit(said).await.unwrap();
            }
        };
        let all = names.iter().flat_map(|name| [speak(&one, name), speak(&other, name)]);
        join_all(all).await;
        let events = one.events(10_000).await.unwrap();
        for name in names {
            let of = events.iter().filter(|it| it.at.id == id(name)).map(|it| it.entry.n);
            let entries = current(&one, name).await.entries;
            assert_eq!(of.collect::<Vec<_>>(), (1..=entries).collect::<Vec<_>>());
        }
    });
}

/// A delivery is left for a moment to the node that wrote it, and is anybody's then.
#[test]
fn what_a_node_writes_it_delivers_unless_it_does_not() {
    block_on(async {
        let (one, other) = two().await;
        for name in ["a", "b"] {
            commit(&one, name, 0, |change| change.say().send(Side::Desk)).await;
        }
        let by =
            async |node: &Postgres, ms| node.lease(at(ms), at(ms + 60_000), 1).await.unwrap().len();
        assert_eq!((by(&other, 299).await, by(&one, 0).await), (0, 1));
        assert_eq!((by(&one, 299).await, by(&other, 300).await), (1, 0), "both are taken");
        commit(&one, "c", 0, |change| change.say().send(Side::Desk)).await;
        assert_eq!(by(&other, 300).await, 1, "the one that wrote it has not come");
    });
}

/// Nodes that start together on an empty database agree on who makes the tables.
#[test]
fn nodes_open_a_new_database_together() {
    block_on(async {
        let url = database();
        let nodes = join_all((0..6).map(|_| open(&url))).await;
        let numbers: BTreeSet<i64> = nodes.iter().map(Postgres::holder).collect();
        assert_eq!(numbers.len(), 6, "each has a number of its own");
        commit(&nodes[0], "a", 0, Deed::say).await;
        assert_eq!(current(&nodes[5], "a").await.revision, 1);
    });
}

/// Nothing that was answered is lost with the node (promise B), and its leases stay until they run out.
#[test]
fn another_node_goes_on_where_one_stopped() {
    block_on(async {
        let url = database();
        let first = open(&url).await;
        commit(&first, "a", 0, |it| {
            let mut it = it.say().send(Side::Desk).send(Side::Desk).from("m").due(Some(at(9)));
            it.bot_state = Some(json!({ "step": "start" }));
            it.session(session("a", 1, SessionState::Waiting, 0))
        })
        .await;
        first.put(Record { kind: "bot".into(), id: "b".into(), body: json!(1) }).await.unwrap();
        let lost = lease(&first, 0).await;
        let before = current(&first, "a").await;
        drop(first);
        let second = open(&url).await;
        assert_eq!(current(&second, "a").await, before);
        assert_eq!(second.bot_state(&id("a")).await.unwrap(), Some(json!({ "step": "start" })));
        assert!(second.get("bot", "b").await.unwrap().is_some());
        assert_eq!(lease(&second, 999).await, [], "others may still be at it");
        let anew = lease(&second, 1000).await;
        assert_eq!((names(&anew), anew[0].interrupted), (vec!["a.1".into()], true));
        assert!(anew[0].lease > lost[0].lease);
        let again = commit(&second, "a", 1, |it| it.say().from("m")).await;
        assert_eq!(again, Committed::Duplicate { entry: 1 });
    });
}

/// The leases of one holder are freed and nobody else's; what it was at is to be looked up.
#[test]
fn a_holders_leases_are_freed() {
    block_on(async {
        let (one, other) = two().await;
        for name in ["a", "b"] {
            commit(&one, name, 0, |it| it.send(Side::Desk)).await;
        }
        let mine = one.lease(at(0), at(9000), 1).await.unwrap();
        let theirs = other.lease(at(300), at(9000), 9).await.unwrap();
        assert_eq!((names(&mine), names(&theirs)), (vec!["a.1".into()], vec!["b.1".into()]));
        assert_eq!(other.free(&[one.holder(), 999], at(1)).await.unwrap(), 1);
        assert_eq!(one.free(&[one.holder()], at(1)).await.unwrap(), 0, "twice is once");
        let taken = lease(&other, 1).await;
        assert_eq!((names(&taken), taken[0].interrupted), (vec!["a.1".into()], true));
        assert_eq!(
            other.free(&[one.holder()], at(1)).await.unwrap(),
            0,
            "it has passed into other hands"
        );
        assert!(!one.settle(outcome(&mine[0], DeliveryState::Delivered, at(2))).await.unwrap());
        assert!(other.settle(outcome(&theirs[0], DeliveryState::Delivered, at(2))).await.unwrap());
    });
}

/// What a holder has done all the same counts as long as nobody has taken its lease (promise C).
#[test]
fn who_settles_late_is_heard_until_another_takes_the_lease() {
    block_on(async {
        let (one, other) = two().await;
        commit(&one, "a", 0, |it| it.send(Side::Desk)).await;
        let mine = one.lease(at(0), at(9000), 1).await.unwrap();
        assert_eq!(other.free(&[one.holder()], at(1)).await.unwrap(), 1);
        assert!(one.settle(outcome(&mine[0], DeliveryState::Delivered, at(2))).await.unwrap());
        assert_eq!(lease(&other, 9999).await, []);
    });
}

/// A node that was taken for dead and lives goes on in the name of a new number: nobody frees what it takes then.
#[test]
fn a_new_number_keeps_what_is_taken_in_its_name() {
    block_on(async {
        let (one, other) = two().await;
        for name in ["a", "b"] {
            commit(&one, name, 0, |it| it.send(Side::Desk)).await;
        }
        let earlier = one.holder();
        one.lease(at(0), at(9000), 1).await.unwrap();
        let later = one.rename().await.unwrap();
        assert!(later == one.holder() && later > other.holder() && later > earlier);
        one.lease(at(300), at(9000), 1).await.unwrap();
        assert_eq!(other.free(&[earlier], at(1)).await.unwrap(), 1);
        assert_eq!(names(&lease(&other, 1).await), ["a.1"]);
    });
}

/// What hangs in a dead node's last transaction is passed by and holds nothing up; it is freed once that is over.
#[test]
fn what_is_being_settled_is_passed_by() {
    block_on(async {
        let url = database();
        let (one, other) = join(open(&url), open(&url)).await;
        for name in ["a", "b"] {
            commit(&one, name, 0, |it| it.send(Side::Desk)).await;
        }
        one.lease(at(0), at(9000), 9).await.unwrap();
        let (hand, wire) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        let wire = tokio::spawn(wire);
        let hold = "BEGIN; SELECT 1 FROM deliveries WHERE conversation = 1 FOR UPDATE";
        hand.batch_execute(hold).await.unwrap();
        assert_eq!(other.free(&[one.holder()], at(1)).await.unwrap(), 1);
        hand.batch_execute("ROLLBACK").await.unwrap();
        drop((hand, wire));
        assert_eq!(other.free(&[one.holder()], at(1)).await.unwrap(), 1);
        assert_eq!(lease(&other, 1).await.len(), 2);
    });
}

/// No two nodes try the same at once (promises C and D).
#[test]
fn a_head_is_leased_by_one_node() {
    block_on(async {
        let (one, other) = two().await;
        let lanes: Vec<String> = (0..150).map(|n| format!("l{n}")).collect();
        let send = |it: handover_core::port::store::Change| it.send(Side::Desk).send(Side::Desk);
        join_all(lanes.iter().map(|name| commit(&one, name, 0, send))).await;
        let takes = async |store: &Postgres| -> Vec<Leased> {
            let mut all = Vec::new();
            // One that finds all rows in another's hands comes back with nothing although there is more.
            for _ in 0..60 {
                all.extend(store.lease(at(300), at(9000), 7).await.unwrap());
            }
            all
        };
        let (mine, theirs) = join(takes(&one), takes(&other)).await;
        let all: Vec<&Leased> = mine.iter().chain(&theirs).collect();
        let deliveries: BTreeSet<String> =
            all.iter().map(|it| it.delivery.id.to_string()).collect();
        let numbers: BTreeSet<u64> = all.iter().map(|it| it.lease).collect();
        assert_eq!((all.len(), deliveries.len(), numbers.len()), (150, 150, 150));
        assert!(all.iter().all(|it| it.delivery.id.n == 1), "heads only");
    });
}

/// A fact that comes in at two nodes at the same moment is one fact, and both are told which (promise C).
#[test]
fn a_fact_that_reaches_two_nodes_is_written_once() {
    block_on(async {
        let (one, other) = two().await;
        for round in 0..60 {
            let name = format!("c{}", round % 20);
            let base = current(&one, &name).await;
            let fact = change(base.clone(), at(round)).say().from(&format!("m{round}"));
            let (a, b) = join(one.commit(fact.clone()), other.commit(fact)).await;
            let mut told = [a.unwrap(), b.unwrap()];
            told.sort_by_key(|it| *it != Committed::Done);
            let entry = base.entries + 1;
            assert_eq!(told, [Committed::Done, Committed::Duplicate { entry }], "round {round}");
            assert_eq!(current(&other, &name).await.entries, entry);
        }
    });
}

/// Of two different decisions on one revision at two nodes one is refused.
#[test]
fn one_node_wins_a_revision() {
    block_on(async {
        let (one, other) = two().await;
        let writes = async |store: &Postgres, who: &str| {
            for n in 0..40 {
                while commit(store, "a", n, |it| it.say().from(&format!("{who}{n}"))).await
                    != Committed::Done
                {}
            }
        };
        join(writes(&one, "one"), writes(&other, "other")).await;
        let now = current(&one, "a").await;
        assert_eq!((now.revision, now.entries), (80, 80));
        let numbers = one.transcript(&id("a"), ALL).await.unwrap().into_iter().map(|it| it.n);
        assert!(numbers.eq(1..=80));
    });
}

/// A lane that one node fills while another empties it never stands still, and keeps its order (promises B and D).
#[test]
fn a_lane_filled_and_emptied_by_two_nodes_keeps_going() {
    block_on(async {
        let (fills, empties) = two().await;
        let filling = async {
            for n in 0..200 {
                let name = ["a", "b", "c"][n % 3];
                commit(&fills, name, 0, |it| it.send(Side::Desk).send(Side::Contact)).await;
            }
        };
        let mut arrived: Vec<(String, Side, u64)> = Vec::new();
        let emptying = async {
            for now in (300..).step_by(300) {
                if arrived.len() == 400 {
                    break;
                }
                for leased in lease(&empties, now).await {
                    let it = &leased.delivery;
                    arrived.push((it.id.conversation.to_string(), it.side, it.id.n));
                    let outcome = outcome(&leased, DeliveryState::Delivered, at(now));
                    assert!(empties.settle(outcome).await.unwrap());
                }
            }
        };
        join(filling, emptying).await;
        for name in ["a", "b", "c"] {
            for side in [Side::Desk, Side::Contact] {
                let lane = arrived.iter().filter(|(of, at, _)| of == name && *at == side);
                let numbers: Vec<u64> = lane.map(|(_, _, n)| *n).collect();
                assert!(numbers.is_sorted() && !numbers.is_empty(), "promise D: {numbers:?}");
            }
        }
    });
}

/// What a sender may put into an id: the sign 0, and more than an index holds.
#[test]
fn any_id_is_kept() {
    block_on(async {
        let store = open(&database()).await;
        let long = "x".repeat(20_000);
        for source in ["a\0b", long.as_str(), "\u{10FFFF}"] {
            assert_eq!(
                commit(&store, "c\0d", 0, |it| it.say().from(source)).await,
                Committed::Done
            );
            let again = commit(&store, "c\0d", 0, |it| it.say().from(source)).await;
            assert!(matches!(again, Committed::Duplicate { .. }), "{source:.20}");
        }
        let mut linked = session("c\0d", 1, SessionState::Waiting, 0);
        linked.link = Some(format!("\0{long}"));
        commit(&store, "c\0d", 1, |it| it.send(Side::Desk).session(linked.clone())).await;
        let found = store.linked(&AccountId::new("desk"), &format!("\0{long}")).await.unwrap();
        assert_eq!(found.unwrap().id, linked.id);
        let leased = lease(&store, 1).await;
        let mut settle = outcome(&leased[0], DeliveryState::Dead, at(2));
        settle.note = "it said \0".into();
        assert!(store.settle(settle).await.unwrap());
        let dead = store.deliveries(&id("c\0d")).await.unwrap();
        assert_eq!(dead[0].note, "it said \0");
        let repeated = store.repeat(&dead[0].delivery.id, ada(3, "\0")).await.unwrap();
        assert_eq!(repeated, Done::Done);
        assert_eq!(store.stirred(5).await.unwrap(), [id("c\0d")]);
    });
}

/// The database's clock is there to be compared with.
#[test]
fn the_database_tells_its_time() {
    block_on(async {
        let store = open(&database()).await;
        let (before, after) = (store.clock().await.unwrap(), store.clock().await.unwrap());
        assert!(before <= after && before > at(-10 * 365 * 24 * 3_600_000));
    });
}

/// What is wrong with a database is told at once, and without the password.
#[test]
fn a_database_that_will_not_do_is_told_by_name() {
    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0";
    shared().psql("postgres", latin);
    shared().psql("postgres", "CREATE DATABASE songs TEMPLATE template0");
    shared().psql("songs", "CREATE TABLE songs (title TEXT)");
    let said = |database: &str| {
        let url = shared().address(database).replace("handover@", "handover:hush@");
        let StoreError(said) = block_on(Postgres::open(&url)).unwrap_err();
        assert!(said.contains(database) && !said.contains("hush"), "{said}");
        said
    };
    assert!(said("nowhere").contains("does not exist"));
    assert!(said("latin").contains("UTF8"));
    assert!(said("songs").contains("not a database of Handover"));
}

/// Whoever only looks leaves everything as it is.
#[test]
fn looking_at_a_database_changes_nothing() {
    block_on(async {
        let url = database();
        let name = url.rsplit('/').next().unwrap();
        let looked = Postgres::look(&url).await.unwrap();
        assert_eq!((looked.lacks, looked.version.is_empty()), (None, false));
        assert!(looked.store.clock().await.is_ok());
        let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        assert_eq!(shared().psql(name, tables).trim(), "0");
        let store = open(&url).await;
        store.put(Record { kind: "bot".into(), id: "b".into(), body: json!(1) }).await.unwrap();
        let used = "SELECT last_value FROM nodes";
        let before = shared().psql(name, used);
        let looked = Postgres::look(&url).await.unwrap();
        assert_eq!(looked.lacks, Some(0));
        assert!(looked.store.get("bot", "b").await.unwrap().is_some());
        assert_eq!(shared().psql(name, used), before, "it is no node");
        shared().psql(name, "DELETE FROM migrations WHERE name > '0001_begin'");
        assert!(Postgres::look(&url).await.unwrap().lacks > Some(0));
        shared().psql(name, "INSERT INTO migrations VALUES ('9999_later', '', '9999_later')");
        let StoreError(said) = Postgres::look(&url).await.unwrap_err();
        assert!(said.contains("newer version"), "{said}");
    });
}

/// The folder of a server is gone with it.
#[test]
fn a_server_leaves_nothing_behind() {
    let server = Server::start();
    let url = server.database();
    let folder = url.split(['@', '/']).find(|part| part.contains("%2F")).unwrap();
    let folder = std::path::PathBuf::from(folder.replace("%2F", "/"));
    assert!(folder.is_dir());
    drop(server);
    assert!(!folder.exists(), "{} is still there", folder.display());
}
