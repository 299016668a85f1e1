//! The session is over: the agents are told, and by setting the conversation is resolved (rule 12).

use super::walk::{Stop, Walk};
use super::{lookup, note};
use crate::desk::chatwoot::api::{encoded, failure, went_well};
use handover_core::port::directory::Account;
use handover_core::session::EndCause;
use serde_json::json;

pub(super) fn tell(walk: &mut Walk<'_>, account: &Account, cause: EndCause) -> Result<(), Stop> {
    // What was never opened needs no end.
    let Some(link) = lookup::link(walk)? else { return Ok(()) };
    note::post(walk, &link, &[words(cause).to_owned()])?;
    if account.flag("keep_open") || cause == EndCause::NoAgent {
        return Ok(());
    }
    let path = format!("/conversations/{}/toggle_status", encoded(&link));
    let reply = walk.ask(|api| api.send("POST", &path, &json!({ "status": "resolved" })))?;
    // An account may demand that agents fill in attributes first: then it stays for them to resolve.
    if went_well(reply) || matches!(reply.status, 404 | 422) {
        Ok(())
    } else {
        Err(Box::new(failure(reply)))
    }
}

const fn words(cause: EndCause) -> &'static str {
    match cause {
        EndCause::ContactEnded => "The chat is over: the contact ended it. The bot answers again.",
        EndCause::AgentEnded => "The chat is over: it was handed back to the bot.",
        EndCause::DeskClosed => {
            "The chat is over because its conversation was resolved. The bot answers again."
        }
        EndCause::Expired => {
            "The chat is over because nobody wrote for a while. The bot answers again."
        }
        EndCause::NoAgent => {
            "The chat is over because no agent answered in time. The bot answers again. Write here to take over."
        }
        EndCause::ClosedHours => "The chat is over: it came outside the opening hours.",
        EndCause::NoDesk => "The chat is over: no desk is configured for it any more.",
        EndCause::DeskFailed => {
            "The chat is over because Chatwoot could not be reached. The bot answers again."
        }
        EndCause::LoopGuard => "The chat is over: too many were begun in too short a time.",
        EndCause::OperatorEnded => "The chat is over: an operator ended it. The bot answers again.",
    }
}
