//! What happened, in words: for the contact kindly, for agents exactly.

use super::Viewer;
use handover_core::content::Trigger;
use handover_core::language::fill;
use handover_core::session::EndCause;

/// That a session ended, and why.
pub(super) fn ended(cause: EndCause, viewer: Viewer) -> String {
    match viewer {
        Viewer::Contact(_) => match cause {
            EndCause::ContactEnded => viewer.words().you_ended,
            EndCause::Expired => viewer.words().expired,
            EndCause::AgentEnded | EndCause::DeskClosed | EndCause::OperatorEnded => {
                viewer.words().ended
            }
            EndCause::NoAgent
            | EndCause::ClosedHours
            | EndCause::NoDesk
            | EndCause::DeskFailed
            | EndCause::LoopGuard => viewer.words().unavailable,
        }
        .to_owned(),
        Viewer::Agent => format!("Session ended: {}.", why(cause)),
    }
}

/// Why a session ended, for agents.
pub const fn why(cause: EndCause) -> &'static str {
    match cause {
        EndCause::ContactEnded => "the contact ended it",
        EndCause::AgentEnded => "handed back to the bot",
        EndCause::DeskClosed => "closed at the desk",
        EndCause::Expired => "nobody wrote until the timeout",
        EndCause::NoAgent => "no agent within the wait limit",
        EndCause::ClosedHours => "outside opening hours",
        EndCause::NoDesk => "no desk is configured",
        EndCause::DeskFailed => "the desk could not be reached",
        EndCause::LoopGuard => "too many sessions in too short a time",
        EndCause::OperatorEnded => "ended by an operator",
    }
}

/// That an agent took the floor.
pub(super) fn accepted(name: &str, viewer: Viewer) -> String {
    match viewer {
        Viewer::Contact(_) => fill(viewer.words().joined, &[("name", name)]),
        Viewer::Agent => format!("{name} accepted the session."),
    }
}

/// That the contact opened the chat.
pub(super) fn opened(trigger: Option<&Trigger>) -> String {
    let Some(trigger) = trigger else { return "The contact opened the chat.".to_owned() };
    let flow = trigger.flow.as_deref().unwrap_or("the default flow");
    match &trigger.step {
        Some(step) => format!("The contact opened the chat at step {step} of {flow}."),
        None => format!("The contact opened the chat at {flow}."),
    }
}
