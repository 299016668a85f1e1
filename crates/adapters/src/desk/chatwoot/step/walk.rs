//! One delivery on its way.

use crate::desk::chatwoot::OURS;
use crate::desk::chatwoot::api::{Api, body, failure, went_well};
use crate::kit::replay::Answers;
use handover_core::delivery::ToDesk;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::http::{Reply, Request};
use serde_json::Value;

/// What ends a try before its last line: a call that has no answer yet, or a refusal.
pub(super) type Stop = Box<Step>;

pub(super) struct Walk<'a> {
    pub(super) api: Api<'a>,
    pub(super) job: Outgoing<'a, ToDesk>,
    answers: Answers<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(api: Api<'a>, job: Outgoing<'a, ToDesk>, so_far: &'a [Reply]) -> Self {
        Self { api, job, answers: Answers::new(so_far) }
    }

    /// The answer to a request, whatever it is.
    pub(super) fn ask(
        &mut self,
        request: impl FnOnce(&Api<'a>) -> Request,
    ) -> Result<&'a Reply, Stop> {
        let api = &self.api;
        self.answers.ask(|| request(api)).map_err(|request| Box::new(Step::Call(request)))
    }

    /// The body of a success; anything else ends the try.
    pub(super) fn need(
        &mut self,
        request: impl FnOnce(&Api<'a>) -> Request,
    ) -> Result<Value, Stop> {
        let reply = self.ask(request)?;
        if went_well(reply) { Ok(body(reply)) } else { Err(Box::new(failure(reply))) }
    }

    /// Whether an earlier try may have been obeyed (promise C).
    pub(super) fn is_repeat(&self) -> bool {
        self.job.attempts > 0
    }

    /// The id of a part of this delivery, the same at each try.
    pub(super) fn source(&self, part: usize) -> String {
        match part {
            0 => format!("{OURS}{}", self.job.id),
            part => format!("{OURS}{}.{part}", self.job.id),
        }
    }

    /// The contact's id in the inbox: our conversation's.
    pub(super) fn contact_source(&self) -> &'a str {
        self.job.id.conversation.as_str()
    }
}

pub(super) fn reject(why: impl Into<String>) -> Stop {
    Box::new(Step::Reject { why: why.into() })
}
