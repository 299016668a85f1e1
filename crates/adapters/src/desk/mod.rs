//! Desks: where the agents answer.

pub mod console;
pub mod gorgias;
pub mod webhook;
