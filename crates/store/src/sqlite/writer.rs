//! The one thread that writes. It takes the jobs that wait as one group: one transaction, which the flusher brings to the disk.

use super::columns::failed;
use super::flusher::{self, Broken, Group, is_whole};
use futures_channel::oneshot;
use handover_core::port::store::{Result, StoreError};
use rusqlite::Connection;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Larger groups would gain little and make the first job wait for the last.
const GROUP_MAX: usize = 128;

/// How long nothing may be written before the log is emptied.
const IDLE: Duration = Duration::from_millis(500);

/// Jobs after which the log is emptied although more are waiting.
const JOBS_BETWEEN_CHECKPOINTS: usize = 2048;

/// The thread that writes; the one that waits for the disk and the one that empties the log beside it.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Writer {
    /// Starts the threads: one writes on `connection`, whose commits need not wait for the disk as `flush` does that for
    /// them; another makes checkpoints on `beside`.
    pub(super) fn start(
        connection: Connection,
        flush: impl Fn() -> io::Result<()> + Send + 'static,
        beside: Connection,
    ) -> Result<Self> {
        let (jobs, waiting) = channel();
        let (written, unflushed) = channel();
        let (checkpoint, wanted) = sync_channel(1);
        let broken = Broken::default();
        let next = Next { written, checkpoint, broken: Broken::clone(&broken) };
        let mut writer = Self { jobs: Some(jobs), threads: Vec::new() };
        writer.spawn("store-writer", move || serve(&connection, &waiting, &next))?;
        writer.spawn("store-flusher", move || flusher::serve(flush, &unflushed, &broken))?;
        writer.spawn("store-checkpoint", move || checkpoints(&beside, &wanted))?;
        Ok(writer)
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = thread::Builder::new().name(name.into()).spawn(work);
        self.threads.push(thread.map_err(|error| StoreError(error.to_string()))?);
        Ok(())
    }

    /// Runs a job in a transaction; answers once that is on disk. A job that fails leaves nothing behind; it may be run
    /// twice, the first time for nothing.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job = Work { work, result: None, answer };
        let stopped = || StoreError("the writer of the store stopped".into());
        self.jobs.as_ref().ok_or_else(stopped)?.send(Box::new(job)).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..).rev() {
            let _ = thread.join();
        }
    }
}

pub(super) trait Job: Send {
    /// Does the work; false when it failed and what it wrote is to be undone.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Tells who waits how it went, once it is known what became of the group.
    fn answer(self: Box<Self>, group: &Result<()>);
}

struct Work<T, F> {
    work: F,
    result: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: Fn(&Connection) -> Result<T> + Send> Job for Work<T, F> {
    fn run(&mut self, connection: &Connection) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(StoreError("a job of the store's writer panicked".into())));
        let worked = result.is_ok();
        self.result = Some(result);
        worked
    }

    fn answer(self: Box<Self>, group: &Result<()>) {
        let result = match (self.result, group) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(StoreError(why))) => Err(StoreError(why.clone())),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(StoreError("a job of the store's writer did not run".into())),
        };
        // Nobody may be waiting any more.
        let _ = self.answer.send(result);
    }
}

/// Where things go from the writer.
struct Next {
    written: Sender<Group>,
    checkpoint: SyncSender<Idle>,
    broken: Broken,
}

fn serve(connection: &Connection, waiting: &Receiver<Box<dyn Job>>, next: &Next) {
    let mut since_checkpoint = 0;
    loop {
        let wait = if since_checkpoint == 0 { Duration::MAX } else { IDLE };
        let first = match waiting.recv_timeout(wait) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let idle = first.is_none();
        if let Some(first) = first {
            let others = waiting.try_iter().take(GROUP_MAX - 1);
            let group: Vec<_> = std::iter::once(first).chain(others).collect();
            since_checkpoint += group.len();
            write_group(connection, group, next);
        }
        if idle || since_checkpoint >= JOBS_BETWEEN_CHECKPOINTS {
            since_checkpoint = 0;
            // One is wanted already when the place is taken.
            let _ = next.checkpoint.try_send(Idle(idle));
        }
    }
}

/// Writes a group and hands it on: what was only read, too, may have to wait for the disk to keep it.
fn write_group(connection: &Connection, mut jobs: Vec<Box<dyn Job>>, next: &Next) {
    let before = connection.total_changes();
    let written = is_whole(&next.broken).and_then(|()| transact(connection, &mut jobs));
    if written.is_err() {
        jobs.into_iter().for_each(|job| job.answer(&written));
        return;
    }
    let wrote = connection.total_changes() != before;
    if let Err(unsent) = next.written.send(Group { jobs, wrote }) {
        let stopped = Err(StoreError("the flusher of the store stopped".into()));
        unsent.0.jobs.into_iter().for_each(|job| job.answer(&stopped));
    }
}

/// What a job that fails takes with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// The whole transaction.
    All,
    /// What it wrote itself.
    Own,
}

/// Runs a group as one transaction. An error means that nothing of it was written.
///
/// Jobs seldom fail, and a savepoint each costs a tenth of the speed: so only a group in which one has failed is run
/// again with savepoints.
fn transact(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<()> {
    let all_worked = attempt(connection, group, Undo::All)?;
    if !all_worked && group.len() > 1 {
        attempt(connection, group, Undo::Own)?;
    }
    Ok(())
}

/// False when a job has failed.
fn attempt(connection: &Connection, group: &mut [Box<dyn Job>], undo: Undo) -> Result<bool> {
    let worked = run_all(connection, group, undo).and_then(|worked| {
        if worked || undo == Undo::Own {
            execute(connection, "COMMIT")?;
        }
        Ok(worked)
    });
    if !connection.is_autocommit() {
        // What keeps it from being rolled back will be met again, and told, at the next BEGIN.
        let _ = execute(connection, "ROLLBACK");
    }
    worked
}

fn run_all(connection: &Connection, group: &mut [Box<dyn Job>], undo: Undo) -> Result<bool> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let mut all_worked = true;
    for job in group {
        if undo == Undo::Own {
            execute(connection, "SAVEPOINT job")?;
        }
        let worked = job.run(connection);
        all_worked &= worked;
        if !worked && undo == Undo::All {
            return Ok(false);
        }
        if connection.is_autocommit() {
            // SQLite gives up the whole transaction when the disk fails under it.
            return Err(StoreError("the transaction was given up by the database".into()));
        }
        if !worked {
            execute(connection, "ROLLBACK TO job")?;
        }
        if undo == Undo::Own {
            execute(connection, "RELEASE job")?;
        }
    }
    Ok(all_worked)
}

fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut it| it.execute([])).map(drop).map_err(failed)
}

/// Whether nothing was written for a while.
struct Idle(bool);

/// Moves pages from the log into the file without holding up the writer.
fn checkpoints(connection: &Connection, wanted: &Receiver<Idle>) {
    // Whoever reads or writes at that moment is not waited for.
    let _ = connection.busy_timeout(Duration::ZERO);
    while let Ok(Idle(idle)) = wanted.recv() {
        // One that fails is made up for by the next, or by the writer itself.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if idle {
            // Pages that are in the file already would be covered by older ones, were the end of the log damaged later:
            // half a decision. A log that is empty cannot be.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;
    use futures_util::future::{FutureExt, join};

    /// A writer on a database whose `child` rows need a parent by the time of the COMMIT.
    fn writer() -> (Writer, tempfile::TempDir) {
        writer_with(|| Ok(()))
    }

    fn writer_with(
        flush: impl Fn() -> io::Result<()> + Send + 'static,
    ) -> (Writer, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = wal; PRAGMA foreign_keys = on;
                 CREATE TABLE parent (id INTEGER PRIMARY KEY);
                 CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);",
            )
            .unwrap();
        (Writer::start(connection, flush, Connection::open(&path).unwrap()).unwrap(), folder)
    }

    fn run(connection: &Connection, sql: &str) -> Result<()> {
        connection.execute_batch(sql).map_err(failed)
    }

    async fn parents(writer: &Writer) -> i64 {
        let count = "SELECT count(*) FROM parent";
        let count = writer.write(|it| it.query_row(count, [], |row| row.get(0)).map_err(failed));
        count.await.unwrap()
    }

    /// Two jobs that are sure to be in one group: both wait while a third holds the writer.
    fn in_one_group(
        writer: &Writer,
        one: impl Fn(&Connection) -> Result<()> + Send + 'static,
        other: impl Fn(&Connection) -> Result<()> + Send + 'static,
    ) -> (Result<()>, Result<()>) {
        let (started, has_started) = channel();
        let (go, gone) = channel::<()>();
        let holds = writer.write(move |_| {
            started.send(()).unwrap();
            gone.recv().unwrap();
            Ok(())
        });
        let jobs = async {
            has_started.recv().unwrap();
            let release = async { go.send(()).unwrap() };
            join(join(writer.write(one), writer.write(other)), release).await.0
        };
        let (held, results) = block_on(join(holds, jobs));
        held.unwrap();
        results
    }

    #[test]
    fn a_job_that_fails_costs_nobody_else_anything() {
        let (writer, _folder) = writer();
        let fails = |it: &Connection| {
            run(it, "INSERT INTO parent VALUES (1)")?;
            run(it, "NONSENSE")
        };
        let (one, other) =
            in_one_group(&writer, fails, |it| run(it, "INSERT INTO parent VALUES (2)"));
        assert!(one.is_err() && other.is_ok());
        assert_eq!(block_on(parents(&writer)), 1);
    }

    #[test]
    fn a_panic_costs_its_own_job_only() {
        let (writer, _folder) = writer();
        let panics = |it: &Connection| {
            run(it, "INSERT INTO parent VALUES (1)")?;
            panic!("as a test wants it");
        };
        let (one, other) =
            in_one_group(&writer, panics, |it| run(it, "INSERT INTO parent VALUES (2)"));
        assert!(one.unwrap_err().to_string().contains("panicked"));
        assert!(other.is_ok());
        assert_eq!(block_on(parents(&writer)), 1);
    }

    #[test]
    fn a_failed_commit_fails_the_group_and_the_writer_goes_on() {
        let (writer, _folder) = writer();
        let orphan = |it: &Connection| run(it, "INSERT INTO child VALUES (7)");
        let (one, other) =
            in_one_group(&writer, orphan, |it| run(it, "INSERT INTO parent VALUES (2)"));
        assert!(one.is_err() && other.is_err());
        assert_eq!(block_on(parents(&writer)), 0);
        block_on(writer.write(|it| run(it, "INSERT INTO parent VALUES (3)"))).unwrap();
        assert_eq!(block_on(parents(&writer)), 1);
    }

    #[test]
    fn a_transaction_that_is_given_up_fails_the_group_and_the_writer_goes_on() {
        let (writer, _folder) = writer();
        let gives_up = |it: &Connection| run(it, "ROLLBACK");
        let (one, other) =
            in_one_group(&writer, |it| run(it, "INSERT INTO parent VALUES (1)"), gives_up);
        assert!(one.is_err() && other.is_err());
        assert_eq!(block_on(parents(&writer)), 0);
        block_on(writer.write(|it| run(it, "INSERT INTO parent VALUES (3)"))).unwrap();
        assert_eq!(block_on(parents(&writer)), 1);
    }

    #[test]
    fn an_answer_waits_for_the_disk_and_the_next_group_does_not() {
        let (flushing, is_flushing) = channel();
        let (go, gone) = channel::<()>();
        let (writer, _folder) = writer_with(move || {
            flushing.send(()).unwrap();
            gone.recv().map_err(io::Error::other)
        });
        let mut one = Box::pin(writer.write(|it| run(it, "INSERT INTO parent VALUES (1)")));
        assert!((&mut one).now_or_never().is_none());
        is_flushing.recv().unwrap();
        let (done, was_done) = channel();
        let mut other = Box::pin(writer.write(move |it| {
            done.send(it.query_row("SELECT count(*) FROM parent", [], |row| row.get(0))).unwrap();
            run(it, "INSERT INTO parent VALUES (2)")
        }));
        assert!((&mut other).now_or_never().is_none());
        assert_eq!(was_done.recv().unwrap(), Ok(1));
        assert!((&mut one).now_or_never().is_none(), "it is not on the disk");
        go.send(()).unwrap();
        block_on(one).unwrap();
        assert!((&mut other).now_or_never().is_none(), "the flush began before it was written");
        go.send(()).unwrap();
        block_on(other).unwrap();
    }

    #[test]
    fn what_was_only_read_waits_for_what_it_saw() {
        let (go, gone) = channel::<()>();
        let (writer, _folder) = writer_with(move || gone.recv().map_err(io::Error::other));
        let mut one = Box::pin(writer.write(|it| run(it, "INSERT INTO parent VALUES (1)")));
        assert!((&mut one).now_or_never().is_none());
        let mut count = Box::pin(parents(&writer));
        assert!((&mut count).now_or_never().is_none());
        // When the next is run, the group of the one before is done with.
        for _ in 0..2 {
            let (running, is_running) = channel();
            let next = writer.write(move |_| {
                running.send(()).unwrap();
                Ok(())
            });
            assert!(Box::pin(next).now_or_never().is_none());
            is_running.recv().unwrap();
        }
        assert!((&mut count).now_or_never().is_none(), "what it saw is not on the disk");
        go.send(()).unwrap();
        block_on(one).unwrap();
        // It may have been in the same flush, or have needed none.
        drop(go);
        assert_eq!(block_on(count), 1);
    }

    #[test]
    fn a_disk_that_lost_what_was_written_is_trusted_no_more() {
        let (go, gone) = channel::<()>();
        let (writer, _folder) = writer_with(move || match gone.try_recv() {
            Ok(()) => Ok(()),
            Err(_) => Err(io::Error::other("input/output error")),
        });
        go.send(()).unwrap();
        block_on(writer.write(|it| run(it, "INSERT INTO parent VALUES (1)"))).unwrap();
        let lost =
            block_on(writer.write(|it| run(it, "INSERT INTO parent VALUES (2)"))).unwrap_err();
        assert!(lost.to_string().contains("input/output error"), "{lost}");
        go.send(()).unwrap();
        for sql in ["INSERT INTO parent VALUES (3)", "SELECT 1"] {
            let later = block_on(writer.write(|it| run(it, sql))).unwrap_err();
            assert!(later.to_string().contains("started again"), "{later}");
        }
    }

    #[test]
    fn a_full_disk_is_told_and_got_over() {
        let (writer, _folder) = writer();
        let fill = |it: &Connection| {
            run(
                it,
                "PRAGMA max_page_count = 5; CREATE TABLE big (a); INSERT INTO big VALUES (zeroblob(90000))",
            )
        };
        let full = block_on(writer.write(fill)).unwrap_err();
        assert!(full.to_string().contains("full"), "{full}");
        block_on(writer.write(|it| run(it, "INSERT INTO parent VALUES (3)"))).unwrap();
        assert_eq!(block_on(parents(&writer)), 1);
    }
}
