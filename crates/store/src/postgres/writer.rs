//! The hand that writes commits and settles. It takes what waits as one group: one transaction, one flush to the disk.
//! A second hand beside it finds less to group: with 64 who commit it brought a quarter more on a slow disk and a tenth less
//! on a quick one, with 256 a tenth less on either.

use super::failure::{self, Failure, PATIENCE, Tried};
use super::group::{Ask, Group, Told};
use super::hand::Hand;
use handover_core::port::store::{Result, StoreError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Larger groups would gain little and make the first wait for the last.
const GROUP_MAX: usize = 128;

/// How long a group has at least.
const ONE_TRY: Duration = Duration::from_secs(1);

/// The way to the hand that writes. It ends when this is dropped, after what was asked of it.
pub(super) struct Writer {
    jobs: UnboundedSender<Job>,
}

struct Job {
    ask: Ask,
    since: Instant,
    answer: oneshot::Sender<Result<Told>>,
}

impl Writer {
    pub(super) fn start(hand: Hand) -> Self {
        let (jobs, waiting) = unbounded_channel();
        tokio::spawn(serve(hand, waiting));
        Self { jobs }
    }

    /// Answers once it is on disk.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Told> {
        let stopped = |_| StoreError("the writer of the store stopped".into());
        let (answer, answered) = oneshot::channel();
        self.jobs
            .send(Job { ask, since: Instant::now(), answer })
            .map_err(|_| StoreError("the writer of the store stopped".into()))?;
        answered.await.map_err(stopped)?
    }
}

async fn serve(mut hand: Hand, mut waiting: UnboundedReceiver<Job>) {
    let mut jobs = Vec::new();
    loop {
        let some = waiting.recv_many(&mut jobs, GROUP_MAX).await;
        if some == 0 {
            return;
        }
        while !jobs.is_empty() {
            jobs = write(&mut hand, jobs).await;
        }
    }
}

/// Writes a group; gives what has to follow in another.
async fn write(hand: &mut Hand, jobs: Vec<Job>) -> Vec<Job> {
    let asks: Vec<&Ask> = jobs.iter().map(|job| &job.ask).collect();
    // Who has waited behind others while the database was away has little patience left, but for one try.
    let first = jobs.iter().map(|job| job.since).min().unwrap_or_else(Instant::now);
    let deadline = (first + PATIENCE).max(Instant::now() + ONE_TRY);
    let told = match hand.run_until(deadline, &Group(&asks)).await {
        // One that cannot be written costs nobody else anything.
        Err(Failure::Refused(_)) if jobs.len() > 1 => one_by_one(hand, &asks).await,
        Err(failure) => jobs.iter().map(|_| Err(failure.clone())).collect(),
        Ok(told) => told.into_iter().map(Ok).collect(),
    };
    let mut later = Vec::new();
    for (job, told) in jobs.into_iter().zip(told) {
        match told {
            Ok(Told::NotYet) => later.push(job),
            // Nobody may be waiting any more.
            told => drop(job.answer.send(told.map_err(failure::told))),
        }
    }
    later
}

async fn one_by_one(hand: &mut Hand, asks: &[&Ask]) -> Vec<Tried<Told>> {
    let mut told = Vec::with_capacity(asks.len());
    for ask in asks {
        let alone = hand.run(&Group(&[*ask])).await;
        told.push(alone.map(|told| told.into_iter().next().unwrap_or(Told::NotYet)));
    }
    told
}
