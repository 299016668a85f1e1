//! What adapters share: signatures, posting, times, texts.

pub mod html;
pub mod mac;
pub mod multipart;
pub mod post;
pub mod quoted;
pub mod studio;
pub mod time;
pub mod webhook;
