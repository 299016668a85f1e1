//! What contacts read on our pages beside what is said to them: in their language. What Handover itself says in a
//! conversation stands in the core's `language`.

mod dutch;
mod english;
mod french;
mod german;
mod italian;
mod polish;
mod portuguese;
mod spanish;

#[cfg(test)]
mod tests;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use handover_core::language::Language;
use serde::Serialize;

/// What contacts read on our pages, in one language. A word in braces stands for what is put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The widget's frame, for those who hear the page.
    pub chat: &'static str,
    /// The widget's button.
    pub open_chat: &'static str,
    /// The same while the chat is open.
    pub close_chat: &'static str,
    /// The list of messages, for those who hear the page.
    pub conversation: &'static str,
    /// The list of what is not on disk yet, for those who hear the page.
    pub on_the_way: &'static str,
    /// The button that leads to messages below.
    pub new_messages: &'static str,
    /// The button for files.
    pub attach: &'static str,
    /// The field to write in, for those who hear the page.
    pub your_message: &'static str,
    /// In that field, while it is empty.
    pub write: &'static str,
    /// The button that sends.
    pub send: &'static str,
    /// To browsers without JavaScript.
    pub needs_scripts: &'static str,
    /// The bot has the floor.
    pub assistant: &'static str,
    /// Nobody has answered yet.
    pub waiting: &'static str,
    /// `{name}` has the floor.
    pub with_agent: &'static str,
    /// Someone without a name has the floor.
    pub with_team: &'static str,
    /// `{name}` types.
    pub types: &'static str,
    /// A message is on its way.
    pub sending: &'static str,
    /// A message is on disk.
    pub sent: &'static str,
    /// A message reached the desk.
    pub delivered: &'static str,
    /// A message was read at the desk.
    pub read: &'static str,
    /// A message waits for the connection.
    pub not_sent: &'static str,
    /// Takes a refused message back into the field.
    pub edit: &'static str,
    /// Takes a refused message away.
    pub remove: &'static str,
    /// Tries a file again.
    pub again: &'static str,
    /// There is no connection to the server.
    pub connecting: &'static str,
    /// The browser is offline.
    pub offline: &'static str,
    /// A file goes up.
    pub uploading: &'static str,
    /// The file `{name}` goes up, for those who hear the page.
    pub uploading_name: &'static str,
    /// A file has more than `{mb}` MB.
    pub too_large: &'static str,
    /// A file cannot go up without a connection.
    pub no_line: &'static str,
    /// A file's way broke off.
    pub upload_broke: &'static str,
    /// A file was not taken.
    pub upload_refused: &'static str,
    /// A file has nothing in it.
    pub file_empty: &'static str,
    /// Too many files at once.
    pub files_too_fast: &'static str,
    /// Too many messages at once.
    pub too_fast: &'static str,
    /// The server could not store a message.
    pub not_stored: &'static str,
    /// A file that was attached is no longer on the server.
    pub file_gone: &'static str,
    /// An agent's file could not be fetched from the desk.
    pub file_not_given: &'static str,
    /// A message has more than `{max}` characters.
    pub text_too_long: &'static str,
    /// Before the contact's own messages, for those who hear the page.
    pub you_said: &'static str,
    /// Before the bot's and our messages, for those who hear the page.
    pub assistant_said: &'static str,
    /// Buttons under a message, for those who hear the page.
    pub choices: &'static str,
    /// Cards side by side, for those who hear the page.
    pub cards: &'static str,
    /// An agent without a name.
    pub our_team: &'static str,
    /// `{name}` took the floor.
    pub joined: &'static str,
    /// The contact ended the chat.
    pub you_ended: &'static str,
    /// The chat was ended by the team.
    pub ended: &'static str,
    /// The chat ended for want of messages.
    pub expired: &'static str,
    /// No human could be had.
    pub unavailable: &'static str,
}

/// The language of a browser, if there are words for the first that it names: chat pages tell that one and no other.
pub fn of_header(headers: &HeaderMap) -> Option<Language> {
    let first = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?.split(',').next()?;
    Language::of_tag(first)
}

/// What contacts of a language read.
pub const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &english::WORDS,
        Language::German => &german::WORDS,
        Language::French => &french::WORDS,
        Language::Spanish => &spanish::WORDS,
        Language::Italian => &italian::WORDS,
        Language::Portuguese => &portuguese::WORDS,
        Language::Dutch => &dutch::WORDS,
        Language::Polish => &polish::WORDS,
    }
}
