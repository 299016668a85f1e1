//! Letters from node to node by NOTIFY, on a connection of its own: within a transaction that writes, a NOTIFY makes all
//! commits of the server wait for each other.

use super::Postgres;
use super::address::Address;
use super::connection::SERVER_SEES;
use futures_util::stream::{StreamExt, poll_fn};
use handover_core::port::store::{Result, StoreError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Statement};

/// What the server tells all who listen.
const CHANNEL: &str = "handover";

/// How long connecting, telling and asking may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A connection by which letters come and go. It does not mend itself: when it is over, take another.
pub struct Line {
    client: Client,
    tell: Statement,
    heard: UnboundedReceiver<String>,
}

impl Postgres {
    /// The longest letter, in bytes: the server takes less than 8,000.
    pub const LETTER_BYTES_MAX: usize = 7_900;

    /// Listens to the letters of all nodes of this database, one's own among them, from now on.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn line(&self) -> Result<Line> {
        in_time(connect(&self.address)).await
    }
}

async fn connect(address: &Address) -> std::result::Result<Line, tokio_postgres::Error> {
    let (client, mut wire) = address.config.connect(address.tls.clone()).await?;
    let (letters, heard) = unbounded_channel();
    tokio::spawn(async move {
        let mut messages = poll_fn(move |context| wire.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(letter) = message
                && letters.send(letter.payload().to_owned()).is_err()
            {
                return;
            }
        }
    });
    client.batch_execute(SERVER_SEES).await?;
    client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    let tell = client.prepare("SELECT pg_notify($1, $2)").await?;
    Ok(Line { client, tell, heard })
}

impl Line {
    /// The next letter; none when the connection is over. Dropping the future loses nothing.
    pub async fn heard(&mut self) -> Option<String> {
        self.heard.recv().await
    }

    /// Tells all nodes.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn tell(&self, letter: &str) -> Result<()> {
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&CHANNEL, &letter];
        in_time(self.client.query(&self.tell, &values)).await?;
        Ok(())
    }

    /// Whether the server still answers. Who only listens does not meet the end of a connection on which nothing comes: to
    /// be asked every few seconds.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn check(&self) -> Result<()> {
        in_time(self.client.batch_execute("")).await
    }
}

async fn in_time<T>(
    doing: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match timeout(PATIENCE, doing).await {
        Ok(done) => done.map_err(|error| StoreError(error.to_string())),
        Err(_) => Err(StoreError("the database did not answer in time".into())),
    }
}
