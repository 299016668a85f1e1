//! A file that is moved, or that something is moved into.

mod read;
mod write;

use super::columns::failed;
use super::migrate::{is_current, migrate};
use super::open::{connect, create, lock};
use crate::moving::{Document, Opening, Place, Revision, Room, Standing, Tally};
use async_trait::async_trait;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;

/// A file, as far as moving goes.
#[derive(Debug)]
pub struct FilePlace {
    connection: Arc<Mutex<Connection>>,
    /// Who has it has the file alone.
    _lock: Option<File>,
}

impl FilePlace {
    /// Opens the database in a file.
    ///
    /// # Errors
    /// When there is none, when another version made it, when it cannot be used, or when a process runs on it where none may.
    pub fn open(path: &Path, opening: Opening) -> Result<Self> {
        open(path, opening)
            .map_err(|StoreError(why)| StoreError(format!("{}: {why}", path.display())))
    }

    /// Runs something in a transaction, on a thread that may wait for the disk.
    async fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.connection);
        let done = spawn_blocking(move || {
            // A transaction ends when a panic unwinds it, so the connection is as good as before.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction().map_err(failed)?;
            let done = work(&transaction)?;
            transaction.commit().map_err(failed)?;
            Ok(done)
        });
        done.await.map_err(|error| StoreError(error.to_string()))?
    }
}

fn open(path: &Path, opening: Opening) -> Result<FilePlace> {
    if opening != Opening::Target && !path.exists() {
        return Err(StoreError("there is no such file, so nothing to be moved".into()));
    }
    if opening == Opening::Beside {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        is_current(&connection)?;
        return Ok(FilePlace { connection: Arc::new(Mutex::new(connection)), _lock: None });
    }
    let lock = lock(path)?;
    create(path)?;
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "cache_size", -64_000).map_err(failed)?;
    connection.pragma_update(None, "temp_store", "memory").map_err(failed)?;
    migrate(&mut connection)?;
    Ok(FilePlace { connection: Arc::new(Mutex::new(connection)), _lock: Some(lock) })
}

#[async_trait]
impl Place for FilePlace {
    async fn revisions(&mut self, after: i64, limit: u32) -> Result<Vec<Revision>> {
        self.within(move |it| read::revisions(it, after, limit)).await
    }

    async fn unsettled(&mut self) -> Result<Vec<(i64, Standing)>> {
        self.within(read::unsettled).await
    }

    async fn rooms(&mut self, numbers: &[i64], since: Timestamp) -> Result<Vec<Room>> {
        let numbers =
            serde_json::to_string(numbers).map_err(|error| StoreError(error.to_string()))?;
        self.within(move |it| read::rooms(it, &numbers, since)).await
    }

    async fn put_rooms(&mut self, rooms: &Arc<Vec<Room>>) -> Result<()> {
        let rooms = Arc::clone(rooms);
        self.within(move |it| rooms.iter().try_for_each(|room| write::put(it, room))).await
    }

    async fn documents(&mut self, but: &[&str]) -> Result<Vec<Document>> {
        let mut all = self.within(read::documents).await?;
        all.retain(|document| !but.contains(&document.kind.as_str()));
        Ok(all)
    }

    async fn put_documents(&mut self, but: &[&str], all: &[Document]) -> Result<()> {
        let (there, all) = (self.documents(but).await?, all.to_vec());
        self.within(move |it| write::put_documents(it, &there, &all)).await
    }

    async fn document(&mut self, kind: &str, id: &str) -> Result<Option<String>> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.within(move |it| read::document(it, &kind, &id)).await
    }

    async fn put_document(&mut self, document: &Document) -> Result<()> {
        let document = document.clone();
        self.within(move |it| write::put_document(it, &document)).await
    }

    async fn delete_document(&mut self, kind: &str, id: &str) -> Result<()> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.within(move |it| write::delete_document(it, &kind, &id)).await
    }

    async fn tally(&mut self, since: Timestamp) -> Result<Tally> {
        self.within(move |it| read::tally(it, since)).await
    }

    async fn last_lease(&mut self) -> Result<i64> {
        self.within(read::last_lease).await
    }

    /// SQLite numbers what is new above all that there is.
    async fn count_on(&mut self, last_lease: i64) -> Result<()> {
        self.within(move |it| write::count_on(it, last_lease)).await
    }

    /// The lock says all.
    async fn others(&mut self) -> Result<Option<String>> {
        Ok(None)
    }

    /// Only who has the lock could change anything, and looks first whether it was closed.
    async fn close(&mut self, _: bool) -> Result<()> {
        Ok(())
    }

    /// Every statement of the store names what it goes by.
    async fn tidy(&mut self) -> Result<()> {
        Ok(())
    }
}
