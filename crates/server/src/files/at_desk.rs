//! `GET /files/desk/{desk}/{token}/{name}`: a file that lies at a desk, fetched for the contact, who has no account there.

use super::address::{name_of, opened};
use super::keep::sniffed;
use super::serve::confine;
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::words::{of_header, words};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use handover_core::ids::AccountId;
use handover_core::language::Language;
use tokio::sync::Semaphore;

/// Files fetched at once, as each is held in memory meanwhile.
const AT_ONCE: usize = 16;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

pub(super) async fn file(
    State(app): State<Shared>,
    Path((desk, token, _)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let language = of_header(&headers).unwrap_or_else(|| app.settings.language());
    match fetched(&app, &AccountId::new(desk), &token, &headers).await {
        Ok(answer) => answer,
        Err(problem) if is_for_people(&headers) => in_words(problem.status, language),
        Err(problem) => problem.into_response(),
    }
}

fn is_for_people(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

/// The contact who opened the file is told in their language (rule 11).
fn in_words(status: StatusCode, language: Language) -> Response {
    let (code, text) = (language.code(), words(language).file_not_given);
    let page = format!(
        "<!doctype html><html lang=\"{code}\"><meta name=\"viewport\" content=\"width=device-width\"><title>{text}</title><p>{text}</p>"
    );
    (status, Html(page)).into_response()
}

async fn fetched(
    app: &App,
    desk: &AccountId,
    token: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let none = || Problem::not_found("There is no such file.");
    let url = opened(&app.vault, desk, token).ok_or_else(none)?;
    let _place = PLACES.acquire().await.map_err(Problem::internal)?;
    let fetched = app.engine.file_at_desk(desk, &url).await;
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
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let mut answer = given(file, range)?;
    confine(&mut answer, &name, mime, "private, max-age=3600")?;
    Ok(answer)
}

/// The file, or the part that is asked for: some browsers play no film and no sound otherwise.
fn given(file: Vec<u8>, range: Option<&str>) -> Result<Response, Problem> {
    let length = file.len();
    let part = range.and_then(|range| part_of(range, length));
    let mut answer = match part {
        Some((from, to)) => {
            let part = file.get(from..=to).unwrap_or_default().to_vec();
            let range = format!("bytes {from}-{to}/{length}");
            let range = HeaderValue::from_str(&range).map_err(Problem::internal)?;
            let mut answer = (StatusCode::PARTIAL_CONTENT, Body::from(part)).into_response();
            answer.headers_mut().insert(header::CONTENT_RANGE, range);
            answer
        }
        None => Body::from(file).into_response(),
    };
    answer.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(answer)
}

/// The first and the last byte of the one part that `bytes=...` asks for. Whoever asks for anything else gets all.
fn part_of(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = length.checked_sub(1)?;
    let (from, to) = match (from.trim(), to.trim()) {
        ("", of_the_end) => (length.saturating_sub(of_the_end.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.min(last)),
    };
    (from <= to).then_some((from, to))
}

fn not_given() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "file_not_given",
        "The file could not be fetched from where it lies. Please try again later, or ask for it again.",
    )
}

#[cfg(test)]
mod tests {
    use super::{given, part_of};

    #[test]
    fn one_part_can_be_asked_for() {
        for (range, part) in [
            ("bytes=0-", Some((0, 9))),
            ("bytes=0-1", Some((0, 1))),
            ("bytes=4-99", Some((4, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-99", Some((0, 9))),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("bytes=-0", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("bytes=99999999999999999999-", None),
            ("nonsense", None),
        ] {
            assert_eq!(part_of(range, 10), part, "{range}");
        }
        assert_eq!(part_of("bytes=0-", 0), None);
        let answer = given(b"0123456789".into(), Some("bytes=2-3")).unwrap();
        assert_eq!(answer.status().as_u16(), 206);
        assert_eq!(answer.headers()["content-range"], "bytes 2-3/10");
    }
}
