//! The payloads of `session.md` section 2.

/// Asks for a human.
pub const START: &str = "LIVECHAT_SESSION_START";
/// Ends a session; as an agent's word it offers the end.
pub const END: &str = "LIVECHAT_SESSION_END";
/// Tells the bot that a session ended for want of messages.
pub const EXPIRED: &str = "LIVECHAT_SESSION_EXPIRED";
/// Tells the bot that no human could be had.
pub const UNAVAILABLE: &str = "LIVECHAT_SESSION_UNAVAILABLE";
