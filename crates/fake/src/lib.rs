//! Believable help desks, for tests and for trying the product without an account: they hold state, answer as the real
//! vendors do, and can be asked and told in domain words.

pub mod chatwoot;
pub mod gorgias;
mod multipart;
pub mod server;
pub mod vendor;
