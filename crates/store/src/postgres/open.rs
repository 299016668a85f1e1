//! Opening a database: reached, found good enough, and brought up to this version.

use super::address::Address;
use super::connection::Connection;
use super::failure::{Failure, Tried, Tries};
use super::hand::Hand;
use super::lease::Free;
use super::migrate::{self, migrate};
use super::reader::Readers;
use super::writer::Writer;
use super::{Postgres, commit, lease, records, seat, store, treat};
use futures_util::future::try_join4;
use handover_core::port::store::{Result, StoreError};
use handover_core::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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
        open(address).await.map_err(|failure| named(&name, failure))
    }

    /// Looks at the database and changes nothing there. What is [`Looked::store`] is for reading only, and connects when it is
    /// asked.
    ///
    /// # Errors
    /// As [`Postgres::open`].
    pub async fn look(url: &str) -> Result<Looked> {
        let address = Arc::new(Address::read(url)?);
        let name = address.name();
        look(&address).await.map_err(|failure| named(&name, failure))
    }

    /// The number in whose name leases are taken now. No other opening of the database ever had it.
    pub fn holder(&self) -> i64 {
        self.holder.load(Ordering::SeqCst)
    }

    /// Takes leases in the name of a new number from now on, and gives it: for a node that others may have taken for dead.
    /// What is asked for at this moment may still be taken in the name of the one before.
    ///
    /// # Errors
    /// When the database cannot be reached: then all is as it was.
    pub async fn rename(&self) -> Result<i64> {
        let numbers = self.read(NODE, &[], |row| Ok(row.try_get(0)?)).await?;
        let number = numbers.first().copied();
        let number = number.ok_or_else(|| StoreError("no number for the node".into()))?;
        self.holder.store(number, Ordering::SeqCst);
        Ok(number)
    }

    /// What the database's clock says: nodes by whose clocks leases run should agree with it to a second or so.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn clock(&self) -> Result<Timestamp> {
        let times = self.read(CLOCK, &[], |row| super::columns::time(row, 0)).await?;
        times.first().copied().ok_or_else(|| StoreError("the database has no clock".into()))
    }

    /// Lets all leases of these holders run out that would do so after `now`, for others to take at once; says how many. Whoever takes one is told that
    /// it was interrupted. What is being settled at this moment is passed by, and may be found by doing it again a little
    /// later; several may do it at once.
    ///
    /// None of these numbers may be in use any more: a holder that still makes calls would make them beside whoever takes
    /// its leases. What it settles late is refused once somebody has taken the lease, and counts until then.
    ///
    /// # Errors
    /// When the database cannot be reached. The leases run out by themselves then.
    pub async fn free(&self, holders: &[i64], now: Timestamp) -> Result<u64> {
        self.beside(&Free { holders, now }).await
    }
}

/// What a database is like.
#[derive(Debug)]
pub struct Looked {
    /// The server's version.
    pub version: String,
    /// Migrations that it lacks, where it is one of ours; none where it is empty.
    pub lacks: Option<usize>,
    /// To read it.
    pub store: Postgres,
}

fn named(name: &str, failure: Failure) -> StoreError {
    let (Failure::Refused(why) | Failure::Passing(why) | Failure::Unknown(why)) = failure;
    StoreError(format!("{name}: {why}"))
}

/// What groups ask of a hand.
const OF_GROUPS: &[&[&str]] = &[commit::STATEMENTS, lease::STATEMENTS, seat::STATEMENTS];

/// What all else asks of one.
const OF_OTHERS: &[&[&str]] = &[
    lease::STATEMENTS,
    treat::STATEMENTS,
    seat::STATEMENTS,
    records::STATEMENTS,
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
    let (mut groups, mut beside) = hands(address, node);
    let (readers, files) = readers(address);
    let (all, alone) = (readers.open(deadline), files.open(deadline));
    try_join4(groups.open(deadline), beside.open(deadline), all, alone).await?;
    Ok(put_together(address, node, (groups, beside), (readers, files)))
}

async fn look(address: &Arc<Address>) -> Tried<Looked> {
    let connection = Connection::open(address, Instant::now() + PATIENCE).await?;
    connection.check_server().await?;
    let (version, lacks) = (connection.version().await?, migrate::look(&connection).await?);
    // The numbers of nodes begin at 1.
    let store = put_together(address, 0, hands(address, 0), readers(address));
    Ok(Looked { version, lacks, store })
}

fn hands(address: &Arc<Address>, node: i64) -> (Hand, Hand) {
    let groups = Hand::new(Arc::clone(address), node, 1, OF_GROUPS);
    (groups, Hand::new(Arc::clone(address), node, 0, OF_OTHERS))
}

fn readers(address: &Arc<Address>) -> (Readers, Readers) {
    let of = |seats| Readers::new(Arc::clone(address), seats);
    (of(READERS), of(CARRIERS))
}

fn put_together(
    address: &Arc<Address>,
    node: i64,
    (groups, beside): (Hand, Hand),
    (readers, files): (Readers, Readers),
) -> Postgres {
    Postgres {
        readers,
        files,
        writer: Writer::start(groups),
        beside: Mutex::new(beside),
        holder: AtomicI64::new(node),
        counted: Mutex::default(),
        address: Arc::clone(address),
    }
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
