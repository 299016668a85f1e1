//! The text of a story.

use serde_json::{Map, Value};
use thiserror::Error;

/// One story of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Its name, or the file's number of it.
    pub name: String,
    /// What is known about the contact.
    pub metadata: Map<String, Value>,
    /// What happens and what must follow, in order.
    pub blocks: Vec<Block>,
}

/// Something that happens, and all that must follow from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What happens.
    pub act: Act,
    /// Its line in the file, from 1.
    pub line: usize,
    /// It, as it is written.
    pub text: String,
    /// What must follow, as it is written.
    pub expected: Vec<String>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The contact opens the chat.
    Opens,
    /// The contact writes.
    Says(String),
    /// The contact presses a button of the last question, by its title or payload.
    Presses(String),
    /// An agent accepts, or takes over.
    Accepts,
    /// An agent writes.
    AgentSays(String),
    /// An agent writes a note.
    AgentNotes(String),
    /// An agent closes the desk's conversation.
    AgentCloses,
    /// An agent hands back to the bot.
    HandsBack,
    /// Time goes by, in seconds.
    Passes(i64),
    /// As much time goes by as a session may be silent.
    Expires,
}

/// What is wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

/// Reads the stories of a file. Lines that begin with `#` are comments; `story: NAME` begins a story.
///
/// # Errors
/// Names the line.
pub fn parse(text: &str) -> Result<Vec<Story>, ParseError> {
    let mut stories: Vec<Story> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), index + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |problem: &str| ParseError { line: number, problem: problem.to_owned() };
        if let Some(name) = line.strip_prefix("story:") {
            stories.push(empty(name.trim().to_owned()));
            continue;
        }
        if stories.is_empty() {
            stories.push(empty("story 1".to_owned()));
        }
        let Some(story) = stories.last_mut() else { continue };
        if let Some(json) = line.strip_prefix("metadata:") {
            story.metadata = serde_json::from_str(json)
                .map_err(|error| wrong(&format!("metadata must be a JSON object: {error}")))?;
            continue;
        }
        if let Some(act) = act(line).map_err(|problem| wrong(&problem))? {
            let (text, expected) = (line.to_owned(), Vec::new());
            story.blocks.push(Block { act, line: number, text, expected });
            continue;
        }
        if !is_expectation(line) {
            return Err(wrong(
                "expected something that happens (contact: ..., contact presses: ..., contact opens, agent accepts, \
                 agent: ..., agent notes: ..., agent closes, agent hands back, time passes: 10 min, session expires) \
                 or something that follows (bot: ..., bot asks: ..., gateway: ..., gateway asks: ..., agent says: ..., \
                 session starts, agent joins, session ends: CAUSE, bot gets: PAYLOAD, trouble: ...)",
            ));
        }
        match story.blocks.last_mut() {
            Some(block) => block.expected.push(line.to_owned()),
            None => return Err(wrong("nothing has happened yet: begin with `contact opens`")),
        }
    }
    Ok(stories)
}

fn empty(name: String) -> Story {
    Story { name, metadata: Map::new(), blocks: Vec::new() }
}

fn is_expectation(line: &str) -> bool {
    let head = line.split(':').next().unwrap_or_default();
    matches!(
        head,
        "session starts" | "agent joins" | "session ends" | "bot gets" | "agent says" | "trouble"
    ) || (line.contains(':') && (head.starts_with("bot") || head.starts_with("gateway")))
}

fn act(line: &str) -> Result<Option<Act>, String> {
    let (head, rest) = match line.split_once(':') {
        Some((head, rest)) => (head.trim(), rest.trim().to_owned()),
        None => (line, String::new()),
    };
    Ok(Some(match head {
        "contact opens" => Act::Opens,
        "contact" => Act::Says(rest),
        "contact presses" => Act::Presses(rest),
        "agent accepts" => Act::Accepts,
        "agent" => Act::AgentSays(rest),
        "agent notes" => Act::AgentNotes(rest),
        "agent closes" => Act::AgentCloses,
        "agent hands back" => Act::HandsBack,
        "session expires" => Act::Expires,
        "time passes" => Act::Passes(seconds(&rest)?),
        _ => return Ok(None),
    }))
}

/// `90 s`, `10 min`, `2 h`.
fn seconds(text: &str) -> Result<i64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_s = match unit.trim() {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => return Err(format!("\"{text}\" is no time: write 90 s, 10 min or 2 h")),
    };
    number
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_s))
        .ok_or_else(|| format!("\"{text}\" is no time: write 90 s, 10 min or 2 h"))
}
