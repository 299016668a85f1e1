//! `POST /v1/api/chat`: the Studio's Chat API.

use super::auth::{Denied, Public};
use super::rate::Rates;
use super::shape::{Message, messages};
use super::{answer, spec};
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::http::json::Json;
use axum::extract::{Extension, State};
use handover_adapters::channel::api::decode::{ChatRequest, contact_key};
use handover_adapters::kit::time::rfc3339;
use handover_core::port::directory::{Account, Directory};
use handover_core::session::Holder;
use handover_engine::{Accepted, conversation_id};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What the bot answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChatAnswer {
    /// The request's id; one of ours if it had none.
    pub request_id: String,
    /// Whether the bot has come to an end of its flow, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_end: Option<bool>,
    /// What the bot said, in order. Empty while a person has the floor.
    pub messages: Vec<Message>,
    /// Who talks where.
    pub client: Client,
    /// When the request was answered, RFC 3339.
    pub received_at: String,
}

/// Who talks where.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Client {
    /// The bot.
    pub bot_id: String,
    /// The channel.
    pub channel_id: String,
    /// The contact, as the caller names it.
    pub user_id: String,
}

impl Client {
    pub(super) fn of(app: &App, account: &Account, user_id: &str) -> Self {
        Self {
            bot_id: app.settings.bot_of(&account.id).to_string(),
            channel_id: account.id.to_string(),
            user_id: user_id.to_owned(),
        }
    }
}

/// Say something to the bot, in a contact's name.
#[utoipa::path(
    post,
    path = "/v1/api/chat",
    tag = "Chat API",
    request_body(content = spec::ChatBody, content_type = "application/json"),
    responses(
        (status = 200, description = "What the bot answered", body = ChatAnswer),
        spec::Refused,
        spec::Later,
    ),
    security(("key" = []), ("key" = [], "signature" = []), ("bearer" = [])),
)]
pub(super) async fn chat(
    State(app): State<Shared>,
    Extension(rates): Extension<Arc<Rates>>,
    Public { account, verified }: Public,
    Json(body): Json<Value>,
) -> Result<axum::Json<ChatAnswer>, Denied> {
    let request = read(&account, &body)?;
    let key = contact_key(&request.user_id, verified);
    let id = conversation_id(&account.id, &key);
    rates.of_contact(&id)?;
    let client = Client::of(&app, &account, &request.user_id);
    let request_id =
        request.request_id.clone().unwrap_or_else(|| Uuid::now_v7().hyphenated().to_string());

    let accepted = app
        .engine
        .from_contact(&account.id, &key, request.into_act(verified))
        .await
        .map_err(Problem::from)?;
    let answer = if account.text("callback_url").is_some() || accepted.unanswered {
        // With a callback address everything goes there, and from one place only.
        Ok((Vec::new(), None))
    } else {
        answer_to(&app, &accepted).await
    };
    let (messages, conversation_end) = answer?;
    let received_at = rfc3339(app.clock.now());
    Ok(axum::Json(ChatAnswer { request_id, conversation_end, messages, client, received_at }))
}

fn read(account: &Account, body: &Value) -> Result<ChatRequest, Problem> {
    let request = ChatRequest::read(body)?;
    // A public key must not be able to make us post to any address.
    if let Some(url) = &request.callback_url
        && account.text("callback_url") != Some(url)
    {
        return Err(Problem::field(
            "callback_url",
            "A request cannot choose an address. Set it in the channel's settings, or leave this field out.",
        ));
    }
    Ok(request)
}

async fn answer_to(
    app: &App,
    accepted: &Accepted,
) -> Result<(Vec<Message>, Option<bool>), Problem> {
    let id = &accepted.conversation;
    let done = answer::bot_is_done(app, id).await?;
    let entries = answer::to(app, id, accepted.entry).await?;
    // Of a repeated request nobody can tell any more how the bot stood after it.
    let end = if done && !accepted.duplicate { conversation_end(app, id).await? } else { None };
    Ok((messages(id, &app.settings.place().base_url, &entries), end))
}

async fn conversation_end(
    app: &App,
    id: &handover_core::ids::ConversationId,
) -> Result<Option<bool>, Problem> {
    let conversation = app.store.load(id).await?;
    Ok(conversation
        .filter(|conversation| conversation.holder() == Holder::Bot)
        .map(|conversation| conversation.pinned.is_none()))
}
