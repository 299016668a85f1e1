//! What an operator has set, as deciding needs it.

use crate::capability::Capabilities;
use crate::ids::AccountId;
use crate::language::{Language, Phrases};
use serde::{Deserialize, Deserializer, Serialize};

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
    /// The language of what agents read, and of what contacts read whose own language is not known or has no words.
    pub language: Language,
    /// What the contact reads when the end is offered; none for our words in the session's language.
    #[serde(deserialize_with = "end_message")]
    pub end_message: Option<String>,
    /// What is written on the button of that offer; none for our words in the session's language.
    #[serde(deserialize_with = "end_label")]
    pub end_label: Option<String>,
    /// What the contact reads when a session starts: empty for nothing, none for our words in the session's language.
    #[serde(deserialize_with = "start_text")]
    pub start_text: Option<String>,
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
            language: Language::English,
            end_message: None,
            end_label: None,
            start_text: None,
            on_desk_closed: OnDeskClosed::OfferEnd,
            expired_at: ExpiredAt::Once,
            loop_sessions: 5,
            loop_window_s: 600,
        }
    }
}

impl Livechat {
    /// What a contact of this language reads when the end is offered.
    pub fn end_message(&self, language: Language) -> &str {
        self.end_message.as_deref().unwrap_or(language.phrases().end_message)
    }

    /// What is written on the button of that offer.
    pub fn end_label(&self, language: Language) -> &str {
        self.end_label.as_deref().unwrap_or(language.phrases().end_label)
    }

    /// What a contact of this language reads when a session starts; empty for nothing.
    pub fn start_text(&self, language: Language) -> &str {
        self.start_text.as_deref().unwrap_or(language.phrases().start_text)
    }
}

fn end_message<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    own_text(from, |phrases| phrases.end_message)
}

fn end_label<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    own_text(from, |phrases| phrases.end_label)
}

fn start_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    own_text(from, |phrases| phrases.start_text)
}

/// A text of the operator's own. One that is as it was shipped, in whatever language, is none: settings that were stored
/// before there were languages hold the English ones.
fn own_text<'de, D: Deserializer<'de>>(
    from: D,
    shipped: fn(&Phrases) -> &'static str,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let is_shipped =
        |text: &String| Language::ALL.iter().any(|it| shipped(it.phrases()) == text.trim());
    Ok(text.filter(|text| !is_shipped(text)))
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

#[cfg(test)]
mod tests {
    use super::Livechat;
    use crate::language::Language;
    use serde_json::json;

    fn read(settings: serde_json::Value) -> Livechat {
        serde_json::from_value(settings).unwrap()
    }

    #[test]
    fn rule_1_shipped_texts_follow_the_language_and_own_ones_stay() {
        let stored_before_there_were_languages = read(json!({
            "end_label": "End the chat",
            "end_message": Language::English.phrases().end_message,
            "start_text": Language::English.phrases().start_text,
        }));
        assert_eq!(stored_before_there_were_languages, Livechat::default());
        assert_eq!(read(json!({ "end_label": null })), Livechat::default());
        assert_eq!(read(json!({ "end_label": "Chat beenden " })).end_label, None);
        let own = read(json!({ "end_label": "Bye", "start_text": "" }));
        assert_eq!(own.end_label(Language::French), "Bye");
        assert_eq!(own.start_text(Language::French), "", "nothing is said");
        assert_eq!(own.end_message(Language::French), Language::French.phrases().end_message);
        assert_eq!(read(serde_json::to_value(&own).unwrap()), own);
    }
}
