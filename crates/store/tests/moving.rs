//! What one store holds is moved into another, and goes on there as if nothing had happened.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::outbox::{Outbox, SeenCall};
use handover_core::port::store::{Committed, DeliveryState, Record, Records, Settle, Store};
use handover_core::session::SessionState;
use handover_core::time::Timestamp;
use handover_store::conformance::facts::{
    Deed, ada, at, commit, current, id, lease, outcome, session,
};
use handover_store::conformance::fill::fill as fill_up;
use handover_store::conformance::server::{block_on, database};
use handover_store::conformance::walk::Way;
use handover_store::moving::{Opening, Place, agree, carry, compare, plan};
use handover_store::postgres::DatabasePlace;
use handover_store::sqlite::FilePlace;
use handover_store::{Postgres, Sqlite};
use serde_json::json;
use std::path::Path;

const NOTHING: &(dyn Fn(u64, u64) + Send + Sync) = &|_, _| {};

fn file(path: &Path, opening: Opening) -> FilePlace {
    FilePlace::open(path, opening).unwrap()
}

async fn base(url: &str, opening: Opening) -> DatabasePlace {
    DatabasePlace::open(url, opening).await.unwrap()
}

/// Brings over what has changed; gives how many rooms that were.
async fn bring(source: &mut dyn Place, target: &mut dyn Place) -> usize {
    let since = Timestamp::default();
    let plan = plan(source, target).await.unwrap();
    carry(source, target, &plan.changed, since, NOTHING).await.unwrap();
    let documents = source.documents(&[]).await.unwrap();
    target.put_documents(&[], &documents).await.unwrap();
    target.count_on(source.last_lease().await.unwrap()).await.unwrap();
    assert_eq!(target.documents(&[]).await.unwrap(), documents);
    let all = [plan.changed.clone(), plan.unchanged].concat();
    compare(source, target, &all, since, false, NOTHING).await.unwrap();
    agree(source, target).await.unwrap();
    assert_eq!(source.tally(since).await.unwrap(), target.tally(since).await.unwrap());
    plan.changed.len()
}

/// Random traffic on SQLite, which is looked at while it runs; then the rest is brought to PostgreSQL, the walk goes on there,
/// comes back to SQLite, and goes on: at each step every answer is the model's.
#[test]
fn a_walk_goes_on_after_each_move() {
    let mut moved = 0;
    for seed in 1..=3 {
        let folder = tempfile::tempdir().unwrap();
        let (path, url) = (folder.path().join("handover.db"), database());
        block_on(async {
            let mut way = Way::begin(seed);
            {
                let store = Sqlite::open(&path).unwrap();
                for _ in 0..4 {
                    way = way.go_on(&store, 80).await;
                    let target = &mut base(&url, Opening::Target).await;
                    bring(&mut file(&path, Opening::Beside), target).await;
                    way = way.go_on(&store, 20).await;
                }
            }
            way.give_up_all();
            bring(&mut file(&path, Opening::Source), &mut base(&url, Opening::Target).await).await;
            for back in 0..2 {
                {
                    let store = Postgres::open(&url).await.unwrap();
                    for _ in 0..2 {
                        way = way.go_on(&store, 100).await;
                        let source = &mut base(&url, Opening::Beside).await;
                        bring(source, &mut file(&path, Opening::Target)).await;
                        way = way.go_on(&store, 10).await;
                    }
                }
                way.give_up_all();
                let source = &mut base(&url, Opening::Source).await;
                bring(source, &mut file(&path, Opening::Target)).await;
                {
                    let store = Sqlite::open(&path).unwrap();
                    way = way.go_on(&store, 150).await;
                }
                way.give_up_all();
                if back == 0 {
                    let target = &mut base(&url, Opening::Target).await;
                    moved += bring(&mut file(&path, Opening::Source), target).await;
                }
            }
        });
    }
    assert!(moved > 0);
}

/// One of everything.
async fn fill(store: &Sqlite) {
    commit(store, "a", 0, |it| {
        let it = it.say().say().send(Side::Desk).send(Side::Desk).send(Side::Contact);
        let mut it = it.from("m-1").due(Some(at(900)));
        it.bot_state = Some(json!({ "step": "start", "sign": "\0" }));
        let mut with = session("a", 1, SessionState::Waiting, 3);
        with.link = Some("ticket 7".into());
        it.session(with)
    })
    .await;
    commit(store, "b\0", 0, |it| it.say().send(Side::Bot).from(&"x".repeat(3000))).await;
    let leased = lease(store, 0).await;
    let calls = vec![SeenCall {
        method: "POST".into(),
        url: "https://desk.example".into(),
        at: at(1),
        took_ms: 5,
        status: Some(500),
        answer: "no".into(),
    }];
    let tried = outcome(&leased[0], DeliveryState::Pending, at(50));
    assert!(store.settle(Settle { calls, note: "not \0 yet".into(), ..tried }).await.unwrap());
    assert!(store.settle(outcome(&leased[1], DeliveryState::Dead, at(60))).await.unwrap());
    let document = |id: &str| Record { kind: "account".into(), id: id.into(), body: json!([id]) };
    store.put(document("one")).await.unwrap();
    store.put(document("t\0o")).await.unwrap();
}

/// What changes without a commit is found all the same: a lease, a try, an operator's deed, a document.
#[test]
fn a_second_pass_brings_only_what_has_changed_and_all_of_that() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("handover.db"), database());
    block_on(async {
        let store = Sqlite::open(&path).unwrap();
        fill(&store).await;
        for n in 0..30 {
            commit(&store, &format!("quiet-{n}"), 0, Deed::say).await;
        }
        let target = &mut base(&url, Opening::Target).await;
        let source = &mut file(&path, Opening::Beside);
        assert_eq!(bring(source, target).await, 32);
        assert_eq!(bring(source, target).await, 0, "nothing has changed");
        let taken = lease(&store, 100).await;
        assert!(store.settle(outcome(&taken[0], DeliveryState::Delivered, at(99))).await.unwrap());
        let dead =
            store.dead(handover_core::port::outbox::ListPart { limit: 9, ..Default::default() });
        let dead = dead.await.unwrap().remove(0).delivery.id;
        store.repeat(&dead, ada(101, "mended")).await.unwrap();
        commit(&store, "quiet-7", 1, Deed::say).await;
        commit(&store, "new", 0, Deed::say).await;
        store.delete("account", "one").await.unwrap();
        assert_eq!(bring(source, target).await, 3);
        let due = store.next_due().await.unwrap().unwrap();
        let taken = store.lease(due, due.plus_ms(9), 1).await.unwrap().remove(0);
        assert_eq!(bring(source, target).await, 1, "a lease");
        store.defer(&taken.delivery.id, taken.lease, due).await.unwrap();
        assert_eq!(bring(source, target).await, 1, "one that was given back");
        let record = store.deliveries(&taken.delivery.id.conversation).await.unwrap();
        assert!(record.iter().any(|it| it.state == DeliveryState::Pending));
        store.skip(&taken.delivery.id, ada(due.as_ms(), "told by mail")).await.unwrap();
        assert_eq!(bring(source, target).await, 1, "what an operator did");
        assert_eq!(bring(source, target).await, 0);
    });
}

#[test]
fn a_file_goes_into_a_file_and_a_database_into_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["one.db", "two.db"].map(|name| folder.path().join(name));
    let urls = [database(), database()];
    block_on(async {
        let first = &mut file(&paths[0], Opening::Target);
        fill_up(first, 450, 3, at(0)).await;
        let one = &mut base(&urls[0], Opening::Target).await;
        let two = &mut base(&urls[1], Opening::Target).await;
        assert_eq!(bring(first, one).await, 450);
        assert_eq!(bring(one, two).await, 450);
        assert_eq!(bring(two, &mut file(&paths[1], Opening::Target)).await, 450);
        assert_eq!(bring(first, &mut file(&paths[1], Opening::Target)).await, 0);
    });
}

/// Promise C: the seven days go on, also for ids that PostgreSQL knows by their hash only.
#[test]
fn what_came_in_before_is_a_duplicate_after_each_move() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("handover.db"), database());
    block_on(async {
        let store = Sqlite::open(&path).unwrap();
        fill(&store).await;
        drop(store);
        let long = "x".repeat(3000);
        bring(&mut file(&path, Opening::Source), &mut base(&url, Opening::Target).await).await;
        let store = Postgres::open(&url).await.unwrap();
        for (room, source) in [("a", "m-1"), ("b\0", &long)] {
            let again = commit(&store, room, 0, |it| it.say().from(source)).await;
            assert_eq!(again, Committed::Duplicate { entry: 1 });
        }
        let linked = store.linked(&AccountId::new("desk"), "ticket 7").await.unwrap();
        assert_eq!(linked.unwrap().ordinal, 1);
        let longer = "y".repeat(3000);
        commit(&store, "b\0", 1, |it| it.say().from(&longer)).await;
        // A number that was given is never given again.
        assert_eq!(lease(&store, 500).await.iter().map(|it| it.lease).min(), Some(4));
        drop(store);
        bring(&mut base(&url, Opening::Source).await, &mut file(&path, Opening::Target)).await;
        let store = Sqlite::open(&path).unwrap();
        for (room, source, entry) in [("a", "m-1", 1), ("b\0", &long, 1), ("b\0", &longer, 2)] {
            let again = commit(&store, room, 0, |it| it.say().from(source)).await;
            assert_eq!(again, Committed::Duplicate { entry });
        }
        assert!(store.linked(&AccountId::new("desk"), "ticket 7").await.unwrap().is_some());
        assert_eq!(current(&store, "b\0").await.id, id("b\0"));
    });
}

#[test]
fn a_target_that_has_gone_on_by_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("handover.db"), database());
    block_on(async {
        let store = Sqlite::open(&path).unwrap();
        fill(&store).await;
        drop(store);
        bring(&mut file(&path, Opening::Source), &mut base(&url, Opening::Target).await).await;
        let store = Postgres::open(&url).await.unwrap();
        commit(&store, "a", 1, Deed::say).await;
        drop(store);
        let target = &mut base(&url, Opening::Target).await;
        let said = plan(&mut file(&path, Opening::Source), target).await.unwrap_err().to_string();
        assert!(said.contains("gone on by itself"), "{said}");
    });
}

#[test]
fn what_differs_is_found_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("handover.db"), database());
    block_on(async {
        let store = Sqlite::open(&path).unwrap();
        fill(&store).await;
        drop(store);
        let target = &mut base(&url, Opening::Target).await;
        let source = &mut file(&path, Opening::Source);
        bring(source, target).await;
        // One change in each of the seven tables.
        let name = url.rsplit('/').next().unwrap();
        for change in [
            "UPDATE conversations SET due = 5",
            "UPDATE entries SET body = body || ' '",
            "UPDATE deliveries SET forgiven = 1",
            "UPDATE attempts SET calls = NULL",
            "DELETE FROM sessions",
            "DELETE FROM bot_states",
            "UPDATE inbox SET entry = entry + 1",
        ] {
            handover_store::conformance::server::shared().psql(name, change);
            let all =
                compare(source, target, &[(1, 1), (2, 1)], Timestamp::default(), false, NOTHING);
            assert!(all.await.is_err(), "{change}");
            let rooms = source.rooms(&[1, 2], Timestamp::default()).await.unwrap();
            target.put_rooms(&rooms.into()).await.unwrap();
        }
    });
}

#[test]
fn a_database_that_is_closed_takes_nothing_from_a_node_that_comes_back() {
    let url = database();
    block_on(async {
        let store = Postgres::open(&url).await.unwrap();
        commit(&store, "a", 0, |it| it.say().send(Side::Desk)).await;
        let mut place = base(&url, Opening::Source).await;
        assert!(place.others().await.unwrap().is_some(), "the store's connections");
        place.close(true).await.unwrap();
        let change = handover_store::conformance::facts::change(current(&store, "a").await, at(5));
        let said = store.commit(change.clone()).await.unwrap_err().to_string();
        assert!(said.contains("moved elsewhere"), "{said}");
        assert!(store.lease(at(9), at(99), 9).await.is_err());
        place.close(false).await.unwrap();
        assert_eq!(store.commit(change).await.unwrap(), Committed::Done);
        drop(store);
        assert_eq!(place.others().await.unwrap(), None);
    });
}
