//! Several nodes that watch the same desks.

use super::{EXCHANGE_EVERY, Health, KIND, Missed};
use crate::bus::NodeId;
use crate::clock::SystemClock;
use crate::nodes::Nodes;
use crate::settings::Settings;
use crate::vault::Vault;
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::clock::Clock;
use handover_core::port::store::{Record, Records};
use handover_core::port::watch::Watch;
use handover_core::time::Timestamp;
use handover_store::Model;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{advance, sleep};

const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

/// A node, and what it knows of desks.
struct Node {
    nodes: Arc<Nodes>,
    health: Arc<Health>,
}

async fn node(records: &Arc<Model>) -> Node {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::open(&folder.path().join("key")).unwrap());
    let settings =
        Settings::load(records.clone(), vault, Arc::default(), "http://h".into()).await.unwrap();
    let nodes = Arc::new(Nodes::new(
        NodeId::make(),
        "n".into(),
        records.clone(),
        None,
        Arc::new(SystemClock),
    ));
    nodes.beat().await.unwrap();
    let clock = Arc::new(SystemClock);
    let health =
        Health::load(records.clone(), Arc::new(settings), clock, nodes.clone()).await.unwrap();
    Node { nodes, health: Arc::new(health) }
}

/// Two that know of each other.
async fn two(records: &Arc<Model>) -> (Node, Node) {
    let (a, b) = (node(records).await, node(records).await);
    a.nodes.beat().await.unwrap();
    (a, b)
}

/// Each writes and then reads, at last.
async fn exchange(nodes: &[&Node]) {
    for node in nodes.iter().chain(nodes) {
        node.health.exchange().await;
    }
}

fn desk() -> AccountId {
    AccountId::new("d")
}

fn astray(how: How) -> Astray {
    Astray { delivery: 1, entry: 2, how }
}

#[tokio::test(start_paused = true)]
async fn each_node_shows_within_seconds_what_all_have_seen() {
    let records = Arc::default();
    let (a, b) = two(&records).await;
    let tasks = [a.health.clone().run(), b.health.clone().run()].map(tokio::spawn);
    a.health.hooked(&desk(), AT.plus_ms(7));
    b.health.hooked(&desk(), AT.plus_ms(5));
    b.health.went_well(&desk(), AT.plus_ms(1));
    a.health.went_well(&desk(), AT.plus_ms(3));
    a.health.failed(&desk(), AT.plus_ms(2), "no answer");
    b.health.failed(&desk(), AT.plus_ms(4), "refused");
    a.health.connected(&desk(), vec!["Found Acme.".into()]);
    sleep(EXCHANGE_EVERY * 2 + Duration::from_millis(1)).await;
    let kept = a.health.of(&desk());
    assert_eq!(kept, b.health.of(&desk()));
    assert_eq!(kept.first_hook_at, Some(AT.plus_ms(5)));
    assert_eq!(kept.last_hook_at, Some(AT.plus_ms(7)));
    assert_eq!(kept.last_error.unwrap().why, "refused");
    assert_eq!(kept.connected.unwrap().said, ["Found Acme."]);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn what_is_astray_counts_once_whatever_becomes_of_the_nodes() {
    let records: Arc<Model> = Arc::default();
    let (a, b) = two(&records).await;
    a.health.astray(&desk(), AT, &[astray(How::Missing), astray(How::Doubled)]);
    b.health.astray(&desk(), AT.plus_ms(1), &[astray(How::Missing)]);
    exchange(&[&a, &b]).await;
    a.health.astray(&desk(), AT.plus_ms(2), &[astray(How::Missing)]);
    exchange(&[&a, &b]).await;
    let sums = |node: &Node| {
        let drift = node.health.of(&desk()).drift.unwrap();
        (drift.missing, drift.doubled)
    };
    assert_eq!((sums(&a), sums(&b)), ((3, 1), (3, 1)));
    // One is killed; another takes over what it left, as often as it likes.
    b.nodes.beat().await.unwrap();
    let left = records.list(KIND).await.unwrap();
    for _ in 0..20 {
        advance(Duration::from_secs(3)).await;
        b.nodes.beat().await.unwrap();
    }
    let c = node(&records).await;
    b.nodes.beat().await.unwrap();
    exchange(&[&b, &c]).await;
    assert_eq!((sums(&b), sums(&c)), ((3, 1), (3, 1)));
    let own = |record: &Record| record.id.ends_with(a.nodes.own().as_str());
    assert!(!records.list(KIND).await.unwrap().iter().any(own), "its document is folded in");
    // A document that comes back, and a node that was only asleep, change nothing.
    records.put(left.into_iter().find(own).unwrap()).await.unwrap();
    exchange(&[&b, &c]).await;
    a.nodes.beat().await.unwrap();
    exchange(&[&a, &b, &c]).await;
    assert_eq!((sums(&a), sums(&b), sums(&c)), ((3, 1), (3, 1), (3, 1)));
    a.health.astray(&desk(), AT.plus_ms(3), &[astray(How::Doubled)]);
    exchange(&[&a, &b, &c]).await;
    assert_eq!((sums(&a), sums(&b), sums(&c)), ((3, 2), (3, 2), (3, 2)));
}

#[tokio::test(start_paused = true)]
async fn a_hook_at_any_node_says_that_hooks_arrive() {
    let records = Arc::default();
    let (a, b) = two(&records).await;
    a.health.missed(&desk(), AT.plus_ms(10), 1);
    b.health.missed(&desk(), AT.plus_ms(5), 2);
    exchange(&[&a, &b]).await;
    for node in [&a, &b] {
        let kept = node.health.of(&desk());
        assert_eq!(kept.missed, Some(Missed { since: AT.plus_ms(5), events: 3 }));
        assert!(kept.hooks_lost(AT.plus_ms(120_004)).is_none());
        assert!(kept.hooks_lost(AT.plus_ms(120_005)).unwrap().contains("3 messages"));
    }
    b.health.hooked(&desk(), AT.plus_ms(200_000));
    exchange(&[&a, &b]).await;
    assert_eq!(a.health.of(&desk()).missed, None);
    a.health.missed(&desk(), AT.plus_ms(300_000), 4);
    exchange(&[&a, &b]).await;
    let missed = Some(Missed { since: AT.plus_ms(300_000), events: 4 });
    assert_eq!(
        b.health.of(&desk()).missed,
        missed,
        "counted since the last hook, wherever it came"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_address_has_to_prove_itself_at_all_nodes() {
    let records = Arc::default();
    let (a, b) = two(&records).await;
    let now = SystemClock.now();
    b.health.hooked(&desk(), now.plus_ms(-1000));
    b.health.missed(&desk(), now.plus_ms(-500), 1);
    exchange(&[&a, &b]).await;
    assert!(a.health.of(&desk()).first_hook_at.is_some());
    a.health.new_hook(&desk());
    exchange(&[&a, &b]).await;
    for node in [&a, &b] {
        let kept = node.health.of(&desk());
        assert_eq!((kept.first_hook_at, kept.missed), (None, None));
        assert!(kept.last_hook_at.is_some());
    }
    b.health.hooked(&desk(), now.plus_ms(9000));
    exchange(&[&a, &b]).await;
    assert_eq!(a.health.of(&desk()).first_hook_at, Some(now.plus_ms(9000)));
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_is_forgotten_at_one_node_is_forgotten_at_all() {
    let records: Arc<Model> = Arc::default();
    let (a, b) = two(&records).await;
    b.health.failed(&desk(), AT, "no");
    b.health.astray(&desk(), AT, &[astray(How::Missing)]);
    exchange(&[&a, &b]).await;
    a.health.forget(&desk()).await.unwrap();
    // What a node that has not heard of it still writes does not bring the old desk back.
    b.health.failed(&desk(), AT.plus_ms(1), "no");
    exchange(&[&b, &a]).await;
    for node in [&a, &b, &node(&records).await] {
        assert_eq!(node.health.of(&desk()), super::Kept::default());
    }
    b.health.hooked(&desk(), AT.plus_ms(2));
    exchange(&[&a, &b]).await;
    assert_eq!(a.health.of(&desk()).first_hook_at, Some(AT.plus_ms(2)), "one of the same name");
}

#[tokio::test(start_paused = true)]
async fn a_document_of_the_time_before_is_read_and_folded_in() {
    let records: Arc<Model> = Arc::default();
    let body = json!({
        "first_hook_at": AT, "last_hook_at": AT, "last_success_at": AT.plus_ms(1),
        "missed": { "since": AT.plus_ms(9), "events": 2 },
        "drift": { "at": AT.plus_ms(3), "missing": 4, "doubled": 5 },
        "last_error": null, "connected": null,
    });
    records.put(Record { kind: KIND.into(), id: "d".into(), body }).await.unwrap();
    let a = node(&records).await;
    let check = |kept: super::Kept| {
        assert_eq!(kept.first_hook_at, Some(AT));
        assert_eq!(kept.missed, Some(Missed { since: AT.plus_ms(9), events: 2 }));
        let drift = kept.drift.unwrap();
        assert_eq!((drift.at, drift.missing, drift.doubled), (AT.plus_ms(3), 4, 5));
    };
    check(a.health.of(&desk()));
    exchange(&[&a]).await;
    assert!(records.get(KIND, "d").await.unwrap().is_none());
    check(a.health.of(&desk()));
    check(node(&records).await.health.of(&desk()));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_another_node_took_away_too_early_is_written_again() {
    let records: Arc<Model> = Arc::default();
    let a = node(&records).await;
    a.health.hooked(&desk(), AT);
    exchange(&[&a]).await;
    let id = records.list(KIND).await.unwrap()[0].id.clone();
    records.delete(KIND, &id).await.unwrap();
    exchange(&[&a]).await;
    assert_eq!(records.list(KIND).await.unwrap()[0].id, id);
}
