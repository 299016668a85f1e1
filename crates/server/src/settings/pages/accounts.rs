//! Adding, changing and deleting a desk or a channel: the form comes from the manifest.

use super::form::{Errors, fields_of, id_for};
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm, Fields, SignedIn};
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
use handover_core::port::channel::Channel;
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{FieldKind, Manifest};
use serde::Deserialize;
use serde_json::{Map, Value};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/accounts/{kind}/new", get(new).post(create))
        .route("/settings/accounts/{kind}/{id}", get(edit).post(save))
        .route("/settings/accounts/{kind}/{id}/delete", post(delete))
        .route("/settings/accounts/{kind}/{id}/reset", post(reset))
}

/// What an adapter says about itself.
pub(super) fn manifest(kind: AccountKind, vendor: &str) -> Option<&'static Manifest> {
    let all: Vec<&'static Manifest> = match kind {
        AccountKind::Desk => {
            handover_adapters::desks().iter().map(|&d| Desk::manifest(d)).collect()
        }
        AccountKind::Channel => {
            handover_adapters::channels().iter().map(|&c| Channel::manifest(c)).collect()
        }
    };
    all.into_iter().find(|manifest| manifest.vendor == vendor)
}

/// Where an account's list is.
fn list_of(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Desk => "/settings/livechat",
        AccountKind::Channel => "/settings/channels",
    }
}

fn kind_of(word: &str) -> Result<AccountKind, Trouble> {
    match word {
        "desk" => Ok(AccountKind::Desk),
        "channel" => Ok(AccountKind::Channel),
        _ => Err(Trouble(Problem::not_found("There is no such page."))),
    }
}

/// One field of the form.
struct FieldView {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    /// `text`, `secret`, `url`, `bool`, or `choice` where only some values make sense.
    input: &'static str,
    required: bool,
    value: String,
    /// Whether a secret is set.
    set: bool,
    choices: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "settings/account.html")]
struct AccountPage {
    frame: Frame,
    errors: Errors,
    kind: &'static str,
    list: &'static str,
    title: &'static str,
    summary: &'static str,
    vendor: &'static str,
    /// None for a new one.
    id: Option<String>,
    name: String,
    fields: Vec<FieldView>,
    /// Why it cannot be deleted.
    stays: Option<&'static str>,
}

/// Fields whose values are ours to make up.
pub(super) fn is_ours(kind: AccountKind, field: &str) -> bool {
    kind == AccountKind::Channel && matches!(field, "key" | "secret")
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    vendor: String,
}

async fn new(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(kind): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let manifest = known(kind, &which.vendor)?;
    let account = blank(manifest);
    Ok(page(&view(&app, &by, kind, manifest, None, &account, Errors::default())))
}

async fn create(
    State(app): State<Shared>,
    Path(kind): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let CheckedForm { by, fields } = form.admin()?;
    let manifest = known(kind, fields.text("vendor"))?;
    let mut account = read(manifest, &fields);
    let taken = |id: &str| app.settings.account(kind, &AccountId::new(id)).is_some();
    account.id = AccountId::new(id_for(&account.name, taken));
    let mut once = Vec::new();
    for field in manifest.fields.iter().filter(|field| is_ours(kind, field.name)) {
        if account.text(field.name).is_none() {
            let value = random_text().map_err(Problem::internal)?;
            account.settings.insert(field.name.into(), value.clone().into());
            once.push(Once { label: field.label, value });
        }
    }
    if let Some(errors) = store(&app, kind, &account).await? {
        let shown = view(&app, &by, kind, manifest, None, &account, errors);
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    if once.is_empty() {
        return Ok(Redirect::to(&format!("{}?done=added", list_of(kind))).into_response());
    }
    Ok(page(&OncePage { frame: frame(&by, kind), list: list_of(kind), name: account.name, once }))
}

async fn edit(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let account = find(&app, kind, &id)?;
    let manifest = known(kind, &account.vendor)?;
    Ok(page(&view(&app, &by, kind, manifest, Some(&account.id), &account, Errors::default())))
}

async fn save(
    State(app): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let CheckedForm { by, fields } = form.admin()?;
    let before = find(&app, kind, &id)?;
    let manifest = known(kind, &before.vendor)?;
    let mut account = Account { id: before.id.clone(), ..read(manifest, &fields) };
    // A key of ours is no field of the form: it is only ever made anew.
    for field in manifest.fields.iter().filter(|field| is_ours(kind, field.name)) {
        if let Some(value) = before.settings.get(field.name) {
            account.settings.insert(field.name.into(), value.clone());
        }
    }
    match store(&app, kind, &account).await? {
        None => Ok(Redirect::to(&format!("{}?done=saved", list_of(kind))).into_response()),
        Some(errors) => {
            let shown = view(&app, &by, kind, manifest, Some(&account.id), &account, errors);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
    }
}

async fn delete(
    State(app): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    form.admin()?;
    let account = find(&app, kind, &id)?;
    if let Some(why) = stays(kind, &account.id) {
        return Err(Trouble(Problem::new(StatusCode::CONFLICT, "refused", why)));
    }
    match app.settings.delete_account(kind, &account.id).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=deleted", list_of(kind))).into_response()),
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
    Path((kind, id)): Path<(String, String)>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let CheckedForm { by, fields } = form.admin()?;
    let mut account = Account::clone(&*find(&app, kind, &id)?);
    let name = fields.text("field");
    let manifest = known(kind, &account.vendor)?;
    let field = manifest.fields.iter().find(|field| field.name == name && is_ours(kind, name));
    let Some(field) = field else {
        return Err(Trouble(Problem::field("field", "This cannot be made anew here.")));
    };
    let value = random_text().map_err(Problem::internal)?;
    account.settings.insert(field.name.into(), value.clone().into());
    if store(&app, kind, &account).await?.is_some() {
        return Err(Trouble(Problem::internal("an account that was saved before is now refused")));
    }
    let once = vec![Once { label: field.label, value }];
    Ok(page(&OncePage { frame: frame(&by, kind), list: list_of(kind), name: account.name, once }))
}

fn frame(by: &SignedIn, kind: AccountKind) -> Frame {
    Frame::new(by, if kind == AccountKind::Desk { "livechat" } else { "channels" })
}

fn known(kind: AccountKind, vendor: &str) -> Result<&'static Manifest, Trouble> {
    manifest(kind, vendor)
        .ok_or_else(|| Trouble(Problem::not_found("This version knows no such kind of account.")))
}

fn find(app: &Shared, kind: AccountKind, id: &str) -> Result<std::sync::Arc<Account>, Trouble> {
    app.settings
        .account(kind, &AccountId::new(id))
        .ok_or_else(|| Trouble(Problem::not_found("There is no such account any more.")))
}

fn blank(manifest: &Manifest) -> Account {
    Account {
        id: AccountId::new(""),
        vendor: manifest.vendor.into(),
        name: manifest.title.into(),
        settings: Map::new(),
    }
}

fn read(manifest: &Manifest, fields: &Fields) -> Account {
    let mut account = blank(manifest);
    account.name = fields.text("name").chars().take(80).collect();
    for field in manifest.fields {
        let value = match field.kind {
            FieldKind::Bool => Value::Bool(fields.is_on(field.name)),
            _ => Value::from(fields.text(field.name)),
        };
        if value != "" {
            account.settings.insert(field.name.into(), value);
        }
    }
    account
}

/// Saves; or says what is wrong.
async fn store(
    app: &Shared,
    kind: AccountKind,
    account: &Account,
) -> Result<Option<Errors>, Trouble> {
    if account.name.is_empty() {
        return Ok(Some(Errors::one("name", "A name is needed, so that you find it in lists.")));
    }
    match app.settings.save_account(kind, account.clone()).await {
        Ok(()) => Ok(None),
        Err(error) => {
            let fields = manifest(kind, &account.vendor).map(|manifest| manifest.fields);
            let order: Vec<&str> =
                fields.unwrap_or_default().iter().map(|field| field.name).collect();
            Ok(Some(Errors::new(fields_of(error)?, &order)))
        }
    }
}

/// Accounts that are part of the program.
fn stays(kind: AccountKind, id: &AccountId) -> Option<&'static str> {
    (kind == AccountKind::Desk && id.as_str() == crate::settings::CONSOLE)
        .then_some("The console is part of the program and stays.")
}

fn view(
    app: &Shared,
    by: &SignedIn,
    kind: AccountKind,
    manifest: &'static Manifest,
    id: Option<&AccountId>,
    account: &Account,
    errors: Errors,
) -> AccountPage {
    let bots = app.bots.bots();
    let fields = manifest.fields.iter().filter(|field| !is_ours(kind, field.name)).map(|field| {
        let is_bot = kind == AccountKind::Channel && field.name == "bot" && !bots.is_empty();
        let secret = field.kind == FieldKind::Secret;
        let text = account.text(field.name).unwrap_or_default();
        let mut choices: Vec<(String, String)> = if is_bot {
            bots.iter().map(|bot| (bot.id.to_string(), bot.name.clone())).collect()
        } else {
            Vec::new()
        };
        if let FieldKind::Choice(of) = field.kind {
            choices = of.iter().map(|(value, label)| ((*value).into(), (*label).into())).collect();
        }
        if is_bot && !text.is_empty() && !choices.iter().any(|(id, _)| id == text) {
            choices.push((text.to_owned(), format!("{text} (not uploaded)")));
        }
        FieldView {
            name: field.name,
            label: field.label,
            help: field.help,
            input: match field.kind {
                FieldKind::Text if is_bot => "choice",
                FieldKind::Text => "text",
                FieldKind::Secret => "secret",
                FieldKind::Url => "url",
                FieldKind::Bool => "bool",
                FieldKind::Choice(_) => "choice",
            },
            required: field.required,
            set: secret && id.is_some() && !text.is_empty(),
            value: match field.kind {
                FieldKind::Secret => String::new(),
                FieldKind::Bool if account.flag(field.name) => "on".into(),
                _ => text.to_owned(),
            },
            choices,
        }
    });
    AccountPage {
        frame: frame(by, kind),
        errors,
        kind: if kind == AccountKind::Desk { "desk" } else { "channel" },
        list: list_of(kind),
        title: manifest.title,
        summary: manifest.summary,
        vendor: manifest.vendor,
        id: id.map(ToString::to_string),
        name: account.name.clone(),
        fields: fields.collect(),
        stays: id.and_then(|id| stays(kind, id)),
    }
}
