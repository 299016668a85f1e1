//! What adapters share: signatures, posting, times.

pub mod mac;
pub mod post;
pub mod studio;
pub mod time;
pub mod webhook;
