//! Where the truth is kept: a file of this process alone, or a database that many nodes share.

use crate::config::Config;
use crate::start::StartError;
use handover_core::port::clock::Clock;
use handover_core::port::outbox::Outbox;
use handover_core::port::store::{Records, Store};
use handover_store::{Postgres, Sqlite};
use std::sync::Arc;

/// How far a node's clock may be from the database's, in milliseconds: leases run by it.
const CLOCKS_APART_MS: i64 = 5_000;

/// Where the truth is kept.
pub struct Storage {
    /// Conversations.
    pub store: Arc<dyn Store>,
    /// Deliveries, for operators.
    pub outbox: Arc<dyn Outbox>,
    /// The configuration.
    pub records: Arc<dyn Records>,
    /// The database, where many nodes share one.
    pub shared: Option<Arc<Postgres>>,
}

impl Storage {
    /// Opens what the configuration names.
    ///
    /// # Errors
    /// Says what is wrong and how to mend it.
    pub async fn open(config: &Config, clock: &dyn Clock) -> Result<Self, StartError> {
        let Some(url) = &config.database else {
            return Ok(Self::of(Arc::new(Sqlite::open(config.data.join("handover.db"))?), None));
        };
        let database = Arc::new(Postgres::open(url).await?);
        compare_clocks(clock, &database).await?;
        Ok(Self::of(Arc::clone(&database), Some(database)))
    }

    fn of<S: Store + Outbox + Records + 'static>(
        all: Arc<S>,
        shared: Option<Arc<Postgres>>,
    ) -> Self {
        Self { store: all.clone(), outbox: all.clone(), records: all, shared }
    }
}

/// Refuses a clock by which leases would run out too early or too late.
///
/// # Errors
/// Says how far it is off, or that the database does not answer.
pub async fn compare_clocks(clock: &dyn Clock, database: &Postgres) -> Result<(), StartError> {
    let apart_ms = clock.now().since_ms(database.clock().await?);
    if apart_ms.abs() <= CLOCKS_APART_MS {
        return Ok(());
    }
    let (seconds, side) = (apart_ms.abs() / 1000, if apart_ms > 0 { "ahead of" } else { "behind" });
    Err(StartError::Other(format!(
        "this machine's clock is {seconds} seconds {side} the database's. Set both by a time server, then start again."
    )))
}
