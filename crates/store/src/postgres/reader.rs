//! Connections that read. Questions share them: one is sent before the answer to another has come.

use super::address::Address;
use super::connection::{Connection, within};
use super::failure::{Failure, Tried, Tries};
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How long a question is asked anew. A count of everything may take longer than a commit.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connections that read.
pub(super) struct Readers {
    address: Arc<Address>,
    seats: Vec<Seat>,
}

/// A place for a connection.
#[derive(Default)]
struct Seat {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Questions without an answer yet.
    asking: AtomicUsize,
}

/// Counts a question for as long as it lasts.
struct Asking<'a>(&'a Seat);

impl<'a> Asking<'a> {
    fn at(seat: &'a Seat) -> Self {
        seat.asking.fetch_add(1, Ordering::Relaxed);
        Self(seat)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Readers {
    pub(super) fn new(address: Arc<Address>, seats: usize) -> Self {
        Self { address, seats: std::iter::repeat_with(Seat::default).take(seats).collect() }
    }

    /// Connects all of them.
    pub(super) async fn open(&self, deadline: Instant) -> Tried<()> {
        let opening = self.seats.iter().map(|seat| self.connection(seat, deadline));
        try_join_all(opening).await.map(drop)
    }

    /// Asks one question: it sees one state. It may be asked twice, where the first answer was lost on the way.
    pub(super) async fn read(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Tried<Vec<Row>> {
        let deadline = Instant::now() + PATIENCE;
        let mut tries = Tries::until(deadline);
        loop {
            let Some(seat) = self.seats.iter().min_by_key(|it| it.asking.load(Ordering::Relaxed))
            else {
                return Err(Failure::Refused("nobody reads".into()));
            };
            let _asking = Asking::at(seat);
            match self.ask(seat, deadline, sql, values).await {
                Err(failure @ Failure::Passing(_)) => {
                    // It may be one that will never answer again.
                    *seat.connection.lock().await = None;
                    tries.pause(failure).await?;
                }
                done => return done,
            }
        }
    }

    async fn ask(
        &self,
        seat: &Seat,
        deadline: Instant,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Tried<Vec<Row>> {
        let connection = self.connection(seat, deadline).await?;
        within(deadline, connection.query(sql, values)).await
    }

    async fn connection(&self, seat: &Seat, deadline: Instant) -> Tried<Arc<Connection>> {
        let mut kept = seat.connection.lock().await;
        if let Some(connection) = kept.as_ref().filter(|it| !it.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        let connection = Arc::new(Connection::open(&self.address, deadline).await?);
        *kept = Some(Arc::clone(&connection));
        Ok(connection)
    }
}
