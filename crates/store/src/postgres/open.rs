//! Opening a database: reached, found good enough, and brought up to this version.

use super::address::Address;
use super::connection::Connection;
use super::failure::{Failure, Tried, Tries};
use super::hand::Hand;
use super::lease::GiveBack;
use super::migrate::migrate;
use super::reader::Readers;
use super::writer::Writer;
use super::{Postgres, commit, events, lease, records, seat, store, treat};
use futures_util::future::try_join4;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a database that starts at the same time may take.
const PATIENCE: Duration = Duration::from_secs(10);

const NODE: &str = "SELECT nextval('nodes')";

const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

impl Postgres {
    /// Opens the database at `postgres://user:password@host:port/database`, and makes its tables if there are none. Has to be
    /// called on a tokio runtime, which has to live as long as the store. It keeps seven connections,
    /// and one more for a [`Postgres::line`].
    ///
    /// `sslmode` in the address is `disable`, `prefer` (as when there is none), `require` or `verify-full`; `sslrootcert`
    /// names a file with an authority of one's own. Several hosts may be given: the one that can be written to is used.
    ///
    /// # Errors
    /// When the address cannot be read, when the database cannot be reached for 10 seconds or refuses, when a version that
    /// this one cannot work beside made it, or when it is another program's. No error shows the password.
    pub async fn open(url: &str) -> Result<Self> {
        let address = Arc::new(Address::read(url)?);
        let name = address.name();
        open(address).await.map_err(|failure| {
            let (Failure::Refused(why) | Failure::Passing(why) | Failure::Unknown(why)) = failure;
            StoreError(format!("{name}: {why}"))
        })
    }

    /// The number of this opening among all that there ever were: leases are taken in its name.
    pub fn node(&self) -> i64 {
        self.node
    }

    /// What the database's clock says: nodes by whose clocks leases run should agree with it to a second or so.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn clock(&self) -> Result<Timestamp> {
        let times = self.read(CLOCK, &[], |row| super::columns::time(row, 0)).await?;
        times.first().copied().ok_or_else(|| StoreError("the database has no clock".into()))
    }

    /// Gives back all leases that this node holds, for others to take at once: to be called at the end, when nothing is
    /// being tried any more. What is still being tried will be looked up before it is tried again. Says how many.
    ///
    /// # Errors
    /// When the database cannot be reached. The leases run out then.
    pub async fn give_back(&self) -> Result<u64> {
        self.beside(&GiveBack(self.node)).await
    }
}

/// What groups ask of a hand.
const OF_GROUPS: &[&[&str]] =
    &[commit::STATEMENTS, events::OF_COMMITS, lease::STATEMENTS, seat::STATEMENTS];

/// What all else asks of one.
const OF_OTHERS: &[&[&str]] = &[
    lease::STATEMENTS,
    treat::STATEMENTS,
    seat::STATEMENTS,
    records::STATEMENTS,
    events::STATEMENTS,
    store::STATEMENTS,
];

/// Connections that read.
const READERS: usize = 3;

/// Connections for files.
const CARRIERS: usize = 2;

async fn open(address: Arc<Address>) -> Tried<Postgres> {
    let deadline = Instant::now() + PATIENCE;
    let mut tries = Tries::until(deadline);
    loop {
        match open_once(&address, deadline).await {
            Err(failure @ Failure::Passing(_)) => tries.pause(failure).await?,
            done => return done,
        }
    }
}

/// All connections are made at once: a node that cannot have as many is told so now, and not when it has work to do.
async fn open_once(address: &Arc<Address>, deadline: Instant) -> Tried<Postgres> {
    let node = prepare(address, deadline).await?;
    let mut groups = Hand::new(Arc::clone(address), node, 1, OF_GROUPS);
    let mut beside = Hand::new(Arc::clone(address), node, 0, OF_OTHERS);
    let readers = Readers::new(Arc::clone(address), READERS);
    let files = Readers::new(Arc::clone(address), CARRIERS);
    let (all, alone) = (readers.open(deadline), files.open(deadline));
    try_join4(groups.open(deadline), beside.open(deadline), all, alone).await?;
    Ok(Postgres {
        readers,
        files,
        writer: Writer::start(groups),
        beside: Mutex::new(beside),
        node,
        address: Arc::clone(address),
        keeps_events: AtomicBool::default(),
    })
}

/// Makes the database ready, and gives the number of this node.
async fn prepare(address: &Address, deadline: Instant) -> Tried<i64> {
    let connection = Connection::open(address, deadline).await?;
    connection.check_server().await?;
    migrate(&connection).await?;
    let rows = connection.query(NODE, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Passing("no number for the node".into()))?;
    Ok(row.try_get(0)?)
}
