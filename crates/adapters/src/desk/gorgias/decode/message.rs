//! What a message says, and whether it is for the contact.

use super::fields::{is_told, yes};
use super::words;
use crate::desk::gorgias::api;
use crate::kit::html;
use handover_core::contact::Agent;
use handover_core::content::{Content, Media, MediaKind};
use handover_core::event::{DeskAct, FromDesk};
use handover_core::ids::SourceId;
use handover_core::marker;
use handover_core::time::Timestamp;
use serde_json::Value;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::desk::gorgias) enum Read {
    /// What happened, in order.
    Events(Vec<FromDesk>),
    /// Nothing that concerns a session, and why.
    Ignored(String),
}

/// Who writes without being a person.
const ROBOTS: &[&str] = &["rule", "self_service", "offline_capture"];

/// Reads a message, however much of it is told.
pub(in crate::desk::gorgias) fn read(message: &Value) -> Read {
    let ignored = |why: &str| Read::Ignored(why.to_owned());
    if let Some(why) = not_an_agents(message) {
        return ignored(why);
    }
    let said = words::of(message);
    if is_note(message) {
        return if said.is_empty() {
            ignored("the note is empty")
        } else {
            Read::Events(vec![did(message, String::new(), DeskAct::Noted(said))])
        };
    }
    let files: Vec<FromDesk> = files(message, said.is_empty())
        .into_iter()
        .enumerate()
        .map(|(index, file)| did(message, format!("/{index}"), DeskAct::Said(file)))
        .collect();
    if said.is_empty() && files.is_empty() {
        return ignored("the message has neither words nor files");
    }
    let ends = marker::take(&said).found;
    let said =
        (!said.is_empty()).then(|| did(message, String::new(), DeskAct::Said(Content::text(said))));
    // The offer of the end stands last (rule 13): a file after it would take it back.
    let happened = if ends {
        files.into_iter().chain(said).collect()
    } else {
        said.into_iter().chain(files).collect()
    };
    Read::Events(happened)
}

/// Why a message is none that an agent wrote, if what is told proves it.
pub(super) fn not_an_agents(message: &Value) -> Option<&'static str> {
    if text(message, "external_id").is_some_and(api::is_ours) {
        return Some("echo: we wrote this message ourselves");
    }
    if yes(&message["from_agent"]) == Some(false) {
        return Some("from_agent is false: it is the contact's own message");
    }
    let robot = is_told(&message["rule_id"])
        || text(message, "via").is_some_and(|via| ROBOTS.contains(&via));
    robot.then_some("a rule or an auto-responder wrote it, not a person")
}

/// Gorgias could not bring an answer to the contact by its own ways; we have brought it by ours.
pub(super) fn failed(message: &Value) -> Read {
    if text(message, "external_id").is_some_and(api::is_ours) {
        return Read::Ignored("echo: we wrote this message ourselves".into());
    }
    let channel = text(message, "channel").unwrap_or("its own channel");
    let error = [&message["last_sending_error"]["error"], &message["last_sending_error"]]
        .into_iter()
        .find_map(Value::as_str)
        .filter(|error| !error.trim().is_empty());
    let mut note = format!("Gorgias could not send an answer by {channel} as well");
    if let Some(error) = error {
        note.push_str(": ");
        note.extend(error.trim().chars().take(200));
    }
    note.push('.');
    Read::Events(vec![did(message, "/failed".into(), DeskAct::Noted(note))])
}

/// Whether all is told that reading needs, files included.
pub(super) fn is_complete(message: &Value) -> bool {
    let has_id = api::id(&message["id"]).is_some();
    has_id
        && is_known_for_an_answer_or_a_note(message)
        && (is_note(message)
            || message.get("attachments").is_some_and(|files| {
                parsed(files)
                    .as_array()
                    .is_some_and(|files| files.iter().all(|it| file(it).is_some()))
            }))
        && !(words::of(message).is_empty()
            && parsed(&message["attachments"]).as_array().is_none_or(Vec::is_empty))
}

/// Whether it is told who wrote it and for whom.
pub(super) fn is_known_for_an_answer_or_a_note(message: &Value) -> bool {
    yes(&message["from_agent"]).is_some()
        && (is_told(&message["channel"]) || yes(&message["public"]).is_some())
}

/// When it was written.
pub(in crate::desk::gorgias) fn written_at(message: &Value) -> Option<Timestamp> {
    ["created_datetime", "sent_datetime"]
        .iter()
        .find_map(|name| super::ticket::moment(&message[*name]))
}

fn is_note(message: &Value) -> bool {
    text(message, "channel") == Some("internal-note") || yes(&message["public"]) == Some(false)
}

fn did(message: &Value, part: String, act: DeskAct) -> FromDesk {
    let source = api::id(&message["id"]).map(|id| SourceId::new(format!("{id}{part}")));
    FromDesk { source, agent: agent(&message["sender"]), done_at: written_at(message), act }
}

fn agent(sender: &Value) -> Option<Agent> {
    let email = text(sender, "email");
    let id = api::id(&sender["id"]).or_else(|| email.map(str::to_owned))?;
    let both = [text(sender, "firstname"), text(sender, "lastname")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let name = text(sender, "name")
        .map(str::to_owned)
        .or_else(|| (!both.is_empty()).then_some(both))
        // The rest of an address is no contact's business.
        .or_else(|| email.and_then(|email| email.split('@').next()).map(str::to_owned))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Agent".to_owned());
    let mut agent = Agent::new(id, name);
    agent.picture =
        text(&sender["meta"], "profile_picture_url").filter(|url| is_web(url)).map(str::to_owned);
    Some(agent)
}

/// The files of a message; the pictures pasted into it where it holds nothing else.
fn files(message: &Value, wordless: bool) -> Vec<Content> {
    let attachments = parsed(&message["attachments"]);
    let mut files: Vec<Content> =
        attachments.as_array().into_iter().flatten().map(attached).collect();
    if wordless && files.is_empty() {
        let html = text(message, "body_html").unwrap_or_default();
        let picture = |url| Content::Media(media(MediaKind::Image, url));
        files = html::pictures(html).into_iter().map(picture).collect();
    }
    files
}

/// A file; one without an address cannot be shown, and is not dropped without a word (rule 11).
fn attached(attachment: &Value) -> Content {
    let name = || text(attachment, "name").unwrap_or("?");
    file(attachment).map_or_else(|| Content::unshown(name()), Content::Media)
}

fn file(attachment: &Value) -> Option<Media> {
    let url = text(attachment, "url").filter(|url| is_web(url))?;
    let mime = text(attachment, "content_type");
    let kind = match mime.and_then(|mime| mime.split('/').next()) {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::File,
    };
    Some(Media {
        name: text(attachment, "name").map(str::to_owned),
        mime: mime.map(str::to_owned),
        size_bytes: attachment["size"].as_u64(),
        ..media(kind, url.to_owned())
    })
}

fn media(kind: MediaKind, url: String) -> Media {
    Media { kind, url, name: None, mime: None, size_bytes: None }
}

/// A value, or what stands as JSON in its text.
fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        value => value.clone(),
    }
}

/// A text that says something.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).filter(|value| is_told(value)).and_then(Value::as_str).map(str::trim)
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
