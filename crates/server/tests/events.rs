//! The stream of events of the real program, while the program and NATS are killed: promises B, C and D for whoever reads
//! the log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::port::events::Events;
use handover_core::port::store::{Page, Store};
use handover_store::conformance::server::database;
use handover_store::{Postgres, Sqlite};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::api::{Api, press, text};
use support::jetstream::{Kept, NatsServer, all, numbers};
use support::program::{Program, free_address, log_of};

const PEOPLE: usize = 12;

/// A node with its own folder, on whatever database.
struct Place {
    folder: PathBuf,
    address: SocketAddr,
}

impl Place {
    fn new(home: &Path, name: &str, file: &str) -> Self {
        let folder = home.join(name);
        std::fs::write(folder.with_extension("toml"), file).unwrap();
        Self { folder, address: free_address() }
    }

    async fn start(&self) -> Program {
        let (folder, address) = (self.folder.clone(), self.address);
        tokio::task::spawn_blocking(move || Program::start(&folder, address)).await.unwrap()
    }
}

/// Waits until all has been published that was there when this was called.
async fn until_published(api: &Api) {
    let began = Instant::now();
    // It is counted each second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    while api.metric("handover_events_waiting").await != Some(0) {
        assert!(began.elapsed() < Duration::from_secs(60), "events wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The numbers of each conversation's entries.
type Numbers = BTreeMap<String, Vec<u64>>;

/// What each transcript holds, and what of it waits still.
async fn stored<S: Store + Events>(store: &S) -> (Numbers, Numbers) {
    let (mut entries, mut waiting) = (Numbers::new(), Numbers::new());
    for conversation in store.conversations(1000).await.unwrap() {
        let page = Page { after: 0, limit: 10_000, newest: false };
        let lines = store.transcript(&conversation.id, page).await.unwrap();
        entries.insert(conversation.id.to_string(), lines.iter().map(|line| line.n).collect());
    }
    for event in store.events(10_000).await.unwrap() {
        waiting.entry(event.at.id.to_string()).or_default().push(event.entry.n);
    }
    (entries, waiting)
}

/// People talk all the time, and the blows fall.
async fn blows(home: &Path, places: &[Place]) -> (Vec<Kept>, Duration) {
    let (address, kept) = (nats_address(home), home.join("jetstream"));
    let mut nats = NatsServer::start(address, Some(&kept));
    let mut nodes = Vec::new();
    for place in places {
        nodes.push(Some(place.start().await));
    }
    let api = Api::of(&places.iter().map(|place| place.address).collect::<Vec<_>>());
    let mut people = tokio::task::JoinSet::new();
    for person in 0..PEOPLE {
        let api = api.clone();
        people.spawn(async move {
            let user = format!("person-{person}");
            api.chat(&user, "start", press(handover_core::words::START)).await;
            for n in 0..60 {
                api.chat(&user, &format!("m{n}"), text(&format!("message {n}"))).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            api.chat(&user, "end", press(handover_core::words::END)).await;
        });
    }
    for blow in 0..6 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        if blow % 3 == 1 {
            drop(nats);
            tokio::time::sleep(Duration::from_millis(300)).await;
            nats = NatsServer::start(address, Some(&kept));
        } else {
            let n = blow % nodes.len();
            nodes[n].take().unwrap().kill();
            nodes[n] = Some(places[n].start().await);
        }
    }
    people.join_all().await;
    let over = Instant::now();
    until_published(&api).await;
    let published = all(&nats.url(), "HANDOVER").await;
    drop(nodes);
    (published, over.elapsed())
}

/// One for all that is told in a test's home.
fn nats_address(home: &Path) -> SocketAddr {
    let file = home.join("nats");
    if let Ok(address) = std::fs::read_to_string(&file) {
        return address.parse().unwrap();
    }
    let address = free_address();
    std::fs::write(file, address.to_string()).unwrap();
    address
}

fn check(published: &[Kept], (entries, waiting): (Numbers, Numbers)) {
    let told = numbers(published);
    assert_eq!(entries.len(), PEOPLE);
    for (conversation, entries) in entries {
        assert!(entries.len() > 60, "{entries:?}");
        let mut all = told.get(&conversation).cloned().unwrap_or_default();
        assert!(all.len() > 60, "{all:?}");
        // A bot that was at its turn in a node that was killed may have spoken since.
        all.extend(waiting.get(&conversation).into_iter().flatten());
        assert_eq!(all, entries, "of {conversation}");
    }
    for kind in ["started", "ended"] {
        let subject = format!(".{kind}");
        let count = published.iter().filter(|it| it.subject.ends_with(&subject)).count();
        assert_eq!(count, PEOPLE, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_is_published_once_and_in_order_though_all_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("nats://{}", nats_address(home.path()));
    let file = format!("api_requests_per_s = 100000\n[events]\nurl = {url:?}\n");
    let places = [Place::new(home.path(), "alone", &file)];
    let (published, took) = blows(home.path(), &places).await;
    println!("{} entries published, the last {took:?} after the end", published.len());
    let store = Sqlite::open(places[0].folder.join("handover.db")).unwrap();
    check(&published, stored(&store).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_publish_every_entry_once_and_in_order_though_all_is_killed() {
    let (home, database) = (tempfile::tempdir().unwrap(), database());
    let url = format!("nats://{}", nats_address(home.path()));
    let key = home.path().join("key").display().to_string();
    let file = format!(
        "api_requests_per_s = 100000\ndatabase = {database:?}\nbus = {url:?}\nkey_file = {key:?}\n[events]\n"
    );
    let places = ["one", "two"].map(|name| Place::new(home.path(), name, &file));
    let (published, took) = blows(home.path(), &places).await;
    println!("{} entries published, the last {took:?} after the end", published.len());
    check(&published, stored(&Postgres::open(&database).await.unwrap()).await);
}

#[test]
fn check_says_what_would_become_of_events_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let address = free_address();
    let url = format!("nats://{address}");
    let said = || {
        let output = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(["check", "--events", &url, "--listen", &free_address().to_string(), "--data"])
            .arg(home.path().join("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}");
        said.lines().find(|line| line.starts_with("events ")).unwrap().to_owned()
    };
    assert!(said().contains("cannot be reached now"), "{}", said());
    let without = NatsServer::start(address, None);
    assert!(said().contains("JetStream is not enabled"), "{}", said());
    drop(without);
    let _nats = NatsServer::start(address, Some(&home.path().join("jetstream")));
    assert!(said().contains("HANDOVER, which will be made"), "{}", said());
    assert!(said().contains("HANDOVER, which will be made"), "it changes nothing: {}", said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_jetstream_is_named_in_the_log_and_all_else_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let address = nats_address(home.path());
    let file = format!("[events]\nurl = \"nats://{address}\"\n");
    let place = Place::new(home.path(), "alone", &file);
    let _nats = NatsServer::start(address, None);
    let _node = place.start().await;
    let api = Api::new(place.address);
    api.chat("ada", "1", text("hello")).await;
    let began = Instant::now();
    while !log_of(&place.folder).contains("JetStream is not enabled on the NATS server") {
        assert!(began.elapsed() < Duration::from_secs(15), "{}", log_of(&place.folder));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    api.chat("ada", "2", text("hello")).await;
}
