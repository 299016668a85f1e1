//! Prints how many commits a second the SQLite store takes: `commits [committers] [seconds] [folder]`.
//!
//! One commit is what one message costs: its conversation, one entry, one delivery and one inbox key.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use futures_executor::block_on;
use futures_util::future::join_all;
use handover_core::conversation::Conversation;
use handover_core::delivery::Side;
use handover_core::port::store::{Committed, Store};
use handover_store::Sqlite;
use handover_store::conformance::facts::{Deed, at, change, fresh};
use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Threads that run the committers, as a server's executor would.
const THREADS: u64 = 2;

/// Conversations that a committer goes round.
const CONVERSATIONS: u64 = 50;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let committers: u64 = arguments.next().map_or(Ok(64), |it| it.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |it| it.parse())?;
    let folder = match arguments.next() {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let store = Arc::new(Sqlite::open(folder.path().join("handover.db"))?);
    let threads = committers.min(THREADS);
    let began = Instant::now();
    let end = began + Duration::from_secs(seconds);
    let running: Vec<_> = (0..threads)
        .map(|thread| {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                let mine = (thread..committers).step_by(threads as usize);
                block_on(join_all(mine.map(|committer| run(&store, committer, end))))
            })
        })
        .collect();
    let mut waits = Vec::new();
    for thread in running {
        for result in thread.join().map_err(|_| "a thread panicked")? {
            waits.extend(result?);
        }
    }
    let took = began.elapsed();
    waits.sort_unstable();
    let percent = |part: usize| waits.get(waits.len() * part / 100).copied().unwrap_or_default();
    println!(
        "{committers} committers: {:.0} commits/s, p50 {:?}, p99 {:?}, longest {:?}",
        waits.len() as f64 / took.as_secs_f64(),
        percent(50),
        percent(99),
        waits.last().copied().unwrap_or_default(),
    );
    Ok(())
}

/// Commits one message after the other; gives how long each took.
async fn run(
    store: &Sqlite,
    committer: u64,
    end: Instant,
) -> Result<Vec<Duration>, Box<dyn Error + Send + Sync>> {
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
