//! The `Store` and `Records` ports, kept in maps, in SQLite and in PostgreSQL, with one list of cases that all pass.

mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod model;
pub mod moving;
pub mod postgres;
pub mod sqlite;

pub use model::Model;
pub use postgres::Postgres;
pub use sqlite::Sqlite;
