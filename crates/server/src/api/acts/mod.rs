//! `POST /v1/sessions/{id}/accept | messages | notes | end`: what an agent does, by a program.

mod body;

use crate::api::auth::Private;
use crate::api::sessions::find;
use crate::api::shape::{AgentRef, Session};
use crate::api::spec;
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::http::json::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use body::{Accept, End, Note, Say, named, source, words};
use handover_core::content::{Content, Trigger};
use handover_core::decision::Ignored;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::session::SessionRecord;
use handover_engine::Error as EngineError;
use serde::Serialize;
use utoipa::ToSchema;

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Acted {
    /// The first line that it made in the transcript; 0 if it made none.
    pub n: u64,
    /// Whether it had come before and did nothing now.
    pub duplicate: bool,
    /// The session afterwards.
    pub session: Session,
}

type Answer = Result<axum::Json<Acted>, Problem>;

/// Accept a session.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/accept",
    tag = "Sessions",
    params(("id" = String, Path, description = "The session's id")),
    request_body(content = Option<Accept>, content_type = "application/json"),
    responses((status = 200, body = Acted, description = "Accepted"), spec::Refused, spec::Missing, spec::Conflict, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(in crate::api) async fn accept(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    body: Option<Json<Accept>>,
) -> Answer {
    let Accept { agent } = body.map(|Json(body)| body).unwrap_or_default();
    let record = open(&app, &id).await?;
    act(&app, &record, None, agent, DeskAct::Accepted).await
}

/// Say something to the contact.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/messages",
    tag = "Sessions",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `id` in the body"),
    ),
    request_body = Say,
    responses((status = 200, body = Acted, description = "Said"), spec::Refused, spec::Missing, spec::Conflict, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(in crate::api) async fn say(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Say>,
) -> Answer {
    let source = source(body.id, &headers)?;
    let content = match (body.text, body.media) {
        (Some(text), None) => Content::text(words(text)?),
        (None, Some(media)) => Content::Media(media.check()?),
        _ => return Err(Problem::field("text", "Either text or media is needed, and not both.")),
    };
    let record = open(&app, &id).await?;
    act(&app, &record, source, body.agent, DeskAct::Said(content)).await
}

/// Write a note that the contact never sees.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/notes",
    tag = "Sessions",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same as `id` in the body"),
    ),
    request_body = Note,
    responses((status = 200, body = Acted, description = "Noted"), spec::Refused, spec::Missing, spec::Conflict, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(in crate::api) async fn note(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Note>,
) -> Answer {
    let source = source(body.id, &headers)?;
    let text = words(body.text)?;
    let record = open(&app, &id).await?;
    act(&app, &record, source, body.agent, DeskAct::Noted(text)).await
}

/// End a session: the bot takes over. Ending one that is over changes nothing.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/end",
    tag = "Sessions",
    params(("id" = String, Path, description = "The session's id")),
    request_body(content = Option<End>, content_type = "application/json"),
    responses((status = 200, body = Acted, description = "Ended"), spec::Refused, spec::Missing, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(in crate::api) async fn end(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    body: Option<Json<End>>,
) -> Answer {
    let End { agent, flow, step } = body.map(|Json(body)| body).unwrap_or_default();
    if step.is_some() && flow.is_none() {
        return Err(Problem::field("flow", "A step needs its flow."));
    }
    let record = find(&app, &id).await?;
    if !record.state.is_open() {
        let session = Session::of(&record);
        return Ok(axum::Json(Acted { n: 0, duplicate: true, session }));
    }
    let place = flow.map(|flow| Trigger { flow: Some(flow), step });
    let what = if agent.is_some() || place.is_some() {
        DeskAct::HandedBack(place)
    } else {
        DeskAct::OperatorEnded
    };
    act(&app, &record, None, agent, what).await
}

async fn act(
    app: &App,
    record: &SessionRecord,
    source: Option<SourceId>,
    agent: Option<AgentRef>,
    act: DeskAct,
) -> Answer {
    // Who does not say who they are speaks for the agent who has the floor.
    let agent = match agent {
        Some(agent) => Some(named(agent)?),
        None => record.agent.clone(),
    };
    let done =
        app.engine.from_desk(&record.id, FromDesk { source, agent, done_at: None, act }).await;
    let done = done.map_err(|error| match error {
        EngineError::NoSession => ended(),
        error => error.into(),
    })?;
    match done.ignored {
        Some(Ignored::AlreadyAccepted) => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "already_accepted",
                "Another agent has already accepted this session.",
            ));
        }
        Some(Ignored::NoSession) => return Err(ended()),
        Some(Ignored::Empty) => return Err(Problem::field("text", "It is empty.")),
        _ => {}
    }
    let session = Session::of(&find(app, record.id.as_str()).await?);
    Ok(axum::Json(Acted { n: done.entry, duplicate: done.duplicate, session }))
}

async fn open(app: &App, id: &str) -> Result<SessionRecord, Problem> {
    let record = find(app, id).await?;
    if record.state.is_open() { Ok(record) } else { Err(ended()) }
}

fn ended() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "session_ended",
        "This session is over; see GET /v1/sessions?state=open.",
    )
}
