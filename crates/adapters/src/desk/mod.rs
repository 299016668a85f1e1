//! Desks: where the agents answer.

pub mod chatwoot;
pub mod console;
pub mod gorgias;
pub mod webhook;
