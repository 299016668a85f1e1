//! What adapters share: signatures, forms, posting, times.

pub mod mac;
pub mod multipart;
pub mod post;
pub mod replay;
pub mod studio;
pub mod time;
pub mod webhook;
