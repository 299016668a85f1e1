//! Adding, connecting, changing and deleting a desk.

use super::desk_view::{Failed, Shown};
use super::fields::{Keeper, blank, read};
use super::form::{Done, Errors, fields_of, id_for};
use super::moment::Moment;
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm, Fields, SignedIn};
use crate::http::error::Problem;
use crate::settings::connect::{Saved, new_hook, save as connect};
use crate::settings::glance::look_at;
use crate::settings::{AccountKind, SettingsError, close};
use crate::staff::{Trouble, page, page_with};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::manifest::Manifest;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const KIND: AccountKind = AccountKind::Desk;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/accounts/desk/new", get(new).post(create))
        .route("/settings/accounts/desk/{id}", get(edit).post(save))
        .route("/settings/accounts/desk/{id}/delete", post(delete))
        .route("/settings/accounts/desk/{id}/hook", post(hook))
        .route("/settings/accounts/desk/{id}/health", get(health))
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    vendor: String,
}

async fn new(
    State(app): State<Shared>,
    Admin(by): Admin,
    Query(which): Query<Which>,
) -> Result<Response, Trouble> {
    let manifest = known(&which.vendor)?;
    let account = blank(manifest);
    let shown = Shown {
        app: &app,
        by: &by,
        manifest,
        account: &account,
        saved: None,
        done: None,
        errors: Errors::default(),
        failed: None,
        choose: None,
    };
    Ok(page(&shown.page()))
}

async fn create(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let manifest = known(fields.text("vendor"))?;
    let mut account = typed(&app, &by, manifest, &fields);
    let taken = |id: &str| app.settings.account(KIND, &AccountId::new(id)).is_some();
    account.id = AccountId::new(id_for(&account.name, taken));
    sent(&app, &by, manifest, account, None, !fields.is_on("untested")).await
}

async fn edit(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let account = find(&app, &id)?;
    let open = close::open_at(&app, &account.id).await?;
    let shown = Shown {
        app: &app,
        by: &by,
        manifest: known(&account.vendor)?,
        account: &account,
        saved: Some((&account, look_at(&app, &account, &open))),
        done: done.sentence(),
        errors: Errors::default(),
        failed: None,
        choose: None,
    };
    Ok(page(&shown.page()))
}

async fn save(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let before = find(&app, &id)?;
    may_change(&app, &before.id)?;
    let manifest = known(&before.vendor)?;
    let account = Account { id: before.id.clone(), ..typed(&app, &by, manifest, &fields) };
    sent(&app, &by, manifest, account, Some(before), !fields.is_on("untested")).await
}

/// Saves what was sent and goes to the desk's page; or shows the form again with what is open.
async fn sent(
    app: &Shared,
    by: &SignedIn,
    manifest: &'static Manifest,
    account: Account,
    before: Option<Arc<Account>>,
    test: bool,
) -> Result<Response, Trouble> {
    let result = if account.name.is_empty() {
        let words = "A name is needed, so that you find it in lists.";
        Err(SettingsError::Fields([("name".to_owned(), words.to_owned())].into()))
    } else {
        connect(app, KIND, account.clone(), test).await
    };
    let done = if before.is_some() { "saved" } else { "added" };
    answer(app, by, manifest, &account, before, result, done).await
}

/// Gives the hook a new secret address.
async fn hook(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let account = find(&app, &id)?;
    let manifest = known(&account.vendor)?;
    let result = new_hook(&app, &account.id, !fields.is_on("untested")).await;
    answer(&app, &by, manifest, &account, Some(Arc::clone(&account)), result, "hook").await
}

async fn answer(
    app: &Shared,
    by: &SignedIn,
    manifest: &'static Manifest,
    account: &Account,
    before: Option<Arc<Account>>,
    result: Result<Saved, SettingsError>,
    done: &str,
) -> Result<Response, Trouble> {
    let (mut errors, mut failed, mut choose) = (Errors::default(), None, None);
    match result {
        Ok(Saved::Done { .. }) => {
            let to = format!("/settings/accounts/desk/{}?done={done}", account.id);
            return Ok(Redirect::to(&to).into_response());
        }
        Ok(Saved::Choose { field, choices, question }) => {
            errors = Errors::one(field, question);
            choose = Some((field, choices));
        }
        Ok(Saved::Failed { why }) => failed = Some(Failed { why, hook: done == "hook" }),
        Err(error) => {
            let names = manifest.fields.iter().map(|field| field.name);
            let order: Vec<&str> = ["name"].into_iter().chain(names).collect();
            errors = Errors::new(fields_of(error)?, &order);
        }
    }
    let status = match failed {
        Some(_) => StatusCode::BAD_GATEWAY,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let open = close::open_at(app, &account.id).await?;
    let saved = before.as_deref().map(|before| (before, look_at(app, before, &open)));
    let shown = Shown { app, by, manifest, account, saved, done: None, errors, failed, choose };
    Ok(page_with(status, &shown.page()))
}

async fn delete(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    form.admin()?;
    let account = find(&app, &id)?;
    match close::delete(&app, &account.id).await {
        Ok(_) => Ok(Redirect::to("/settings/livechat?done=desk_deleted").into_response()),
        Err(error) => {
            let problems = fields_of(error)?;
            Err(Trouble(Problem::internal(format!("{problems:?}"))))
        }
    }
}

/// What a page that waits for the first hook asks for.
#[derive(Serialize)]
struct Waiting {
    first_hook_at: Option<String>,
    tone: &'static str,
    words: String,
}

async fn health(
    State(app): State<Shared>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let account = app.settings.account(KIND, &AccountId::new(id));
    let account = account.ok_or_else(|| Problem::not_found("There is no such desk any more."))?;
    let (glance, now) = (look_at(&app, &account, &[]), app.clock.now());
    let view = super::desk_view::HealthView::of(&glance, now);
    let first_hook_at = glance.kept.first_hook_at.map(|at| Moment::of(at, now).iso);
    let waiting = Waiting { first_hook_at, tone: view.tone, words: view.words };
    let fresh = [(axum::http::header::CACHE_CONTROL, "no-store")];
    Ok((fresh, Json(waiting)).into_response())
}

/// What was typed, with the secrets that were kept from the time before.
fn typed(app: &Shared, by: &SignedIn, manifest: &'static Manifest, fields: &Fields) -> Account {
    let mut account = read(manifest, fields);
    Keeper::new(&app.vault, &*app.clock, by).restore(manifest, fields, &mut account);
    account
}

/// Refuses to change what the configuration file sets.
fn may_change(app: &Shared, id: &AccountId) -> Result<(), Trouble> {
    app.settings.may_change(KIND, id).or_else(|error| fields_of(error).map(drop))?;
    Ok(())
}

fn known(vendor: &str) -> Result<&'static Manifest, Trouble> {
    KIND.manifest(vendor)
        .ok_or_else(|| Trouble(Problem::not_found("This version knows no such kind of desk.")))
}

fn find(app: &Shared, id: &str) -> Result<Arc<Account>, Trouble> {
    app.settings
        .account(KIND, &AccountId::new(id))
        .ok_or_else(|| Trouble(Problem::not_found("There is no such desk any more.")))
}
