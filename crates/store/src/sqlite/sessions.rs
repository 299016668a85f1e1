//! Lists of sessions: those that wait oldest first, then the others newest first.

use super::columns::{json, session_word};
use handover_core::port::store::SessionFilter;
use handover_core::session::{SessionRecord, SessionState};
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
    let order = if state == SessionState::Waiting {
        "ORDER BY started_at, id LIMIT ?2"
    } else {
        "ORDER BY started_at DESC, id DESC LIMIT ?2"
    };
    let (state, limit) = (session_word(state), filter.limit);
    let read = |row: &rusqlite::Row<'_>| json(row, 0);
    match &filter.conversation {
        None => connection
            .prepare_cached(&format!("SELECT body FROM sessions WHERE state = ?1 {order}"))?
            .query_map(params![state, limit], read)?
            .collect(),
        Some(id) => connection
            .prepare_cached(&format!(
                "SELECT body FROM sessions WHERE conversation =
                     (SELECT nr FROM conversations WHERE id = ?3) AND state = ?1 {order}"
            ))?
            .query_map(params![state, limit, id.as_str()], read)?
            .collect(),
    }
}
