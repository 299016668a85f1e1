//! `GET /v1/sessions` and `GET /v1/sessions/{id}`: what there is to do at a desk.

use super::auth::Private;
use super::shape::{Line, Session};
use super::spec;
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::http::json::Params;
use axum::extract::{Path, State};
use handover_core::ids::SessionId;
use handover_core::port::directory::Directory;
use handover_core::port::store::{Page, SessionFilter};
use handover_core::session::SessionRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
const LINES_MAX: u32 = 1000;

/// Which sessions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// `open` (the default), `ended` or `all`.
    #[serde(default)]
    #[param(inline)]
    state: Wanted,
    /// At most this many: 1 to 1000, 100 by default.
    limit: Option<u32>,
}

/// Which state sessions are in.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    /// Waiting or with an agent.
    #[default]
    Open,
    /// Over.
    Ended,
    /// Both.
    All,
}

/// Sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sessions {
    /// Newest first; waiting ones oldest first.
    pub sessions: Vec<Session>,
}

/// A session with its conversation's transcript.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionWithTranscript {
    /// The session.
    #[serde(flatten)]
    pub session: Session,
    /// What the desk may see of the conversation up to the session's end, in order, the last 1000 lines.
    pub transcript: Vec<Line>,
}

/// List sessions.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "Sessions",
    params(Which),
    responses((status = 200, description = "The sessions", body = Sessions), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn list(
    State(app): State<Shared>,
    _: Private,
    Params(which): Params<Which>,
) -> Result<axum::Json<Sessions>, Problem> {
    let limit = which.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::field("limit", format!("A number from 1 to {LIMIT_MAX} is needed.")));
    }
    let open = match which.state {
        Wanted::Open => Some(true),
        Wanted::Ended => Some(false),
        Wanted::All => None,
    };
    let records = app.store.sessions(SessionFilter { open, conversation: None, limit }).await?;
    Ok(axum::Json(Sessions { sessions: records.iter().map(Session::of).collect() }))
}

/// Read a session with its transcript.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}",
    tag = "Sessions",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, description = "The session", body = SessionWithTranscript),
        spec::Refused,
        spec::Missing,
        spec::Later,
    ),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn one(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
) -> Result<axum::Json<SessionWithTranscript>, Problem> {
    let record = find(&app, &id).await?;
    let page = Page { after: 0, limit: LINES_MAX, newest: true };
    let entries = app.store.transcript(&record.conversation, page).await?;
    let base_url = app.settings.place().base_url;
    let transcript = entries
        .iter()
        .filter(|entry| entry.for_desk && record.ended_at.is_none_or(|end| entry.at <= end))
        .map(|entry| Line::of(entry, &base_url))
        .collect();
    Ok(axum::Json(SessionWithTranscript { session: Session::of(&record), transcript }))
}

pub(super) async fn find(app: &App, id: &str) -> Result<SessionRecord, Problem> {
    app.store
        .session(&SessionId::new(id))
        .await?
        .ok_or_else(|| Problem::not_found("There is no such session; see GET /v1/sessions."))
}
