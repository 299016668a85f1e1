//! The `Store` and `Records` ports, kept in maps and in SQLite, with one list of cases that both pass.

mod change;
pub mod model;

pub use model::Model;
