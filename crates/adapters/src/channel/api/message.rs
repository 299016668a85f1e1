//! Messages as the Studio writes them, `{content_type, content}`, to ours and back. Nested components keep their
//! wrapper; the unwrapped form of older pages is read too.

use handover_core::content::{Button, Card, Content, Media, MediaKind, Question, Trigger};
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

/// What the Studio's `{content_type, content}` means. What has no word here is kept as it is.
pub fn decode(content_type: &str, content: &Value) -> Content {
    known(content_type, content).unwrap_or_else(|| Content::Other {
        content_type: content_type.to_owned(),
        content: content.clone(),
    })
}

fn known(content_type: &str, content: &Value) -> Option<Content> {
    let text = |key: &str| words(content.get(key)?);
    let duration_ms =
        || content.get("duration")?.as_f64().map(|ms| ms.clamp(0.0, f64::from(u32::MAX)) as u32);
    Some(match content_type {
        "text" => Content::Text { text: text("text")? },
        "url" => Content::Link { url: text("url")?, text: text("text"), title: text("title") },
        "typing" => Content::Typing { duration_ms: duration_ms()? },
        "wait" => Content::Wait { duration_ms: duration_ms()? },
        "payload" => Content::Payload { payload: text("payload")?, title: text("title") },
        "flow_trigger" => {
            Content::Trigger(Trigger { flow: text("flow_id"), step: text("step_id") })
        }
        "button" => Content::Question(Question {
            title: String::new(),
            buttons: vec![read_button(content)?],
            quick: false,
        }),
        "question"
        | "quickreply"
        | "quick_reply"
        | "Component.quickreply"
        | "Component.quickReply" => Content::Question(Question {
            title: text("title").unwrap_or_default(),
            buttons: read_buttons(content)?,
            quick: content_type != "question"
                || text("button_type").as_deref() == Some("quick_reply"),
        }),
        "card" => Content::Card(read_card(content)?),
        "carousel" => Content::Carousel {
            cards: content.get("cards")?.as_array()?.iter().filter_map(read_card).collect(),
        },
        "image" | "video" | "audio" | "file" => Content::Media(Media {
            kind: match content_type {
                "image" => MediaKind::Image,
                "video" => MediaKind::Video,
                "audio" => MediaKind::Audio,
                _ => MediaKind::File,
            },
            url: text("url")?,
            name: text("title").or_else(|| text("name")),
            mime: text("mime"),
            size_bytes: content.get("size_bytes").and_then(Value::as_u64),
        }),
        _ => return None,
    })
}

fn read_card(value: &Value) -> Option<Card> {
    let fields = unwrap(value);
    let text = |key: &str| fields.get(key).and_then(words);
    Some(Card {
        title: text("title")?,
        subtitle: text("subtitle"),
        image_url: text("image_url"),
        buttons: fields.get("buttons").and_then(|_| read_buttons(fields)).unwrap_or_default(),
        url: fields.get("default_action").and_then(|action| words(unwrap(action).get("url")?)),
    })
}

fn read_buttons(fields: &Value) -> Option<Vec<Button>> {
    Some(fields.get("buttons")?.as_array()?.iter().filter_map(read_button).collect())
}

fn read_button(value: &Value) -> Option<Button> {
    let fields = unwrap(value);
    let text = |key: &str| fields.get(key).and_then(words);
    let url = text("url");
    let title = text("title").or_else(|| text("text")).or_else(|| url.clone())?;
    let payload = text("payload").unwrap_or_else(|| title.clone());
    let accepts = fields.get("accepts").and_then(Value::as_array);
    let mut others: Vec<String> = Vec::new();
    for accept in accepts.into_iter().flatten().filter_map(words) {
        // The engine adds title and payload to the list itself.
        if accept != title && accept != payload && !others.contains(&accept) {
            others.push(accept);
        }
    }
    Some(Button { title, payload, accepts: others, url })
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
                accepts.extend([button.title.clone(), button.payload.clone()]);
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

fn unwrap(value: &Value) -> &Value {
    value.get("content").filter(|content| content.is_object()).unwrap_or(value)
}

fn set(fields: &mut Value, key: &str, text: Option<&str>) {
    if let (Some(text), Some(fields)) = (text, fields.as_object_mut()) {
        let fields: &mut Map<String, Value> = fields;
        fields.insert(key.to_owned(), text.into());
    }
}

/// A script may say a number or a truth where words are meant.
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
    fn each_content_has_its_studio_form_and_comes_back() {
        for (studio, ours) in pairs() {
            assert_eq!(encode(&ours), studio);
            assert_eq!(decode(studio["content_type"].as_str().unwrap(), &studio["content"]), ours);
        }
    }

    #[test]
    fn older_and_looser_forms_are_read() {
        let unwrapped = json!({ "title": "Q", "buttons": [
            { "content_type": "button", "title": "Yes" },
            { "content_type": "url", "content": { "url": "https://x.example", "title": "Site" } },
            { "nothing": 1 },
        ]});
        let Content::Question(question) = decode("quickreply", &unwrapped) else { panic!() };
        assert!(question.quick);
        assert_eq!(question.buttons.len(), 2);
        assert_eq!(question.buttons[0].payload, "Yes");
        assert_eq!(question.buttons[1].url.as_deref(), Some("https://x.example"));
        assert_eq!(decode("text", &json!({ "text": 42 })), Content::text("42"));
    }

    #[test]
    fn what_has_no_word_here_is_kept() {
        for (content_type, content) in [
            ("text", json!({ "text": null })),
            ("calendar", json!({ "min_date": 1 })),
            ("object", json!([1, 2])),
            ("carousel", json!({ "cards": "none" })),
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
