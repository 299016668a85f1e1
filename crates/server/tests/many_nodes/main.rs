//! Bad days of three nodes on one PostgreSQL: promises A to G are counted, and the time until all is well again.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod apart;
mod cut_off;
mod database;
mod nats;
mod paused;
mod rolling;
#[path = "../support/mod.rs"]
mod support;
mod world;
