//! `/v1/deliveries` and `/v1/conversations/{id}/timeline`: what went out, what became of it, what can be done.

mod shape;

use super::auth::Private;
use super::spec;
use crate::activity::timeline::{self, Sent};
use crate::activity::{act, words};
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::{Json, Params};
use axum::extract::{Path, State};
use handover_adapters::kit::time::rfc3339;
use handover_core::delivery::Side;
use handover_core::ids::{ConversationId, DeliveryId};
use handover_core::port::directory::Account;
use handover_core::port::outbox::{ListPart, ListPlace};
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use shape::{Brief, Full, LineView};
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
const LINES_MAX: u32 = 500;

/// Which deliveries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// `dead` (the default): given up, the last one first. `pending`: to be tried, the one that waits longest first.
    #[serde(default)]
    #[param(inline)]
    state: Wanted,
    /// Only those of this channel, desk or bot.
    account: Option<String>,
    /// Only those to this side.
    #[param(inline)]
    side: Option<WantedSide>,
    /// At most this many: 1 to 1000, 100 by default.
    limit: Option<u32>,
    /// `next` of the answer before, to read on.
    after: Option<String>,
}

/// Which state deliveries are in.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub(super) enum Wanted {
    /// Given up.
    #[default]
    Dead,
    /// To be tried.
    Pending,
}

/// The side that a delivery goes to.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Side)]
pub(super) enum WantedSide {
    /// The contact's channel.
    Contact,
    /// The agents' desk.
    Desk,
    /// The bot.
    Bot,
}

impl From<WantedSide> for Side {
    fn from(side: WantedSide) -> Self {
        match side {
            WantedSide::Contact => Self::Contact,
            WantedSide::Desk => Self::Desk,
            WantedSide::Bot => Self::Bot,
        }
    }
}

/// Deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// In the order of the list.
    deliveries: Vec<Brief>,
    /// Where to read on, as `after`; null at the end of the list.
    next: Option<String>,
}

/// Which dead deliveries to repeat.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliveryFilter)]
pub(super) struct Filter {
    /// Only those of this channel, desk or bot.
    account: Option<String>,
    /// Only those to this side.
    side: Option<WantedSide>,
}

/// What was repeated.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Repeated {
    /// How many deliveries are tried again.
    repeated: u64,
}

/// Why a delivery is skipped.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SkipBody)]
pub(super) struct Skip {
    /// Why, in words: it stays with the delivery.
    #[schema(example = "Told the contact by mail.")]
    note: String,
}

/// Which part of a timeline.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only lines before this one; the last ones unless given.
    before: Option<u64>,
    /// At most this many lines: 1 to 500, 100 by default.
    limit: Option<u32>,
}

/// A conversation's timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(super) struct TimelineView {
    /// The conversation.
    conversation_id: String,
    /// The channel on which the contact writes.
    channel: String,
    /// Lines, in order.
    lines: Vec<LineView>,
    /// Where to read on, as `before`: null when the first line is here.
    before: Option<u64>,
}

/// List deliveries that were given up or wait to be tried.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    tag = "Deliveries",
    params(Listed),
    responses((status = 200, description = "The deliveries", body = Deliveries), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn list(
    State(app): State<Shared>,
    _: Private,
    Params(listed): Params<Listed>,
) -> Result<axum::Json<Deliveries>, Problem> {
    let limit = within("limit", listed.limit, LIMIT_MAX)?;
    let which =
        act::which(listed.account.as_deref().unwrap_or_default(), listed.side.map(Into::into));
    let after = listed.after.as_deref().map(read_place).transpose()?;
    let part = ListPart { which, after, limit };
    let (records, at): (_, fn(&Brief) -> Timestamp) = match listed.state {
        Wanted::Dead => (app.outbox.dead(part).await?, |it| it.moved),
        Wanted::Pending => (app.outbox.queued(part).await?, |it| it.since),
    };
    let deliveries: Vec<Brief> = records.iter().map(Brief::of).collect();
    let full = deliveries.len() == limit as usize;
    let next = deliveries
        .last()
        .filter(|_| full)
        .map(|last| format!("{}.{}.{}", at(last).as_ms(), last.conversation_id, last.n));
    Ok(axum::Json(Deliveries { deliveries, next }))
}

/// Read a delivery with its tries and their calls, without secrets.
#[utoipa::path(
    get,
    path = "/v1/deliveries/{conversation}/{n}",
    tag = "Deliveries",
    params(("conversation" = String, Path, description = "The conversation's id"), ("n" = u64, Path, description = "The delivery's number in it")),
    responses((status = 200, description = "The delivery", body = Full), spec::Missing, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn one(
    State(app): State<Shared>,
    _: Private,
    Path((conversation, n)): Path<(String, String)>,
) -> Result<axum::Json<Full>, Problem> {
    let id = delivery(conversation, &n)?;
    let record = act::find(&app, &id).await?;
    let history = app.outbox.attempts(&id.conversation, id.n..=id.n).await?;
    Ok(axum::Json(Full::of(&Sent { record, history })))
}

/// Repeat a delivery that was given up: it is tried again at once, its tries begin anew.
#[utoipa::path(
    post,
    path = "/v1/deliveries/{conversation}/{n}/repeat",
    tag = "Deliveries",
    params(("conversation" = String, Path, description = "The conversation's id"), ("n" = u64, Path, description = "The delivery's number in it")),
    responses((status = 200, description = "It is tried again", body = Brief), spec::Missing, spec::Conflict, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn repeat(
    State(app): State<Shared>,
    Private { account }: Private,
    Path((conversation, n)): Path<(String, String)>,
) -> Result<axum::Json<Brief>, Problem> {
    let id = delivery(conversation, &n)?;
    act::repeat(&app, &id, &who(&account)).await?;
    Ok(axum::Json(Brief::of(&act::find(&app, &id).await?)))
}

/// Repeat all deliveries that were given up, or those of an account or a side.
#[utoipa::path(
    post,
    path = "/v1/deliveries/repeat",
    tag = "Deliveries",
    request_body = Filter,
    responses((status = 200, description = "They are tried again", body = Repeated), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn repeat_all(
    State(app): State<Shared>,
    Private { account }: Private,
    Json(filter): Json<Filter>,
) -> Result<axum::Json<Repeated>, Problem> {
    let which =
        act::which(filter.account.as_deref().unwrap_or_default(), filter.side.map(Into::into));
    let repeated = act::repeat_all(&app, which, &who(&account)).await?;
    Ok(axum::Json(Repeated { repeated }))
}

/// Skip a delivery that was given up or holds up others: it is never tried again, and what waits behind it goes on.
#[utoipa::path(
    post,
    path = "/v1/deliveries/{conversation}/{n}/skip",
    tag = "Deliveries",
    params(("conversation" = String, Path, description = "The conversation's id"), ("n" = u64, Path, description = "The delivery's number in it")),
    request_body = Skip,
    responses((status = 200, description = "It is skipped", body = Brief), spec::Missing, spec::Conflict, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn skip(
    State(app): State<Shared>,
    Private { account }: Private,
    Path((conversation, n)): Path<(String, String)>,
    Json(skip): Json<Skip>,
) -> Result<axum::Json<Brief>, Problem> {
    let id = delivery(conversation, &n)?;
    act::skip(&app, &id, &who(&account), &skip.note).await?;
    Ok(axum::Json(Brief::of(&act::find(&app, &id).await?)))
}

/// Read a conversation as a timeline: each line with its author and cause, and what went out for it with every try.
#[utoipa::path(
    get,
    path = "/v1/conversations/{id}/timeline",
    tag = "Deliveries",
    params(("id" = String, Path, description = "The conversation's id"), Part),
    responses((status = 200, description = "The timeline", body = TimelineView), spec::Missing, spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn timeline(
    State(app): State<Shared>,
    _: Private,
    Path(id): Path<String>,
    Params(part): Params<Part>,
) -> Result<axum::Json<TimelineView>, Problem> {
    let limit = within("limit", part.limit, LINES_MAX)?;
    let found = timeline::read(&app, &ConversationId::new(id), part.before, limit).await?;
    let found = found.ok_or_else(|| {
        Problem::not_found("There is no such conversation; sessions and deliveries name theirs.")
    })?;
    Ok(axum::Json(TimelineView {
        conversation_id: found.conversation.id.to_string(),
        channel: found.conversation.channel.to_string(),
        before: found.earlier(),
        lines: found.lines.iter().map(LineView::of).collect(),
    }))
}

fn who(account: &Account) -> String {
    format!("API ({})", account.name)
}

fn within(field: &str, given: Option<u32>, most: u32) -> Result<u32, Problem> {
    let given = given.unwrap_or(LIMIT);
    if (1..=most).contains(&given) {
        Ok(given)
    } else {
        Err(Problem::field(field, format!("A number from 1 to {most} is needed.")))
    }
}

fn delivery(conversation: String, n: &str) -> Result<DeliveryId, Problem> {
    let n = n
        .parse()
        .map_err(|_| Problem::field("n", "The delivery's number is needed, such as 3."))?;
    Ok(DeliveryId { conversation: ConversationId::new(conversation), n })
}

fn read_place(text: &str) -> Result<ListPlace, Problem> {
    let place = || {
        let (at, delivery) = text.split_once('.')?;
        let (conversation, n) = delivery.rsplit_once('.')?;
        let (at, n) = (at.parse().ok()?, n.parse().ok()?);
        let delivery = DeliveryId { conversation: ConversationId::new(conversation), n };
        Some(ListPlace { at: Timestamp::from_ms(at), delivery })
    };
    place().ok_or_else(|| Problem::field("after", "Give `next` of the answer before, as it is."))
}
