<<<<<<< HEAD
//! What adapters share: signatures, forms, posting, times.
=======
//! What adapters share: signatures, posting, times, texts.
>>>>>>> go

pub mod html;
pub mod mac;
pub mod multipart;
pub mod post;
<<<<<<< HEAD
pub mod replay;
=======
pub mod quoted;
>>>>>>> go
pub mod studio;
pub mod time;
pub mod webhook;
