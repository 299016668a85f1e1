//! Opening a file: one process at a time, for its owner's eyes only, brought up to this version.

use super::columns::failed;
use super::lease::give_up_all;
use super::migrate::migrate;
use super::reader::Readers;
use super::writer::Writer;
use super::{Sqlite, flusher};
use handover_core::port::store::{Result, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Pages in the log at which the writer itself moves them into the file, should the checkpoints beside it not keep up.
const LOG_PAGES_MAX: u32 = 16_000;

const READERS: usize = 4;

impl Sqlite {
    /// Opens the database in a file, and makes it if there is none.
    ///
    /// # Errors
    /// When another process has it open, when a newer version made it, or when the file cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        open(path).map_err(|StoreError(why)| StoreError(format!("{}: {why}", path.display())))
    }
}

fn open(path: &Path) -> Result<Sqlite> {
    let lock = lock(path)?;
    create(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -32_000).map_err(failed)?;
    // What a savepoint may have to undo would else be written to a temporary file.
    connection.pragma_update(None, "temp_store", "memory").map_err(failed)?;
    migrate(&mut connection)?;
    give_up_all(&connection).map_err(failed)?;
    // From here on the flusher brings to the disk what was committed.
    connection.pragma_update(None, "synchronous", "normal").map_err(failed)?;
    let log = flusher::open_log(path).map_err(|error| StoreError(error.to_string()))?;
    let beside = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let readers = (0..READERS)
        .map(|_| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY))
        .collect::<Result<Vec<_>>>()?;
    Ok(Sqlite {
        readers: Readers::start(readers)?,
        writer: Writer::start(connection, move || log.sync_data(), beside)?,
        keeps_events: AtomicBool::default(),
        _lock: lock,
    })
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    plan_once(&connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A statement keeps its plan. SQLite would else plan it anew each time it is asked something else, in the hope that the value
/// leads to a better plan: that was a quarter of all that a relayed message cost.
pub(super) fn plan_once(connection: &Connection) -> Result<()> {
    let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
    set.map(drop).map_err(failed)
}

/// The lock is a file of its own: to open and close the database's file beside SQLite would drop SQLite's locks on it.
pub(super) fn lock(path: &Path) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    let name = PathBuf::from(name);
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&name)
        .map_err(|error| {
            let name = name.display();
            StoreError(format!(
                "cannot open {name}: {error}. It needs a folder that it may write to"
            ))
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError("another handover is running on this database".into()))
        }
        Err(TryLockError::Error(error)) => {
            Err(StoreError(format!("cannot lock {}: {error}", name.display())))
        }
    }
}

/// SQLite gives its files beside the database the permissions of the database.
pub(super) fn create(path: &Path) -> Result<()> {
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError(error.to_string())),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
