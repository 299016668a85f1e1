//! What we write: messages of the contact, internal notes, and the words in them.

use crate::desk::gorgias::settings::{Address, Settings};
use crate::kit::{html, time};
use handover_core::capability::plain;
use handover_core::contact::Contact;
use handover_core::content::Content;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::ids::ConversationId;
use handover_core::language::{Phrases, fill};
use handover_core::words::START;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The longest note, in characters; earlier lines give way to later ones.
const NOTE_CHARS_MAX: usize = 30_000;
const EMAIL_CHARS_MAX: usize = 320;
/// A country code that no country has.
const NOWHERE: &str = "+999";

/// The name that agents see.
pub(super) fn name(contact: &Contact, conversation: &ConversationId) -> String {
    contact.name().map_or_else(
        || format!("Visitor {}", start(conversation.as_str(), 6)),
        |name| start(name, 200).to_owned(),
    )
}

/// The e-mail address that the contact has at the desk.
pub(super) fn email(
    settings: &Settings<'_>,
    contact: &Contact,
    conversation: &ConversationId,
) -> String {
    let real = || {
        let email = contact.metadata.get("email")?.as_str()?.trim();
        let (who, host) = email.split_once('@')?;
        let fine = !who.is_empty()
            && host.contains('.')
            && email.len() <= EMAIL_CHARS_MAX
            && !email.contains(char::is_whitespace);
        fine.then(|| email.to_owned())
    };
    let wanted = match settings.address {
        Address::Placeholder => None,
        Address::Verified if !contact.verified => None,
        Address::Verified | Address::Real => real(),
    };
    wanted.unwrap_or_else(|| placeholder(conversation))
}

/// An address that reaches nobody.
pub(super) fn placeholder(conversation: &ConversationId) -> String {
    format!("{conversation}@chat.invalid")
}

/// A telephone number that reaches nobody, for the channel `sms`.
pub(super) fn number(conversation: &ConversationId) -> String {
    let digits = conversation.as_str().bytes().map(|byte| char::from(b'0' + byte % 10));
    NOWHERE.chars().chain(digits.take(10)).collect()
}

/// What of a contact agents see in the sidebar. Whether the channel proved it is ours to say, whatever the page claims.
pub(super) fn data(contact: &Contact) -> Map<String, Value> {
    let mut data = contact.metadata.clone();
    data.insert("contact_id".into(), contact.key.as_str().into());
    data.insert("verified".into(), contact.verified.into());
    data
}

/// A message of the contact. `sender` names the customer.
pub(super) fn contact_message(
    settings: &Settings<'_>,
    conversation: &ConversationId,
    from: (&str, &str),
    sender: &Value,
    external_id: &str,
    text: &str,
) -> Value {
    let (email, name) = from;
    let (from, to) = match settings.channel {
        "sms" => (number(conversation), format!("{NOWHERE}0000000000")),
        _ => (email.to_owned(), settings.username.to_owned()),
    };
    json!({
        "channel": settings.channel,
        "via": "api",
        "from_agent": false,
        "sender": sender,
        "source": {
            "type": settings.channel,
            "from": { "address": from, "name": name },
            "to": [{ "address": to }],
        },
        "body_text": text,
        "body_html": html::from_text(text),
        "external_id": external_id,
    })
}

/// A note that only agents see.
pub(super) fn note(settings: &Settings<'_>, external_id: &str, text: &str) -> Value {
    json!({
        "channel": "internal-note",
        "via": "api",
        "from_agent": true,
        "public": false,
        "sender": user(settings),
        "body_text": text,
        "body_html": html::from_text(text),
        "external_id": external_id,
    })
}

/// The user in whose name we write.
pub(super) fn user(settings: &Settings<'_>) -> Value {
    settings.user_id.map_or_else(|| json!({ "email": settings.username }), |id| json!({ "id": id }))
}

/// What the ticket begins with: the last thing the contact said.
pub(super) fn first_words(transcript: &[Entry], phrases: &Phrases) -> String {
    transcript
        .iter()
        .rev()
        .filter(|entry| entry.actor == Actor::Contact)
        .filter_map(Entry::content)
        .map(plain)
        .find(|text| !text.trim().is_empty() && !text.starts_with(START))
        .unwrap_or_else(|| fill(phrases.asks, &[("name", phrases.nameless)]))
}

/// The transcript, and what is known of the contact where agents cannot see it elsewhere.
pub(super) fn history(
    transcript: &[Entry],
    about: Option<&Map<String, Value>>,
    phrases: &Phrases,
) -> Option<String> {
    let mut text = String::new();
    for (name, value) in about.into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "{name}: {value}");
    }
    let lines: Vec<String> = transcript.iter().filter_map(line).collect();
    let mut room = NOTE_CHARS_MAX;
    let kept = lines
        .iter()
        .rev()
        .take_while(|line| {
            let length = line.chars().count() + 1;
            let fits = length <= room;
            room = room.saturating_sub(length);
            fits
        })
        .count();
    if kept > 0 {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "{}:", phrases.said_so_far);
        if kept < lines.len() {
            let _ = writeln!(text, "{}", phrases.left_out);
        }
        text.push_str(&lines[lines.len() - kept..].join("\n"));
    }
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

fn line(entry: &Entry) -> Option<String> {
    let said = match &entry.body {
        Body::Message { content } if content.is_pacing() => return None,
        Body::Message { content } => words(content),
        Body::Note { text } => format!("(note) {text}"),
        _ => return None,
    };
    let who = match &entry.actor {
        Actor::Contact => "Contact",
        Actor::Bot => "Bot",
        Actor::Agent(agent) => agent.name.as_str(),
        Actor::Gateway => "Handover",
    };
    let at = time::rfc3339(entry.at);
    let at = start(&at, "2026-01-31T09:30".len()).replace('T', " ");
    Some(format!("{at} {who}: {said}"))
}

/// A button that carries no words says what it does.
fn words(content: &Content) -> String {
    let text = plain(content);
    if text.starts_with(START) { "(asks for a human)".to_owned() } else { text }
}

fn start(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}
