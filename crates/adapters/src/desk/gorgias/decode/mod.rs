//! What a hook tells, in each of the forms in which Gorgias can be made to tell it.

mod fields;
pub(super) mod message;
pub(super) mod ticket;
mod words;

use super::api;
use super::settings::Settings;
use fields::Fields;
use handover_core::event::FromDesk;
use handover_core::ids::{ConversationId, SessionId};
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::desk::{At, FromHook, Hooked, What};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::time::Timestamp;
use message::Read;
use serde_json::Value;

/// Messages that are asked for when a hook does not say which one it is about.
const RECENT: &str = "10";
/// How old they may be, in milliseconds.
const RECENT_MS: i64 = 10 * 60_000;

pub(super) fn decode(
    account: &Account,
    call: &Call<'_>,
    answers: &[Reply],
) -> Result<Hooked, DecodeError> {
    let settings =
        Settings::of(account).map_err(|field| wrong(field, "Set it in the desk's settings."))?;
    let fields = Fields::read(call)?;
    match fields.kind() {
        Kind::Message => message_hook(&settings, &fields, call.at, answers),
        Kind::Failed => {
            let at = at(&fields)?;
            Ok(hooked(at, message::failed(&fields.message())))
        }
        Kind::Status => status_hook(&settings, &fields, call.at, answers),
        Kind::Unsnoozed => {
            let at = at(&fields)?;
            Ok(hooked(at, ticket::unsnoozed(&fields.ticket(), fields.event_id().as_deref())))
        }
        Kind::Other(kind) => {
            Ok(Hooked::Ignored { why: format!("{kind} says nothing that a session needs") })
        }
        Kind::Unknown => Err(wrong(
            "body",
            "It tells of no message and no status. Let the integration send {{context}} as its request body.",
        )),
    }
}

/// What a hook is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Message,
    Failed,
    Status,
    Unsnoozed,
    Other(String),
    Unknown,
}

fn message_hook(
    settings: &Settings<'_>,
    fields: &Fields,
    now: Timestamp,
    answers: &[Reply],
) -> Result<Hooked, DecodeError> {
    let at = at(fields)?;
    let told = fields.message();
    if let Some(why) = message::not_an_agents(&told) {
        return Ok(Hooked::Ignored { why: why.into() });
    }
    let read = message::read(&told);
    if message::is_complete(&told) {
        return Ok(hooked(at, read));
    }
    // A note looks like an answer where the hook does not tell them apart, and a note must never reach the contact
    // (rule 8): then nothing is told without having asked.
    let known = if message::is_known_for_an_answer_or_a_note(&told) {
        events(&at, read)
    } else {
        Vec::new()
    };
    let Some(ticket) = fields.ticket_id() else {
        return if known.is_empty() {
            Err(wrong(
                "ticket_id",
                "It is missing, so the message cannot be looked up. Add ticket_id={{ticket.id}}.",
            ))
        } else {
            Ok(Hooked::Events(known))
        };
    };
    let id = api::id(&told["id"]);
    let Some(reply) = answers.first() else {
        let request = match &id {
            Some(id) => api::get(settings, &format!("tickets/{ticket}/messages/{id}"), &[]),
            None => recent(settings, &ticket),
        };
        return Ok(Hooked::Ask { request, or: known });
    };
    let found = if !api::is_fine(reply) {
        None
    } else if id.is_some() {
        let body = api::body(reply);
        let body = if body["data"].is_object() { &body["data"] } else { &body };
        api::id(&body["id"]).map(|_| message::read(body))
    } else {
        Some(since(api::list(reply), now.plus_ms(-RECENT_MS)))
    };
    Ok(match (found, known) {
        (Some(read), _) => hooked(at, read),
        (None, known) if !known.is_empty() => Hooked::Events(known),
        (None, _) => Hooked::Ignored {
            why: format!("the message could not be looked up: {}", api::complaint(reply)),
        },
    })
}

fn status_hook(
    settings: &Settings<'_>,
    fields: &Fields,
    now: Timestamp,
    answers: &[Reply],
) -> Result<Hooked, DecodeError> {
    let at = at(fields)?;
    let told = fields.ticket();
    if told["status"].is_string() {
        return Ok(hooked(at, ticket::status(&told, fields.event_id().as_deref(), now)));
    }
    let Some(id) = fields.ticket_id() else {
        return Err(wrong("ticket.status", "It is missing. Add status={{ticket.status}}."));
    };
    let Some(reply) = answers.first() else {
        let request = api::get(settings, &format!("tickets/{id}"), &[]);
        return Ok(Hooked::Ask { request, or: Vec::new() });
    };
    Ok(if api::is_fine(reply) {
        hooked(at, ticket::status(&api::body(reply), None, now))
    } else {
        Hooked::Ignored {
            why: format!("the ticket could not be looked up: {}", api::complaint(reply)),
        }
    })
}

/// Asks for a ticket's newest messages.
pub(super) fn recent(settings: &Settings<'_>, ticket: &str) -> Request {
    let query = [("ticket_id", ticket), ("limit", RECENT), ("order_by", "created_datetime:desc")];
    api::get(settings, "messages", &query)
}

/// What a list of messages, newest first, holds since a moment; oldest first.
pub(super) fn since(newest_first: Vec<Value>, from: Timestamp) -> Read {
    let happened = newest_first
        .iter()
        .rev()
        .filter(|message| message::written_at(message).is_none_or(|at| at >= from))
        .filter_map(|message| match message::read(message) {
            Read::Events(events) => Some(events),
            Read::Ignored(_) => None,
        })
        .flatten()
        .collect();
    Read::Events(happened)
}

/// Which conversation a hook is about.
fn at(fields: &Fields) -> Result<At, DecodeError> {
    whose(fields.external_id().as_deref(), fields.ticket_id().as_deref()).ok_or_else(|| {
        wrong(
            "ticket_id",
            "It is missing. Add ticket_id={{ticket.id}} to what the integration sends.",
        )
    })
}

/// A ticket's conversation: by our id where the ticket carries one, else by the ticket's own.
pub(super) fn whose(external_id: Option<&str>, ticket: Option<&str>) -> Option<At> {
    const HEX: usize = 32;
    let is_conversation = |text: &str| {
        text.len() == HEX
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    if let Some(id) = external_id {
        if is_conversation(id) {
            return Some(At::Conversation(ConversationId::new(id)));
        }
        if let Some((conversation, ordinal)) = id.split_once('-')
            && is_conversation(conversation)
            && ordinal.parse::<u32>().is_ok()
        {
            return Some(At::Session(SessionId::new(id)));
        }
    }
    ticket.map(|ticket| At::Link(ticket.to_owned()))
}

fn hooked(at: At, read: Read) -> Hooked {
    match read {
        Read::Ignored(why) => Hooked::Ignored { why },
        Read::Events(happened) if happened.is_empty() => {
            Hooked::Ignored { why: "nothing in it is for the session".into() }
        }
        read @ Read::Events(_) => Hooked::Events(events(&at, read)),
    }
}

/// What happened, with where.
pub(super) fn events(at: &At, read: Read) -> Vec<FromHook> {
    let happened: Vec<FromDesk> = match read {
        Read::Events(happened) => happened,
        Read::Ignored(_) => Vec::new(),
    };
    happened.into_iter().map(|did| FromHook { at: at.clone(), what: What::Did(did) }).collect()
}

fn wrong(field: &str, problem: &str) -> DecodeError {
    DecodeError::Field { field: field.to_owned(), problem: problem.to_owned() }
}
