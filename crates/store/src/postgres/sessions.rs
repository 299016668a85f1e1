//! Lists of sessions: those that wait oldest first, then the others newest first.

use super::Postgres;
use super::columns::to_text;
use handover_core::port::store::{Result, SessionFilter};
use handover_core::session::{SessionRecord, SessionState};

/// Each state in the order of its index; a state that is not wanted has the limit 0.
macro_rules! lists {
    ($one:literal) => {
        concat!(
            "SELECT * FROM (SELECT body FROM sessions WHERE ",
            $one,
            "state = 'waiting' ORDER BY started_at, id LIMIT $1) w UNION ALL
             SELECT * FROM (SELECT body FROM sessions WHERE ",
            $one,
            "state = 'agent' ORDER BY started_at DESC, id DESC LIMIT $2) a UNION ALL
             SELECT * FROM (SELECT body FROM sessions WHERE ",
            $one,
            "state = 'ended' ORDER BY started_at DESC, id DESC LIMIT $3) e"
        )
    };
}

/// Of all conversations.
pub(super) const OF_ALL: &str = lists!("");

/// Of one.
pub(super) const OF_ONE: &str =
    lists!("conversation = (SELECT nr FROM conversations WHERE id = $4) AND ");

/// Those that ended lately, the last ended first.
pub(super) const ENDED_SINCE: &str = "SELECT body FROM sessions
     WHERE ended_at >= $1 ORDER BY ended_at DESC, id DESC LIMIT $2";

impl Postgres {
    /// Reads all states at one moment, and merges.
    pub(super) async fn list_sessions(&self, filter: &SessionFilter) -> Result<Vec<SessionRecord>> {
        let limit = |state: SessionState| {
            let wanted = filter.open.is_none_or(|open| state.is_open() == open);
            if wanted { i64::from(filter.limit) } else { 0 }
        };
        let [waiting, agent, ended] =
            [SessionState::Waiting, SessionState::Agent, SessionState::Ended].map(limit);
        let found: Vec<SessionRecord> = match &filter.conversation {
            None => self.all(OF_ALL, &[&waiting, &agent, &ended]).await?,
            Some(id) => {
                let id = to_text(id.as_str());
                self.all(OF_ONE, &[&waiting, &agent, &ended, &id]).await?
            }
        };
        let (mut list, mut others): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|session| session.state == SessionState::Waiting);
        others.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
        list.extend(others);
        list.truncate(filter.limit as usize);
        Ok(list)
    }
}
