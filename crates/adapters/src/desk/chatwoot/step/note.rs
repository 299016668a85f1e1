//! Private notes: the transcript when a session is opened, and words to the agents later.

use super::text::{self, CHARS_MAX};
use super::walk::{Stop, Walk};
use super::{contact, lookup};
use crate::desk::chatwoot::api::encoded;
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::delivery::ToDesk;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::language::fill;
use handover_core::time::Timestamp;
use handover_core::words;
use serde_json::{Value, json};

/// Posts notes, one after the other; those that are there already are left out.
pub(super) fn post(walk: &mut Walk<'_>, link: &str, notes: &[String]) -> Result<(), Stop> {
    let known = lookup::posted(walk, link)?;
    for (part, note) in notes.iter().enumerate() {
        let source = walk.source(part);
        if known.contains(&source) {
            continue;
        }
        let body = json!({
            "content": text::clean(note),
            "message_type": "outgoing",
            "private": true,
            "source_id": source,
        });
        let path = format!("/conversations/{}/messages", encoded(link));
        walk.need(|api| api.send("POST", &path, &body))?;
    }
    Ok(())
}

/// Who asks, what is known, and what was said so far.
pub(super) fn opening(job: &ToDesk, transcript: &[Entry]) -> Vec<String> {
    let phrases = job.language.phrases();
    let who = one_line(job.contact.name().unwrap_or(phrases.nameless));
    let mut text = format!("**{}**\n", fill(phrases.asks, &[("name", &who)]));
    for (key, value) in contact::attributes(&job.contact) {
        if key == "verified" {
            continue;
        }
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        text.push_str(&format!("\n- {}: {}", one_line(&key), one_line(&value)));
    }
    if !job.contact.verified {
        text.push_str(&format!("\n- {}", phrases.unproved));
    }
    let lines: Vec<String> = transcript.iter().filter_map(|entry| line(job, entry)).collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n\n**{}**\n\n", phrases.said_so_far));
        text.push_str(&lines.join("\n"));
    }
    text::parts(&text, CHARS_MAX).into_iter().map(str::to_owned).collect()
}

/// A line of the transcript. Further lines of one message are quoted, so that none of them can look like another's.
fn line(job: &ToDesk, entry: &Entry) -> Option<String> {
    let said = match &entry.body {
        Body::Message { content } if content.is_pacing() || is_start(content) => return None,
        Body::Message { content } => plain(content),
        Body::Note { text } => format!("(note) {text}"),
        Body::Trouble { text } => format!("(trouble) {text}"),
        _ => return None,
    };
    let who = match &entry.actor {
        Actor::Contact => job.contact.name().unwrap_or(job.language.phrases().nameless),
        Actor::Bot => "Bot",
        Actor::Agent(agent) => &agent.name,
        Actor::Gateway => "Handover",
    };
    let said = said.replace('\r', "\n");
    let said = said.trim().lines().collect::<Vec<_>>().join("\n> ");
    Some(format!("{} **{}**: {said}  ", minute(entry.at), one_line(who)))
}

/// The note's first line says it in words.
fn is_start(content: &Content) -> bool {
    plain(content).trim_start().starts_with(words::START)
}

fn minute(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms())
        .map(|at| at.strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("**", "")
}
