//! `POST /v1/api/conversations/open`: whether a contact stands in the middle of something.

use super::auth::Private;
use super::chat::Client;
use super::spec;
use crate::app::Shared;
use crate::http::error::Problem;
use crate::http::json::Json;
use axum::extract::State;
use handover_adapters::channel::api::decode::{contact_key, user_id};
use handover_adapters::channel::api::step::uuid;
use handover_adapters::kit::time::rfc3339;
use handover_core::port::store::Page;
use handover_engine::conversation_id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Whose conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    /// The contact, as the caller named it.
    #[schema(value_type = String)]
    user_id: Value,
    /// `false` asks for the contact of unsigned calls.
    #[serde(default = "yes")]
    verified: bool,
}

const fn yes() -> bool {
    true
}

/// Whether a conversation is open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Open {
    /// Whether the bot waits for an answer, or people have the floor.
    pub has_open: bool,
    /// The conversation, if one is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<OpenConversation>,
}

/// An open conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OpenConversation {
    /// Its id.
    pub id: String,
    /// Who talks where.
    pub client: Client,
    /// Not told here: the place in the bot is the bot's own.
    pub flow_id: Option<String>,
    /// Not told here.
    pub step_id: Option<String>,
    /// What is known about the contact.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Always `OPEN`.
    pub status: &'static str,
    /// `bot`, `waiting` or `agent`: who has the floor.
    pub holder: &'static str,
    /// When anything last happened, RFC 3339.
    pub last_interaction_at: String,
    /// When it began, RFC 3339.
    pub created_at: Option<String>,
}

/// Ask whether a contact's conversation is open.
#[utoipa::path(
    post,
    path = "/v1/api/conversations/open",
    tag = "Chat API",
    request_body = Whose,
    responses((status = 200, description = "Whether it is open", body = Open), spec::Refused, spec::Later),
    security(("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn open(
    State(app): State<Shared>,
    Private { account }: Private,
    Json(whose): Json<Whose>,
) -> Result<axum::Json<Open>, Problem> {
    let user_id = user_id(Some(&whose.user_id), "user_id")?;
    let id = conversation_id(&account.id, &contact_key(&user_id, whose.verified));
    let found = app.store.load(&id).await?.filter(|it| it.session.is_some() || it.pinned.is_some());
    let Some(conversation) = found else {
        return Ok(axum::Json(Open { has_open: false, conversation: None }));
    };
    let first = app.store.transcript(&id, Page { after: 0, limit: 1, newest: false }).await?;
    let holder = match conversation.holder() {
        handover_core::session::Holder::Bot => "bot",
        handover_core::session::Holder::Waiting => "waiting",
        handover_core::session::Holder::Agent => "agent",
    };
    let conversation = OpenConversation {
        id: uuid(&id),
        client: Client::of(&app, &account, &user_id),
        flow_id: None,
        step_id: None,
        metadata: conversation.contact.metadata,
        status: "OPEN",
        holder,
        last_interaction_at: rfc3339(conversation.updated_at),
        created_at: first.first().map(|entry| rfc3339(entry.at)),
    };
    Ok(axum::Json(Open { has_open: true, conversation: Some(conversation) }))
}
