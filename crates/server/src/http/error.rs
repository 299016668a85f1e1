//! What a caller reads when something is wrong: the field and the fix. What the log reads is another message.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use handover_core::port::channel::DecodeError;
use handover_engine::Error as EngineError;

/// An error answer: `{"error":{"code","field"?,"message"}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable word for programs.
    pub code: &'static str,
    /// The field that is wrong, as a path in the request.
    pub field: Option<String>,
    /// What is wrong and how to mend it, for people.
    pub message: String,
    /// Seconds after which the same request may succeed; none where repeating it does not help.
    pub retry_after_s: Option<u32>,
}

/// After how many seconds to send again what could not be stored.
const STORE_RETRY_S: u32 = 5;

impl Problem {
    /// An error without a field.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, field: None, message: message.into(), retry_after_s: None }
    }

    /// 422: a field is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let field = Some(field.into());
        Self { field, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message) }
    }

    /// 503, to be sent again after so many seconds.
    pub fn later(code: &'static str, retry_after_s: u32, message: impl Into<String>) -> Self {
        let retry_after_s = Some(retry_after_s);
        Self { retry_after_s, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message) }
    }

    /// 503: the store or the disk failed, with the reason in the log only. Nothing was taken (promise B).
    pub fn not_stored(reason: impl std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request could not be stored");
        Self::later(
            "not_stored",
            STORE_RETRY_S,
            "This could not be stored just now: nothing was taken. Please send it again in a few seconds.",
        )
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 401.
    pub fn unauthorised(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", message)
    }

    /// 500, with the reason in the log only.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here. Nothing was changed; please try again.",
        )
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NoSession | EngineError::NoConversation => {
                Self::not_found(error.to_string())
            }
            EngineError::Busy | EngineError::Lost => Self::later("busy", 1, error.to_string()),
            EngineError::Store(error) => error.into(),
        }
    }
}

impl From<handover_core::port::store::StoreError> for Problem {
    fn from(error: handover_core::port::store::StoreError) -> Self {
        Self::not_stored(error)
    }
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Unauthorised(message) => Self::unauthorised(message),
            DecodeError::Field { field, problem } => Self::field(field, problem),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut error = serde_json::json!({ "code": self.code, "message": self.message });
        if let Some(field) = self.field {
            error["field"] = field.into();
        }
        let mut answer = (self.status, Json(serde_json::json!({ "error": error }))).into_response();
        if let Some(wait_s) = self.retry_after_s {
            answer.headers_mut().insert(RETRY_AFTER, wait_s.into());
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;
    use axum::response::IntoResponse;
    use handover_core::port::store::StoreError;
    use handover_engine::Error;

    #[test]
    fn promise_b_what_could_not_be_stored_is_to_be_sent_again() {
        let full = || StoreError("database or disk is full".into());
        for problem in [Problem::from(full()), Error::Store(full()).into(), Error::Busy.into()] {
            assert!(!problem.message.contains("disk"), "the log tells why: {}", problem.message);
            assert!(problem.message.contains("again"), "{}", problem.message);
            let answer = problem.into_response();
            assert_eq!(answer.status().as_u16(), 503);
            let wait_s: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!(wait_s > 0);
        }
        let wrong = Problem::field("text", "It is empty.").into_response();
        assert!(!wrong.headers().contains_key("retry-after"), "repeating it does not help");
    }
}
