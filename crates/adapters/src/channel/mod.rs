//! Channels: where the contact writes.

pub mod api;
pub mod web;
