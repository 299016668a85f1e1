//! The console as pages: whole ones, which scripts then keep up to date.

use super::act::{self, Act, Outcome, Place};
use super::queue::{self, Known, Queue, Tab};
use super::view::{self, View};
use crate::app::Shared;
use crate::auth::{CheckedForm, SignedIn};
use crate::http::error::Problem;
use crate::staff::{Frame, Trouble, page};
use askama::Template;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use handover_core::ids::ConversationId;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console/page.html")]
struct ConsolePage {
    frame: Frame,
    tab: &'static str,
    waiting: usize,
    queue: String,
    open: Option<Open>,
}

/// The open conversation.
struct Open {
    state: view::State,
    head: String,
    context: String,
    entries: String,
    /// The first entry on the page; more lie before it.
    first: u64,
    last: u64,
}

#[derive(Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    tab: String,
}

/// The list alone.
pub(super) async fn queue(
    State(app): State<Shared>,
    by: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Trouble> {
    draw(&app, &by, Tab::from_word(&shown.tab), None).await
}

/// The list and a conversation.
pub(super) async fn conversation(
    State(app): State<Shared>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Trouble> {
    draw(&app, &by, Tab::from_word(&shown.tab), Some(ConversationId::new(id))).await
}

async fn draw(
    app: &Shared,
    by: &SignedIn,
    tab: Tab,
    id: Option<ConversationId>,
) -> Result<Response, Trouble> {
    let me = by.member.agent().id;
    let queue = queue::read(app, &mut Known::default(), tab, &me, id.as_ref()).await?;
    let open = match id {
        None => None,
        Some(id) => {
            let Some(view) = view::read(app, &id, &me, &by.csrf).await? else {
                return Err(Trouble(Problem::not_found("There is no such conversation.")));
            };
            Some(open(app, &id, view).await?)
        }
    };
    Ok(page(&ConsolePage {
        frame: Frame::new(by, "console"),
        tab: tab.word(),
        waiting: queue.waiting.len(),
        queue: html(&queue)?,
        open,
    }))
}

async fn open(app: &Shared, id: &ConversationId, view: View) -> Result<Open, Trouble> {
    let View { state, head, context } = view;
    let entries = view::before(app, id, state.entries + 1).await?;
    Ok(Open {
        head: html(&head)?,
        context: html(&context)?,
        first: entries.first().map_or(0, |entry| entry.n),
        last: entries.last().map_or(0, |entry| entry.n),
        entries: view::draw(&entries),
        state,
    })
}

/// A fragment's HTML.
pub(super) fn html(template: &impl Template) -> Result<String, Problem> {
    template.render().map_err(Problem::internal)
}

/// The list as a fragment.
pub(super) fn queue_html(queue: &Queue) -> Result<String, Problem> {
    html(queue)
}

#[derive(Deserialize)]
pub(super) struct Earlier {
    before: u64,
}

/// The entries before one, as a fragment.
pub(super) async fn earlier(
    State(app): State<Shared>,
    _by: SignedIn,
    Path(id): Path<String>,
    Query(earlier): Query<Earlier>,
) -> Result<Response, Problem> {
    let entries = view::before(&app, &ConversationId::new(id), earlier.before).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(view::draw(&entries))).into_response())
}

/// The canned responses, for the list behind `/`.
pub(super) async fn canned(State(app): State<Shared>, _by: SignedIn) -> Result<Response, Problem> {
    let canned = super::canned::list(&*app.records).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(canned)).into_response())
}

/// Keeps a file; an act then says it. Its name comes in the header `X-File-Name`.
pub(super) async fn upload(
    State(app): State<Shared>,
    _by: SignedIn,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    Ok(Json(crate::files::receive(&app, &headers, body).await?).into_response())
}

/// The same as the socket's acts, for forms: the console works without scripts, only not by itself.
pub(super) async fn act(
    State(app): State<Shared>,
    Path(id): Path<String>,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    let fields = serde_json::to_value(&form.fields.0).map_err(Problem::internal)?;
    let act: Act = serde_json::from_value(fields)
        .map_err(|error| Problem::field("act", format!("This cannot be done: {error}.")))?;
    let given =
        |name: &str| Some(form.fields.text(name).to_owned()).filter(|text| !text.is_empty());
    let place = Place {
        id: given("id").unwrap_or_default(),
        conversation: id.clone(),
        session: given("session"),
    };
    match act::run(&app, form.by.member.agent(), &place, act).await {
        Outcome::Done(_) => Ok(Redirect::to(&format!("/console/c/{id}")).into_response()),
        Outcome::Refused(why) => Err(Trouble(Problem::new(StatusCode::CONFLICT, "refused", why))),
        Outcome::Again(why) => {
            Err(Trouble(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why)))
        }
    }
}
