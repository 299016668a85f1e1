//! What is wrong with a bot, for its author.

mod kind;
mod near;
mod render;

use serde::{Deserialize, Serialize};

pub use kind::Kind;
pub(crate) use near::nearest;

use crate::lex::Pos;

/// What was found in a bot. A bot with errors has no program; warnings stop nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Faults that keep the bot from running, by flow, line and column.
    pub errors: Vec<Diagnostic>,
    /// What is likely not meant.
    pub warnings: Vec<Diagnostic>,
}

/// More findings than this help nobody, and each costs a look at the source.
const FINDINGS_MAX: usize = 500;

/// So many findings get a guess at what was meant; the guesses take longest.
pub(crate) const GUESSES_MAX: usize = 100;

/// One finding, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// What sort of fault.
    pub kind: Kind,
    /// The name it is about: a step, a function.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// The flow's name.
    pub flow: String,
    /// The line, from 1; 0 where there is no place.
    pub line: u32,
    /// The column in characters, from 1; 0 where there is no place.
    pub column: u32,
    /// What is wrong, and what was expected.
    pub message: String,
    /// How to mend it, where we know.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
    /// The line of source the place is in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_line: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(kind: Kind, flow: &str, at: Pos, message: impl Into<String>) -> Self {
        Diagnostic {
            kind,
            subject: None,
            flow: flow.to_owned(),
            line: at.line,
            column: at.column,
            message: message.into(),
            help: None,
            source_line: None,
        }
    }

    pub(crate) fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Report {
    /// Whether the bot can run.
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    /// Puts the findings in order and gives each its line of source.
    pub(crate) fn finish<'t>(&mut self, source_of: impl Fn(&str) -> Option<&'t str>) {
        for list in [&mut self.errors, &mut self.warnings] {
            list.sort_by(|a, b| (&a.flow, a.line, a.column).cmp(&(&b.flow, b.line, b.column)));
            list.dedup();
            list.truncate(FINDINGS_MAX);
            for finding in list.iter_mut() {
                let line = usize::try_from(finding.line).ok().and_then(|line| line.checked_sub(1));
                finding.source_line = line
                    .and_then(|line| source_of(&finding.flow)?.lines().nth(line))
                    .map(|text| text.chars().take(render::LINE_CHARS_MAX).collect());
            }
        }
    }
}
