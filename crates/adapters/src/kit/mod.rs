//! What adapters share: signatures, forms, posting, times, texts.

pub mod html;
pub mod mac;
pub mod multipart;
pub mod ours;
pub mod post;
pub mod quoted;
pub mod replay;
pub mod studio;
pub mod time;
pub mod webhook;
