//! How code of the runtime says that something went wrong.

use crate::{lex::Pos, limits::Limit, report::Kind};

/// A fault of the bot: soft ones give null, fatal ones end the turn.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) subject: Option<String>,
    pub(crate) message: String,
    /// Where, if it is not the place of the operation.
    pub(crate) at: Option<Pos>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Problem { kind, subject: None, message: message.into(), at: None }
    }

    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    pub(crate) fn at(mut self, at: Pos) -> Self {
        self.at = Some(at);
        self
    }

    /// Arguments that do not fit, with what would.
    pub(crate) fn arguments(usage: &str) -> Self {
        Problem::new(Kind::WrongArguments, format!("wrong arguments, it is used like {usage}"))
    }
}

/// Why an operation gave no value.
#[derive(Debug)]
pub(crate) enum Stop {
    Soft(Box<Problem>),
    /// A soft fault whose null carries these notes.
    Noted(Box<(Problem, crate::value::Map)>),
    Fatal(Box<Problem>),
    Limit(Limit),
    /// A closure ended the turn while its caller was still at work.
    Left(Box<crate::run::Exit>),
}

pub(crate) type Outcome<T> = Result<T, Stop>;

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Stop::Soft(Box::new(problem))
    }
}

impl Stop {
    pub(crate) fn fatal(problem: Problem) -> Self {
        Stop::Fatal(Box::new(problem))
    }
}

/// A soft fault with its kind and sentence.
pub(crate) fn soft<T>(kind: Kind, message: impl Into<String>) -> Outcome<T> {
    Err(Problem::new(kind, message).into())
}
