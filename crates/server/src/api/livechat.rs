//! `GET|PUT /v1/settings/livechat`.

use super::auth::Private;
use super::spec;
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::Json;
use crate::settings::look::look_again;
use crate::settings::{Livechat, SettingsError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use handover_core::language::Language;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The settings as the document describes them. What is true is [`Livechat`]; a test holds the two together.
#[derive(Debug, ToSchema)]
pub struct LivechatSettings {
    /// The desk that takes new sessions; null means that no person can be had.
    #[schema(example = "console")]
    pub desk: Option<String>,
    /// Seconds without a message after which a session expires.
    #[schema(minimum = 1, maximum = 604_799)]
    pub timeout_s: Option<u32>,
    /// The language of what agents read at their desk, and of what contacts read whose own language (`language` of their
    /// metadata) is not known or has no words here: `en`, `de`, `fr`, `es`, `it`, `pt`, `nl` or `pl`.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// What the contact reads when the end is offered; null for Handover's own words in the contact's language.
    pub end_message: Option<String>,
    /// What is written on the button of that offer; null for Handover's own words in the contact's language.
    pub end_label: Option<String>,
    /// What the contact reads when a session starts: empty for nothing, null for Handover's own words in the contact's
    /// language.
    pub start_text: Option<String>,
    /// What happens when an agent closes the desk's conversation: `offer_end`, `end` or `ignore`.
    pub on_desk_closed: Option<String>,
    /// When the bot learns that a session expired: `once` or `next_message`.
    pub expired_at: Option<String>,
    /// How many sessions within the window are let through before the loop guard acts.
    pub loop_sessions: Option<u32>,
    /// The loop guard's window in seconds.
    pub loop_window_s: Option<u32>,
}

/// Read the settings of livechat.
#[utoipa::path(
    get,
    path = "/v1/settings/livechat",
    tag = "Settings",
    responses((status = 200, description = "The settings", body = LivechatSettings), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn read(State(app): State<Shared>, _: Private) -> axum::Json<Livechat> {
    axum::Json(app.settings.livechat())
}

/// Change the settings of livechat. Fields that are left out stay as they are; open sessions follow at once.
#[utoipa::path(
    put,
    path = "/v1/settings/livechat",
    tag = "Settings",
    request_body = LivechatSettings,
    responses((status = 200, description = "The settings afterwards", body = LivechatSettings), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn change(
    State(app): State<Shared>,
    _: Private,
    Json(body): Json<Map<String, Value>>,
) -> Result<axum::Json<Livechat>, Response> {
    let livechat = merged(&app.settings.livechat(), body).map_err(wrong)?;
    app.settings.save_livechat(&livechat).await.map_err(|error| match error {
        SettingsError::Fields(fields) => wrong(fields),
        SettingsError::Refused(text) => {
            Problem::new(StatusCode::CONFLICT, "refused", text).into_response()
        }
        SettingsError::Store(error) => Problem::from(error).into_response(),
        error => Problem::internal(error).into_response(),
    })?;
    look_again(&app);
    Ok(axum::Json(livechat))
}

/// The settings with the given fields changed, or what is wrong with each.
pub(crate) fn merged(
    before: &Livechat,
    body: Map<String, Value>,
) -> Result<Livechat, BTreeMap<String, String>> {
    let mut fields = as_fields(before);
    let mut wrong = BTreeMap::new();
    let known = fields.clone();
    for (name, value) in body {
        if !known.contains_key(&name) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            wrong.insert(
                name,
                format!("There is no such setting. There are: {}.", names.join(", ")),
            );
            continue;
        }
        let mut alone = known.clone();
        alone.insert(name.clone(), value.clone());
        match serde_json::from_value::<Livechat>(Value::Object(alone)) {
            Ok(_) => {
                fields.insert(name, value);
            }
            Err(error) => {
                wrong.insert(name.clone(), problem(&name, &error));
            }
        }
    }
    let livechat = serde_json::from_value(Value::Object(fields));
    match livechat {
        Ok(livechat) if wrong.is_empty() => Ok(livechat),
        Err(error) if wrong.is_empty() => Err([("body".to_owned(), error.to_string())].into()),
        _ => Err(wrong),
    }
}

fn as_fields(livechat: &Livechat) -> Map<String, Value> {
    match serde_json::to_value(livechat) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn problem(name: &str, error: &serde_json::Error) -> String {
    match name {
        "timeout_s" => "The timeout must be more than 0 and less than 168 hours: whole seconds from 1 to 604799.".into(),
        "loop_sessions" | "loop_window_s" => "A whole number, 0 or more, is needed.".into(),
        "language" => {
            let codes = Language::ALL.map(Language::code).join(", ");
            format!("There are no words in this language. Give one of: {codes}.")
        }
        _ => format!("It does not fit: {}.", crate::http::json::short(error.to_string())),
    }
}

pub(super) fn wrong(fields: BTreeMap<String, String>) -> Response {
    let (field, message) =
        fields.iter().next().map(|(field, text)| (field.clone(), text.clone())).unwrap_or_default();
    let error =
        json!({ "code": "invalid_field", "field": field, "message": message, "fields": fields });
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(json!({ "error": error }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::{LivechatSettings, as_fields, merged};
    use crate::settings::Livechat;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    fn merge(body: Value) -> Result<Livechat, Vec<String>> {
        merged(&Livechat::default(), body.as_object().unwrap().clone())
            .map_err(|fields| fields.into_keys().collect())
    }

    #[test]
    fn fields_that_are_left_out_stay() {
        let livechat =
            merge(json!({ "timeout_s": 60, "desk": null, "expired_at": "next_message" })).unwrap();
        assert_eq!(livechat.policy.timeout_s, 60);
        assert_eq!(livechat.desk, None);
        assert_eq!(livechat.policy.end_label, Livechat::default().policy.end_label);
        assert_eq!(merge(json!({})).unwrap(), Livechat::default());
    }

    #[test]
    fn every_wrong_field_is_named() {
        let body = json!({
            "timeout_s": -1, "end_label": 5, "on_desk_closed": "dance", "loop_sessions": 1.5,
            "colour": "red", "desk": 7, "start_text": "fine", "language": "sv",
        });
        let fields = [
            "colour",
            "desk",
            "end_label",
            "language",
            "loop_sessions",
            "on_desk_closed",
            "timeout_s",
        ];
        assert_eq!(merge(body).unwrap_err(), fields);
    }

    #[test]
    fn a_language_without_words_is_refused_with_those_that_have_some() {
        for language in [json!("sv"), json!("de-DE"), json!(""), json!(null), json!(7)] {
            let body = json!({ "language": language });
            let wrong =
                merged(&Livechat::default(), body.as_object().unwrap().clone()).unwrap_err();
            assert!(wrong["language"].contains("en, de, fr, es, it, pt, nl, pl"), "{wrong:?}");
        }
        assert_eq!(merge(json!({ "language": "pl" })).unwrap().policy.language.code(), "pl");
    }

    #[test]
    fn null_gives_the_words_back_that_were_shipped() {
        let own = merge(json!({ "end_label": "Bye", "start_text": "" })).unwrap();
        assert_eq!(own.policy.end_label.as_deref(), Some("Bye"));
        assert_eq!(own.policy.start_text.as_deref(), Some(""), "nothing is said (rule 1)");
        let back = json!({ "end_label": null, "start_text": null });
        let back = merged(&own, back.as_object().unwrap().clone()).unwrap();
        assert_eq!(back, Livechat::default());
        let same = merge(json!({ "end_label": "End the chat" })).unwrap();
        assert_eq!(same, Livechat::default(), "what a program read in an older version");
    }

    #[test]
    fn the_document_describes_all_settings() {
        let schema = serde_json::to_value(LivechatSettings::schema()).unwrap();
        let described: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let fields = as_fields(&Livechat::default());
        let mut real: Vec<&String> = fields.keys().collect();
        let mut described = described;
        described.sort();
        real.sort();
        assert_eq!(described, real);
    }
}
