//! Finding the ticket of a session, and what it holds of ours.

use super::{Talk, fine};
use crate::desk::gorgias::api;
use handover_core::delivery::ToDesk;
use handover_core::port::channel::{Outgoing, Step};
use serde_json::{Value, json};

/// The id that a session's ticket carries.
pub(super) fn external_id(talk: &Talk<'_>, job: &Outgoing<'_, ToDesk>) -> String {
    if talk.settings.per_contact {
        job.id.conversation.to_string()
    } else {
        job.job.session.id.to_string()
    }
}

/// The ticket of an open session; none when it was never made.
pub(super) fn of(talk: &mut Talk<'_>, job: &Outgoing<'_, ToDesk>) -> Result<Option<String>, Step> {
    if let Some(link) = &job.job.session.link {
        return Ok(Some(link.clone()));
    }
    Ok(carrying(talk, &external_id(talk, job))?.and_then(|ticket| api::id(&ticket["id"])))
}

/// The newest ticket that carries an id of ours and is not in the bin.
pub(super) fn carrying(talk: &mut Talk<'_>, external_id: &str) -> Result<Option<Value>, Step> {
    let reply = talk.get("tickets", &[("external_id", external_id)])?;
    fine(reply)?;
    let fits = |ticket: &Value| {
        ticket["trashed_datetime"].is_null()
            && ticket.get("external_id").is_none_or(|told| told == external_id)
            && api::id(&ticket["id"]).is_some()
    };
    let newest = |ticket: &Value| api::id(&ticket["id"]).and_then(|id| id.parse::<u64>().ok());
    Ok(api::list(reply).into_iter().filter(fits).max_by_key(newest))
}

/// A ticket by its own id, unless it is gone or in the bin.
pub(super) fn at(talk: &mut Talk<'_>, id: &str) -> Result<Option<Value>, Step> {
    let reply = talk.get(&format!("tickets/{id}"), &[])?;
    if matches!(reply.status, 404 | 410) {
        return Ok(None);
    }
    let ticket = fine(reply)?;
    Ok(Some(ticket).filter(|ticket| ticket["trashed_datetime"].is_null()))
}

/// The ids of ours in the ticket's newest messages.
pub(super) fn ours_in(talk: &mut Talk<'_>, ticket: &str) -> Result<Vec<String>, Step> {
    let query = [("ticket_id", ticket), ("limit", "100"), ("order_by", "created_datetime:desc")];
    let reply = talk.get("messages", &query)?;
    fine(reply)?;
    let ids = api::list(reply);
    Ok(ids
        .iter()
        .filter_map(|message| message["external_id"].as_str().map(str::to_owned))
        .collect())
}

/// Opens or closes the ticket.
pub(super) fn set_status(talk: &mut Talk<'_>, ticket: &str, status: &str) -> Result<(), Step> {
    fine(talk.send("PUT", &format!("tickets/{ticket}"), &json!({ "status": status }))?)?;
    Ok(())
}
