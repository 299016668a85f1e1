//! What the proofs share: the real program on a folder, a program that calls its API, a browser.
#![allow(dead_code, reason = "each proof uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

pub(crate) mod api;
pub(crate) mod books;
pub(crate) mod browser;
pub(crate) mod chance;
pub(crate) mod hints;
pub(crate) mod jetstream;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod nats;
pub(crate) mod nodes;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod sink;
