//! The pages' addresses.

use super::overview::{self, Asked};
use super::view::LineView;
use super::{act, timeline};
use crate::app::Shared;
use crate::auth::{Admin, CheckedForm};
use crate::console::name_of;
use crate::http::error::Problem;
use crate::staff::{Frame, Trouble, page};
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use handover_core::ids::{ConversationId, DeliveryId};
use serde::Deserialize;

/// Lines of a timeline on one page.
const LINES: u32 = 100;

/// The routes of the Activity pages.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/activity", get(all))
        .route("/activity/c/{id}", get(one))
        .route("/activity/repeat", post(repeat))
        .route("/activity/repeat-all", post(repeat_all))
        .route("/activity/skip", post(skip))
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    account: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    find: String,
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
struct Part {
    before: Option<u64>,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "activity/timeline.html")]
struct TimelinePage {
    frame: Frame,
    id: String,
    name: String,
    channel: String,
    lines: Vec<LineView>,
    /// Where earlier lines begin.
    earlier: Option<u64>,
    /// Whether later lines lie elsewhere.
    later: bool,
}

/// What was done, as one of our own sentences.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "repeated" => Some("It is tried again."),
        "all" => Some("What was given up is tried again."),
        "skipped" => Some("It is skipped. What waited behind it goes on."),
        "none" => Some("There was nothing to repeat."),
        "nowhere" => Some("No conversation has that id, and no contact of a channel is called so."),
        _ => None,
    }
}

async fn all(
    State(app): State<Shared>,
    Admin(by): Admin,
    Query(shown): Query<Shown>,
) -> Result<Response, Trouble> {
    let mut word = shown.done.as_str();
    if !shown.find.trim().is_empty() {
        match overview::find(&app, &shown.find).await? {
            Some(id) => return Ok(Redirect::to(&format!("/activity/c/{id}")).into_response()),
            None => word = "nowhere",
        }
    }
    let frame = Frame::new(&by, "activity").done(done(word));
    let after = overview::read_place(&shown.after);
    let asked = Asked { account: shown.account, after, find: shown.find };
    Ok(page(&overview::read(&app, frame, asked).await?))
}

async fn one(
    State(app): State<Shared>,
    Admin(by): Admin,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Trouble> {
    let found = timeline::read(&app, &ConversationId::new(id), part.before, LINES).await?;
    let found =
        found.ok_or_else(|| Trouble(Problem::not_found("There is no such conversation.")))?;
    let conversation = &found.conversation;
    let channel = &conversation.channel;
    let lines: Vec<LineView> =
        found.lines.iter().map(|line| LineView::of(&app, line, &conversation.marks)).collect();
    Ok(page(&TimelinePage {
        frame: Frame::new(&by, "activity").done(done(&part.done)),
        id: conversation.id.to_string(),
        name: name_of(&conversation.contact),
        channel: super::view::name_of(&app, handover_core::delivery::Side::Contact, channel),
        earlier: found.earlier(),
        later: lines.last().is_some_and(|line| line.n < conversation.entries),
        lines,
    }))
}

async fn repeat(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let form = form.admin()?;
    let id = delivery(&form)?;
    act::repeat(&app, &id, &form.by.member.name).await?;
    Ok(back(&form, &id, "repeated"))
}

async fn skip(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let form = form.admin()?;
    let id = delivery(&form)?;
    act::skip(&app, &id, &form.by.member.name, form.fields.text("note")).await?;
    Ok(back(&form, &id, "skipped"))
}

async fn repeat_all(State(app): State<Shared>, form: CheckedForm) -> Result<Response, Trouble> {
    let CheckedForm { by, fields } = form.admin()?;
    let which = act::which(fields.text("account"), None);
    let repeated = act::repeat_all(&app, which, &by.member.name).await?;
    let done = if repeated == 0 { "none" } else { "all" };
    Ok(Redirect::to(&format!("/activity?done={done}")).into_response())
}

fn delivery(form: &CheckedForm) -> Result<DeliveryId, Trouble> {
    let missing = |_| Trouble(Problem::not_found("There is no such delivery."));
    let n = form.fields.text("n").parse().map_err(missing)?;
    Ok(DeliveryId { conversation: ConversationId::new(form.fields.text("conversation")), n })
}

/// Where the form stood.
fn back(form: &CheckedForm, id: &DeliveryId, done: &str) -> Response {
    let to = if form.fields.text("from") == "timeline" {
        // The conversation is there: its id is one of ours.
        format!("/activity/c/{}?done={done}#d{}", id.conversation, id.n)
    } else {
        format!("/activity?done={done}")
    };
    Redirect::to(&to).into_response()
}
