//! Opening a session: customer, ticket with the contact's last message, transcript as a note.

use super::customer::{self, Customer};
use super::{Talk, fine, ticket, write};
use crate::desk::gorgias::api;
use handover_core::delivery::ToDesk;
use handover_core::entry::{Body, Entry};
use handover_core::port::channel::{Outgoing, Step};
use serde_json::{Value, json};

pub(super) fn open(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    transcript: &[Entry],
) -> Result<Step, Step> {
    let (opened, transcript) = match existing(talk, job)? {
        Some(ticket) => (resume(talk, job, transcript, &ticket)?, since_the_last_end(transcript)),
        None => (make(talk, job, transcript)?, transcript),
    };
    let known = write::data(&job.job.contact);
    let about = (!opened.data_shown).then_some(&known);
    let note_id = note_id(job);
    if let Some(text) = write::history(transcript, about, job.job.language.phrases())
        && !opened.ours.contains(&note_id)
    {
        let note = write::note(&talk.settings, &note_id, &text);
        fine(talk.send("POST", &format!("tickets/{}/messages", opened.id), &note)?)?;
    }
    Ok(Step::Done { link: Some(opened.id) })
}

struct Opened {
    id: String,
    data_shown: bool,
    /// What we have written into it before.
    ours: Vec<String>,
}

/// What a ticket does not know yet that has had a session before.
fn since_the_last_end(transcript: &[Entry]) -> &[Entry] {
    let end = transcript.iter().rposition(|entry| matches!(entry.body, Body::Ended { .. }));
    transcript.get(end.map_or(0, |end| end + 1)..).unwrap_or_default()
}

/// The ticket to go on with: the one in which an agent took over (rule 21), the contact's own (rule 20), or one that an
/// earlier try made (promise C).
fn existing(talk: &mut Talk<'_>, job: &Outgoing<'_, ToDesk>) -> Result<Option<Value>, Step> {
    let session = &job.job.session;
    let earlier = session.earlier_link.as_ref().filter(|_| talk.settings.per_contact);
    if let Some(earlier) = session.link.as_ref().or(earlier)
        && let Some(ticket) = ticket::at(talk, earlier)?
    {
        return Ok(Some(ticket));
    }
    if job.attempts > 0 || talk.settings.per_contact && session.ordinal > 1 {
        let external_id = ticket::external_id(talk, job);
        return ticket::carrying(talk, &external_id);
    }
    Ok(None)
}

fn resume(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    transcript: &[Entry],
    found: &Value,
) -> Result<Opened, Step> {
    let Some(id) = api::id(&found["id"]) else { return Err(nameless()) };
    let ours = if job.attempts > 0 { ticket::ours_in(talk, &id)? } else { Vec::new() };
    if found["status"] == "closed" {
        ticket::set_status(talk, &id, "open")?;
    }
    let data_shown = customer::show(talk, job, &found["customer"])?;
    let took_over = job.job.session.link.is_some();
    if !took_over && !ours.contains(&first_id(job)) {
        let sender = match customer::number(&found["customer"]) {
            Some(customer) => json!({ "id": customer }),
            None => json!({ "email": email(talk, job) }),
        };
        let first = first(talk, job, transcript, &sender);
        fine(talk.send("POST", &format!("tickets/{id}/messages"), &first)?)?;
    }
    Ok(Opened { id, data_shown, ours })
}

fn make(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    transcript: &[Entry],
) -> Result<Opened, Step> {
    let Customer { id, data_shown } = customer::bring(talk, job)?;
    let name = write::name(&job.job.contact, &job.id.conversation);
    let body = json!({
        "external_id": ticket::external_id(talk, job),
        "channel": talk.settings.channel,
        "via": "api",
        "from_agent": false,
        "status": "open",
        "subject": format!("Chat with {name}"),
        "customer": { "id": id },
        "tags": [{ "name": "livechat" }],
        "meta": { "session": job.job.session.id },
        "messages": [first(talk, job, transcript, &json!({ "id": id }))],
    });
    let made = fine(talk.send("POST", "tickets", &body)?)?;
    let id = api::id(&made["id"]).ok_or_else(nameless)?;
    Ok(Opened { id, data_shown, ours: Vec::new() })
}

fn first(
    talk: &Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    transcript: &[Entry],
    sender: &Value,
) -> Value {
    let conversation = &job.id.conversation;
    let name = write::name(&job.job.contact, conversation);
    let from = (email(talk, job), name);
    let text = write::first_words(transcript, job.job.language.phrases());
    write::contact_message(
        &talk.settings,
        conversation,
        (&from.0, &from.1),
        sender,
        &first_id(job),
        &text,
    )
}

fn email(talk: &Talk<'_>, job: &Outgoing<'_, ToDesk>) -> String {
    write::email(&talk.settings, &job.job.contact, &job.id.conversation)
}

fn first_id(job: &Outgoing<'_, ToDesk>) -> String {
    api::our_id(&format!("{}/first", job.id))
}

fn note_id(job: &Outgoing<'_, ToDesk>) -> String {
    api::our_id(&format!("{}/transcript", job.id))
}

fn nameless() -> Step {
    Step::Reject { why: "Gorgias named no id for the ticket".into() }
}
