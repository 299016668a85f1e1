//! The publisher, against a real JetStream.

#[path = "../../tests/support/jetstream.rs"]
#[allow(dead_code, reason = "each proof uses its own part")]
mod jetstream;

use super::{Log, Publisher, Wanted};
use crate::bus::{LocalBus, NodeId};
use crate::clock::SystemClock;
use crate::nodes::Nodes;
use crate::settings::Settings;
use crate::vault::Vault;
use async_nats::jetstream::stream::Config as StreamConfig;
use handover_adapters::channel::probe::Probe;
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::entry::{Actor, Body};
use handover_core::ids::AccountId;
use handover_core::port::events::Events;
use handover_core::port::store::{Committed, Store};
use handover_core::session::EndCause;
use handover_store::Model;
use handover_store::conformance::facts::{Deed, at, change, commit, current, entry};
use jetstream::{Cluster, NatsServer, all, numbers};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU8;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A port that nobody listens on.
fn address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn kept_in(folder: &tempfile::TempDir) -> Option<&Path> {
    Some(folder.path())
}

fn wanted(url: &str) -> Wanted {
    Wanted::read(Some(url.into()), None, None).unwrap().unwrap()
}

async fn publisher(store: &Arc<Model>, wanted: Wanted) -> Publisher {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::open(&folder.path().join("key")).unwrap());
    let settings =
        Settings::load(store.clone(), vault, Arc::default(), "https://h".into()).await.unwrap();
    Publisher {
        events: store.clone(),
        log: Log::connect(wanted).await.unwrap(),
        nodes: Arc::new(Nodes::new(
            NodeId::make(),
            "n".into(),
            store.clone(),
            None,
            Arc::new(SystemClock),
        )),
        bus: Arc::new(LocalBus::default()),
        settings: Arc::new(settings),
        clock: Arc::new(SystemClock),
        database: "db".into(),
    }
}

async fn publish(store: &Arc<Model>, url: &str) -> JoinHandle<()> {
    tokio::spawn(publisher(store, wanted(url)).await.run())
}

fn store() -> Arc<Model> {
    let store: Arc<Model> = Arc::default();
    store.keep_events();
    store
}

async fn until_told(store: &Model) {
    let began = Instant::now();
    while store.events_waiting().await.unwrap() > 0 {
        assert!(began.elapsed() < Duration::from_secs(90), "events wait");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Promises B, C and D, for the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_entry_arrives_once_and_in_order_whatever_is_killed_meanwhile() {
    let (store, folder, address) = (store(), tempfile::tempdir().unwrap(), address());
    let mut nats = NatsServer::start(address, kept_in(&folder));
    let url = nats.url();
    let names: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    let mut entries = 0;
    for round in 0..12_u64 {
        // More than can be published until the next blow.
        for name in &names {
            for now in 0..60 {
                commit(&*store, name, now, |it| it.say().say()).await;
            }
        }
        entries += 120;
        let publishing = publish(&store, &url).await;
        let waiting = store.events_waiting().await.unwrap();
        while store.events_waiting().await.unwrap() == waiting {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(round * 4)).await;
        if round % 6 == 5 {
            drop(nats);
            tokio::time::sleep(Duration::from_millis(20)).await;
            nats = NatsServer::start(address, kept_in(&folder));
        }
        publishing.abort();
    }
    let publishing = publish(&store, &url).await;
    until_told(&store).await;
    let kept = numbers(&all(&url, "HANDOVER").await);
    for name in &names {
        assert_eq!(kept[name], (1..=entries).collect::<Vec<_>>(), "{name}");
    }
    publishing.abort();
}

/// The same when a stream is kept by three, and whoever leads it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_entry_arrives_once_and_in_order_though_the_leader_of_the_stream_is_killed() {
    let (store, folder) = (store(), tempfile::tempdir().unwrap());
    let addresses = (0..3).map(|_| (address(), address())).collect();
    let mut cluster = Cluster::start(folder.path(), addresses);
    let wanted = Wanted { replicas: NonZeroU8::new(3).unwrap(), ..wanted(&cluster.url()) };
    let publishing = tokio::spawn(publisher(&store, wanted).await.run());
    commit(&*store, "c0", 0, |it| it.say().say()).await;
    until_told(&store).await;
    let names: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    for _ in 0..2 {
        let speaking = async {
            for now in 0..60 {
                for name in &names {
                    commit(&*store, name, now, |it| it.say().say()).await;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let killed = cluster.kill_the_leader("HANDOVER").await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            killed
        };
        let ((), killed) = tokio::join!(speaking, killing);
        until_told(&store).await;
        cluster.start_one(killed);
    }
    let kept = numbers(&all(&cluster.url(), "HANDOVER").await);
    for (n, name) in names.iter().enumerate() {
        let entries = if n == 0 { 242 } else { 240 };
        assert_eq!(kept[name], (1..=entries).collect::<Vec<_>>(), "{name}");
    }
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_publish_at_once_double_nothing_and_keep_the_order() {
    let (store, folder) = (store(), tempfile::tempdir().unwrap());
    let nats = NatsServer::start(address(), kept_in(&folder));
    for round in 0..50 {
        for name in ["a", "b", "c"] {
            commit(&*store, name, round, |it| it.say().say()).await;
        }
    }
    let both = [publish(&store, &nats.url()).await, publish(&store, &nats.url()).await];
    until_told(&store).await;
    let kept = numbers(&all(&nats.url(), "HANDOVER").await);
    for name in ["a", "b", "c"] {
        assert_eq!(kept[name], (1..=100).collect::<Vec<_>>(), "{name}");
    }
    both.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn an_event_says_what_happened_where_and_by_whom() {
    let (store, folder) = (store(), tempfile::tempdir().unwrap());
    let nats = NatsServer::start(address(), kept_in(&folder));
    let mut change = change(current(&*store, "a").await, at(0));
    change.conversation.channel = AccountId::new("shop.web >");
    let bob = || Actor::Agent(Agent::new("7", "Bob"));
    let picture = Content::Text { text: "Hello **Ada**".into() };
    let bodies = [
        (Actor::Contact, Body::Opened { trigger: None }),
        (Actor::Gateway, Body::Started { desk: AccountId::new("support") }),
        (bob(), Body::Accepted),
        (bob(), Body::Message { content: picture }),
        (bob(), Body::Note { text: "a private note".into() }),
        (Actor::Contact, Body::Ended { cause: EndCause::ContactEnded }),
    ];
    for (actor, body) in bodies {
        change.conversation.entries += 1;
        let session = (change.conversation.entries > 1).then_some(1);
        let n = change.conversation.entries;
        change.entries.push(handover_core::entry::Entry { actor, body, session, ..entry(n) });
    }
    assert_eq!(store.commit(change).await.unwrap(), Committed::Done);
    let publishing = publish(&store, &nats.url()).await;
    until_told(&store).await;
    let kept = all(&nats.url(), "HANDOVER").await;
    let subjects: Vec<&str> = kept.iter().map(|it| it.subject.as_str()).collect();
    let kinds = ["opened", "started", "accepted", "message", "note", "ended"];
    assert_eq!(subjects, kinds.map(|kind| format!("handover.events.shop_web__.{kind}")));
    assert_eq!(
        kept[3].event,
        json!({
            "v": 1, "id": "db/a/4", "conversation": "a", "n": 4, "at": "2027-01-15T08:00:00.000Z",
            "channel": "shop.web >", "bot": "bot", "contact": "ann", "session": "a-1",
            "kind": "message", "from": "agent", "agent": { "id": "7", "name": "Bob" },
            "text": "Hello **Ada**",
            "payload": { "content_type": "text", "content": { "text": "Hello **Ada**" } },
            "for_contact": true, "for_desk": true,
        })
    );
    assert!(kept.iter().all(|it| it.event["id"] == it.id.as_str()));
    assert_eq!(kept[1].event["desk"], "support");
    assert_eq!(kept[5].event["cause"], "contact_ended");
    assert_eq!(kept[0].event.get("session"), None);
    publishing.abort();
}

#[tokio::test]
async fn what_is_too_long_for_the_server_is_cut_and_holds_nothing_up() {
    let (store, folder) = (store(), tempfile::tempdir().unwrap());
    let nats = NatsServer::start(address(), kept_in(&folder));
    let mut long = change(current(&*store, "a").await, at(0)).say().say();
    long.entries[0].body = Body::Message { content: Content::text("é".repeat(700_000)) };
    store.commit(long).await.unwrap();
    let publishing = publish(&store, &nats.url()).await;
    until_told(&store).await;
    let kept = all(&nats.url(), "HANDOVER").await;
    assert_eq!((&kept[0].event["cut"], kept[0].event.get("payload")), (&json!(true), None));
    assert_eq!(kept[0].event["text"].as_str().unwrap().chars().count(), 1000);
    assert_eq!(kept[1].event["n"], 2);
    publishing.abort();
}

#[tokio::test]
async fn a_test_of_the_loop_is_not_told() {
    let (store, folder) = (store(), tempfile::tempdir().unwrap());
    let nats = NatsServer::start(address(), kept_in(&folder));
    let mut probe = change(current(&*store, "probe").await, at(0)).say();
    probe.conversation.channel = Probe::id_of(&AccountId::new("support"));
    store.commit(probe).await.unwrap();
    commit(&*store, "a", 0, Deed::say).await;
    let publishing = publish(&store, &nats.url()).await;
    until_told(&store).await;
    let kept = numbers(&all(&nats.url(), "HANDOVER").await);
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["a"]);
    publishing.abort();
}

#[tokio::test]
async fn what_is_wrong_with_the_server_or_the_stream_is_said_and_nothing_is_lost() {
    let (store, folder, address) = (store(), tempfile::tempdir().unwrap(), address());
    commit(&*store, "a", 0, Deed::say).await;
    let publisher = publisher(&store, wanted(&format!("nats://{address}"))).await;
    let said = async |publisher: &Publisher| {
        let began = Instant::now();
        while !publisher.log.is_connected() {
            assert!(began.elapsed() < Duration::from_secs(20), "it does not connect");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        publisher.turn().await
    };
    let without = NatsServer::start(address, None);
    let words = said(&publisher).await.unwrap_err();
    assert!(words.contains("JetStream is not enabled") && words.contains("-js"), "{words}");
    drop(without);
    while publisher.log.is_connected() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let nats = NatsServer::start(address, kept_in(&folder));
    let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let stream = |subject: &str| StreamConfig {
        name: "HANDOVER".into(),
        subjects: vec![subject.into()],
        ..StreamConfig::default()
    };
    context.create_stream(stream("songs.>")).await.unwrap();
    let words = said(&publisher).await.unwrap_err();
    assert!(words.contains("does not take handover.events.>"), "{words}");
    assert_eq!(store.events_waiting().await.unwrap(), 1);
    context.update_stream(stream("handover.>")).await.unwrap();
    assert_eq!(publisher.turn().await, Ok(false));
    assert_eq!(store.events_waiting().await.unwrap(), 0);
    // Somebody deletes it: it is made anew.
    context.delete_stream("HANDOVER").await.unwrap();
    commit(&*store, "a", 1, Deed::say).await;
    let words = publisher.turn().await.unwrap_err();
    assert!(words.contains("no stream takes the events"), "{words}");
    assert_eq!(publisher.turn().await, Ok(false));
    let kept = all(&nats.url(), "HANDOVER").await;
    assert_eq!(numbers(&kept)["a"], [2]);
}
