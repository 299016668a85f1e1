//! What is there already: asked before anything is sent again (promise C), and where a session's conversation is not
//! known.

use super::walk::{Stop, Walk};
use super::{SESSION, contact};
use crate::desk::chatwoot::api::{encoded, went_well};
use crate::desk::chatwoot::{OURS, api, json};
use serde_json::Value;
use std::collections::BTreeSet;

/// How far back messages are looked through. What we posted last lies near the end.
const PAGES_MAX: usize = 10;
/// Messages on a page of Chatwoot's.
const PAGE: usize = 20;

/// What Chatwoot calls the session's conversation; none when there is no such conversation.
pub(super) fn link(walk: &mut Walk<'_>) -> Result<Option<String>, Stop> {
    if let Some(link) = &walk.job.job.session.link {
        return Ok(Some(link.clone()));
    }
    let Some(contact) = contact::find(walk)? else { return Ok(None) };
    let conversations = conversations(walk, contact.id)?;
    Ok(of_session(walk, &conversations))
}

/// The contact's conversations in our inbox, as Chatwoot lists them.
pub(super) fn conversations(walk: &mut Walk<'_>, contact: i64) -> Result<Vec<Value>, Stop> {
    let reply = walk.ask(|api| api.get(&format!("/contacts/{contact}/conversations")))?;
    if reply.status == 404 {
        return Ok(Vec::new());
    }
    if !went_well(reply) {
        return Err(Box::new(api::failure(reply)));
    }
    let inbox = walk.api.inbox_id;
    let body = api::body(reply);
    let ours = |one: &&Value| one.get("inbox_id").and_then(json::int).is_none_or(|id| id == inbox);
    Ok(json::items(&body).iter().filter(ours).cloned().collect())
}

/// The one that names our session.
pub(super) fn of_session(walk: &Walk<'_>, conversations: &[Value]) -> Option<String> {
    let session = walk.job.job.session.id.as_str();
    let names = |one: &&Value| {
        ["custom_attributes", "additional_attributes"].iter().any(|key| {
            one.get(key).and_then(|attributes| json::text(attributes, SESSION)) == Some(session)
        })
    };
    json::id(conversations.iter().find(names)?, "id")
}

/// The ids of this delivery's parts that are there. Asks only when an earlier try may have been obeyed.
pub(super) fn posted(walk: &mut Walk<'_>, link: &str) -> Result<BTreeSet<String>, Stop> {
    let mut found = BTreeSet::new();
    if !walk.is_repeat() {
        return Ok(found);
    }
    let mut before: Option<i64> = None;
    for _ in 0..PAGES_MAX {
        let at = format!("/conversations/{}/messages", encoded(link));
        let page = walk.need(|api| {
            api.get(&before.map_or_else(|| at.clone(), |before| format!("{at}?before={before}")))
        })?;
        let messages = json::items(&page);
        let mut earlier = false;
        for source in messages.iter().filter_map(|message| json::text(message, "source_id")) {
            match part_of(walk, source) {
                Some(n) if n == walk.job.id.n => {
                    found.insert(source.to_owned());
                }
                // Deliveries of a conversation go out in their order, so ours is not behind an earlier one.
                Some(n) => earlier |= n < walk.job.id.n,
                None => {}
            }
        }
        let first =
            messages.iter().filter_map(|message| message.get("id").and_then(json::int)).min();
        let goes_on = first.is_some() && first != before && messages.len() >= PAGE;
        if earlier || !goes_on {
            break;
        }
        before = first;
    }
    Ok(found)
}

/// The number of the delivery that a message of this conversation was posted by.
fn part_of(walk: &Walk<'_>, source: &str) -> Option<u64> {
    let rest = source.strip_prefix(OURS)?.strip_prefix(walk.contact_source())?.strip_prefix('.')?;
    rest.split('.').next()?.parse().ok()
}
