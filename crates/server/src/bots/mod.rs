//! The bots: uploaded versions, compiled once, run apart.

/// The bots: uploaded versions, compiled once, run apart.
pub struct Library;
