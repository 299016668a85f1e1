//! Entries as lines of a story.

use handover_core::capability::plain;
use handover_core::content::{Button, Content, MediaKind};
use handover_core::entry::{Actor, Body, Entry};

/// What an entry is in a story; none for what a story does not tell.
pub(super) fn line(entry: &Entry) -> Option<String> {
    match &entry.body {
        Body::Message { content } if entry.for_contact => {
            let who = match &entry.actor {
                Actor::Contact => return None,
                Actor::Bot => "bot",
                Actor::Gateway => "gateway",
                Actor::Agent(_) => {
                    return Some(format!("agent says: {}", one_line(&plain(content))));
                }
            };
            message(who, content)
        }
        Body::Trouble { text } if entry.actor == Actor::Bot => Some(format!("trouble: {text}")),
        Body::Started { .. } => Some("session starts".into()),
        Body::Accepted => Some("agent joins".into()),
        Body::Ended { cause } => Some(format!("session ends: {}", cause.as_str())),
        Body::Terminal { payload, .. } => Some(format!("bot gets: {payload}")),
        _ => None,
    }
}

fn message(who: &str, content: &Content) -> Option<String> {
    Some(match content {
        Content::Typing { .. } | Content::Wait { .. } => return None,
        Content::Question(question) => {
            format!("{who} asks: {}{}", one_line(&question.title), buttons(&question.buttons))
        }
        Content::Card(card) => {
            format!("{who} card: {}{}", one_line(&card.title), buttons(&card.buttons))
        }
        Content::Carousel { cards } => {
            let titles: Vec<String> =
                cards.iter().map(|card| format!("[{}]", card.title)).collect();
            format!("{who} carousel: {}", titles.join(" "))
        }
        Content::Media(media) => {
            let kind = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::File => "file",
            };
            format!("{who} {kind}: {}", media.url)
        }
        Content::Link { url, .. } => format!("{who} link: {url}"),
        other => format!("{who}: {}", one_line(&plain(other))),
    })
}

fn buttons(buttons: &[Button]) -> String {
    buttons.iter().map(|button| format!(" [{}]", button.title)).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line is as a story has it; `...` stands for anything.
pub(super) fn matches(expected: &str, actual: &str) -> bool {
    let expected = one_line(expected);
    let mut parts = expected.split("...");
    let Some(mut rest) = parts.next().and_then(|first| actual.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn dots_stand_for_anything() {
        assert!(matches("bot: Hello ...!", "bot: Hello Eve!"));
        assert!(matches("bot: ...", "bot: "));
        assert!(matches("bot: a...b...c", "bot: a1b2c"));
        assert!(!matches("bot: a...b...c", "bot: a1c"));
        assert!(!matches("bot: Hello", "bot: Hello!"));
        assert!(!matches("bot: ...x", "bot: y"));
    }
}
