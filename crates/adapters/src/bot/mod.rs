//! Bots: the automatic partners.

pub mod csml;
