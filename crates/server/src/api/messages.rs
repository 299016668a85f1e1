//! `GET /v1/api/messages`: what came for a contact, also outside a request.

use super::auth::Private;
use super::chat::Client;
use super::shape::{Message, messages};
use super::{answer, spec};
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::Params;
use axum::extract::State;
use handover_adapters::channel::api::decode::{contact_key, user_id};
use handover_core::port::directory::Directory;
use handover_core::port::store::Page;
use handover_engine::conversation_id;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

const WAIT_S_MAX: u32 = 60;
const ENTRIES_MAX: u32 = 200;

/// Which messages.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The contact, as the caller named it.
    user_id: String,
    /// Only messages after this `n`; 0 is all.
    #[serde(default)]
    after: u64,
    /// How long to wait for one if there is none: 0 to 60 seconds.
    #[serde(default)]
    wait_s: u32,
    /// `false` reads the contact of unsigned calls.
    #[serde(default = "yes")]
    verified: bool,
}

const fn yes() -> bool {
    true
}

/// Messages for a contact.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Messages {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The `after` of the next call.
    pub last: u64,
    /// Who talks where.
    pub client: Client,
}

/// Read what came for a contact: the bot's words and the agent's.
#[utoipa::path(
    get,
    path = "/v1/api/messages",
    tag = "Chat API",
    params(Which),
    responses((status = 200, description = "The messages", body = Messages), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn read(
    State(app): State<Shared>,
    Private { account }: Private,
    Params(which): Params<Which>,
) -> Result<axum::Json<Messages>, Problem> {
    user_id(Some(&Value::from(which.user_id.as_str())), "user_id")?;
    if which.wait_s > WAIT_S_MAX {
        return Err(Problem::field("wait_s", format!("At most {WAIT_S_MAX} seconds.")));
    }
    let id = conversation_id(&account.id, &contact_key(&which.user_id, which.verified));
    let mut hints = app.bus.subscribe_to(&id);
    let deadline = Instant::now() + Duration::from_secs(which.wait_s.into());
    let mut last = which.after;
    loop {
        let page = Page { after: last, limit: ENTRIES_MAX, newest: false };
        let entries = app.store.transcript(&id, page).await?;
        let full = entries.len() >= ENTRIES_MAX as usize;
        last = entries.last().map_or(last, |entry| entry.n);
        let messages = messages(&id, &app.settings.place().base_url, &entries);
        if messages.is_empty() && full {
            continue;
        }
        if !messages.is_empty() || Instant::now() >= deadline || app.bus.is_stopping() {
            let client = Client::of(&app, &account, &which.user_id);
            return Ok(axum::Json(Messages { messages, last, client }));
        }
        answer::next_hint(&mut hints).await;
    }
}
