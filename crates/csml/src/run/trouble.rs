//! Errors as messages, and as records for the host.

use super::Machine;
use crate::{
    lex::Pos,
    limits::Limit,
    problem::{Outcome, Problem},
    turn::{Message, TurnError},
    value::Value,
};

impl Machine<'_> {
    /// Sends the error message of a problem.
    pub(super) fn report(
        &mut self,
        problem: &Problem,
        at: Pos,
        flow: &str,
        fatal: bool,
    ) -> Outcome<()> {
        let at = problem.at.unwrap_or(at);
        let mut record = TurnError {
            kind: problem.kind,
            subject: problem.subject.clone(),
            message: problem.message.clone(),
            flow: flow.to_owned(),
            line: at.line,
            column: at.column,
            fatal,
            message_index: self.messages.len(),
        };
        if self.event.secure {
            // The words of an error may come from the secret.
            record.subject = None;
            record.message =
                format!("{} (no details, as the event is a secret)", problem.kind.name());
            record.flow = self.flow_name(self.flow).to_owned();
        }
        let TurnError { message, flow, .. } = &record;
        let text = format!("{message} at line {}, column {} at flow [{flow}]", at.line, at.column);
        self.errors.push(record);
        self.send(Message {
            content_type: "error".to_owned(),
            content: serde_json::json!({ "error": text }),
        })
    }

    /// Reports a soft error of the running code and gives the null that carries it.
    pub(super) fn fail(&mut self, problem: &Problem, at: Pos) -> Outcome<Value> {
        let flow = self.code_flow_name().to_owned();
        self.report(problem, at, &flow, false)?;
        Ok(Value::failed(&problem.message, at))
    }

    /// The same without a word where the code is silent.
    pub(super) fn fail_unless(
        &mut self,
        silent: bool,
        problem: &Problem,
        at: Pos,
    ) -> Outcome<Value> {
        if silent { Ok(Value::failed(&problem.message, at)) } else { self.fail(problem, at) }
    }
}

/// What the log says about a limit.
pub(super) fn limit_text(limit: Limit) -> &'static str {
    match limit {
        Limit::Fuel => "the turn took too many operations; is there an endless loop?",
        Limit::Time => "the turn took too long",
        Limit::CallDepth => "functions call each other too deep; is there an endless recursion?",
        Limit::ValueBytes => "a value became too large",
        Limit::MadeBytes => "the turn made too many bytes of values",
        Limit::ValueDepth => "a value nests too deep",
        Limit::StateBytes => "there is too much to remember",
        Limit::Messages => "the turn has too many messages",
        Limit::MessagesBytes => "the messages of the turn are too long together",
        Limit::Requests => "the turn made too many calls to the outside",
    }
}
