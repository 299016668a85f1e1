//! What a caller reads when something is wrong: the field and the fix. What the log reads is another message.

use axum::Json;
use axum::http::StatusCode;
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
}

impl Problem {
    /// An error without a field.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, field: None, message: message.into() }
    }

    /// 422: a field is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: "invalid_field",
            field: Some(field.into()),
            message: message.into(),
        }
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
            EngineError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string())
            }
            EngineError::Store(_) => Self::internal(error),
        }
    }
}

impl From<handover_core::port::store::StoreError> for Problem {
    fn from(error: handover_core::port::store::StoreError) -> Self {
        Self::internal(error)
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
        (self.status, Json(serde_json::json!({ "error": error }))).into_response()
    }
}
