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
    let phrases = walk.job.job.language.phrases();
    note::post(walk, &link, &[phrases.note_of_end(cause).to_owned()])?;
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
