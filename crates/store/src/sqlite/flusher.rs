//! The one thread that waits for the disk, so that the next group is written meanwhile. Whoever waits is answered here.
//!
//! SQLite appends what it commits to its log. A flush of that takes all groups to the disk that were committed before it,
//! and a log that breaks off is read up to there: so what is on the disk is always a beginning of what was committed.

use super::writer::Job;
use handover_core::port::store::{Result, StoreError};
use std::fs::{File, OpenOptions};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

/// What was committed as one, and waits for the disk.
pub(super) struct Group {
    pub(super) jobs: Vec<Box<dyn Job>>,
    /// Whether it changed anything.
    pub(super) wrote: bool,
}

/// Why nothing more can be written, once a flush has failed: the system may have dropped what it could not write, so neither
/// that nor anything after it can be trusted to be on the disk, and another flush would not tell.
pub(super) type Broken = Arc<OnceLock<String>>;

/// The log beside a database's file; there once anything was committed.
pub(super) fn open_log(database: &Path) -> io::Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    OpenOptions::new().read(true).write(true).open(PathBuf::from(name))
}

/// Runs until nothing more is committed.
pub(super) fn serve(
    flush: impl Fn() -> io::Result<()>,
    waiting: &Receiver<Group>,
    broken: &Broken,
) {
    while let Ok(first) = waiting.recv() {
        let groups: Vec<Group> = iter::once(first).chain(waiting.try_iter()).collect();
        let wrote = groups.iter().any(|group| group.wrote);
        if wrote
            && broken.get().is_none()
            && let Err(error) = flush()
        {
            let _ = broken.set(format!(
                "the disk has not kept what was written ({error}). Nothing more is taken until Handover is started again"
            ));
        }
        let flushed = is_whole(broken);
        for job in groups.into_iter().flat_map(|group| group.jobs) {
            job.answer(&flushed);
        }
    }
}

/// An error once a flush has failed.
pub(super) fn is_whole(broken: &Broken) -> Result<()> {
    broken.get().map_or(Ok(()), |why| Err(StoreError(why.clone())))
}
