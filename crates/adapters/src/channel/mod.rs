//! Channels: where the contact writes.

pub mod api;
pub mod probe;
pub mod web;
