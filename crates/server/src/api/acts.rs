//! `POST /v1/sessions/{id}/accept | messages | notes | end`: what an agent does, by a program.

use super::auth::Private;
use super::sessions::find;
use super::shape::{AgentRef, Session};
use super::spec;
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::http::json::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use handover_adapters::channel::api::decode::TEXT_CHARS_MAX;
use handover_core::contact::Agent;
use handover_core::content::{Content, Media, MediaKind, Trigger};
use handover_core::decision::Ignored;
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::{AgentId, SourceId};
use handover_core::session::SessionRecord;
use handover_engine::Error as EngineError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ID_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 4096;

/// Accept a session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Accept {
    /// Who accepts.
    agent: Option<AgentRef>,
}

/// Say something to the contact: `text` or `media`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "Hello, how can I help?", "agent": { "id": "7", "name": "Bob" }, "id": "m1" }))]
pub(super) struct Say {
    /// The words, Markdown allowed. With `LIVECHAT_SESSION_END` as a word in it, the end is offered.
    text: Option<String>,
    /// A picture or file.
    media: Option<SayMedia>,
    /// Who says it; by default the session's agent.
    agent: Option<AgentRef>,
    /// Your id for it: the same id again says nothing twice. The header `Idempotency-Key` does the same.
    id: Option<String>,
}

/// A picture or file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SayMedia {
    /// Where it is, `https://...`.
    url: String,
    /// Its name.
    name: Option<String>,
    /// `image`, `video`, `audio` or `file`; by default what the media type or the name suggests.
    #[schema(value_type = Option<String>)]
    kind: Option<MediaKind>,
    /// Its media type.
    mime: Option<String>,
}

/// Write a note that the contact never sees.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// The note.
    text: String,
    /// Who writes it.
    agent: Option<AgentRef>,
    /// Your id for it: the same id again writes nothing twice.
    id: Option<String>,
}

/// End a session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// The agent who hands back to the bot; without one, an operator ends the session.
    agent: Option<AgentRef>,
    /// The flow at which the bot goes on.
    flow: Option<String>,
    /// The step of that flow.
    step: Option<String>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Acted {
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
    responses((status = 200, body = Acted, description = "Accepted"), spec::Refused, spec::Missing, spec::Conflict, spec::TooMany),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn accept(
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
    responses((status = 200, body = Acted, description = "Said"), spec::Refused, spec::Missing, spec::Conflict, spec::TooMany),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn say(
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
    responses((status = 200, body = Acted, description = "Noted"), spec::Refused, spec::Missing, spec::Conflict, spec::TooMany),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn note(
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
    responses((status = 200, body = Acted, description = "Ended"), spec::Refused, spec::Missing, spec::TooMany),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn end(
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
    let done = app.engine.from_desk(&record.id, FromDesk { source, agent, act }).await;
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

fn named(agent: AgentRef) -> Result<Agent, Problem> {
    for (field, text) in [("agent.id", &agent.id), ("agent.name", &agent.name)] {
        if text.trim().is_empty() || text.chars().count() > ID_CHARS_MAX {
            return Err(Problem::field(
                field,
                format!("1 to {ID_CHARS_MAX} characters are needed."),
            ));
        }
    }
    Ok(Agent { id: AgentId::new(agent.id), name: agent.name })
}

fn words(text: String) -> Result<String, Problem> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        return Err(Problem::field("text", "It is empty."));
    }
    if chars > TEXT_CHARS_MAX {
        return Err(Problem::field(
            "text",
            format!("At most {TEXT_CHARS_MAX} characters; this has {chars}."),
        ));
    }
    Ok(text)
}

/// The caller's id, from the body or the header. Kept apart from the ids of other desks.
fn source(id: Option<String>, headers: &HeaderMap) -> Result<Option<SourceId>, Problem> {
    let header = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let id = match (id, header) {
        (Some(id), Some(header)) if id != header => {
            return Err(Problem::field(
                "id",
                "It differs from the header Idempotency-Key. Send one.",
            ));
        }
        (id, header) => id.or_else(|| header.map(str::to_owned)),
    };
    match id {
        Some(id) if id.is_empty() || id.chars().count() > ID_CHARS_MAX => {
            Err(Problem::field("id", format!("1 to {ID_CHARS_MAX} characters are needed.")))
        }
        id => Ok(id.map(|id| SourceId::new(format!("api:{id}")))),
    }
}

impl SayMedia {
    fn check(self) -> Result<Media, Problem> {
        let fine = self.url.starts_with("https://") || self.url.starts_with("http://");
        if !fine || self.url.chars().count() > URL_CHARS_MAX {
            return Err(Problem::field(
                "media.url",
                format!(
                    "An address that begins with https://, of at most {URL_CHARS_MAX} characters, is needed."
                ),
            ));
        }
        for (field, text) in [("media.name", &self.name), ("media.mime", &self.mime)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > ID_CHARS_MAX) {
                return Err(Problem::field(field, format!("At most {ID_CHARS_MAX} characters.")));
            }
        }
        let kind = self.kind.unwrap_or_else(|| self.guess());
        Ok(Media { kind, url: self.url, name: self.name, mime: self.mime, size_bytes: None })
    }

    fn guess(&self) -> MediaKind {
        let mime = self.mime.as_deref().unwrap_or_default();
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or(path).to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if mime.starts_with("image/") || ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp"]) {
            MediaKind::Image
        } else if mime.starts_with("video/") || ends(&[".mp4", ".webm"]) {
            MediaKind::Video
        } else if mime.starts_with("audio/") || ends(&[".mp3", ".ogg", ".wav", ".m4a"]) {
            MediaKind::Audio
        } else {
            MediaKind::File
        }
    }
}
