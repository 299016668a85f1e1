//! What the gateway itself says to a contact when nobody else can.

use crate::session::EndCause;

/// The bot failed in its turn.
pub(super) const BOT_FAILED: &str =
    "Sorry, something went wrong on our side. Please try again in a moment.";

/// A contact's message could not be brought to the desk.
pub(super) const NOT_DELIVERED: &str =
    "Sorry, your last message could not be passed on to our team. Please try again later.";

/// An agent's message came after the session had ended.
pub(super) const CAME_LATE: &str = "The chat had ended when this message came, so the contact did not get it. Write again to take over from the bot.";

/// The session is over and the bot had nothing to say about it.
pub(super) const fn session_over(cause: EndCause) -> &'static str {
    match cause {
        EndCause::ContactEnded
        | EndCause::AgentEnded
        | EndCause::DeskClosed
        | EndCause::OperatorEnded => "The chat with our team has ended. The assistant is back.",
        EndCause::Expired => {
            "The chat with our team has ended because nobody wrote for a while. The assistant is back."
        }
        EndCause::NoAgent
        | EndCause::ClosedHours
        | EndCause::NoDesk
        | EndCause::DeskFailed
        | EndCause::LoopGuard => {
            "Sorry, nobody of our team can be reached right now. Please try again later."
        }
    }
}
