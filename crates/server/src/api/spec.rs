//! What the OpenAPI document says beside the routes: errors, request bodies, how calls are proved.

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

/// The document without its routes, which add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Handover",
        description = "Lets people who talk to a chatbot reach a human and come back. Errors are `{\"error\": {\"code\", \"field\"?, \"message\"}}`: the message names what is wrong and the fix.",
    ),
    components(schemas(ErrorBody, ErrorDetail, ChooseBody, ChooseDetail, Choice)),
    modifiers(&Security),
    tags(
        (name = "Chat API", description = "For programs that bring their own chat; the form of CSML Studio's Chat API."),
        (name = "Sessions", description = "For desks and agents."),
        (name = "Deliveries", description = "For operators: what went out, what became of it, what can be done."),
        (name = "Settings", description = "For operators."),
        (name = "Health", description = "For machines that watch over machines."),
    ),
)]
pub struct Spec;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let key = "The key of an API channel; on signed calls `<key>|<unix seconds>`, valid for five minutes.";
        let signature = "`sha256=` and the hex HMAC-SHA256 of the whole X-Api-Key value, with the channel's secret. The body is not signed: use TLS.";
        let header = |name: &str, text: &str| {
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, text)))
        };
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some(
            "The secret of an API channel itself, over TLS or on the same machine only.".into(),
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", header("X-Api-Key", key));
        components.add_security_scheme("signature", header("X-Api-Signature", signature));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// An error.
#[derive(Debug, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What is wrong and how to mend it.
#[derive(Debug, ToSchema)]
pub struct ErrorDetail {
    /// A stable word for programs.
    #[schema(example = "invalid_field")]
    pub code: String,
    /// The field that is wrong, as a path in the request.
    #[schema(example = "payload.content.text")]
    pub field: Option<String>,
    /// What is wrong and the fix, for people.
    pub message: String,
    /// Where several fields are wrong: all of them.
    pub fields: Option<BTreeMap<String, String>>,
}

/// Calls that cannot be taken as they are.
#[derive(Debug, IntoResponses)]
pub enum Refused {
    /// The query or the JSON is malformed; the message names the place.
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// The call does not prove what it has to.
    #[response(status = 401)]
    Unauthorised(ErrorBody),
    /// The body is larger than 256 kB.
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// The body is not `application/json`.
    #[response(status = 415)]
    NotJson(ErrorBody),
    /// A field is wrong.
    #[response(status = 422)]
    Field(ErrorBody),
}

/// Calls about something that is not there.
#[derive(Debug, IntoResponses)]
pub enum Missing {
    /// There is no such thing.
    #[response(status = 404)]
    NotFound(ErrorBody),
}

/// Calls that come too late.
#[derive(Debug, IntoResponses)]
pub enum Conflict {
    /// The session is over, or with another agent.
    #[response(status = 409)]
    TooLate(ErrorBody),
}

/// Why a desk was not saved, beside wrong fields.
#[derive(Debug, IntoResponses)]
pub enum NotConnected {
    /// Something must be chosen: `error.field` names the setting, `error.choices` holds `{value, label}`. Send the request
    /// again with one of the values.
    #[response(status = 409)]
    Choose(ChooseBody),
    /// The desk cannot be reached, or cannot do it now. Try again, or save with `?connect=false`.
    #[response(status = 502)]
    Unreachable(ErrorBody),
}

/// Something must be chosen.
#[derive(Debug, ToSchema)]
pub struct ChooseBody {
    /// What must be chosen.
    pub error: ChooseDetail,
}

/// What must be chosen.
#[derive(Debug, ToSchema)]
pub struct ChooseDetail {
    /// Always `choose`.
    pub code: String,
    /// The setting.
    #[schema(example = "settings.account_id")]
    pub field: String,
    /// What is asked.
    pub message: String,
    /// What there is to choose from.
    pub choices: Vec<Choice>,
}

/// One value that can be chosen.
#[derive(Debug, ToSchema)]
pub struct Choice {
    /// What to send.
    pub value: String,
    /// What it is called.
    pub label: String,
}

/// Calls to be sent again, as they are, after `Retry-After` seconds.
#[derive(Debug, IntoResponses)]
pub enum Later {
    /// Too many calls a second: not treated; come again after `Retry-After` seconds.
    #[response(status = 429)]
    TooMany(ErrorBody),
    /// The store takes nothing just now, for example because the disk is full (`not_stored`), or the conversation is too
    /// busy (`busy`). Nothing was taken: send it again after `Retry-After` seconds. With a `request_id` or `id` nothing is
    /// done twice.
    #[response(status = 503)]
    NotStored(ErrorBody),
}

/// A request of the Chat API.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "client": { "user_id": "ada" },
    "metadata": { "name": "Ada" },
    "request_id": "a1",
    "payload": { "content_type": "text", "content": { "text": "Hello" } }
}))]
pub struct ChatBody {
    /// Who speaks.
    pub client: ChatClient,
    /// What is known about the contact; replaces what was known before.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// The same id again is answered with the same messages and does nothing twice.
    pub request_id: Option<String>,
    /// What is said.
    pub payload: ChatPayload,
}

/// Who speaks.
#[derive(Debug, ToSchema)]
pub struct ChatClient {
    /// Your id for the contact.
    pub user_id: String,
}

/// What a contact says.
#[derive(Debug, ToSchema)]
pub struct ChatPayload {
    /// `text`, `payload`, `image`, `video`, `audio`, `file`, `url` or `flow_trigger`.
    pub content_type: String,
    /// `{"text"}`, `{"payload"}`, `{"url"}` or `{"flow_id", "step_id"?}`.
    #[schema(value_type = Object)]
    pub content: Value,
}
