//! Files that people send: a row each, written once and never changed, on connections of their own.

use super::Postgres;
use super::columns::{text, time};
use super::failure::{Failure, told};
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;

/// It may be carried out twice, where the first answer was lost: a file that is there is the one that was sent.
const KEEP: &str = "INSERT INTO files (id, kept, created_at, body)
     VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $3) ON CONFLICT (id) DO NOTHING";

pub(super) const ABOUT: &str = "SELECT kept, created_at FROM files WHERE id = $1";

/// Positions count from 1.
pub(super) const PART: &str = "SELECT substring(body FROM $2 FOR $3) FROM files WHERE id = $1";

/// What a file's row tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAbout {
    /// What was written down beside it.
    pub kept: String,
    /// When it was kept, by the database's clock.
    pub created_at: Timestamp,
}

impl Postgres {
    /// Keeps a file, whole or not at all; it is on the database's disk when this answers. `id` is one that nobody else will
    /// ever use: of a file that is there already nothing changes. Neither `id` nor `kept` may hold the character NUL.
    ///
    /// # Errors
    /// When it could not be written for 10 seconds. It may have been written all the same.
    pub async fn keep_file(&self, id: &str, kept: &str, body: &[u8]) -> Result<()> {
        match self.files.read(KEEP, &[&id, &kept, &body]).await {
            Ok(_) => Ok(()),
            // More than one try may have been made, and any of them may have come through.
            Err(Failure::Passing(why)) => Err(told(Failure::Unknown(why))),
            Err(failure) => Err(told(failure)),
        }
    }

    /// What is known about a file; none if there is no such file.
    ///
    /// # Errors
    /// When the database cannot be reached for 10 seconds.
    pub async fn file(&self, id: &str) -> Result<Option<FileAbout>> {
        let rows = self.readers.read(ABOUT, &[&id]).await.map_err(told)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let about = || Ok(FileAbout { kept: text(row, 0)?, created_at: time(row, 1)? });
        about().map(Some).map_err(told)
    }

    /// A part of a file: from so many bytes after its beginning on, at most so many bytes. It is shorter where the file ends,
    /// and none if there is no such file.
    ///
    /// # Errors
    /// When the database cannot be reached for 10 seconds.
    pub async fn file_part(&self, id: &str, from: u64, bytes_max: u32) -> Result<Option<Vec<u8>>> {
        let out_of_bounds = |_| StoreError(format!("no file has {from} bytes"));
        let from = i32::try_from(from.saturating_add(1)).map_err(out_of_bounds)?;
        // Its end has to be a number, too.
        let length = i32::try_from(bytes_max).unwrap_or(i32::MAX).min(i32::MAX - from);
        let rows = self.files.read(PART, &[&id, &from, &length]).await.map_err(told)?;
        let part = |row: &tokio_postgres::Row| row.try_get(0).map_err(Failure::from);
        rows.first().map(part).transpose().map_err(told)
    }
}
