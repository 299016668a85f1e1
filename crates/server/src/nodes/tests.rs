use super::beat::MOURN;
use super::{About, Document, GONE, KIND, Leases, Nodes, Taken};
use crate::bus::NodeId;
use async_trait::async_trait;
use handover_core::port::clock::Clock;
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_core::port::store::{Record, Records, Result, StoreError};
use handover_core::time::Timestamp;
use handover_store::Model;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::advance;

/// A clock on the wall that goes when it is told to.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.advance_ms(i64::try_from(by.as_millis()).unwrap());
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// The numbers of one database, and which of them were freed.
#[derive(Default)]
struct Book {
    last: AtomicI64,
    freed: Mutex<BTreeSet<i64>>,
    is_down: AtomicBool,
}

impl Book {
    fn freed(&self) -> Vec<i64> {
        self.freed.lock().unwrap().iter().copied().collect()
    }

    fn answers(&self) -> Result<()> {
        if self.is_down.load(Ordering::SeqCst) { Err(StoreError("down".into())) } else { Ok(()) }
    }
}

struct Holder(Arc<Book>, AtomicI64);

impl Holder {
    fn of(book: &Arc<Book>) -> Arc<Self> {
        let number = book.last.fetch_add(1, Ordering::SeqCst) + 1;
        Arc::new(Self(Arc::clone(book), AtomicI64::new(number)))
    }
}

#[async_trait]
impl Leases for Holder {
    fn holder(&self) -> i64 {
        self.1.load(Ordering::SeqCst)
    }

    async fn rename(&self) -> Result<i64> {
        self.0.answers()?;
        let number = self.0.last.fetch_add(1, Ordering::SeqCst) + 1;
        self.1.store(number, Ordering::SeqCst);
        Ok(number)
    }

    async fn free(&self, holders: &[i64], _: Timestamp) -> Result<u64> {
        self.0.answers()?;
        assert!(
            holders.iter().all(|it| *it != self.holder()) || holders.len() == 1,
            "nobody frees what it holds itself, but at its end"
        );
        self.0.freed.lock().unwrap().extend(holders);
        Ok(holders.len() as u64)
    }
}

/// Nodes of one database; each has the number of its place, from 1.
#[derive(Default)]
struct World {
    records: Arc<Model>,
    book: Arc<Book>,
}

impl World {
    fn node(&self) -> Nodes {
        let leases: Arc<dyn Leases> = Holder::of(&self.book);
        let records = self.records.clone();
        let clock = Arc::new(TestClock::default());
        Nodes::new(NodeId::make(), "n".into(), records, Some(leases), clock)
    }

    async fn known(&self) -> Vec<String> {
        self.records.list(KIND).await.unwrap().into_iter().map(|record| record.id).collect()
    }
}

async fn beat_all(nodes: &[&Nodes]) {
    for node in nodes.iter().chain(nodes).chain(nodes) {
        node.beat().await.unwrap();
    }
}

/// These go on for so long; the others are silent.
async fn go_on(nodes: &[&Nodes], time: Duration) {
    for _ in 0..=time.as_secs() / 3 {
        beat_all(nodes).await;
        advance(Duration::from_secs(3)).await;
    }
    beat_all(nodes).await;
}

fn owners(nodes: &[&Nodes], what: &str) -> usize {
    nodes.iter().filter(|node| node.is_ours(what)).count()
}

/// Whether it may make a call for what it leases now.
async fn may_call(node: &Nodes, term: u64) -> bool {
    struct Fine;
    #[async_trait]
    impl Http for Fine {
        async fn call(&self, _: Request) -> std::result::Result<Reply, CallError> {
            Ok(Reply { status: 200, headers: Vec::new(), body: Vec::new() })
        }
    }
    let http = super::Vouched::new(Arc::clone(node.vouch()), Arc::new(Fine));
    let call = http.call(Request::get("https://desk.example"));
    Taken::new(node.vouch(), term).work(call).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn alone_all_is_ours() {
    let node = World::default().node();
    assert!(node.is_ours("anything") && node.count() == 1, "before it has looked");
    node.beat().await.unwrap();
    assert!(node.is_ours("anything") && node.count() == 1);
}

#[tokio::test(start_paused = true)]
async fn work_is_shared_out_and_each_piece_has_one_node() {
    let world = World::default();
    let (a, b, c) = (world.node(), world.node(), world.node());
    let all = [&a, &b, &c];
    beat_all(&all).await;
    let pieces: Vec<String> = (0..300).map(|n| format!("session-{n}")).collect();
    for node in all {
        assert_eq!(node.count(), 3);
        let share = pieces.iter().filter(|piece| node.is_ours(piece)).count();
        assert!((50..150).contains(&share), "{share}");
    }
    assert!(pieces.iter().all(|piece| owners(&all, piece) == 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_node_had_goes_to_the_others_when_it_leaves_or_falls_silent() {
    let world = World::default();
    let (a, b, c) = (world.node(), world.node(), world.node());
    beat_all(&[&a, &b, &c]).await;
    c.leave().await.unwrap();
    beat_all(&[&a, &b]).await;
    assert_eq!((a.count(), owners(&[&a, &b], "x")), (2, 1));
    assert!(!c.is_ours("x") && a.list().len() == 3, "it is still listed");
    let term = c.vouch().term();
    assert_eq!(c.give_back().await.unwrap(), 1);
    assert!(!may_call(&c, term).await, "it has given back what it still tries");
    go_on(&[&a], GONE).await;
    assert_eq!(a.count(), 1, "b has said nothing for {GONE:?}");
    b.beat().await.unwrap();
    beat_all(&[&a]).await;
    assert_eq!(a.count(), 2, "and is back");
}

/// A node that is killed: what it held is free for the others as soon as they know, whoever of them sees it first.
#[tokio::test(start_paused = true)]
async fn what_a_dead_node_held_is_freed() {
    let world = World::default();
    let (a, b, c) = (world.node(), world.node(), world.node());
    beat_all(&[&a, &b, &c]).await;
    drop(c);
    go_on(&[&a, &b], GONE - Duration::from_secs(6)).await;
    assert!(world.book.freed().is_empty(), "it may only be slow");
    go_on(&[&a, &b], Duration::from_secs(6)).await;
    assert_eq!(world.book.freed(), [3]);
    assert_eq!(world.known().await.len(), 2, "it is struck off");
    // What its last transaction still locked is freed by and by; each of those who live looks for it.
    for node in [&a, &b] {
        world.book.freed.lock().unwrap().clear();
        node.beat().await.unwrap();
        assert_eq!(world.book.freed(), [3]);
    }
    go_on(&[&a, &b], MOURN).await;
    world.book.freed.lock().unwrap().clear();
    go_on(&[&a, &b], MOURN).await;
    assert!(world.book.freed().is_empty(), "in the end it is forgotten");
}

/// Promise C: what the others have freed is not gone on with, and what is taken afterwards is nobody else's.
#[tokio::test(start_paused = true)]
async fn promise_c_a_node_that_stood_still_lets_go_of_what_it_had() {
    let world = World::default();
    let (a, b) = (world.node(), world.node());
    beat_all(&[&a, &b]).await;
    let before = b.vouch().term();
    assert!(may_call(&b, before).await);
    go_on(&[&a], GONE).await;
    assert_eq!(world.book.freed(), [2]);
    assert!(!may_call(&b, before).await, "even before it has looked");
    b.beat().await.unwrap();
    let after = b.vouch().term();
    assert!(!may_call(&b, before).await && may_call(&b, after).await);
    go_on(&[&a, &b], MOURN * 2).await;
    assert_eq!(world.book.freed(), [2], "its new number is never freed");
    assert!(may_call(&b, after).await && a.count() == 2);
}

/// The clocks of a machine that was frozen tell nothing of it. Its document is gone; so it is told all the same.
#[tokio::test(start_paused = true)]
async fn a_node_that_was_struck_off_lets_go_of_what_it_had() {
    let world = World::default();
    let (a, b) = (world.node(), world.node());
    beat_all(&[&a, &b]).await;
    let before = b.vouch().term();
    world.records.delete(KIND, b.own().as_str()).await.unwrap();
    b.beat().await.unwrap();
    assert!(!may_call(&b, before).await && may_call(&b, b.vouch().term()).await);
    assert_eq!(world.book.freed(), [2]);
}

/// When the database is back after a while, nobody takes the others for dead because all were silent.
#[tokio::test(start_paused = true)]
async fn who_was_away_waits_before_it_takes_others_for_dead() {
    let world = World::default();
    let (a, b) = (world.node(), world.node());
    beat_all(&[&a, &b]).await;
    advance(GONE * 3).await;
    let gone_before = b.vouch().term();
    a.beat().await.unwrap();
    assert_eq!(a.list().len(), 2);
    assert_eq!(world.book.freed(), [1], "its own, as it could not say that it lives");
    b.beat().await.unwrap();
    assert_eq!(world.book.freed(), [1, 2]);
    assert!(!may_call(&b, gone_before).await, "nobody knows who saw what meanwhile");
}

/// What could not be freed is freed when the store is back, also by others when its node has died meanwhile.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_freed_stays_on_the_list() {
    let world = World::default();
    let (a, b, c) = (world.node(), world.node(), world.node());
    beat_all(&[&a, &b, &c]).await;
    world.records.delete(KIND, b.own().as_str()).await.unwrap();
    b.beat().await.unwrap();
    world.book.freed.lock().unwrap().clear();
    // Its document names both of its numbers.
    drop(b);
    go_on(&[&a, &c], GONE).await;
    assert_eq!(world.book.freed(), [2, 4]);
    drop(c);
    world.book.is_down.store(true, Ordering::SeqCst);
    for _ in 0..12 {
        let _ = a.beat().await;
        advance(Duration::from_secs(3)).await;
    }
    world.book.is_down.store(false, Ordering::SeqCst);
    a.beat().await.unwrap();
    assert!(world.book.freed().contains(&3));
}

/// A process that starts where another died need not wait until that one is missed.
#[tokio::test(start_paused = true)]
async fn what_ran_in_the_same_folder_before_is_freed_at_once() {
    let (world, folder) = (World::default(), tempfile::tempdir().unwrap());
    let (first, other) = (world.node(), world.node());
    let place = first.settle_in(folder.path()).await.unwrap();
    assert!(place.is_some());
    beat_all(&[&first, &other]).await;
    let neighbour = world.node();
    assert!(neighbour.settle_in(folder.path()).await.unwrap().is_none(), "it still runs");
    assert!(world.book.freed().is_empty());
    drop((first, place));
    let second = world.node();
    assert!(second.settle_in(folder.path()).await.unwrap().is_some());
    assert_eq!(world.book.freed(), [1]);
    assert_eq!(world.known().await, [other.own().as_str()]);
}

/// Nodes of the version before name no number: their leases run out by themselves.
#[tokio::test(start_paused = true)]
async fn a_node_of_an_older_version_is_a_node() {
    let world = World::default();
    let a = world.node();
    let about = About {
        name: "old".into(),
        version: "0.1".into(),
        started_at: Timestamp::from_ms(0),
        is_leaving: false,
    };
    let document = Document { beat: 1, holders: Vec::new(), leases: 0, about };
    let mut body = serde_json::to_value(document).unwrap();
    let fields = body.as_object_mut().unwrap();
    fields.remove("holders");
    fields.remove("leases");
    world.records.put(Record { kind: KIND.into(), id: "0".into(), body }).await.unwrap();
    a.beat().await.unwrap();
    assert_eq!((a.count(), &*a.list()[0].about.name), (2, "old"));
    go_on(&[&a], GONE).await;
    assert_eq!((a.count(), world.book.freed()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn lists_say_what_each_is_at() {
    let world = World::default();
    let (a, b) = (world.node(), world.node());
    let taken = [Taken::new(b.vouch(), 0), Taken::new(b.vouch(), 0)];
    beat_all(&[&a, &b]).await;
    let of =
        |nodes: &Nodes| nodes.list().iter().map(|it| (it.is_this, it.leases)).collect::<Vec<_>>();
    assert_eq!((of(&a), of(&b)), (vec![(true, 0), (false, 2)], vec![(false, 0), (true, 2)]));
    drop(taken);
    assert_eq!(of(&b), [(false, 0), (true, 0)]);
}
