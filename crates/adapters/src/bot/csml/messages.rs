//! A CSML message, `{content_type, content}`, in our words. Facts: CSML language documentation, `say` and components.

use handover_core::content::{Button, Card, Content, Media, MediaKind, Question};
use serde_json::Value;

/// What became of one message of a bot.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// It is for the contact.
    Content(Content),
    /// It is for the bot's author: an error, a debug line.
    Log(String),
    /// There is nothing in it: the null that follows an error.
    Nothing,
}

/// Takes a CSML message apart. Total: what it has no word for is kept as it came.
pub fn said(content_type: &str, content: &Value) -> Said {
    let text = |key: &str| {
        content.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let other = || {
        Said::Content(Content::Other {
            content_type: content_type.into(),
            content: content.clone(),
        })
    };
    Said::Content(match content_type {
        "text" => match content.get("text") {
            Some(Value::String(text)) => Content::text(text.as_str()),
            None | Some(Value::Null) => return Said::Nothing,
            Some(value) => Content::text(value.to_string()),
        },
        "typing" => Content::Typing { duration_ms: duration_ms(content) },
        "wait" => Content::Wait { duration_ms: duration_ms(content) },
        "image" | "video" | "audio" | "file" => match text("url") {
            Some(url) => Content::Media(media(content_type, url, text("title"))),
            None => return other(),
        },
        "url" => match text("url") {
            Some(url) => Content::Link { url, text: text("text"), title: text("title") },
            None => return other(),
        },
        "question" | "quickreply" | "quick_reply" | "Component.quickreply" => {
            Content::Question(Question {
                title: text("title").unwrap_or_default(),
                buttons: buttons(content),
                quick: content_type != "question"
                    || content.get("button_type").and_then(Value::as_str) == Some("quick_reply"),
            })
        }
        "button" => match button(content) {
            Some(button) => Content::Question(Question {
                title: String::new(),
                buttons: vec![button],
                quick: false,
            }),
            None => return other(),
        },
        "card" => Content::Card(card(content)),
        "carousel" => Content::Carousel {
            cards: list(content, "cards").map(|item| card(unwrapped(item))).collect(),
        },
        "payload" => match text("payload") {
            Some(payload) => Content::Payload { payload, title: None },
            None => return other(),
        },
        "error" => return Said::Log(text("error").unwrap_or_else(|| content.to_string())),
        "debug" => return Said::Log(format!("debug {}", content.get("args").unwrap_or(content))),
        "switch_bot" => return Said::Log(format!("switch to another bot was not done: {content}")),
        _ => return other(),
    })
}

/// Milliseconds, an integer or a float; nonsense is no wait at all.
fn duration_ms(content: &Value) -> u32 {
    let duration = content.get("duration").and_then(Value::as_f64).unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what a u32 holds"
    )]
    let duration_ms = duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    duration_ms
}

fn media(content_type: &str, url: String, name: Option<String>) -> Media {
    let kind = match content_type {
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        _ => MediaKind::File,
    };
    Media { kind, url, name, mime: None, size_bytes: None }
}

fn list<'a>(content: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    content.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

/// Nested components come wrapped, `{content_type, content}`, or as older documentation has them, bare.
fn unwrapped(item: &Value) -> &Value {
    match item.get("content") {
        Some(content) if item.get("content_type").is_some() => content,
        _ => item,
    }
}

fn buttons(content: &Value) -> Vec<Button> {
    list(content, "buttons").filter_map(|item| button(unwrapped(item))).collect()
}

fn button(content: &Value) -> Option<Button> {
    if let Some(title) = content.as_str() {
        return Some(Button {
            title: title.into(),
            payload: title.into(),
            accepts: Vec::new(),
            url: None,
        });
    }
    let text = |key: &str| content.get(key).and_then(Value::as_str).map(str::to_owned);
    let url = text("url");
    let title = text("title").or_else(|| text("text")).or_else(|| url.clone())?;
    let mut accepts: Vec<String> =
        list(content, "accepts").filter_map(Value::as_str).map(str::to_owned).collect();
    accepts.sort();
    accepts.dedup();
    Some(Button { payload: text("payload").unwrap_or_else(|| title.clone()), title, accepts, url })
}

fn card(content: &Value) -> Card {
    let text = |key: &str| {
        content.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let action = content.get("default_action").map(unwrapped);
    Card {
        title: text("title").unwrap_or_default(),
        subtitle: text("subtitle"),
        image_url: text("image_url"),
        buttons: buttons(content),
        url: action.and_then(|action| action.get("url")).and_then(Value::as_str).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(content_type: &str, content: Value) -> Content {
        match said(content_type, &content) {
            Said::Content(content) => content,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_null_after_an_error_is_nothing_and_the_error_is_for_the_author() {
        assert_eq!(said("text", &json!({ "text": null })), Said::Nothing);
        assert_eq!(said("error", &json!({ "error": "unknown x" })), Said::Log("unknown x".into()));
        assert!(matches!(said("debug", &json!({ "args": ["a"] })), Said::Log(_)));
        assert!(matches!(said("switch_bot", &json!({})), Said::Log(_)));
    }

    #[test]
    fn questions_take_wrapped_bare_and_plain_buttons() {
        let question = content(
            "question",
            json!({
                "title": "Sure?",
                "buttons": [
                    { "content_type": "button", "content": { "title": "Yes", "payload": "Y", "accepts": ["Yes", "oui", "Yes"] } },
                    { "content_type": "button", "title": "No", "payload": "N" },
                    "Maybe",
                    { "content_type": "url", "content": { "url": "https://x", "text": "Read" } },
                ],
            }),
        );
        let Content::Question(question) = question else { panic!() };
        let titles: Vec<&str> = question.buttons.iter().map(|b| b.title.as_str()).collect();
        assert_eq!(titles, ["Yes", "No", "Maybe", "Read"]);
        assert_eq!(question.buttons[0].accepts, ["Yes", "oui"]);
        assert_eq!(question.buttons[3].url.as_deref(), Some("https://x"));
        assert!(!question.quick);
        let quick = content("Component.quickreply", json!({ "title": "?", "buttons": [] }));
        assert!(matches!(quick, Content::Question(Question { quick: true, .. })));
    }

    #[test]
    fn waits_are_milliseconds_and_never_nonsense() {
        for (given, wanted) in
            [(json!(1500), 1500), (json!(1.5e3), 1500), (json!(-4), 0), (json!("x"), 0)]
        {
            let said = content("typing", json!({ "duration": given }));
            assert_eq!(said, Content::Typing { duration_ms: wanted });
        }
    }

    #[test]
    fn cards_and_carousels() {
        let card = json!({ "content_type": "card", "content": { "title": "A", "image_url": "i", "default_action": { "content_type": "url", "content": { "url": "https://x" } } } });
        let Content::Carousel { cards } = content("carousel", json!({ "cards": [card] })) else {
            panic!()
        };
        assert_eq!(cards[0].title, "A");
        assert_eq!(cards[0].url.as_deref(), Some("https://x"));
    }

    #[test]
    fn what_has_no_word_is_kept() {
        let odd = json!({ "title": "Sign" });
        let kept = content("Component.signature", odd.clone());
        assert_eq!(
            kept,
            Content::Other { content_type: "Component.signature".into(), content: odd }
        );
        assert!(matches!(content("image", json!({})), Content::Other { .. }));
        assert_eq!(content("payload", json!({ "payload": "P" })), Content::payload("P"));
    }
}
