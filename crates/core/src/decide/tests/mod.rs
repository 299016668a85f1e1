//! The rules of a session's life, by number. `Story` plays a conversation; each test tells one.

mod desks;
mod ends;
mod languages;
mod looked;
mod open;
mod properties;
mod starts;
mod story;
