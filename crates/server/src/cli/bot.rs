//! `handover bot`.

use std::path::Path;
use std::process::ExitCode;

/// Checks a bot.
pub fn validate(bot: &Path, json: bool) -> ExitCode {
    let _ = (bot, json);
    ExitCode::SUCCESS
}

/// Talks to a bot in the terminal.
pub fn talk(bot: &Path, metadata: &str) -> ExitCode {
    let _ = (bot, metadata);
    ExitCode::SUCCESS
}
