//! The loop with two nodes behind an address that leads to either.

use super::desk::Vendor;
use super::{TOKEN, World, end_of, states};
use crate::config::Given;
use crate::doctor::{Report, State, begin, last};
use handover_core::ids::AccountId;
use handover_core::port::store::Record;
use handover_store::conformance::server::database;
use serde_json::json;
use std::time::Duration;

fn desk() -> AccountId {
    AccountId::new("d")
}

/// Two nodes on one database.
async fn two() -> (World, World, tempfile::TempDir) {
    let keys = tempfile::tempdir().unwrap();
    let database = tokio::task::spawn_blocking(database).await.unwrap();
    let key_file = Some(keys.path().join("key"));
    let given = Given { database: Some(database), key_file, ..Given::default() };
    let first = World::given(given.clone()).await;
    // The proxy leads all hooks to the first one.
    let second = World::given(Given { public_url: Some(first.url.clone()), ..given }).await;
    (first, second, keys)
}

async fn until_over(world: &World) -> Report {
    for _ in 0..300 {
        match last(&world.app, &desk()).await {
            Some(report) if !report.running => return report,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    panic!("promise E: each test has an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_may_come_in_at_another_node_and_any_node_shows_the_test() {
    let (here, there, _keys) = two().await;
    let vendor = Vendor::start().await;
    here.desk("looped", json!({ "base_url": vendor.url, "token": TOKEN })).await;
    there.app.settings.look_again().await.unwrap();
    let running = begin(&there.app, &desk()).await.unwrap();
    // Whoever asks the other node meanwhile is shown that test, and no second one begins.
    let same = begin(&here.app, &desk()).await.unwrap();
    let (report, followed) = tokio::join!(end_of(running), end_of(same));
    assert_eq!(states(&report), "pppppppp", "{report:#?}");
    assert_eq!(json!(report), json!(followed));
    assert_eq!(json!(report), json!(until_over(&here).await), "the page at the other node");
    let opened = vendor.with(|told| told.came.iter().filter(|(part, _)| part == "open").count());
    assert_eq!(opened, 1, "one test went round");
    let again = end_of(begin(&here.app, &desk()).await.unwrap()).await;
    assert!(again.passed && again.started_at > report.started_at, "{again:?}");
}

#[tokio::test]
async fn a_test_whose_node_is_gone_is_told_as_broken_off_and_another_may_begin() {
    let world = World::with(&Vendor::start().await).await;
    let gone = "0".repeat(32);
    let mut report = Report::new(desk(), "Desk".into(), world.app.clock.now().plus_ms(-6000));
    report.hops[0].state = State::Passed;
    report.hops[1].state = State::Running;
    for (kind, body) in [
        ("loop_test", json!({ "node": gone, "report": report })),
        ("loop_test_under_way", json!({ "node": gone, "at": report.started_at })),
    ] {
        let record = Record { kind: kind.into(), id: "d".into(), body };
        world.app.records.put(record).await.unwrap();
    }
    let told = last(&world.app, &desk()).await.unwrap();
    assert!(!told.running && !told.passed);
    assert_eq!((told.hops[0].state, told.hops[1].state), (State::Passed, State::Skipped));
    assert!(told.hops[1].detail.contains("Test again"), "{}", told.hops[1].detail);
    assert!(world.test("d").await.passed);
}
