//! A database that is moved, or that something is moved into: on one connection, which is made anew when it is lost.

mod files;
mod read;
mod write;

pub use files::MovedFile;

use super::address::Address;
use super::connection::Connection;
use super::failure::{Failure, Tried, Tries, told};
use super::migrate::migrate;
use crate::moving::{Document, Opening, Place, Revision, Room, Standing, Tally};
use async_trait::async_trait;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long what may go away by itself is tried anew.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long connections of a process that has just ended may take to go.
const GOING: Duration = Duration::from_secs(3);

/// How the connection begins: what it does takes its time, and it is not taken for a node.
const SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = '20s';
     SET idle_in_transaction_session_timeout = '60s'; SET application_name = 'handover moving'";

/// The number of the lock that whoever writes holds: any that nobody else in the database uses.
const ALONE: &str = "SELECT pg_try_advisory_lock(5208183022510269773)";

const IS_THERE: &str = "SELECT to_regclass('migrations') IS NOT NULL";

/// Connections by which nodes may work on the database.
const OTHERS: &str = "SELECT coalesce(host(client_addr), 'this machine') || ', process ' || pid
     FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
     AND backend_type = 'client backend' AND (application_name = $1 OR application_name IS NULL) ORDER BY 1 LIMIT 3";

/// What keeps a node away that was cut off, and comes back after its database was moved.
const CLOSE: &str = "CREATE OR REPLACE FUNCTION handover_moved() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'this database was moved elsewhere: Handover may not run on it'; END $$;
     DROP TRIGGER IF EXISTS handover_moved ON conversations;
     DROP TRIGGER IF EXISTS handover_moved ON deliveries;
     CREATE TRIGGER handover_moved BEFORE INSERT OR UPDATE OR DELETE ON conversations
         FOR EACH STATEMENT EXECUTE FUNCTION handover_moved();
     CREATE TRIGGER handover_moved BEFORE INSERT OR UPDATE OR DELETE ON deliveries
         FOR EACH STATEMENT EXECUTE FUNCTION handover_moved()";

const OPEN: &str = "DROP TRIGGER IF EXISTS handover_moved ON conversations;
     DROP TRIGGER IF EXISTS handover_moved ON deliveries; DROP FUNCTION IF EXISTS handover_moved()";

/// A database, as far as moving goes.
pub struct DatabasePlace {
    address: Address,
    opening: Opening,
    connection: Option<Connection>,
}

impl fmt::Debug for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabasePlace")
            .field("database", &self.address.name())
            .finish_non_exhaustive()
    }
}

/// Does something on the connection, and again on another when that is lost. Nothing of what failed is left behind, as the
/// server undoes it with the connection.
macro_rules! tried {
    ($place:ident, |$connection:ident| $work:expr) => {{
        let mut tries = Tries::until(Instant::now() + PATIENCE);
        loop {
            let done: Tried<_> = async {
                let $connection = $place.connected().await?;
                $work.await
            }
            .await;
            match done {
                Ok(done) => break Ok(done),
                Err(failure) => {
                    $place.connection = None;
                    let passes = matches!(failure, Failure::Passing(_));
                    if let Err(failure) =
                        if passes { tries.pause(failure).await } else { Err(failure) }
                    {
                        break Err(named(&$place.address, failure));
                    }
                }
            }
        }
    }};
}
use tried;

fn named(address: &Address, failure: Failure) -> StoreError {
    let StoreError(why) = told(failure);
    StoreError(format!("{}: {why}", address.name()))
}

impl DatabasePlace {
    /// Opens the database at `postgres://user:password@host:port/database`. Has to be called on a tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be read, when the database cannot be reached for 30 seconds or refuses, when another program or
    /// a newer version made it, and when somebody else writes where we are to write. No error shows the password.
    pub async fn open(url: &str, opening: Opening) -> Result<Self> {
        let address = Address::read(url)?;
        let mut place = Self { address, opening, connection: None };
        let what_for = opening;
        tried!(place, |connection| prepare(connection, what_for))?;
        Ok(place)
    }

    /// Its hosts and its name, without the password.
    pub fn name(url: &str) -> Result<String> {
        Address::read(url).map(|address| address.name())
    }

    async fn connected(&mut self) -> Tried<&Connection> {
        let connection = match self.connection.take().filter(|it| !it.is_closed()) {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn connect(&self) -> Tried<Connection> {
        let connection = Connection::open(&self.address, Instant::now() + PATIENCE).await?;
        connection.run(SETTINGS).await?;
        if self.opening == Opening::Target {
            let rows = connection.query(ALONE, &[]).await?;
            if !rows.first().is_some_and(|row| row.get(0)) {
                let why =
                    "another export or import writes to it, or one that was cut off a moment ago";
                return Err(Failure::Passing(why.into()));
            }
        }
        Ok(connection)
    }
}

async fn prepare(connection: &Connection, opening: Opening) -> Tried<()> {
    connection.check_server().await?;
    if opening != Opening::Target {
        let rows = connection.query(IS_THERE, &[]).await?;
        if !rows.first().is_some_and(|row| row.get(0)) {
            let why = "Handover has not made this database, so there is nothing to be moved";
            return Err(Failure::Refused(why.into()));
        }
    }
    migrate(connection).await
}

#[async_trait]
impl Place for DatabasePlace {
    async fn revisions(&mut self, after: i64, limit: u32) -> Result<Vec<Revision>> {
        tried!(self, |it| read::revisions(it, after, limit))
    }

    async fn unsettled(&mut self) -> Result<Vec<(i64, Standing)>> {
        tried!(self, |it| read::unsettled(it))
    }

    async fn rooms(&mut self, numbers: &[i64], since: Timestamp) -> Result<Vec<Room>> {
        tried!(self, |it| read::rooms(it, numbers, since))
    }

    async fn put_rooms(&mut self, rooms: &Arc<Vec<Room>>) -> Result<()> {
        let rows = write::Rows::of(rooms)?;
        tried!(self, |it| write::put(it, &rows))
    }

    async fn documents(&mut self, but: &[&str]) -> Result<Vec<Document>> {
        tried!(self, |it| read::documents(it, but))
    }

    async fn put_documents(&mut self, but: &[&str], all: &[Document]) -> Result<()> {
        tried!(self, |it| write::put_documents(it, but, all))
    }

    async fn document(&mut self, kind: &str, id: &str) -> Result<Option<String>> {
        tried!(self, |it| read::document(it, kind, id))
    }

    async fn put_document(&mut self, document: &Document) -> Result<()> {
        let one = std::slice::from_ref(document);
        tried!(self, |it| write::add_documents(it, one))
    }

    async fn delete_document(&mut self, kind: &str, id: &str) -> Result<()> {
        tried!(self, |it| write::delete_document(it, kind, id))
    }

    async fn tally(&mut self, since: Timestamp) -> Result<Tally> {
        tried!(self, |it| read::tally(it, since))
    }

    async fn last_lease(&mut self) -> Result<i64> {
        tried!(self, |it| read::last_lease(it))
    }

    async fn count_on(&mut self, last_lease: i64) -> Result<()> {
        tried!(self, |it| write::count_on(it, last_lease))
    }

    async fn others(&mut self) -> Result<Option<String>> {
        let name = self.address.config.get_application_name().unwrap_or_default().to_owned();
        let until = Instant::now() + GOING;
        loop {
            let found = tried!(self, |it| others(it, &name))?;
            if found.is_empty() {
                return Ok(None);
            }
            if Instant::now() >= until {
                return Ok(Some(found.join("; ")));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn close(&mut self, closed: bool) -> Result<()> {
        let sql = if closed { CLOSE } else { OPEN };
        tried!(self, |it| it.run(sql))
    }

    async fn tidy(&mut self) -> Result<()> {
        tried!(self, |it| it.run("VACUUM (ANALYZE)"))
    }
}

async fn others(connection: &Connection, name: &str) -> Tried<Vec<String>> {
    let rows = connection.query(OTHERS, &[&name]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
