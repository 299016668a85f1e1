//! Files that people sent, in a database that is moved or moved into.

use super::{DatabasePlace, PATIENCE, named, tried};
use crate::postgres::columns::text;
use crate::postgres::connection::Connection;
use crate::postgres::failure::{Failure, Tried, Tries};
use handover_core::port::store::Result;
use tokio::time::Instant;

/// The length of what lies beside its row is told without reading it.
const LIST: &str =
    "SELECT id, octet_length(body)::bigint FROM files WHERE id > $1 ORDER BY id LIMIT 1000";
const GET: &str = "SELECT id, kept, created_at, body FROM files WHERE id = $1";
const PUT: &str = "INSERT INTO files (id, kept, created_at, body) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET kept = excluded.kept, created_at = excluded.created_at, body = excluded.body";

/// A file with what was written down beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedFile {
    /// Its id.
    pub id: String,
    /// What was written down beside it, as JSON.
    pub kept: String,
    /// When it was kept, in milliseconds since 1970.
    pub created_at_ms: i64,
    /// What is in it.
    pub body: Vec<u8>,
}

impl DatabasePlace {
    /// Ids of files with their sizes in bytes: some of those after an id, in order; none when there are no more.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn files(&mut self, after: &str) -> Result<Vec<(String, u64)>> {
        tried!(self, |it| list(it, after))
    }

    /// One file.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn file(&mut self, id: &str) -> Result<Option<MovedFile>> {
        tried!(self, |it| get(it, id))
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When the database cannot be reached, or refuses it.
    pub async fn put_file(&mut self, file: &MovedFile) -> Result<()> {
        tried!(self, |it| put(it, file))
    }
}

async fn list(it: &Connection, after: &str) -> Tried<Vec<(String, u64)>> {
    let rows = it.query(LIST, &[&after]).await?;
    let each =
        |row: &tokio_postgres::Row| Ok((text(row, 0)?, super::super::columns::unsigned(row, 1)?));
    rows.iter().map(each).collect()
}

async fn get(it: &Connection, id: &str) -> Tried<Option<MovedFile>> {
    let rows = it.query(GET, &[&id]).await?;
    let file = |row: &tokio_postgres::Row| {
        Ok(MovedFile {
            id: text(row, 0)?,
            kept: row.try_get(1)?,
            created_at_ms: row.try_get(2)?,
            body: row.try_get(3)?,
        })
    };
    rows.first().map(file).transpose()
}

async fn put(it: &Connection, file: &MovedFile) -> Tried<()> {
    let MovedFile { id, kept, created_at_ms, body } = file;
    it.query(PUT, &[id, kept, created_at_ms, body]).await.map(drop)
}
