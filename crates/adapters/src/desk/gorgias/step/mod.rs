//! Bringing a delivery to Gorgias: the calls of each act, in order.

mod customer;
mod file;
mod message;
mod notice;
mod open;
mod ticket;
mod write;

use super::api;
use super::settings::Settings;
use crate::kit::post;
use crate::kit::replay::Answers;
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::Entry;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::session::Session;
use serde_json::{Value, json};

pub(super) fn step(
    account: &Account,
    job: Outgoing<'_, ToDesk>,
    transcript: &[Entry],
    so_far: &[Reply],
) -> Step {
    let mut talk = match Talk::new(account, so_far) {
        Ok(talk) => talk,
        Err(step) => return step,
    };
    let result = match &job.job.act {
        ToDeskAct::Open => open::open(&mut talk, &job, transcript),
        ToDeskAct::Message { content } => message::say(&mut talk, &job, content),
        ToDeskAct::Ended { cause } => notice::ended(&mut talk, &job, *cause),
        ToDeskAct::Trouble { text, .. } => notice::trouble(&mut talk, &job, text, transcript),
    };
    match result.unwrap_or_else(|step| step) {
        // Whoever asks for a human is not left waiting for a key to be mended (rule 5); what was said in an open
        // session waits for it (promise B).
        Step::Retry { why, .. }
            if job.job.act == ToDeskAct::Open && so_far.last().is_some_and(is_locked_out) =>
        {
            Step::Reject { why }
        }
        step => step,
    }
}

/// Writes into the session's ticket as an agent would; Gorgias mails nothing, since it is told that it was sent.
pub(super) fn answer_as_agent(
    account: &Account,
    session: &Session,
    text: &str,
    answers: &[Reply],
) -> Step {
    let answer = |talk: &mut Talk<'_>| {
        let Some(link) = &session.link else {
            return Err(Step::Retry {
                after_s: Some(1),
                why: "the ticket has not been made yet".into(),
            });
        };
        let ticket = fine(talk.get(&format!("tickets/{link}"), &[])?)?;
        let customer = api::id(&ticket["customer"]["id"]).and_then(|id| id.parse::<u64>().ok());
        let mut body = json!({
            "channel": talk.settings.channel,
            "via": "api",
            "from_agent": true,
            "public": true,
            "sender": write::user(&talk.settings),
            "body_text": text,
            "body_html": crate::kit::html::from_text(text),
            "sent_datetime": crate::kit::time::rfc3339(session.last_message_at),
        });
        if let Some(id) = customer {
            body["receiver"] = json!({ "id": id });
        }
        fine(talk.send("POST", &format!("tickets/{link}/messages"), &body)?)?;
        Ok(Step::Done { link: None })
    };
    Talk::new(account, answers).and_then(|mut talk| answer(&mut talk)).unwrap_or_else(|step| step)
}

/// A talk with Gorgias. An `Err` is the next step: a call to make, or the end.
struct Talk<'a> {
    settings: Settings<'a>,
    answers: Answers<'a>,
}

impl<'a> Talk<'a> {
    fn new(account: &'a Account, so_far: &'a [Reply]) -> Result<Self, Step> {
        let settings = Settings::of(account).map_err(|field| Step::Reject {
            why: format!("the desk has no {field}: give it in the desk's settings"),
        })?;
        Ok(Self { settings, answers: Answers::new(so_far) })
    }

    fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Result<&'a Reply, Step> {
        let settings = self.settings;
        self.call(|| api::get(&settings, path, query))
    }

    fn send(&mut self, method: &'static str, path: &str, body: &Value) -> Result<&'a Reply, Step> {
        let settings = self.settings;
        self.call(|| api::send(&settings, method, path, body))
    }

    fn call(&mut self, request: impl FnOnce() -> Request) -> Result<&'a Reply, Step> {
        self.answers.ask(request).map_err(Step::Call)
    }
}

/// The body of a good answer.
fn fine(reply: &Reply) -> Result<Value, Step> {
    if api::is_fine(reply) { Ok(api::body(reply)) } else { Err(refusal(reply)) }
}

/// An answer that is no refusal of this one request: come again.
fn is_passing(reply: &Reply) -> bool {
    matches!(reply.status, 408 | 429 | 500..=599) || post::is_cut(reply)
}

/// Whether the request itself was not to the vendor's liking, so that another one may be.
const fn is_misliked(reply: &Reply) -> bool {
    matches!(reply.status, 400 | 404 | 409 | 422)
}

/// Whether the key is at fault.
const fn is_locked_out(reply: &Reply) -> bool {
    matches!(reply.status, 401 | 403)
}

fn refusal(reply: &Reply) -> Step {
    let why = api::complaint(reply);
    if is_passing(reply) || is_locked_out(reply) {
        Step::Retry { after_s: api::retry_after_s(reply), why }
    } else {
        Step::Reject { why }
    }
}
