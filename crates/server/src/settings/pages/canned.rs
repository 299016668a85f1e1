//! Settings → Canned responses.

use super::form::{Done, Errors};
use crate::app::Shared;
use crate::auth::{CheckedForm, SignedIn};
use crate::console::canned::{self, Canned};
use crate::http::error::Problem;
use crate::staff::{Frame, Trouble, page, page_with};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/canned", get(list))
        .route("/settings/canned/new", get(new).post(create))
        .route("/settings/canned/{id}", get(edit).post(save))
        .route("/settings/canned/{id}/delete", post(delete))
}

#[derive(Template)]
#[template(path = "settings/canned.html")]
struct ListPage {
    frame: Frame,
    canned: Vec<Canned>,
}

#[derive(Template)]
#[template(path = "settings/canned_edit.html")]
struct EditPage {
    frame: Frame,
    errors: Errors,
    /// None for a new one.
    id: Option<String>,
    name: String,
    text: String,
}

async fn list(
    State(app): State<Shared>,
    by: SignedIn,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let canned = canned::list(&*app.records).await?;
    Ok(page(&ListPage { frame: Frame::new(&by, "canned").done(done.sentence()), canned }))
}

async fn new(by: SignedIn) -> Response {
    let (name, text) = (String::new(), String::new());
    let frame = Frame::new(&by, "canned");
    page(&EditPage { frame, errors: Errors::default(), id: None, name, text })
}

async fn edit(
    State(app): State<Shared>,
    by: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let Some(Canned { id, name, text }) = canned::get(&*app.records, &id).await? else {
        return Err(Trouble(gone()));
    };
    let frame = Frame::new(&by, "canned");
    Ok(page(&EditPage { frame, errors: Errors::default(), id: Some(id), name, text }))
}

async fn create(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let id = uuid::Uuid::now_v7().simple().to_string();
    put(&app, form, id, true).await
}

async fn save(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    if canned::get(&*app.records, &id).await?.is_none() {
        return Err(Trouble(gone()));
    }
    put(&app, form, id, false).await
}

async fn put(app: &Shared, form: CheckedForm, id: String, new: bool) -> Result<Response, Trouble> {
    let name = form.fields.text("name").to_owned();
    let text = form.fields.text("text").replace("\r\n", "\n");
    let canned = Canned { id, name, text };
    if let Some((field, problem)) = canned.problem() {
        let shown = EditPage {
            frame: Frame::new(&form.by, "canned"),
            errors: Errors::one(field, problem),
            id: (!new).then_some(canned.id),
            name: canned.name,
            text: canned.text,
        };
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    canned::put(&*app.records, &canned).await?;
    let done = if new { "added" } else { "saved" };
    Ok(Redirect::to(&format!("/settings/canned?done={done}")).into_response())
}

async fn delete(
    State(app): State<Shared>,
    Path(id): Path<String>,
    _form: CheckedForm,
) -> Result<Response, Trouble> {
    canned::delete(&*app.records, &id).await?;
    Ok(Redirect::to("/settings/canned?done=deleted").into_response())
}

fn gone() -> Problem {
    Problem::not_found("There is no such canned response any more.")
}
