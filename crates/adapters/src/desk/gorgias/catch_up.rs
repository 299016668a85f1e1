//! What a ticket holds, for hooks that were lost. One call where nothing is new.

use super::api;
use super::decode::message::{self, Read};
use super::decode::{events, ticket, whose};
use super::settings::Settings;
use crate::kit::{self, replay::Answers};
use handover_core::event::DeskAct;
use handover_core::port::desk::{At, CatchUp, FromHook, Held, What};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::session::Session;
use serde_json::Value;

/// How far the vendor's clock may be behind ours, in milliseconds.
const CLOCKS_MS: i64 = 60_000;
/// Messages that are read of a ticket: the newest.
const MESSAGES: usize = 100;

pub(super) fn catch_up(
    account: &Account,
    session: &Session,
    cursor: Option<&str>,
    answers: &[Reply],
) -> CatchUp {
    look(account, session, cursor, answers).unwrap_or_else(|step| step)
}

fn look(
    account: &Account,
    session: &Session,
    cursor: Option<&str>,
    answers: &[Reply],
) -> Result<CatchUp, CatchUp> {
    let settings =
        Settings::of(account).map_err(|field| failed(format!("the desk has no {field}")))?;
    let Some(link) = &session.link else {
        let cursor = cursor.map(str::to_owned);
        return Ok(CatchUp::Done { events: Vec::new(), cursor, held: None });
    };
    let mut answers = Answers::new(answers);
    let reply = answers
        .ask(|| api::get(&settings, &format!("tickets/{link}"), &[]))
        .map_err(CatchUp::Call)?;
    let told = fine(reply)?;
    let at =
        whose(told["external_id"].as_str(), Some(link)).unwrap_or_else(|| At::Link(link.clone()));
    let seen = Cursor::read(cursor);
    let state = state(&told);
    let mut happened = Vec::new();
    let (mut newest, mut held) = (seen.newest, None);
    if state.is_none() || state != seen.state {
        let (messages, are_all) = match embedded(&told) {
            Some(messages) => (messages, true),
            None => {
                let limit = MESSAGES.to_string();
                let query = [
                    ("ticket_id", link.as_str()),
                    ("limit", limit.as_str()),
                    ("order_by", "created_datetime:desc"),
                ];
                let reply = answers
                    .ask(|| api::get(&settings, "messages", &query))
                    .map_err(CatchUp::Call)?;
                fine(reply)?;
                let messages = api::list(reply);
                let are_all = messages.len() < MESSAGES;
                (messages, are_all)
            }
        };
        held = cursor.is_none().then(|| ours(session, &messages, are_all)).flatten();
        let mut messages: Vec<(u64, Value)> =
            messages.into_iter().filter_map(|message| Some((number(&message)?, message))).collect();
        messages.sort_by_key(|(number, _)| *number);
        let from = session.started_at.plus_ms(-CLOCKS_MS);
        for (number, message) in messages {
            newest = newest.max(number);
            let is_new = number > seen.newest
                && message::written_at(&message).is_none_or(|written| written >= from);
            if is_new && let read @ Read::Events(_) = message::read(&message) {
                happened.extend(events(&at, read));
            }
        }
    }
    happened.extend(status(session, &told, &at));
    let cursor = Some(Cursor { newest, state }.write());
    Ok(CatchUp::Done { events: happened, cursor, held })
}

/// What of ours was read, if all that the ticket holds of the session or its newest part was.
fn ours(session: &Session, messages: &[Value], are_all: bool) -> Option<Held> {
    let ids = messages.iter().filter_map(|message| message["external_id"].as_str());
    let since = messages.iter().filter_map(message::written_at).min();
    Some(Held {
        times: kit::ours::times(api::OURS, &session.id.conversation()?, ids),
        since: if are_all { None } else { Some(since?) },
    })
}

/// What the ticket's status says that the session does not know yet.
fn status(session: &Session, told: &Value, at: &At) -> Vec<FromHook> {
    // Nothing is done later than the look, so any snooze that ends after what was last said still holds.
    let read = ticket::status(told, None, session.last_message_at);
    let from = session.started_at.plus_ms(-CLOCKS_MS);
    let is_news = |event: &FromHook| match &event.what {
        What::Did(did) => match did.act {
            DeskAct::Closed => {
                !session.closed_at_desk && did.done_at.is_none_or(|done| done >= from)
            }
            DeskAct::Reopened => session.closed_at_desk,
            _ => true,
        },
        What::Typing { .. } => false,
    };
    events(at, read).into_iter().filter(is_news).collect()
}

/// The messages that came along with the ticket, if those are all.
fn embedded(ticket: &Value) -> Option<Vec<Value>> {
    let messages = ticket["messages"].as_array()?;
    let count = ticket["messages_count"].as_u64()?;
    (count > 0 && messages.len() as u64 >= count).then(|| messages.clone())
}

/// What changes when a message is added.
fn state(ticket: &Value) -> Option<String> {
    let count = ticket["messages_count"].as_u64()?;
    let last = ticket["last_message_datetime"].as_str()?;
    Some(format!("{count}@{last}"))
}

/// How far a look came: the newest message, and what the ticket said of its messages.
struct Cursor {
    newest: u64,
    state: Option<String>,
}

impl Cursor {
    fn read(text: Option<&str>) -> Self {
        let (newest, state) = text.and_then(|text| text.split_once(' ')).unwrap_or_default();
        let state = (!state.is_empty()).then(|| state.to_owned());
        Self { newest: newest.parse().unwrap_or(0), state }
    }

    fn write(&self) -> String {
        format!("{} {}", self.newest, self.state.as_deref().unwrap_or_default())
    }
}

fn number(message: &Value) -> Option<u64> {
    api::id(&message["id"])?.parse().ok()
}

fn fine(reply: &Reply) -> Result<Value, CatchUp> {
    if api::is_fine(reply) { Ok(api::body(reply)) } else { Err(failed(api::complaint(reply))) }
}

fn failed(why: String) -> CatchUp {
    CatchUp::Failed { why }
}
