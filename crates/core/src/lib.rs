//! The pure core of Handover: it decides what a session's rules ask for, and does nothing else.
//!
//! [`decide()`](decide::decide) takes a conversation, a policy, the time and an event, and gives back what is to be
//! written and sent. It is total: what it will not do, it names.

pub mod capability;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod decide;
pub mod decision;
pub mod delivery;
pub mod entry;
pub mod event;
pub mod ids;
pub mod language;
pub mod marker;
pub mod policy;
pub mod port;
pub mod session;
pub mod time;
pub mod wish;
pub mod words;
