//! The configuration's documents.

use super::Postgres;
use super::columns::{json, text, to_json, to_text};
use super::connection::Connection;
use super::failure::Tried;
use super::hand::Work;
use super::writes::Writes;
use async_trait::async_trait;
use handover_core::port::store::{Record, Records, Result};
use tokio_postgres::Row;

const GET: &str = "SELECT body FROM records WHERE kind = $1 AND id = $2";
const LIST: &str = "SELECT id, body FROM records WHERE kind = $1 ORDER BY id";
const PUT: &str = "INSERT INTO records (kind, id, body) VALUES ($1, $2, $3)
     ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body RETURNING 1";
const CREATE: &str = "INSERT INTO records (kind, id, body) VALUES ($1, $2, $3)
     ON CONFLICT (kind, id) DO NOTHING RETURNING 1";
const DELETE: &str = "DELETE FROM records WHERE kind = $1 AND id = $2 RETURNING 1";

/// What documents ask of a hand.
pub(super) const STATEMENTS: &[&str] = &[PUT, CREATE, DELETE];

/// What is done to one document. Answers whether anything was.
struct Write {
    sql: &'static str,
    kind: String,
    id: String,
    body: Option<String>,
}

#[async_trait]
impl Work for Write {
    type Answer = bool;

    async fn decide(&self, connection: &Connection) -> Tried<(bool, Writes<'_>)> {
        let rows = match &self.body {
            Some(body) => connection.query(self.sql, &[&self.kind, &self.id, body]).await?,
            None => connection.query(self.sql, &[&self.kind, &self.id]).await?,
        };
        Ok((!rows.is_empty(), Writes::made(!rows.is_empty())))
    }
}

impl Postgres {
    async fn write_record(
        &self,
        sql: &'static str,
        kind: &str,
        id: &str,
        body: Option<String>,
    ) -> Result<bool> {
        let (kind, id) = (to_text(kind).into_owned(), to_text(id).into_owned());
        self.beside(&Write { sql, kind, id, body }).await
    }
}

#[async_trait]
impl Records for Postgres {
    async fn get(&self, kind: &str, id: &str) -> Result<Option<Record>> {
        let body = |row: &Row| json(row, 0);
        let found = self.read(GET, &[&to_text(kind), &to_text(id)], body).await?;
        let record = |body| Record { kind: kind.to_owned(), id: id.to_owned(), body };
        Ok(found.into_iter().next().map(record))
    }

    async fn list(&self, kind: &str) -> Result<Vec<Record>> {
        let record = |row: &Row| {
            Ok(Record { kind: kind.to_owned(), id: text(row, 0)?, body: json(row, 1)? })
        };
        self.read(LIST, &[&to_text(kind)], record).await
    }

    async fn put(&self, record: Record) -> Result<()> {
        let body = to_json(&record.body)?;
        self.write_record(PUT, &record.kind, &record.id, Some(body)).await.map(drop)
    }

    async fn create(&self, record: Record) -> Result<bool> {
        let body = to_json(&record.body)?;
        self.write_record(CREATE, &record.kind, &record.id, Some(body)).await
    }

    async fn delete(&self, kind: &str, id: &str) -> Result<bool> {
        self.write_record(DELETE, kind, id, None).await
    }
}
