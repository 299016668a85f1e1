//! `PUT /v1/settings/desks/{id}`: connect a desk, or change how it is reached.

use super::auth::Private;
use super::livechat::wrong;
use super::spec;
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::Json;
use crate::settings::{AccountKind, SettingsError};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{FieldKind, Manifest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const ID_CHARS_MAX: usize = 60;

/// A desk's account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "vendor": "webhook", "name": "Our desk", "settings": { "url": "https://desk.example/hook", "secret": "whsec_..." } }))]
pub(super) struct DeskBody {
    /// Which kind of desk, such as `webhook`.
    vendor: String,
    /// Its name in your own lists; the id where it is left out.
    name: Option<String>,
    /// What the kind of desk asks for. A secret that is left out stays as it is.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// A desk's account as it is kept; secrets are never told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeskView {
    id: String,
    vendor: String,
    name: String,
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Connect a desk, or change how it is reached. New sessions go there once it is chosen in the settings of livechat.
#[utoipa::path(
    put,
    path = "/v1/settings/desks/{id}",
    tag = "Settings",
    params(("id" = String, Path, description = "Your id for it: small letters, digits, - and _")),
    request_body = DeskBody,
    responses((status = 200, description = "The desk afterwards", body = DeskView), spec::Refused, spec::TooMany),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn put(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    Json(body): Json<DeskBody>,
) -> Result<axum::Json<DeskView>, Response> {
    check_id(&id).map_err(Problem::into_response)?;
    let desks = handover_adapters::desks().iter().map(|desk| desk.manifest());
    let manifest =
        desks.clone().find(|manifest| manifest.vendor == body.vendor).ok_or_else(|| {
            let names: Vec<&str> = desks.map(|manifest| manifest.vendor).collect();
            Problem::field("vendor", format!("It must be one of {}.", names.join(", ")))
                .into_response()
        })?;
    check_settings(manifest, &body.settings).map_err(wrong)?;
    let account = Account {
        id: AccountId::new(id.as_str()),
        vendor: body.vendor,
        name: body.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.clone()),
        settings: body.settings,
    };
    let view = view(manifest, &account);
    app.settings.save_account(AccountKind::Desk, account).await.map_err(|error| match error {
        SettingsError::Fields(fields) => wrong(within(fields)),
        error => Problem::internal(error).into_response(),
    })?;
    Ok(axum::Json(view))
}

fn check_id(id: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if id.is_empty() || id.len() > ID_CHARS_MAX || !id.chars().all(fits) {
        let words = format!("1 to {ID_CHARS_MAX} small letters, digits, - or _ are needed.");
        return Err(Problem::field("id", words));
    }
    Ok(())
}

fn check_settings(
    manifest: &Manifest,
    settings: &Map<String, Value>,
) -> Result<(), BTreeMap<String, String>> {
    let names: Vec<&str> = manifest.fields.iter().map(|field| field.name).collect();
    let mut problems = BTreeMap::new();
    for (name, value) in settings {
        match manifest.fields.iter().find(|field| field.name == name) {
            None => {
                let words = format!("There is no such setting. There are: {}.", names.join(", "));
                problems.insert(name.clone(), words);
            }
            Some(field) if field.kind == FieldKind::Bool => {
                if !value.is_boolean() {
                    problems.insert(name.clone(), "true or false is needed.".into());
                }
            }
            Some(_) if !value.is_string() => {
                problems.insert(name.clone(), "A text is needed.".into());
            }
            Some(_) => {}
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(within(problems)) }
}

/// Names settings by their path in the request.
fn within(problems: BTreeMap<String, String>) -> BTreeMap<String, String> {
    problems.into_iter().map(|(name, words)| (format!("settings.{name}"), words)).collect()
}

fn view(manifest: &Manifest, account: &Account) -> DeskView {
    let mut settings = account.settings.clone();
    for field in manifest.fields.iter().filter(|field| field.kind == FieldKind::Secret) {
        settings.remove(field.name);
    }
    let (vendor, name) = (account.vendor.clone(), account.name.clone());
    DeskView { id: account.id.to_string(), vendor, name, settings }
}
