//! What an operator has set, as deciding needs it.

use crate::capability::Capabilities;
use crate::ids::AccountId;
use serde::{Deserialize, Serialize};

/// The settings of livechat and the capabilities of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The desk that takes new sessions; none means that no human can be had (rule 5).
    pub desk: Option<AccountId>,
    /// What that desk calls the conversation in which an agent of it writes unasked (rule 21): a session that begins so
    /// goes on there.
    pub link: Option<String>,
    /// What that desk, or the desk of the open session, can show.
    pub desk_can: Capabilities,
    /// What the contact's channel can show.
    pub channel_can: Capabilities,
    /// The livechat settings.
    pub livechat: Livechat,
}

/// Settings → Livechat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Livechat {
    /// Seconds without a message after which a session expires: 1 to 604,799.
    pub timeout_s: u32,
    /// What the contact reads when the end is offered.
    pub end_message: String,
    /// What is written on the button of that offer.
    pub end_label: String,
    /// What the contact reads when a session starts; empty for nothing.
    pub start_text: String,
    /// What happens when an agent closes the desk's conversation (rule 15).
    pub on_desk_closed: OnDeskClosed,
    /// When the bot gets EXPIRED (rule 16).
    pub expired_at: ExpiredAt,
    /// How many sessions in `loop_window_s` are let through before the loop guard acts (rule 5).
    pub loop_sessions: u32,
    /// The loop guard's window in seconds.
    pub loop_window_s: u32,
}

impl Default for Livechat {
    fn default() -> Self {
        Self {
            timeout_s: 3600,
            end_message: "Has your question been answered? Press the button to return to the assistant, or just write on.".into(),
            end_label: "End the chat".into(),
            start_text: "You are being connected with our team. Someone will be with you shortly.".into(),
            on_desk_closed: OnDeskClosed::OfferEnd,
            expired_at: ExpiredAt::Once,
            loop_sessions: 5,
            loop_window_s: 600,
        }
    }
}

/// What happens when an agent closes the desk's conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDeskClosed {
    /// The contact is offered the end.
    OfferEnd,
    /// The session ends.
    End,
    /// Nothing.
    Ignore,
}

/// When the bot learns that a session expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiredAt {
    /// At once.
    Once,
    /// Before the contact's next message.
    NextMessage,
}
