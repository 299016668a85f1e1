//! One connection, with the statements that were prepared on it.

use super::address::Address;
use super::failure::{Failure, Tried};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

/// The oldest server that has all that is used here.
const OLDEST_SERVER: i32 = 13;

/// How every connection begins. All that is asked here is answered from an index; so one plan does for all values, in the
/// order in which the statement names its tables, and never of the kind that reads a whole table. A transaction
/// waits for a lock for less than the patience of those who wait behind it, and one that a node has left behind half done
/// stays for less than that: so nobody is refused because another node stands still or is cut off. And whoever set
/// the server up not to wait for its disk did not know what is promised here.
const SETTINGS: &str = "
    SET plan_cache_mode = force_generic_plan;
    SET join_collapse_limit = 1; SET enable_seqscan = off; SET enable_bitmapscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET jit = off;
    SET default_transaction_isolation = 'read committed';
    SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '3s'; SET statement_timeout = '30s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// How soon the server sees that a node is cut off: what that node had locked is free then, and its connections make room.
/// Where the server asks nothing else of them, they would stay for hours.
pub(super) const SERVER_SEES: &str = "
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2; SET tcp_user_timeout = '10s'";

const SERVER: &str = "SELECT current_setting('server_version_num')::int / 10000,
     current_setting('server_encoding')";

/// A connection.
pub(super) struct Connection {
    client: Client,
    prepared: Mutex<HashMap<&'static str, Statement>>,
}

impl Connection {
    /// Connects, until `deadline`.
    pub(super) async fn open(address: &Address, deadline: Instant) -> Tried<Self> {
        within(deadline, async {
            let (client, wire) = address.config.connect(address.tls.clone()).await?;
            // It ends with the client. What breaks it is met by whoever waits for an answer.
            tokio::spawn(async move { drop(wire.await) });
            client.batch_execute(SETTINGS).await?;
            client.batch_execute(SERVER_SEES).await?;
            Ok(Self { client, prepared: Mutex::default() })
        })
        .await
    }

    /// Refuses a server on which the store could not work.
    pub(super) async fn check_server(&self) -> Tried<()> {
        let row = self.client.query_one(SERVER, &[]).await?;
        let (version, encoding): (i32, &str) = (row.try_get(0)?, row.try_get(1)?);
        if version < OLDEST_SERVER {
            return Err(Failure::Refused(format!(
                "the server is PostgreSQL {version}; Handover needs {OLDEST_SERVER} or newer"
            )));
        }
        if encoding != "UTF8" {
            return Err(Failure::Refused(format!(
                "the database's encoding is {encoding}; create one with ENCODING 'UTF8'"
            )));
        }
        Ok(())
    }

    /// The server's version, as it calls itself.
    pub(super) async fn version(&self) -> Tried<String> {
        let row = self.client.query_one("SHOW server_version", &[]).await?;
        Ok(row.try_get(0)?)
    }

    /// Prepares statements, so that a row of them can be sent without waiting in between.
    pub(super) async fn prepare(&self, all: &[&'static str]) -> Tried<()> {
        let preparing = all.iter().map(|sql| self.client.prepare(sql));
        let statements = futures_util::future::try_join_all(preparing).await?;
        self.prepared().extend(all.iter().copied().zip(statements));
        Ok(())
    }

    /// Whether a statement was prepared.
    pub(super) fn is_prepared(&self, sql: &'static str) -> bool {
        self.prepared().contains_key(sql)
    }

    fn prepared(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Statement>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks. One that is prepared is sent when the future is polled first; answers come in the order of sending.
    pub(super) async fn query(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Tried<Vec<Row>> {
        let known = self.prepared().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = self.client.prepare(sql).await?;
                self.prepared().insert(sql, statement.clone());
                statement
            }
        };
        Ok(self.client.query(&statement, values).await?)
    }

    /// Runs statements that are not prepared.
    pub(super) async fn run(&self, sql: &str) -> Tried<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// Waits until `deadline` and no longer.
pub(super) async fn within<T>(
    deadline: Instant,
    doing: impl Future<Output = Tried<T>>,
) -> Tried<T> {
    timeout_at(deadline, doing).await.unwrap_or_else(|_| Err(Failure::too_slow()))
}
