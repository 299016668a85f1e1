//! What there is to say, whatever the language.

use crate::session::EndCause;
use serde::Serialize;

/// What Handover says for itself in one language. A word in braces stands for what [`fill`] puts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Phrases {
    /// To the contact: they have asked for a human. The operator may set another text.
    pub start_text: &'static str,
    /// To the contact, above the button that ends the chat. The operator may set another text.
    pub end_message: &'static str,
    /// On that button. The operator may set another text.
    pub end_label: &'static str,
    /// To the contact: the bot failed in its turn, or took too long.
    pub bot_failed: &'static str,
    /// To the contact: their message could not be brought to the desk.
    pub not_delivered: &'static str,
    /// To the contact: an agent sent something that cannot be shown.
    pub attachment_unshown: &'static str,
    /// To the contact: the session is over, and the bot had nothing to say about it.
    pub over: &'static str,
    /// The same when it ended for want of messages.
    pub expired: &'static str,
    /// The same when no human could be had.
    pub unavailable: &'static str,

    /// To agents: their message came after the session had ended.
    pub came_late: &'static str,
    /// To agents: their attachment `{name}` could not be shown to the contact.
    pub attachment_missed: &'static str,
    /// To agents: the bot failed, because of `{why}`.
    pub bot_failed_because: &'static str,
    /// To agents: whether line `{line}` arrived is not known, and it is sent again.
    pub maybe_twice: &'static str,
    /// To agents: line `{line}` did not reach the contact, because of `{why}`.
    pub contact_missed: &'static str,
    /// To agents: line `{line}` did not reach the desk, because of `{why}`.
    pub desk_missed: &'static str,
    /// To agents: the session could not be opened at the desk, because of `{why}`.
    pub desk_unreachable: &'static str,
    /// To agents: the desk could not be told of something, because of `{why}`.
    pub desk_not_told: &'static str,
    /// To agents: the desk took line `{line}` and lost it.
    pub brought_again: &'static str,
    /// To agents: the desk has line `{line}` twice.
    pub twice_at_desk: &'static str,
    /// To agents: the queue `{queue}` that was asked for is not there.
    pub no_queue: &'static str,
    /// To agents: their closing of the desk's conversation offers the end.
    pub closed_at_desk: &'static str,
    /// To agents: the desk's conversation was opened again.
    pub opened_again: &'static str,

    /// To agents, above what is known of a contact: `{name}` asks for a person.
    pub asks: &'static str,
    /// In place of that name.
    pub nameless: &'static str,
    /// To agents, below what is known of a contact: nobody has proved it.
    pub unproved: &'static str,
    /// To agents, above the transcript.
    pub said_so_far: &'static str,
    /// In the transcript, in place of lines that are too many.
    pub left_out: &'static str,
    /// To agents: the contact ended the chat.
    pub end_by_contact: &'static str,
    /// To agents: an agent handed back to the bot.
    pub end_by_agent: &'static str,
    /// To agents: closing the desk's conversation ended the chat.
    pub end_at_desk: &'static str,
    /// To agents: nobody wrote until the timeout.
    pub end_expired: &'static str,
    /// To agents: nobody answered within the wait limit.
    pub end_no_agent: &'static str,
    /// To agents: an operator ended the chat.
    pub end_by_operator: &'static str,
    /// To agents: no session could be had.
    pub end_unavailable: &'static str,
}

impl Phrases {
    /// To the contact: the session is over, and the bot had nothing to say about it.
    pub const fn session_over(&self, cause: EndCause) -> &'static str {
        match cause {
            EndCause::ContactEnded
            | EndCause::AgentEnded
            | EndCause::DeskClosed
            | EndCause::OperatorEnded => self.over,
            EndCause::Expired => self.expired,
            EndCause::NoAgent
            | EndCause::ClosedHours
            | EndCause::NoDesk
            | EndCause::DeskFailed
            | EndCause::LoopGuard => self.unavailable,
        }
    }

    /// To agents in their desk's conversation: the session is over.
    pub const fn note_of_end(&self, cause: EndCause) -> &'static str {
        match cause {
            EndCause::ContactEnded => self.end_by_contact,
            EndCause::AgentEnded => self.end_by_agent,
            EndCause::DeskClosed => self.end_at_desk,
            EndCause::Expired => self.end_expired,
            EndCause::NoAgent => self.end_no_agent,
            EndCause::OperatorEnded => self.end_by_operator,
            EndCause::ClosedHours
            | EndCause::NoDesk
            | EndCause::DeskFailed
            | EndCause::LoopGuard => self.end_unavailable,
        }
    }
}

/// A phrase with its words in braces replaced, each once; what is put in stays as it is, braces and all.
pub fn fill(phrase: &str, words: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(phrase.len());
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match words.iter().find(|(known, _)| *known == name) {
            Some((_, word)) => filled.push_str(word),
            None => filled.extend(["{", name, "}"]),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}
