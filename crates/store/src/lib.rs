//! The `Store` and `Records` ports, kept in maps and in SQLite, with one list of cases that both pass.

mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod model;
pub mod sqlite;

pub use model::Model;
pub use sqlite::Sqlite;
