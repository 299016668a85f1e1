//! What came for the contact, posted to the channel's callback address: the Chat API's answer with one message.

use super::{decode, message};
use crate::kit::{post, time};
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::delivery::ToContact;
use handover_core::ids::ConversationId;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use serde_json::{Value, json};

pub(super) fn step(account: &Account, job: Outgoing<'_, ToContact>, so_far: &[Reply]) -> Step {
    if let Some(reply) = so_far.first() {
        return post::outcome(reply);
    }
    let Some(url) = account.text("callback_url") else {
        // Without an address the other side reads the transcript itself.
        return Step::Done { link: None };
    };
    let Some(secret) = account.text("secret") else {
        return Step::Reject { why: "the channel has no secret to sign with: set one".into() };
    };
    let conversation = &job.id.conversation;
    let body = json!({
        "request_id": job.id.to_string(),
        "conversation_end": false,
        "messages": [one(conversation, job.entry, 0, job.job.agent.as_ref(), &job.job.content)],
        "client": {
            "bot_id": account.text("bot"),
            "channel_id": account.id.as_str(),
            "user_id": decode::user_id_of(&job.job.contact.key),
            "verified": job.job.contact.verified,
        },
        "received_at": time::rfc3339(job.at),
    });
    post::signed(url, secret, &job.id.to_string(), job.at, &body)
}

/// One message as the Chat API gives it out. `n` is its entry in the transcript: it grows, never repeats, and tells
/// where to read on.
pub fn one(
    conversation: &ConversationId,
    entry: u64,
    order: usize,
    agent: Option<&Agent>,
    content: &Content,
) -> Value {
    let mut message = json!({
        "payload": message::encode(content),
        "interaction_order": order,
        "conversation_id": uuid(conversation),
        "direction": "SEND",
        "n": entry,
    });
    if let Some(agent) = agent {
        message["agent"] = json!({ "name": agent.name });
    }
    message
}

/// A conversation's id in the form of a UUID, as the Studio's clients expect it.
pub fn uuid(conversation: &ConversationId) -> String {
    let id = conversation.as_str();
    match (id.is_ascii(), id.len()) {
        (true, 32) => {
            format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
        }
        _ => id.to_owned(),
    }
}
