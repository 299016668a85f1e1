//! The commands. What they print is for people; logs go to standard error.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program prints")]

pub mod adapter;
pub mod bot;
pub mod check;
pub mod deliveries;
pub mod doctor;
pub mod moving;
pub mod serve;
pub mod server;
