//! `GET /v1/settings/desks` and `GET|PUT|DELETE /v1/settings/desks/{id}`: where the agents answer.

mod shape;

use super::auth::Private;
use super::livechat::wrong;
use super::spec;
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::{Json, Params};
use crate::settings::connect::{Saved, save};
use crate::settings::glance::look_at;
use crate::settings::{AccountKind, SettingsError, close, desks};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::session::SessionRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shape::DeskView;
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

/// How to save.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Whether the desk is asked and set up first, and saved only if it agrees. `true` unless given.
    #[serde(default = "yes")]
    connect: bool,
}

const fn yes() -> bool {
    true
}

/// All desks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Desks {
    /// In the order of their ids.
    desks: Vec<DeskView>,
}

/// What became of deleting a desk.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deleted {
    /// How many sessions were open there and have ended.
    ended_sessions: usize,
}

/// List the desks and how each is doing.
#[utoipa::path(
    get,
    path = "/v1/settings/desks",
    tag = "Settings",
    responses((status = 200, description = "The desks", body = Desks), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn list(
    State(app): State<Shared>,
    _: Private,
) -> Result<axum::Json<Desks>, Problem> {
    let open = close::open(&app).await?;
    let desks = app.settings.accounts(AccountKind::Desk);
    let desks = desks.iter().map(|account| view(&app, account, &open)).collect();
    Ok(axum::Json(Desks { desks }))
}

/// Read a desk and how it is doing. Secrets are never told.
#[utoipa::path(
    get,
    path = "/v1/settings/desks/{id}",
    tag = "Settings",
    params(("id" = String, Path, description = "The desk's id")),
    responses((status = 200, description = "The desk", body = DeskView), spec::Missing, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn read(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
) -> Result<axum::Json<DeskView>, Problem> {
    one(&app, &AccountId::new(id)).await.map(axum::Json)
}

/// Connect a desk, or change how it is reached. New sessions go there once it is chosen in the settings of livechat.
#[utoipa::path(
    put,
    path = "/v1/settings/desks/{id}",
    tag = "Settings",
    params(("id" = String, Path, description = "Your id for it: small letters, digits, - and _"), How),
    request_body = DeskBody,
    responses((status = 200, description = "The desk afterwards; `health.connected.said` tells what was found and done there", body = DeskView), spec::NotConnected, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn put(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    Params(how): Params<How>,
    Json(body): Json<DeskBody>,
) -> Result<axum::Json<DeskView>, Response> {
    check_id(&id).map_err(Problem::into_response)?;
    if !desks().any(|desk| desk.manifest().vendor == body.vendor) {
        let names: Vec<&str> = desks().map(|desk| desk.manifest().vendor).collect();
        let words = format!("It must be one of {}.", names.join(", "));
        return Err(Problem::field("vendor", words).into_response());
    }
    let id = AccountId::new(id);
    app.settings
        .may_change(AccountKind::Desk, &id)
        .map_err(|error| refused(error).into_response())?;
    let account = Account {
        name: body.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_string()),
        id: id.clone(),
        vendor: body.vendor,
        settings: body.settings,
    };
    match save(&app, AccountKind::Desk, account, how.connect).await {
        Ok(Saved::Done { .. }) => {
            one(&app, &id).await.map(axum::Json).map_err(Problem::into_response)
        }
        Ok(Saved::Choose { field, choices, question }) => Err(choose(field, &choices, &question)),
        Ok(Saved::Failed { why }) => {
            let words = format!(
                "Nothing was saved: {why}. Try again, or save without asking the desk: ?connect=false."
            );
            Err(Problem::new(StatusCode::BAD_GATEWAY, "unreachable", words).into_response())
        }
        Err(SettingsError::Fields(fields)) => Err(wrong(within(fields))),
        Err(error) => Err(refused(error).into_response()),
    }
}

/// Delete a desk. Sessions that are open there end (`operator_ended`), and their bots take over.
#[utoipa::path(
    delete,
    path = "/v1/settings/desks/{id}",
    tag = "Settings",
    params(("id" = String, Path, description = "The desk's id")),
    responses((status = 200, description = "It is gone", body = Deleted), spec::Missing, spec::Conflict, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn delete(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
) -> Result<axum::Json<Deleted>, Problem> {
    let id = AccountId::new(id);
    if app.settings.account(AccountKind::Desk, &id).is_none() {
        return Err(missing());
    }
    let ended_sessions = close::delete(&app, &id).await.map_err(refused)?;
    Ok(axum::Json(Deleted { ended_sessions }))
}

async fn one(app: &Shared, id: &AccountId) -> Result<DeskView, Problem> {
    let account = app.settings.account(AccountKind::Desk, id).ok_or_else(missing)?;
    Ok(view(app, &account, &close::open_at(app, id).await?))
}

fn view(app: &Shared, account: &Account, open: &[SessionRecord]) -> DeskView {
    let chosen = app.settings.livechat().desk.as_deref() == Some(account.id.as_str());
    DeskView::of(account, look_at(app, account, open), chosen)
}

fn missing() -> Problem {
    Problem::not_found("There is no such desk.")
}

fn refused(error: SettingsError) -> Problem {
    match error {
        SettingsError::Refused(why) => Problem::new(StatusCode::CONFLICT, "refused", why),
        SettingsError::Store(error) => error.into(),
        error => Problem::internal(error),
    }
}

fn choose(field: &str, choices: &[(String, String)], question: &str) -> Response {
    let choices: Vec<Value> =
        choices.iter().map(|(value, label)| json!({ "value": value, "label": label })).collect();
    let field = format!("settings.{field}");
    let error =
        json!({ "code": "choose", "field": field, "message": question, "choices": choices });
    (StatusCode::CONFLICT, axum::Json(json!({ "error": error }))).into_response()
}

fn check_id(id: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if id.is_empty() || id.len() > ID_CHARS_MAX || !id.chars().all(fits) {
        let words = format!("1 to {ID_CHARS_MAX} small letters, digits, - or _ are needed.");
        return Err(Problem::field("id", words));
    }
    Ok(())
}

/// Names settings by their path in the request.
fn within(problems: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let path = |name: String| match name.as_str() {
        "vendor" => name,
        _ => format!("settings.{name}"),
    };
    problems.into_iter().map(|(name, words)| (path(name), words)).collect()
}
