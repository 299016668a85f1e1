//! Messages as the Studio writes them, `{content_type, content}`: what we give out, and what a contact sends. Nested
//! components keep their wrapper.

use handover_core::content::{Button, Card, Content, Media, MediaKind, Trigger};
use serde_json::{Map, Value, json};

/// A content as the Studio's `payload`: `{"content_type", "content"}`.
pub fn encode(content: &Content) -> Value {
    match content {
        Content::Text { text } => wrap("text", json!({ "text": text })),
        Content::Media(media) => {
            let mut fields = json!({ "url": media.url });
            set(&mut fields, "title", media.name.as_deref());
            set(&mut fields, "mime", media.mime.as_deref());
            if let Some(size) = media.size_bytes {
                fields["size_bytes"] = size.into();
            }
            wrap(kind_word(media.kind), fields)
        }
        Content::Link { url, text, title } => link(url, text.as_deref(), title.as_deref()),
        Content::Question(question) => {
            let mut fields =
                json!({ "title": question.title, "buttons": buttons(&question.buttons) });
            set(&mut fields, "button_type", question.quick.then_some("quick_reply"));
            wrap("question", fields)
        }
        Content::Card(it) => card(it),
        Content::Carousel { cards } => {
            wrap("carousel", json!({ "cards": cards.iter().map(card).collect::<Vec<_>>() }))
        }
        Content::Typing { duration_ms } => wrap("typing", json!({ "duration": duration_ms })),
        Content::Wait { duration_ms } => wrap("wait", json!({ "duration": duration_ms })),
        Content::Payload { payload, title } => {
            let mut fields = json!({ "payload": payload });
            set(&mut fields, "title", title.as_deref());
            wrap("payload", fields)
        }
        Content::Trigger(trigger) => {
            let mut fields = json!({});
            set(&mut fields, "flow_id", trigger.flow.as_deref());
            set(&mut fields, "step_id", trigger.step.as_deref());
            wrap("flow_trigger", fields)
        }
        Content::Other { content_type, content } => {
            let mut content = content.clone();
            // An OAuth request of the Studio carries its client's secret: it never leaves.
            if let Some(fields) = content.as_object_mut() {
                fields.remove("client_secret");
            }
            wrap(content_type, content)
        }
    }
}

/// What a contact sends: what has no word here is kept as it is. A bot's components are read where bots are.
pub fn decode(content_type: &str, content: &Value) -> Content {
    known(content_type, content).unwrap_or_else(|| Content::Other {
        content_type: content_type.to_owned(),
        content: content.clone(),
    })
}

fn known(content_type: &str, content: &Value) -> Option<Content> {
    let text = |key: &str| words(content.get(key)?);
    Some(match content_type {
        "text" => Content::Text { text: text("text")? },
        "url" => Content::Link { url: text("url")?, text: text("text"), title: text("title") },
        "payload" => Content::Payload { payload: text("payload")?, title: text("title") },
        "flow_trigger" => {
            Content::Trigger(Trigger { flow: text("flow_id"), step: text("step_id") })
        }
        "image" => media(MediaKind::Image, content)?,
        "video" => media(MediaKind::Video, content)?,
        "audio" => media(MediaKind::Audio, content)?,
        "file" => media(MediaKind::File, content)?,
        _ => return None,
    })
}

fn media(kind: MediaKind, content: &Value) -> Option<Content> {
    let text = |key: &str| words(content.get(key)?);
    Some(Content::Media(Media {
        kind,
        url: text("url")?,
        name: text("title").or_else(|| text("name")),
        mime: text("mime"),
        size_bytes: content.get("size_bytes").and_then(Value::as_u64),
    }))
}

fn card(card: &Card) -> Value {
    let mut fields = json!({ "title": card.title });
    set(&mut fields, "subtitle", card.subtitle.as_deref());
    set(&mut fields, "image_url", card.image_url.as_deref());
    if !card.buttons.is_empty() {
        fields["buttons"] = buttons(&card.buttons);
    }
    if let Some(url) = &card.url {
        fields["default_action"] = link(url, None, None);
    }
    wrap("card", fields)
}

fn buttons(buttons: &[Button]) -> Value {
    buttons
        .iter()
        .map(|button| match &button.url {
            Some(url) => link(url, Some(&button.title), None),
            None => {
                let mut accepts = button.accepts.clone();
                for always in [&button.title, &button.payload] {
                    if !accepts.contains(always) {
                        accepts.push(always.clone());
                    }
                }
                wrap(
                    "button",
                    json!({ "title": button.title, "payload": button.payload, "accepts": accepts }),
                )
            }
        })
        .collect()
}

fn link(url: &str, text: Option<&str>, title: Option<&str>) -> Value {
    let shown = text.or(title).unwrap_or(url);
    wrap("url", json!({ "url": url, "text": shown, "title": title.unwrap_or(shown) }))
}

const fn kind_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::File => "file",
    }
}

fn wrap(content_type: &str, content: Value) -> Value {
    json!({ "content_type": content_type, "content": content })
}

fn set(fields: &mut Value, key: &str, text: Option<&str>) {
    if let (Some(text), Some(fields)) = (text, fields.as_object_mut()) {
        let fields: &mut Map<String, Value> = fields;
        fields.insert(key.to_owned(), text.into());
    }
}

/// A program may send a number or a truth where words are meant.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use handover_core::content::Content;
    use serde_json::{Value, json};

    /// Each pair: the Studio's form, ours.
    fn pairs() -> Vec<(Value, Content)> {
        let fixture = include_str!("fixtures/messages.json");
        let list: Vec<(Value, Value)> = serde_json::from_str(fixture).unwrap();
        list.into_iter()
            .map(|(studio, ours)| (studio, serde_json::from_value(ours).unwrap()))
            .collect()
    }

    #[test]
    fn each_content_has_its_studio_form() {
        for (studio, ours) in pairs() {
            assert_eq!(encode(&ours), studio);
        }
    }

    #[test]
    fn what_a_contact_sends_comes_back() {
        let mut seen = 0;
        for (studio, ours) in pairs() {
            let content_type = studio["content_type"].as_str().unwrap();
            if matches!(
                content_type,
                "text" | "image" | "file" | "url" | "payload" | "flow_trigger"
            ) {
                assert_eq!(decode(content_type, &studio["content"]), ours);
                seen += 1;
            }
        }
        assert_eq!(seen, 6);
        assert_eq!(decode("text", &json!({ "text": 42 })), Content::text("42"));
    }

    #[test]
    fn what_has_no_word_here_is_kept() {
        for (content_type, content) in [
            ("text", json!({ "text": null })),
            ("image", json!({ "src": "x" })),
            ("calendar", json!({ "min_date": 1 })),
            ("object", json!([1, 2])),
        ] {
            let ours = decode(content_type, &content);
            assert!(matches!(&ours, Content::Other { .. }), "{content_type}");
            assert_eq!(encode(&ours), json!({ "content_type": content_type, "content": content }));
        }
    }

    #[test]
    fn an_oauth_secret_never_leaves() {
        let content = json!({ "client_id": "a", "client_secret": "b" });
        let sent = encode(&decode("oauthrequest", &content)).to_string();
        assert!(!sent.contains("client_secret"), "{sent}");
    }
}
