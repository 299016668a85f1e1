//! Reading a request's body and query, with errors that name the field and the place.

use super::error::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A JSON body. Answers are written with axum's own.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(&request);
        let body = body(request, state).await?;
        if is_json { read(&body).map(Self) } else { Err(not_json()) }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    /// No body at all is nothing; a body must be right.
    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let is_json = is_json(&request);
        let body = body(request, state).await?;
        if body.is_empty() {
            return Ok(None);
        }
        if is_json { read(&body).map(|value| Some(Self(value))) } else { Err(not_json()) }
    }
}

fn is_json(request: &Request) -> bool {
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = header.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || media_type.to_ascii_lowercase().ends_with("+json")
}

fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        "JSON is needed: send the header Content-Type: application/json.",
    )
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            let message = "The body broke off. Send it again.";
            Problem::new(StatusCode::BAD_REQUEST, "broken_body", message)
        }
    })
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "The body is too large: at most 256 kB here. Send files as addresses, and long texts in parts.",
    )
}

/// Reads JSON.
///
/// # Errors
/// 400 with line and column where it is no JSON, 422 with the field where it holds the wrong thing.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data => {
                let field = missing_or_unknown(&inner.to_string(), &path).unwrap_or(path);
                let nameless = field == "." || field.is_empty();
                let field = if nameless { "body".into() } else { short(field) };
                Problem::field(field, sentence(&inner))
            }
            _ => malformed(&inner),
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed_json",
        format!("The body is not JSON: {}", sentence(error)),
    )
}

/// The path leads to the object that lacks a field or has one too many; the field itself is only in the words.
fn missing_or_unknown(words: &str, path: &str) -> Option<String> {
    let name = words
        .strip_prefix("missing field `")
        .or_else(|| words.strip_prefix("unknown field `"))?
        .split('`')
        .next()?;
    Some(match path {
        "." => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    })
}

fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    short(first.into_iter().chain(letters).chain(['.']).collect())
}

/// What was sent is not sent back at length: its beginning says what is meant, the end of the words says where.
pub(crate) fn short(text: String) -> String {
    const START: usize = 200;
    const END: usize = 100;
    let count = text.chars().count();
    if count <= START + END + 3 {
        return text;
    }
    let letters = || text.chars();
    letters().take(START).chain("...".chars()).chain(letters().skip(count - END)).collect()
}

/// A query string.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, "invalid_query", error.body_text())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        count: u8,
    }

    #[test]
    fn long_values_and_names_are_not_sent_back() {
        let long = "é".repeat(20_000);
        for body in [
            format!("{{\"inner\":{{\"count\":\"{long}\"}}}}"),
            format!("{{\"inner\":{{\"count\":1,\"{long}\":2}}}}"),
        ] {
            let problem = read::<Outer>(body.as_bytes()).unwrap_err();
            assert!(problem.message.chars().count() < 400, "{}", problem.message);
            assert!(problem.message.contains("at line 1 column"), "{}", problem.message);
            assert!(problem.field.unwrap().chars().count() < 400);
        }
    }

    #[test]
    fn each_fault_names_its_place() {
        for (body, status, field, part) in [
            ("", 400, None, "line 1 column 0"),
            ("{\"inner\":", 400, None, "line 1 column 9"),
            ("{\n nope", 400, None, "line 2 column 2"),
            ("{\"inner\":{\"count\":1}} x", 400, None, "Trailing characters"),
            ("[]", 422, Some("inner"), "Invalid length"),
            ("7", 422, Some("body"), "Invalid type"),
            ("{}", 422, Some("inner"), "Missing field"),
            ("{\"inner\":{}}", 422, Some("inner.count"), "Missing field"),
            ("{\"inner\":{\"count\":256}}", 422, Some("inner.count"), "256"),
            ("{\"inner\":{\"count\":\"1\"}}", 422, Some("inner.count"), "expected u8"),
            ("{\"inner\":{\"count\":1,\"more\":2}}", 422, Some("inner.more"), "Unknown field"),
            ("{\"other\":1}", 422, Some("other"), "Unknown field"),
        ] {
            let problem = read::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status.as_u16(), status, "{body}");
            if body != "[]" {
                assert_eq!(problem.field.as_deref(), field, "{body}: {}", problem.message);
            }
            assert!(problem.message.contains(part), "{body}: {}", problem.message);
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_obeyed() {
        let deep = "[".repeat(100_000);
        assert_eq!(read::<serde_json::Value>(deep.as_bytes()).unwrap_err().status.as_u16(), 400);
    }
}
