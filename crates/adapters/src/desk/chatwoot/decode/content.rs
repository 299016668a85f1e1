//! What a message of Chatwoot holds. Its text is Markdown and stays so.

use crate::desk::chatwoot::json;
use handover_core::capability::plain;
use handover_core::content::{Button, Card, Content, Media, MediaKind, Question};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The text and what goes with it, without attachments.
pub(super) fn said(message: &Value) -> Vec<Content> {
    let text = json::text(message, "content").map(str::trim);
    let attributes = message.get("content_attributes");
    let items = attributes.and_then(|it| it.get("items")).and_then(Value::as_array);
    let items = items.map_or(&[][..], Vec::as_slice);
    let with_text = |more: Vec<Content>| text.map(Content::text).into_iter().chain(more).collect();
    match json::text(message, "content_type") {
        Some("input_select") if !items.is_empty() => {
            let buttons: Vec<Button> = items.iter().filter_map(choice).collect();
            if buttons.is_empty() {
                return with_text(Vec::new());
            }
            let title = text.unwrap_or_default().to_owned();
            vec![Content::Question(Question { title, buttons, quick: true })]
        }
        Some("cards") => with_text(items.iter().filter_map(card).collect()),
        Some("article") => with_text(items.iter().filter_map(article).collect()),
        _ => with_text(Vec::new()),
    }
}

/// A note's text; its attachments by their addresses.
pub(super) fn note(message: &Value) -> String {
    let text = json::text(message, "content").map(|text| text.trim().to_owned());
    let files = attachments(message).into_iter().map(|(_, content)| plain(&content));
    text.into_iter().chain(files).collect::<Vec<_>>().join("\n")
}

/// The attachments, each with its id.
pub(super) fn attachments(message: &Value) -> Vec<(Option<String>, Content)> {
    let list = message.get("attachments").and_then(Value::as_array);
    list.into_iter().flatten().map(|one| (json::id(one, "id"), attachment(one))).collect()
}

fn attachment(one: &Value) -> Content {
    let url = json::text(one, "data_url").or_else(|| json::text(one, "external_url"));
    let title = json::text(one, "fallback_title");
    match (json::text(one, "file_type"), url) {
        (Some("location"), _) if let Some(place) = place(one) => {
            Content::Link { url: place, text: title.map(str::to_owned), title: None }
        }
        (Some("fallback"), Some(url)) => {
            Content::Link { url: url.to_owned(), text: title.map(str::to_owned), title: None }
        }
        (kind, Some(url)) => Content::Media(media(kind.unwrap_or_default(), url, one)),
        (kind, None) => title.map_or_else(|| Content::unshown(kind.unwrap_or("?")), Content::text),
    }
}

fn media(kind: &str, url: &str, one: &Value) -> Media {
    let mime = json::text(one, "content_type").map(str::to_owned);
    let begins = |word: &str| mime.as_deref().is_some_and(|mime| mime.starts_with(word));
    let kind = match kind {
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        "file" => MediaKind::File,
        _ if begins("image/") => MediaKind::Image,
        _ if begins("video/") => MediaKind::Video,
        _ if begins("audio/") => MediaKind::Audio,
        _ => MediaKind::File,
    };
    let size_bytes = one.get("file_size").and_then(Value::as_u64).filter(|&size| size > 0);
    Media { kind, url: url.to_owned(), name: name(url), mime, size_bytes }
}

/// The name at the end of an address, if it looks like one.
fn name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let last = path.rsplit('/').next()?;
    let name = percent_decode_str(last).decode_utf8().ok()?;
    let fits = name.contains('.') && !name.contains('/') && !name.chars().any(char::is_control);
    (fits && path.contains("://")).then(|| name.into_owned())
}

fn place(one: &Value) -> Option<String> {
    let coordinate = |key| one.get(key).and_then(Value::as_f64);
    let (lat, lon) = (coordinate("coordinates_lat")?, coordinate("coordinates_long")?);
    Some(format!("https://www.openstreetmap.org/?mlat={lat}&mlon={lon}"))
}

fn choice(item: &Value) -> Option<Button> {
    let title = json::text(item, "title").or_else(|| json::text(item, "value"))?;
    let payload = json::text(item, "value").unwrap_or(title);
    Some(Button {
        title: title.to_owned(),
        payload: payload.to_owned(),
        accepts: Vec::new(),
        url: None,
    })
}

fn card(item: &Value) -> Option<Content> {
    let title = json::text(item, "title").or_else(|| json::text(item, "description"))?;
    let actions = item.get("actions").and_then(Value::as_array);
    Some(Content::Card(Card {
        title: title.to_owned(),
        subtitle: json::text(item, "description").filter(|text| *text != title).map(str::to_owned),
        image_url: json::text(item, "media_url").map(str::to_owned),
        buttons: actions.into_iter().flatten().filter_map(action).collect(),
        url: None,
    }))
}

fn action(item: &Value) -> Option<Button> {
    let title = json::text(item, "text")?;
    let payload = json::text(item, "payload").unwrap_or(title);
    Some(Button {
        title: title.to_owned(),
        payload: payload.to_owned(),
        accepts: Vec::new(),
        url: json::text(item, "uri").map(str::to_owned),
    })
}

fn article(item: &Value) -> Option<Content> {
    let title = json::text(item, "title").map(str::to_owned);
    Some(Content::Link { url: json::text(item, "link")?.to_owned(), text: title, title: None })
}
