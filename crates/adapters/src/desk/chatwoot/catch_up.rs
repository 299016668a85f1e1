//! What Chatwoot holds of a session, for hooks that were lost: it sends each but once. The ids are those of the hooks.

use super::api::{Api, body, encoded, failure, went_well};
use super::decode::{message, status};
use super::{OURS, json};
use crate::kit::ours;
use crate::kit::replay::Answers;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::port::channel::Step;
use handover_core::port::desk::{At, CatchUp, Held};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::session::Session;
use handover_core::time::Timestamp;
use serde_json::Value;

/// Pages of one look. What is left over comes with the next.
const PAGES_MAX: usize = 8;
/// Messages on a page that is read backwards, from the newest.
const PAGE_BACK: usize = 20;
/// Messages on a page that is read onwards.
const PAGE_ON: usize = 100;

pub(super) fn catch_up(
    account: &Account,
    session: &Session,
    cursor: Option<&str>,
    answers: &[Reply],
) -> CatchUp {
    let cursor = cursor.and_then(|text| text.parse().ok());
    look(account, session, cursor, Answers::new(answers)).unwrap_or_else(|stop| *stop)
}

fn look(
    account: &Account,
    session: &Session,
    cursor: Option<i64>,
    mut answers: Answers<'_>,
) -> Result<CatchUp, Box<CatchUp>> {
    let api = Api::of(account).map_err(|why| Box::new(CatchUp::Failed { why }))?;
    let Some(link) = session.link.as_deref() else {
        return Ok(CatchUp::Done { events: Vec::new(), cursor: None, held: None });
    };
    let at = format!("/conversations/{}", encoded(link));
    let place = At::Session(session.id.clone());
    let mut ask = |request: &dyn Fn() -> Request| {
        answers.ask(request).map_err(|request| Box::new(CatchUp::Call(request)))
    };
    let reply = ask(&|| api.get(&at))?;
    if reply.status == 404 {
        let events = message::placed(&place, vec![gone(link)]);
        return Ok(CatchUp::Done { events, cursor: cursor.map(|id| id.to_string()), held: None });
    }
    let conversation = read(reply)?;
    let mut messages: Vec<Value> = Vec::new();
    let (mut from, mut to_the_end) = (cursor, false);
    for _ in 0..PAGES_MAX {
        let query = match (cursor, from) {
            (None, None) => String::new(),
            (None, Some(first)) => format!("?before={first}"),
            (Some(_), last) => format!("?after={}", last.unwrap_or_default()),
        };
        let page = read(ask(&|| api.get(&format!("{at}/messages{query}")))?)?;
        let page = json::items(&page);
        messages.extend(page.iter().cloned());
        to_the_end = page.len() < PAGE_BACK;
        let next = if cursor.is_some() { onwards(page, from) } else { back(page, from, session) };
        match next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    messages.sort_by_key(id);
    messages.dedup_by_key(|message| id(message));
    let held = cursor.is_none().then(|| held(session, &messages, to_the_end)).flatten();
    let last = messages.iter().filter_map(id).max().max(cursor);
    let mut events: Vec<FromDesk> = messages
        .iter()
        // Releases that do not know `after` answer with the newest.
        .filter(|message| cursor.is_none_or(|cursor| id(message) > Some(cursor)))
        .filter(|message| !is_older(message, session.started_at))
        .filter_map(|message| message::written(account, message, &conversation).ok()?.ok())
        .flatten()
        .collect();
    events.extend(state(link, session, &conversation));
    Ok(CatchUp::Done {
        events: message::placed(&place, events),
        cursor: last.map(|id| id.to_string()),
        held,
    })
}

/// What of ours was read. What an agent deletes stays in the list, and says that it was deleted.
fn held(session: &Session, messages: &[Value], to_the_end: bool) -> Option<Held> {
    let ids = messages.iter().filter_map(|message| json::text(message, "source_id"));
    let since =
        messages.iter().filter_map(|message| json::moment(message.get("created_at")?)).min();
    Some(Held {
        times: ours::times(OURS, &session.id.conversation()?, ids),
        // Where no message tells when it was written, nothing is known.
        since: if to_the_end { None } else { Some(since?) },
    })
}

/// The next page onwards; none at the end.
fn onwards(page: &[Value], from: Option<i64>) -> Option<i64> {
    let last = page.iter().filter_map(id).max();
    last.filter(|_| page.len() >= PAGE_ON && last > from)
}

/// The next page backwards; none where the session began.
fn back(page: &[Value], from: Option<i64>, session: &Session) -> Option<i64> {
    let first = page.iter().filter_map(id).min()?;
    let began = page.iter().any(|message| is_older(message, session.started_at));
    let moves = from.is_none_or(|from| first < from);
    (!began && moves && page.len() >= PAGE_BACK).then_some(first)
}

/// Only what differs from what is known, so that a look does not take for news what the contact has just outdated.
fn state(link: &str, session: &Session, conversation: &Value) -> Vec<FromDesk> {
    let news = status::status(link, conversation).filter(|event| match event.act {
        DeskAct::Closed => !session.closed_at_desk,
        DeskAct::Reopened => session.closed_at_desk,
        _ => true,
    });
    news.into_iter().chain(status::seen(link, conversation)).collect()
}

/// A conversation that was deleted is closed for good.
fn gone(link: &str) -> FromDesk {
    FromDesk {
        source: Some(SourceId::new(format!("status/{link}/gone"))),
        agent: None,
        done_at: None,
        act: DeskAct::Closed,
    }
}

/// Whether it was written before, for sure: the vendor's clock may be behind ours, and the list tells whole seconds.
fn is_older(message: &Value, than: Timestamp) -> bool {
    const CLOCKS_MS: i64 = 60_000;
    let at = message.get("created_at").and_then(json::moment);
    at.is_some_and(|at| at.plus_ms(CLOCKS_MS) <= than)
}

fn id(message: &Value) -> Option<i64> {
    message.get("id").and_then(json::int)
}

fn read(reply: &Reply) -> Result<Value, Box<CatchUp>> {
    if went_well(reply) {
        return Ok(body(reply));
    }
    let why = match failure(reply) {
        Step::Reject { why } | Step::Retry { why, .. } => why,
        Step::Call(_) | Step::Done { .. } => String::new(),
    };
    Err(Box::new(CatchUp::Failed { why }))
}
