//! Opening a session: contact, conversation, transcript.

use super::walk::{Stop, Walk, reject};
use super::{SESSION, contact, lookup, note};
use crate::desk::chatwoot::api::{body, encoded, failure, went_well};
use crate::desk::chatwoot::json;
use handover_core::entry::Entry;
use handover_core::port::directory::Account;
use serde_json::{Value, json};

pub(super) fn open(
    walk: &mut Walk<'_>,
    account: &Account,
    transcript: &[Entry],
) -> Result<String, Stop> {
    let shared = account.text("keep") == Some("contact");
    let (link, goes_on) = match earlier(walk, shared)? {
        Some(link) => (link, true),
        None => find_or_make(walk, shared)?,
    };
    let shown = if goes_on { since_last(walk, transcript) } else { transcript };
    let notes = note::opening(walk.job.job, shown);
    note::post(walk, &link, &notes)?;
    Ok(link)
}

/// The conversation in which an agent took over, or that of the session before, where a contact has one for all. It may
/// have been deleted meanwhile.
fn earlier(walk: &mut Walk<'_>, shared: bool) -> Result<Option<String>, Stop> {
    let session = &walk.job.job.session;
    let before = session.earlier_link.as_ref().filter(|_| shared);
    let Some(link) = session.link.as_ref().or(before).cloned() else { return Ok(None) };
    let reply = walk.ask(|api| api.get(&format!("/conversations/{}", encoded(&link))))?;
    if reply.status == 404 {
        return Ok(None);
    }
    if !went_well(reply) {
        return Err(Box::new(failure(reply)));
    }
    let conversation = body(reply);
    let sender = conversation.get("meta").and_then(|meta| meta.get("sender"));
    if let Some(sender) = sender
        && let Some(id) = sender.get("id").and_then(json::int)
    {
        contact::renew(walk, id, json::text(sender, "name").unwrap_or_default())?;
    }
    be_open(walk, &link, &conversation)?;
    Ok(Some(link))
}

/// The conversation, and whether it was there before this session.
fn find_or_make(walk: &mut Walk<'_>, shared: bool) -> Result<(String, bool), Stop> {
    let contact = contact::find_or_make(walk)?;
    if walk.is_repeat() || shared && walk.job.job.session.ordinal > 1 {
        let there = lookup::conversations(walk, contact)?;
        let mine = lookup::of_session(walk, &there);
        let latest = || there.iter().filter_map(|one| one.get("id").and_then(json::int)).max();
        let goes_on = mine.is_none();
        let link = mine.or_else(|| latest().filter(|_| shared).map(|id| id.to_string()));
        if let Some(link) = link {
            let same = |one: &&Value| json::id(one, "id").as_ref() == Some(&link);
            be_open(walk, &link, there.iter().find(same).unwrap_or(&Value::Null))?;
            return Ok((link, goes_on));
        }
    }
    let body = json!({
        "inbox_id": walk.api.inbox_id,
        "contact_id": contact,
        "source_id": walk.contact_source(),
        "status": "open",
        "custom_attributes": { SESSION: walk.job.job.session.id },
    });
    let made = walk.need(|api| api.send("POST", "/conversations", &body))?;
    let Some(link) = json::id(&made, "id") else {
        return Err(reject(
            "Chatwoot made a conversation but did not say which. Is the address in the desk's settings right?",
        ));
    };
    be_open(walk, &link, &made)?;
    Ok((link, false))
}

/// An inbox with a bot makes conversations that wait, one that locks to a single conversation gives an old one.
fn be_open(walk: &mut Walk<'_>, link: &str, conversation: &Value) -> Result<(), Stop> {
    if json::text(conversation, "status") == Some("open") {
        return Ok(());
    }
    let path = format!("/conversations/{}/toggle_status", encoded(link));
    walk.need(|api| api.send("POST", &path, &json!({ "status": "open" })))?;
    Ok(())
}

/// What the agents have not seen in this conversation yet: what came after the session before.
fn since_last<'a>(walk: &Walk<'_>, transcript: &'a [Entry]) -> &'a [Entry] {
    let now = walk.job.job.session.ordinal;
    let before = |entry: &Entry| entry.session.is_some_and(|ordinal| ordinal < now);
    let from = transcript.iter().rposition(before).map_or(0, |at| at + 1);
    transcript.get(from..).unwrap_or_default()
}
