//! The ports: what the product needs from the world, and what an adapter has to offer.

pub mod bot;
pub mod bus;
pub mod channel;
pub mod clock;
pub mod desk;
pub mod directory;
pub mod events;
pub mod http;
pub mod manifest;
pub mod outbox;
pub mod place;
pub mod store;
pub mod watch;
