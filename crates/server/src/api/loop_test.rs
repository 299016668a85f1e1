//! `POST /v1/settings/desks/{id}/test`: goes round a desk and says where the way breaks off.

use super::auth::Private;
use super::spec;
use crate::app::Shared;
use crate::doctor::{Report, begin, end_of};
use crate::http::error::Problem;
use axum::extract::{Path, State};
use handover_core::ids::AccountId;

/// Test a desk: a contact that is not there goes round it by the same road as real ones. The answer comes when the test is over, at
/// most after half a minute. A test that is already under way is not begun again: its outcome is the answer.
#[utoipa::path(
    post,
    path = "/v1/settings/desks/{id}/test",
    tag = "Settings",
    params(("id" = String, Path, description = "The desk's id")),
    responses((status = 200, description = "What came of it; `passed` is false where something failed", body = Report), spec::Refused, spec::Missing, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn test(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
) -> Result<axum::Json<Report>, Problem> {
    let running = begin(&app, &AccountId::new(id)).await;
    let running = running.ok_or_else(|| Problem::not_found("There is no such desk."))?;
    Ok(axum::Json(end_of(running).await))
}
