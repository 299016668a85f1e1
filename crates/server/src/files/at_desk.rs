//! `GET /files/desk/{desk}/{token}/{name}`: a file that lies at a desk, fetched for the contact, who has no account there.

use super::address::{name_of, opened};
use super::keep::sniffed;
use super::serve::confine;
use crate::app::Shared;
use crate::http::error::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use handover_core::ids::AccountId;
use tokio::sync::Semaphore;

/// Files fetched at once, as each is held in memory meanwhile.
const AT_ONCE: usize = 16;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

pub(super) async fn file(
    State(app): State<Shared>,
    Path((desk, token, _)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let desk = AccountId::new(desk);
    let none = || Problem::not_found("There is no such file.");
    let url = opened(&app.vault, &desk, &token).ok_or_else(none)?;
    let _place = PLACES.acquire().await.map_err(Problem::internal)?;
    let fetched = app.engine.file_at_desk(&desk, &url).await;
    let file = match fetched {
        Ok(reply) if (200..300).contains(&reply.status) => reply.body,
        Ok(reply) if matches!(reply.status, 404 | 410) => return Err(none()),
        Ok(reply) => {
            tracing::debug!(%desk, status = reply.status, "a file could not be fetched");
            return Err(not_given());
        }
        Err(error) => {
            tracing::debug!(%desk, %error, "a file could not be fetched");
            return Err(not_given());
        }
    };
    let name = name_of(&url).unwrap_or_else(|| "file".into());
    let mime = sniffed(&file);
    let mut answer = Body::from(file).into_response();
    confine(&mut answer, &name, mime, "private, max-age=3600")?;
    Ok(answer)
}

fn not_given() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "file_not_given",
        "The file could not be fetched from where it lies. Please try again later, or ask for it again.",
    )
}
