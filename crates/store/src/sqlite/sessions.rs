//! Lists of sessions: those that wait oldest first, then the others newest first.

use super::columns::{json, session_word};
use handover_core::port::store::SessionFilter;
use handover_core::session::{SessionRecord, SessionState};
use handover_core::time::Timestamp;
use rusqlite::{Connection, params};

/// Reads each state in the order of its index, and merges.
pub(super) fn list(
    connection: &Connection,
    filter: &SessionFilter,
) -> rusqlite::Result<Vec<SessionRecord>> {
    let of = |state: SessionState| {
        if filter.open.is_none_or(|open| state.is_open() == open) {
            of_state(connection, state, filter)
        } else {
            Ok(Vec::new())
        }
    };
    let mut list = of(SessionState::Waiting)?;
    let mut others = of(SessionState::Agent)?;
    others.extend(of(SessionState::Ended)?);
    others.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
    list.extend(others);
    list.truncate(filter.limit as usize);
    Ok(list)
}

fn of_state(
    connection: &Connection,
    state: SessionState,
    filter: &SessionFilter,
) -> rusqlite::Result<Vec<SessionRecord>> {
    let mut select =
        connection.prepare_cached(&of_state_sql(state, filter.conversation.is_some()))?;
    let read = |row: &rusqlite::Row<'_>| json(row, 0);
    match &filter.conversation {
        None => select.query_map(params![filter.limit], read)?.collect(),
        Some(id) => select.query_map(params![filter.limit, id.as_str()], read)?.collect(),
    }
}

/// The sessions of a state, of all conversations or of one.
pub(super) fn of_state_sql(state: SessionState, of_one: bool) -> String {
    let order = match state {
        SessionState::Waiting => "started_at, id",
        SessionState::Agent | SessionState::Ended => "started_at DESC, id DESC",
    };
    let one =
        if of_one { "conversation = (SELECT nr FROM conversations WHERE id = ?2) AND" } else { "" };
    let state = session_word(state);
    format!("SELECT body FROM sessions WHERE {one} state = '{state}' ORDER BY {order} LIMIT ?1")
}

/// Sessions that ended since a moment, the last ended first.
pub(super) const ENDED_SINCE: &str = "SELECT body FROM sessions INDEXED BY sessions_ended
     WHERE state = 'ended' AND json_extract(body, '$.ended_at') >= ?1
     ORDER BY json_extract(body, '$.ended_at') DESC, id DESC LIMIT ?2";

pub(super) fn ended_since(
    connection: &Connection,
    since: Timestamp,
    limit: u32,
) -> rusqlite::Result<Vec<SessionRecord>> {
    connection
        .prepare_cached(ENDED_SINCE)?
        .query_map(params![since.as_ms(), limit], |row| json(row, 0))?
        .collect()
}
