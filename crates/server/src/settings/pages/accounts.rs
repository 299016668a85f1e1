//! Adding, changing and deleting a channel: the form comes from the manifest.

use super::fields::{FieldView, blank, read};
use super::form::{Errors, fields_of, id_for};
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm, SignedIn};
use crate::http::error::Problem;
use crate::settings::AccountKind;
use crate::staff::{Frame, Trouble, page, page_with};
use crate::vault::random_text;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::manifest::Manifest;
use serde::Deserialize;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/accounts/channel/new", get(new).post(create))
        .route("/settings/accounts/channel/{id}", get(edit).post(save))
        .route("/settings/accounts/channel/{id}/delete", post(delete))
        .route("/settings/accounts/channel/{id}/reset", post(reset))
}

const KIND: AccountKind = AccountKind::Channel;
const LIST: &str = "/settings/channels";

/// What a channel's adapter says about itself.
pub(super) fn manifest(vendor: &str) -> Option<&'static Manifest> {
    KIND.manifest(vendor)
}

#[derive(Template)]
#[template(path = "settings/account.html")]
struct AccountPage {
    frame: Frame,
    errors: Errors,
    list: &'static str,
    title: &'static str,
    summary: &'static str,
    vendor: &'static str,
    /// None for a new one.
    id: Option<String>,
    name: String,
    fields: Vec<FieldView>,
}

/// Fields whose values are ours to make up.
pub(super) fn is_ours(field: &str) -> bool {
    matches!(field, "key" | "secret")
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
    Ok(page(&view(&app, &by, manifest, None, &account, Errors::default())))
}

async fn create(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let manifest = known(fields.text("vendor"))?;
    let mut account = read(manifest, &fields);
    let taken = |id: &str| app.settings.account(KIND, &AccountId::new(id)).is_some();
    account.id = AccountId::new(id_for(&account.name, taken));
    let mut once = Vec::new();
    for field in manifest.fields.iter().filter(|field| is_ours(field.name)) {
        if account.text(field.name).is_none() {
            let value = random_text().map_err(Problem::internal)?;
            account.settings.insert(field.name.into(), value.clone().into());
            once.push(Once { label: field.label, value });
        }
    }
    if let Some(errors) = store(&app, &account).await? {
        let shown = view(&app, &by, manifest, None, &account, errors);
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    if once.is_empty() {
        return Ok(Redirect::to(&format!("{}?done=added", LIST)).into_response());
    }
    Ok(page(&OncePage { frame: frame(&by), list: LIST, name: account.name, once }))
}

async fn edit(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let account = find(&app, &id)?;
    let manifest = known(&account.vendor)?;
    Ok(page(&view(&app, &by, manifest, Some(&account.id), &account, Errors::default())))
}

async fn save(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let before = find(&app, &id)?;
    let manifest = known(&before.vendor)?;
    let mut account = Account { id: before.id.clone(), ..read(manifest, &fields) };
    // A key of ours is no field of the form: it is only ever made anew.
    for field in manifest.fields.iter().filter(|field| is_ours(field.name)) {
        if let Some(value) = before.settings.get(field.name) {
            account.settings.insert(field.name.into(), value.clone());
        }
    }
    match store(&app, &account).await? {
        None => Ok(Redirect::to(&format!("{}?done=saved", LIST)).into_response()),
        Some(errors) => {
            let shown = view(&app, &by, manifest, Some(&account.id), &account, errors);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
    }
}

async fn delete(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    form.admin()?;
    let account = find(&app, &id)?;
    match app.settings.delete_account(KIND, &account.id).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=deleted", LIST)).into_response()),
        Err(error) => {
            let problems = fields_of(error)?;
            Err(Trouble(Problem::internal(format!("{problems:?}"))))
        }
    }
}

/// Something that is shown this once.
struct Once {
    label: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "settings/once.html")]
struct OncePage {
    frame: Frame,
    list: &'static str,
    name: String,
    once: Vec<Once>,
}

/// Makes a key or secret of ours anew; the old one no longer counts.
async fn reset(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let mut account = Account::clone(&*find(&app, &id)?);
    let name = fields.text("field");
    let manifest = known(&account.vendor)?;
    let field = manifest.fields.iter().find(|field| field.name == name && is_ours(name));
    let Some(field) = field else {
        return Err(Trouble(Problem::field("field", "This cannot be made anew here.")));
    };
    let value = random_text().map_err(Problem::internal)?;
    account.settings.insert(field.name.into(), value.clone().into());
    if store(&app, &account).await?.is_some() {
        return Err(Trouble(Problem::internal("an account that was saved before is now refused")));
    }
    let once = vec![Once { label: field.label, value }];
    Ok(page(&OncePage { frame: frame(&by), list: LIST, name: account.name, once }))
}

fn frame(by: &SignedIn) -> Frame {
    Frame::new(by, "channels")
}

fn known(vendor: &str) -> Result<&'static Manifest, Trouble> {
    manifest(vendor)
        .ok_or_else(|| Trouble(Problem::not_found("This version knows no such kind of account.")))
}

fn find(app: &Shared, id: &str) -> Result<std::sync::Arc<Account>, Trouble> {
    app.settings
        .account(KIND, &AccountId::new(id))
        .ok_or_else(|| Trouble(Problem::not_found("There is no such account any more.")))
}

/// Saves; or says what is wrong.
async fn store(app: &Shared, account: &Account) -> Result<Option<Errors>, Trouble> {
    if account.name.is_empty() {
        return Ok(Some(Errors::one("name", "A name is needed, so that you find it in lists.")));
    }
    match app.settings.save_account(KIND, account.clone()).await {
        Ok(()) => Ok(None),
        Err(error) => {
            let fields = manifest(&account.vendor).map(|manifest| manifest.fields);
            let order: Vec<&str> =
                fields.unwrap_or_default().iter().map(|field| field.name).collect();
            Ok(Some(Errors::new(fields_of(error)?, &order)))
        }
    }
}

fn view(
    app: &Shared,
    by: &SignedIn,
    manifest: &'static Manifest,
    id: Option<&AccountId>,
    account: &Account,
    errors: Errors,
) -> AccountPage {
    let fields = manifest.fields.iter().filter(|field| !is_ours(field.name)).map(|field| {
        let mut view = FieldView::of(field, account, id.map(|_| account));
        if field.name == "bot" {
            let bots = app.bots.bots();
            let bots = bots.iter().map(|bot| (bot.id.to_string(), bot.name.clone()));
            let mut choices: Vec<(String, String)> = bots.collect();
            if choices.is_empty() {
                return view;
            }
            if !view.value.is_empty() && !choices.iter().any(|(id, _)| *id == view.value) {
                choices.push((view.value.clone(), format!("{} (not uploaded)", view.value)));
            }
            (view.input, view.choices) = ("choice", choices);
        }
        view
    });
    AccountPage {
        frame: frame(by),
        errors,
        list: LIST,
        title: manifest.title,
        summary: manifest.summary,
        vendor: manifest.vendor,
        id: id.map(ToString::to_string),
        name: account.name.clone(),
        fields: fields.collect(),
    }
}
