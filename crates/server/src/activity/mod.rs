//! Deliveries in view: each conversation as a timeline that explains itself (promise G), what was given up, and what
//! operators may do about it. The pages are here; `api` and `cli` say the same to programs and terminals.

pub mod act;
pub mod nodes;
mod overview;
mod page;
#[cfg(test)]
pub(crate) mod tests;
pub mod timeline;
mod view;
pub mod words;

pub use page::routes;
