//! What is posted to the desk's address, and what its answer means.

use crate::channel::api::message;
use crate::kit::{post, time};
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::{Actor, Body, Entry};
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use serde_json::{Value, json};

const LINK_CHARS_MAX: usize = 500;

pub(super) fn step(
    account: &Account,
    job: Outgoing<'_, ToDesk>,
    transcript: &[Entry],
    so_far: &[Reply],
) -> Step {
    if let Some(reply) = so_far.first() {
        return match post::outcome(reply) {
            Step::Done { .. } if job.job.act == ToDeskAct::Open => Step::Done { link: link(reply) },
            step => step,
        };
    }
    let (Some(url), Some(secret)) = (account.text("url"), account.text("secret")) else {
        return Step::Reject { why: "the desk needs an address and a secret: set them".into() };
    };
    post::signed(url, secret, &job.id.to_string(), job.at, &body(job, transcript))
}

fn body(job: Outgoing<'_, ToDesk>, transcript: &[Entry]) -> Value {
    let ToDesk { session, contact, act, .. } = job.job;
    let mut body = json!({
        "at": time::rfc3339(job.at),
        "session": {
            "id": session.id,
            "conversation_id": job.id.conversation,
            "ordinal": session.ordinal,
            "started_at": time::rfc3339(session.started_at),
            "agent": session.agent,
            "link": session.link,
        },
        "contact": {
            "id": contact.key,
            "name": contact.name(),
            "verified": contact.verified,
            "metadata": contact.metadata,
        },
    });
    let kind = match act {
        ToDeskAct::Open => {
            body["transcript"] = transcript.iter().filter_map(line).collect();
            "session.opened"
        }
        ToDeskAct::Message { content } => {
            body["message"] = said(job.entry, content);
            "message.created"
        }
        ToDeskAct::Ended { cause } => {
            body["cause"] = cause.as_str().into();
            "session.ended"
        }
        ToDeskAct::Trouble { text, .. } => {
            body["text"] = text.as_str().into();
            "trouble"
        }
    };
    body["type"] = kind.into();
    body
}

/// A line of the transcript; lines that are no message and no note are left out.
fn line(entry: &Entry) -> Option<Value> {
    let mut line = match &entry.body {
        Body::Message { content } if content.is_pacing() => return None,
        Body::Message { content } => said(entry.n, content),
        Body::Note { text } => json!({ "n": entry.n, "note": text }),
        _ => return None,
    };
    line["at"] = time::rfc3339(entry.at).into();
    line["from"] = match &entry.actor {
        Actor::Contact => "contact",
        Actor::Bot => "bot",
        Actor::Agent(_) => "agent",
        Actor::Gateway => "gateway",
    }
    .into();
    if let Actor::Agent(agent) = &entry.actor {
        line["agent"] = json!({ "id": agent.id, "name": agent.name });
    }
    Some(line)
}

/// A message: `text` for those who only show words, `payload` for those who show all.
fn said(entry: u64, content: &Content) -> Value {
    json!({ "n": entry, "text": plain(content), "payload": message::encode(content) })
}

/// What the receiver calls its conversation, if it says so.
fn link(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    let link = match body.get("conversation")? {
        Value::String(link) => link.clone(),
        Value::Number(link) => link.to_string(),
        _ => return None,
    };
    Some(link.chars().take(LINK_CHARS_MAX).collect())
}
