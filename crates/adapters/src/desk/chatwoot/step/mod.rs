//! What is brought to Chatwoot. Each concern is straight-line code over the answers so far.

mod contact;
mod ending;
mod lookup;
mod message;
mod note;
mod opening;
mod text;
mod trouble;
mod walk;

use super::api::{Api, encoded, failure, went_well};
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::Entry;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::session::Session;
use serde_json::json;
use walk::Walk;

/// The conversation's custom attribute that names our session.
const SESSION: &str = "handover_session";

pub(super) fn step(
    account: &Account,
    job: Outgoing<'_, ToDesk>,
    transcript: &[Entry],
    so_far: &[Reply],
) -> Step {
    let api = match Api::of(account) {
        Ok(api) => api,
        Err(why) => return Step::Reject { why },
    };
    let act = &job.job.act;
    let mut walk = Walk::new(api, job, so_far);
    let done = match act {
        ToDeskAct::Open => opening::open(&mut walk, account, transcript).map(Some),
        ToDeskAct::Message { content } => message::bring(&mut walk, content).map(|()| None),
        ToDeskAct::Ended { cause } => ending::tell(&mut walk, account, *cause).map(|()| None),
        ToDeskAct::Trouble { text, of } => {
            let entry = transcript.iter().find(|entry| Some(entry.n) == *of);
            trouble::tell(&mut walk, text, entry).map(|()| None)
        }
    };
    match done.map_or_else(|stop| *stop, |link| Step::Done { link }) {
        // A contact who waits is not left in silence until somebody mends the token (rule 5).
        Step::Retry { why, .. } if *act == ToDeskAct::Open && is_revoked(so_far) => {
            Step::Reject { why }
        }
        step => step,
    }
}

fn is_revoked(so_far: &[Reply]) -> bool {
    so_far.last().is_some_and(|reply| reply.status == 401)
}

/// An agent's message, without our mark.
pub(super) fn answer_as_agent(
    account: &Account,
    session: &Session,
    text: &str,
    answers: &[Reply],
) -> Step {
    let api = match Api::of(account) {
        Ok(api) => api,
        Err(why) => return Step::Reject { why },
    };
    let Some(link) = session.link.as_deref() else {
        return Step::Retry {
            after_s: None,
            why: "the session is not open at Chatwoot yet".into(),
        };
    };
    match answers.first() {
        None => {
            let body = json!({ "content": text, "message_type": "outgoing", "private": false });
            let path = format!("/conversations/{}/messages", encoded(link));
            Step::Call(api.send("POST", &path, &body))
        }
        Some(answer) if went_well(answer) => Step::Done { link: None },
        Some(answer) => failure(answer),
    }
}
