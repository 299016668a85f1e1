//! A hand writes: one transaction after the other on a connection of its own, each until it is known what became of it.
//!
//! A transaction is asked of in two goes. The first locks and looks; then it is decided here what to write; the second
//! writes, leaves a mark with the transaction's number, and commits. When the connection is lost in the first go, nothing
//! was written, and it is done again on another. When it is lost in the second, nobody knows. Then the mark is looked for,
//! under a lock that the transaction held from its first statement to its end: so a server that is still busy with it is
//! waited for, and a mark that is not there will never be. Marks move with the data to a server that takes over, as the
//! numbers of its transactions would not.

use super::address::Address;
use super::connection::{Connection, within};
use super::failure::{Failure, PATIENCE, Tried, Tries};
use super::writes::Writes;
use async_trait::async_trait;
use futures_util::future::{join, join3};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::types::ToSql;

/// Transactions after which a hand sweeps up its older marks, and has its statements planned anew.
const SWEEP_AFTER: i64 = 500;

/// The first number of the locks that hands hold: any that nobody else in the database uses.
const LOCKS: i32 = 0x4841_4e44;

/// How long a transaction that came to nothing may take to end.
const ROLLBACK: Duration = Duration::from_millis(500);

/// Nobody waits for what takes longer, and its locks would be in the way of the next try.
const NO_LONGER: &str = "SET statement_timeout = '5s'";

const LOCK: &str = "SELECT pg_advisory_xact_lock($1, $2)";
const MARK: &str = "INSERT INTO marks (node, hand, number) VALUES ($1, $2, $3)";
const IS_MARKED: &str =
    "SELECT EXISTS (SELECT 1 FROM marks WHERE node = $1 AND hand = $2 AND number = $3)";
const SWEEP: &str = "DELETE FROM marks WHERE node = $1 AND hand = $2 AND number < $3";

/// What one transaction does.
#[async_trait]
pub(super) trait Work: Sync {
    /// What is answered once it is committed.
    type Answer: Send;

    /// Locks and looks, and decides what to write. It may be asked again when that could not be written.
    async fn decide(&self, connection: &Connection) -> Tried<(Self::Answer, Writes<'_>)>;
}

/// A connection that writes.
pub(super) struct Hand {
    address: Arc<Address>,
    node: i64,
    hand: i16,
    /// The statements of its work, to be prepared on each new connection.
    statements: &'static [&'static [&'static str]],
    number: i64,
    connection: Option<Connection>,
}

impl Hand {
    pub(super) fn new(
        address: Arc<Address>,
        node: i64,
        hand: i16,
        statements: &'static [&'static [&'static str]],
    ) -> Self {
        Self { address, node, hand, statements, number: 0, connection: None }
    }

    /// Connects.
    pub(super) async fn open(&mut self, deadline: Instant) -> Tried<()> {
        self.connection = Some(self.connect(deadline).await?);
        Ok(())
    }

    /// Does a piece of work whole or not at all.
    pub(super) async fn run<W: Work>(&mut self, work: &W) -> Tried<W::Answer> {
        self.run_until(Instant::now() + PATIENCE, work).await
    }

    /// The same, until a deadline of the caller's.
    pub(super) async fn run_until<W: Work>(
        &mut self,
        deadline: Instant,
        work: &W,
    ) -> Tried<W::Answer> {
        let mut tries = Tries::until(deadline);
        loop {
            match self.attempt(work, deadline).await {
                Err(failure @ Failure::Passing(_)) => tries.pause(failure).await?,
                done => return done,
            }
        }
    }

    /// The connection is the transaction's for as long as it lasts: one whose caller goes away in the middle takes its
    /// connection with it, and the server undoes it.
    async fn attempt<W: Work>(&mut self, work: &W, deadline: Instant) -> Tried<W::Answer> {
        let connection = self.connect(deadline).await?;
        self.number += 1;
        let (answer, mut writes) = match within(deadline, self.begin(&connection, work)).await {
            Ok(decided) => decided,
            Err(failure) => {
                self.roll_back(connection, &failure).await;
                return Err(failure);
            }
        };
        let writes_nothing = writes.is_nothing();
        if !writes_nothing {
            self.leave_mark(&mut writes);
        }
        match finish(&connection, &writes, deadline).await {
            Ok(()) => {
                self.connection = Some(connection);
                Ok(answer)
            }
            Err(Ending::Undone(failure)) => {
                self.roll_back(connection, &failure).await;
                Err(failure)
            }
            Err(Ending::Lost(_)) if writes_nothing => Ok(answer),
            Err(Ending::Lost(failure)) => {
                drop(connection);
                if self.is_marked(&failure).await? { Ok(answer) } else { Err(failure) }
            }
        }
    }

    async fn begin<'a, W: Work>(
        &self,
        connection: &Connection,
        work: &'a W,
    ) -> Tried<(W::Answer, Writes<'a>)> {
        let key = self.lock_key();
        let key: [&(dyn ToSql + Sync); 2] = [&key.0, &key.1];
        // All of it is sent at once, in this order.
        let lock = connection.query(LOCK, &key);
        let (begun, locked, decided) =
            join3(connection.run(self.beginning()), lock, work.decide(connection)).await;
        begun?;
        locked?;
        decided
    }

    /// A plan that is good for a table of three rows is not for one of a million: so a new database's tables are looked at
    /// often.
    fn beginning(&self) -> &'static str {
        let is_early = self.number.unsigned_abs().is_power_of_two();
        if is_early || self.number % SWEEP_AFTER == 0 { "DISCARD PLANS; BEGIN" } else { "BEGIN" }
    }

    fn lock_key(&self) -> (i32, i32) {
        // Nodes are numbered from 1 on; two that are four thousand million openings apart may share a lock and wait for
        // each other.
        (LOCKS + i32::from(self.hand), self.node as i32)
    }

    fn leave_mark(&self, writes: &mut Writes<'_>) {
        let (node, hand, number) = (self.node, self.hand, self.number);
        writes.push(MARK, vec![Box::new(node), Box::new(hand), Box::new(number)]);
        if number % SWEEP_AFTER == 0 {
            writes.push(SWEEP, vec![Box::new(node), Box::new(hand), Box::new(number)]);
        }
    }

    /// Whether the last transaction was committed.
    async fn is_marked(&mut self, lost: &Failure) -> Tried<bool> {
        let deadline = Instant::now() + PATIENCE;
        let mut tries = Tries::until(deadline);
        loop {
            match self.look_for_mark(deadline).await {
                Ok(marked) => return Ok(marked),
                Err(Failure::Refused(why) | Failure::Unknown(why)) => {
                    return Err(Failure::Unknown(why));
                }
                Err(Failure::Passing(_)) => {
                    let unknown = match lost {
                        Failure::Refused(why) | Failure::Passing(why) | Failure::Unknown(why) => {
                            Failure::Unknown(why.clone())
                        }
                    };
                    tries.pause(unknown).await?;
                }
            }
        }
    }

    async fn look_for_mark(&mut self, deadline: Instant) -> Tried<bool> {
        let connection = self.connect(deadline).await?;
        let key = self.lock_key();
        let marked = within(deadline, async {
            connection.run("BEGIN").await?;
            connection.query(LOCK, &[&key.0, &key.1]).await?;
            let found =
                connection.query(IS_MARKED, &[&self.node, &self.hand, &self.number]).await?;
            connection.run("COMMIT").await?;
            let row = found.first().ok_or_else(|| Failure::Passing("no answer".into()))?;
            Ok(row.try_get(0)?)
        })
        .await;
        if marked.is_ok() {
            self.connection = Some(connection);
        }
        marked
    }

    async fn connect(&mut self, deadline: Instant) -> Tried<Connection> {
        if let Some(connection) = self.connection.take().filter(|it| !it.is_closed()) {
            return Ok(connection);
        }
        let connection = Connection::open(&self.address, deadline).await?;
        within(deadline, async {
            connection.run(NO_LONGER).await?;
            connection.prepare(&[LOCK, MARK, IS_MARKED, SWEEP]).await?;
            for statements in self.statements {
                connection.prepare(statements).await?;
            }
            Ok(())
        })
        .await?;
        Ok(connection)
    }

    /// Keeps the connection if it is sure that nothing of the transaction is left on it, and that it was not the connection
    /// that failed. Without it the server rolls back by itself.
    async fn roll_back(&mut self, connection: Connection, failure: &Failure) {
        if !matches!(failure, Failure::Refused(_)) {
            return;
        }
        let deadline = Instant::now() + ROLLBACK;
        if within(deadline, connection.run("ROLLBACK")).await.is_ok() {
            self.connection = Some(connection);
        }
    }
}

/// How the second go went wrong.
enum Ending {
    /// The server refused a statement, so that it did not commit.
    Undone(Failure),
    /// Nobody knows.
    Lost(Failure),
}

async fn finish(
    connection: &Connection,
    writes: &Writes<'_>,
    deadline: Instant,
) -> Result<(), Ending> {
    let both = join(writes.send(connection), connection.run("COMMIT"));
    let (written, committed) =
        within(deadline, async { Ok(both.await) }).await.map_err(Ending::Lost)?;
    match (written, committed) {
        (Ok(()), Ok(())) => Ok(()),
        // The server answered the COMMIT, if only with a ROLLBACK.
        (Err(failure), Ok(())) => Err(Ending::Undone(failure)),
        (_, Err(failure)) => Err(Ending::Lost(failure)),
    }
}
