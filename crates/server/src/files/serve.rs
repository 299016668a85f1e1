//! How a file is given out: as itself, with no power over the pages beside it.

use super::blobs::{Blobs, FileId};
use super::keep::{not_read, percent_encoded, shown_as};
use crate::app::Shared;
use crate::http::error::Problem;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

const POLICY: &str = "sandbox; default-src 'none'";

pub(super) async fn file(
    State(app): State<Shared>,
    Path((id, _)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let answer = match FileId::read(&id) {
        Some(id) => given(&*app.files, &id, request).await?,
        None => None,
    };
    answer.ok_or_else(|| Problem::not_found("There is no such file."))
}

/// The file, or the part that is asked for, so that films can be wound.
pub(super) async fn given(
    files: &dyn Blobs,
    id: &FileId,
    request: Request,
) -> Result<Option<Response>, Problem> {
    let Some((kept, mut answer)) = files.answer(id, request).await.map_err(not_read)? else {
        return Ok(None);
    };
    confine(&mut answer, &kept.name, &kept.mime, "private, max-age=31536000, immutable")?;
    Ok(Some(answer))
}

/// Takes from a file all power over the pages beside it.
pub(super) fn confine(
    answer: &mut Response,
    name: &str,
    mime: &str,
    cache: &str,
) -> Result<(), Problem> {
    let set = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(name, shown_as(mime).is_some())),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-site".to_owned()),
    ];
    for (name, value) in set {
        let value = HeaderValue::from_str(&value).map_err(Problem::internal)?;
        answer.headers_mut().insert(name, value);
    }
    Ok(())
}

/// RFC 6266: a name in plain ASCII for old browsers, and the true one.
pub(super) fn disposition(name: &str, inline: bool) -> String {
    let ascii: String = name
        .chars()
        .map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    let kind = if inline { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", percent_encoded(name))
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn no_name_breaks_out_of_the_header() {
        let text = disposition("a\"b\r\n; filename=evil\\文%.pdf", false);
        assert_eq!(
            text,
            "attachment; filename=\"a_b__; filename=evil___.pdf\"; filename*=UTF-8''a%22b%0D%0A%3B%20filename%3Devil%5C%E6%96%87%25.pdf"
        );
        assert!(axum::http::HeaderValue::from_str(&text).is_ok());
        assert!(disposition("a.png", true).starts_with("inline;"));
    }
}
