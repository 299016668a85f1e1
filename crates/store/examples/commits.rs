//! Prints how many commits a second a store takes: `commits [committers] [seconds] [nodes]`.
//!
//! One commit is what one message costs: its conversation, one entry, one delivery and one inbox key. First on SQLite; then
//! on a private PostgreSQL with that many nodes, if the machine has one. Both wait for the disk.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use futures_util::future::{join_all, try_join_all};
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::port::store::{Committed, DeliveryState, Store};
use handover_store::conformance::facts::{Deed, at, change, fresh, outcome};
use handover_store::conformance::server::{Server, block_on};
use handover_store::{Postgres, Sqlite};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Conversations that a committer goes round.
const CONVERSATIONS: u64 = 50;

/// Deliveries leased in one go.
const LEASED_AT_ONCE: u32 = 64;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let committers: u64 = arguments.next().map_or(Ok(64), |it| it.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |it| it.parse())?;
    let nodes: u64 = arguments.next().map_or(Ok(1), |it| it.parse())?;
    let folder = tempfile::tempdir()?;
    let sqlite: Arc<dyn Store> = Arc::new(Sqlite::open(folder.path().join("handover.db"))?);
    let time = Duration::from_secs(seconds);
    println!("SQLite:");
    block_on(measure(&[sqlite], committers, time))?;
    println!("PostgreSQL, nodes: {nodes}");
    let server = Server::start_durable();
    let url = server.database();
    let opened = block_on(try_join_all((0..nodes).map(|_| Postgres::open(&url))))?;
    let opened: Vec<Arc<dyn Store>> =
        opened.into_iter().map(|store| Arc::new(store) as Arc<dyn Store>).collect();
    block_on(measure(&opened, committers, time))?;
    Ok(())
}

/// Commits for this long, then brings away what was committed.
async fn measure(nodes: &[Arc<dyn Store>], committers: u64, time: Duration) -> Result<(), Failed> {
    let began = Instant::now();
    let running: Vec<_> = (0..committers)
        .zip(nodes.iter().cycle())
        .map(|(committer, store)| tokio::spawn(run(Arc::clone(store), committer, began + time)))
        .collect();
    let mut waits = Vec::new();
    for committed in join_all(running).await {
        waits.extend(committed??);
    }
    let took = began.elapsed();
    waits.sort_unstable();
    let percent = |part: usize| waits.get(waits.len() * part / 100).copied().unwrap_or_default();
    println!(
        "  {committers} committers: {:.0} commits/s, p50 {:?}, p99 {:?}, longest {:?}",
        waits.len() as f64 / took.as_secs_f64(),
        percent(50),
        percent(99),
        waits.last().copied().unwrap_or_default(),
    );
    let began = Instant::now();
    let running: Vec<_> =
        nodes.iter().map(|store| tokio::spawn(deliver(Arc::clone(store), began + time))).collect();
    let mut settled = 0;
    for count in join_all(running).await {
        settled += count??;
    }
    println!(
        "  {} workers: {:.0} leased and settled/s",
        nodes.len(),
        settled as f64 / began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Commits one message after the other; gives how long each took.
async fn run(store: Arc<dyn Store>, committer: u64, end: Instant) -> Result<Vec<Duration>, Failed> {
    let mut waits = Vec::new();
    let mut conversations: Vec<Conversation> =
        (0..CONVERSATIONS).map(|n| fresh(&format!("conversation-{committer:04}-{n:04}"))).collect();
    for message in 0_u64.. {
        let conversation = &mut conversations[(message % CONVERSATIONS) as usize];
        let began = Instant::now();
        if began >= end {
            break;
        }
        let now = at(message as i64);
        let change = change(conversation.clone(), now).say().send(Side::Desk);
        let change = change.from(&format!("{committer}-{message}"));
        *conversation = change.conversation.clone();
        conversation.revision += 1;
        match store.commit(change).await? {
            Committed::Done => waits.push(began.elapsed()),
            other => return Err(format!("a commit came to {other:?}").into()),
        }
    }
    Ok(waits)
}

/// Leases and settles what is due, until nothing is or the time is over; says how many.
async fn deliver(store: Arc<dyn Store>, end: Instant) -> Result<usize, Failed> {
    let mut settled = 0;
    let now = at(1_000_000_000);
    while Instant::now() < end {
        let leased = store.lease(now, at(2_000_000_000), LEASED_AT_ONCE).await?;
        if leased.is_empty() {
            break;
        }
        let settles =
            leased.iter().map(|it| store.settle(outcome(it, DeliveryState::Delivered, now)));
        for held in join_all(settles).await {
            if !held? {
                return Err("a lease was lost".into());
            }
        }
        settled += leased.len();
    }
    Ok(settled)
}
