//! A message of the contact, with its file.

use super::{Talk, file, fine, is_misliked, refusal, ticket, write};
use crate::desk::gorgias::api;
use crate::desk::gorgias::settings::Address;
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::delivery::ToDesk;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::http::Reply;
use serde_json::{Value, json};

pub(super) fn say(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    content: &Content,
) -> Result<Step, Step> {
    let Some(id) = ticket::of(talk, job)? else {
        return Err(Step::Reject { why: "the session has no ticket at Gorgias".into() });
    };
    if job.job.session.closed_at_desk {
        ticket::set_status(talk, &id, "open")?;
    }
    if job.attempts > 0 && ticket::ours_in(talk, &id)?.contains(&api::our_id(&job.id.to_string())) {
        return Ok(Step::Done { link: None });
    }
    let attachment = match content {
        Content::Media(media) => file::bring(talk, job, media)?,
        _ => None,
    };
    let mut by_id = None;
    if talk.settings.address != Address::Placeholder {
        by_id = Some(customer_of(talk, &id)?);
    }
    let mut reply = post(talk, job, &id, content, attachment.as_ref(), by_id.as_ref())?;
    if is_misliked(reply) && by_id.is_none() {
        by_id = Some(customer_of(talk, &id)?);
        reply = post(talk, job, &id, content, attachment.as_ref(), by_id.as_ref())?;
    }
    if is_misliked(reply) && attachment.is_some() {
        reply = post(talk, job, &id, content, None, by_id.as_ref())?;
    }
    if reply.status == 404 {
        return Err(gone(&id));
    }
    if !api::is_fine(reply) {
        return Err(refusal(reply));
    }
    Ok(Step::Done { link: None })
}

fn post<'a>(
    talk: &mut Talk<'a>,
    job: &Outgoing<'_, ToDesk>,
    ticket: &str,
    content: &Content,
    attachment: Option<&Value>,
    by_id: Option<&Value>,
) -> Result<&'a Reply, Step> {
    let conversation = &job.id.conversation;
    let contact = &job.job.contact;
    let email = write::email(&talk.settings, contact, conversation);
    let name = write::name(contact, conversation);
    let sender = by_id.cloned().unwrap_or_else(|| json!({ "email": email }));
    let text = match (content, attachment) {
        (_, Some(attachment)) => attachment["name"].as_str().unwrap_or_default().to_owned(),
        _ => plain(content),
    };
    let external_id = api::our_id(&job.id.to_string());
    let mut body = write::contact_message(
        &talk.settings,
        conversation,
        (&email, &name),
        &sender,
        &external_id,
        &text,
    );
    if let Some(attachment) = attachment {
        body["attachments"] = json!([attachment]);
    }
    talk.send("POST", &format!("tickets/{ticket}/messages"), &body)
}

/// The ticket's customer as a sender. Where a real address is used, only the ticket knows whose it was when it was made.
fn customer_of(talk: &mut Talk<'_>, id: &str) -> Result<Value, Step> {
    let reply = talk.get(&format!("tickets/{id}"), &[])?;
    if matches!(reply.status, 404 | 410) {
        return Err(gone(id));
    }
    let ticket = fine(reply)?;
    super::customer::number(&ticket["customer"])
        .map(|customer| json!({ "id": customer }))
        .ok_or_else(|| Step::Reject { why: format!("ticket {id} has no customer at Gorgias") })
}

fn gone(ticket: &str) -> Step {
    Step::Reject { why: format!("ticket {ticket} is gone from Gorgias: it was deleted or merged") }
}
