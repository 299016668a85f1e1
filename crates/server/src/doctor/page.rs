//! The page of a test: a button, and the way round the desk as it is taken.

use super::{Report, begin, last};
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm};
use crate::http::error::Problem;
use crate::settings::AccountKind;
use crate::staff::{Frame, Trouble, page};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use handover_core::ids::AccountId;

/// `/settings/accounts/desk/{id}/test`.
pub fn routes() -> Router<Shared> {
    Router::new().route("/settings/accounts/desk/{id}/test", get(show).post(test))
}

#[derive(Template)]
#[template(path = "settings/loop.html")]
struct LoopPage {
    frame: Frame,
    id: String,
    name: String,
    report: Option<Report>,
}

impl LoopPage {
    fn is_running(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.running)
    }
}

async fn show(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let desk = AccountId::new(id.as_str());
    let account = app.settings.account(AccountKind::Desk, &desk).ok_or_else(gone)?;
    let report = last(&app, &desk).await;
    let frame = Frame::new(&by, "livechat");
    Ok(page(&LoopPage { frame, id, name: account.name.clone(), report }))
}

async fn test(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    form.admin()?;
    begin(&app, &AccountId::new(id.as_str())).await.ok_or_else(gone)?;
    // The page follows the test by itself.
    let path: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Ok(Redirect::to(&format!("/settings/accounts/desk/{path}/test")).into_response())
}

fn gone() -> Trouble {
    Trouble(Problem::not_found("There is no such desk any more."))
}
