//! PostgreSQL passes the list.
#![allow(clippy::unwrap_used, reason = "a test that cannot open its store has failed")]

use handover_store::Postgres;
use handover_store::conformance::server::{block_on, database};

fn open() -> (Postgres, ()) {
    (block_on(Postgres::open(&database())).unwrap(), ())
}

handover_store::conformance!(open(), block_on);
