//! The configuration's documents.

use super::Sqlite;
use super::columns::{failed, json, to_json};
use async_trait::async_trait;
use handover_core::port::store::{Record, Records, Result};
use rusqlite::{OptionalExtension, params};

#[async_trait]
impl Records for Sqlite {
    async fn get(&self, kind: &str, id: &str) -> Result<Option<Record>> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached("SELECT body FROM records WHERE kind = ?1 AND id = ?2")?
                    .query_row([&kind, &id], |row| json(row, 0))
                    .optional()
                    .map(|body| body.map(|body| Record { kind, id, body }))
            })
            .await
    }

    async fn list(&self, kind: &str) -> Result<Vec<Record>> {
        let kind = kind.to_owned();
        self.readers
            .read(move |connection| {
                connection
                    .prepare_cached("SELECT id, body FROM records WHERE kind = ?1 ORDER BY id")?
                    .query_map([&kind], |row| {
                        Ok(Record { kind: kind.clone(), id: row.get(0)?, body: json(row, 1)? })
                    })?
                    .collect()
            })
            .await
    }

    async fn put(&self, record: Record) -> Result<()> {
        let body = to_json(&record.body)?;
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO records (kind, id, body) VALUES (?1, ?2, ?3)
                         ON CONFLICT (kind, id) DO UPDATE SET body = ?3",
                    )
                    .and_then(|mut put| put.execute(params![record.kind, record.id, body]))
                    .map(drop)
                    .map_err(failed)
            })
            .await
    }

    async fn create(&self, record: Record) -> Result<bool> {
        let body = to_json(&record.body)?;
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO records (kind, id, body) VALUES (?1, ?2, ?3)
                         ON CONFLICT (kind, id) DO NOTHING",
                    )
                    .and_then(|mut create| create.execute(params![record.kind, record.id, body]))
                    .map(|rows| rows == 1)
                    .map_err(failed)
            })
            .await
    }

    async fn delete(&self, kind: &str, id: &str) -> Result<bool> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached("DELETE FROM records WHERE kind = ?1 AND id = ?2")
                    .and_then(|mut delete| delete.execute([&kind, &id]))
                    .map(|rows| rows == 1)
                    .map_err(failed)
            })
            .await
    }
}
