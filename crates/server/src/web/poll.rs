//! The same frames over plain HTTP, for networks that let no socket through.

use super::limits::Limits;
use super::protocol::ToPage;
use super::visitor::{Visitor, not_taken};
use super::web_channel;
use crate::app::{App, Shared};
use crate::bus::LOOK_WHILE_DEAF;
use crate::files;
use crate::http::error::Problem;
use crate::http::json::{Json, Params};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use handover_adapters::channel::web::Frame;
use handover_core::content::Media;
use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::bus::Envelope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a question for news may wait.
const WAIT: Duration = Duration::from_secs(25);
/// How often the store is looked at though no hint came.
const LOOK: Duration = Duration::from_secs(5);
/// Frames in one request.
const FRAMES_MAX: usize = 50;

/// Frames for a page.
#[derive(Debug, Serialize)]
pub(super) struct Frames {
    frames: Vec<ToPage>,
    /// To be given back with the next question for news.
    state: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Since {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    state: String,
}

/// `GET .../events?after=&state=`: waits until there is something new.
pub(super) async fn events(
    State(app): State<Shared>,
    Path(channel): Path<String>,
    Params(since): Params<Since>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let channel = web_channel(&app, &channel)?.id.clone();
    let visitor = bearer(&app, &channel, &headers)?;
    let mut hints = app.bus.subscribe_to(&visitor.conversation);
    let until = Instant::now() + WAIT;
    loop {
        let mut cursor = visitor.cursor(since.after);
        if !since.state.is_empty() {
            cursor.resume();
        }
        let frames = visitor.news(&app, &mut cursor).await?;
        let state = cursor.state();
        let over = Instant::now() >= until || app.bus.is_stopping();
        if cursor.upto > since.after || state != since.state || over {
            return Ok(fresh(Frames { frames, state }));
        }
        let look = if app.bus.is_deaf() { LOOK_WHILE_DEAF } else { LOOK };
        let look = until.min(Instant::now() + look);
        // Whatever else wakes us, the store is asked.
        if let Ok(Ok(Envelope::Typing { side: Side::Desk, name, on, .. })) =
            timeout_at(look, hints.recv()).await
        {
            let name = name.as_deref().map(crate::render::clean_name);
            return Ok(fresh(Frames { frames: vec![ToPage::Typing { on, name }], state }));
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    frames: Vec<Value>,
}

/// `POST .../messages`: takes frames; a `hello` among them may make the contact.
pub(super) async fn messages(
    State(app): State<Shared>,
    Extension(limits): Extension<Arc<Limits>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    Json(sent): Json<Sent>,
) -> Result<Response, Problem> {
    let channel = web_channel(&app, &channel)?.id.clone();
    if sent.frames.len() > FRAMES_MAX {
        return Err(Problem::field("frames", format!("At most {FRAMES_MAX} frames at once.")));
    }
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut visitor = bearer(&app, &channel, &headers).ok();
    let mut frames = Vec::new();
    for frame in sent.frames {
        let text = frame.to_string();
        match (Frame::parse(&text), &visitor) {
            (Err(refusal), _) => frames.push(not_taken(&refusal, &text)),
            (Ok(Frame::Hello(mut hello)), _) => {
                hello.token = hello.token.or_else(|| token(&headers).map(str::to_owned));
                let known =
                    Visitor::hello(&app, &channel, &hello, agent).map_err(Problem::internal)?;
                frames.push(known.welcome(&app).await?);
                visitor = Some(known);
            }
            (Ok(_), None) => return Err(not_known()),
            (Ok(frame), Some(visitor)) => {
                frames.extend(visitor.take(&app, &limits, frame).await);
            }
        }
    }
    Ok(fresh(Frames { frames, state: String::new() }))
}

/// `POST .../files`: takes one file as the whole body.
pub(super) async fn upload(
    State(app): State<Shared>,
    Extension(limits): Extension<Arc<Limits>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<axum::Json<Media>, Problem> {
    let channel = web_channel(&app, &channel)?.id.clone();
    let visitor = bearer(&app, &channel, &headers)?;
    if let Some(wait_s) = limits.of_files(visitor.conversation.as_str()) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_files",
            format!("These are too many files at once. Please try again in {wait_s} seconds."),
        ));
    }
    files::receive(&app, &headers, body).await.map(axum::Json)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn bearer(app: &App, channel: &AccountId, headers: &HeaderMap) -> Result<Visitor, Problem> {
    token(headers).and_then(|token| Visitor::of_token(app, channel, token)).ok_or_else(not_known)
}

fn not_known() -> Problem {
    Problem::unauthorised(
        "The header Authorization must be \"Bearer\" and the token from a welcome frame; post a hello frame to get one.",
    )
}

fn fresh(frames: Frames) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(frames)).into_response()
}
