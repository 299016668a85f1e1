//! Which kinds of content go through, and how they are transposed: a table that is kept beside each adapter.

use crate::world::{Kind, World};
use handover_core::content::{Button, Card, Content, Media, MediaKind, Question};
use handover_fake::vendor::From;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

fn contents() -> Vec<(&'static str, Content)> {
    let media = |kind, name: &str, mime: &str| {
        Content::Media(Media {
            kind,
            url: format!("/files/abc/{name}"),
            name: Some(name.into()),
            mime: Some(mime.into()),
            size_bytes: Some(16),
        })
    };
    let button = |title: &str| Button {
        title: title.into(),
        payload: title.to_uppercase(),
        accepts: Vec::new(),
        url: None,
    };
    let card = Card {
        title: "Red shoes".into(),
        subtitle: Some("42 EUR".into()),
        image_url: Some("/files/abc/shoes.png".into()),
        buttons: vec![button("Buy")],
        url: None,
    };
    vec![
        ("text", Content::text("Hello")),
        ("picture", media(MediaKind::Image, "cat.png", "image/png")),
        ("film", media(MediaKind::Video, "cat.mp4", "video/mp4")),
        ("sound", media(MediaKind::Audio, "cat.mp3", "audio/mpeg")),
        ("file", media(MediaKind::File, "cat.pdf", "application/pdf")),
        (
            "link",
            Content::Link {
                url: "https://shop.example/shoes".into(),
                text: Some("Our shoes".into()),
                title: None,
            },
        ),
        ("pressed button", Content::Payload { payload: "BUY".into(), title: Some("Buy".into()) }),
        (
            "question",
            Content::Question(Question {
                title: "Which size?".into(),
                buttons: vec![button("Small"), button("Large")],
                quick: false,
            }),
        ),
        ("card", Content::Card(card.clone())),
        ("carousel", Content::Carousel { cards: vec![card.clone(), card] }),
        (
            "anything else",
            Content::Other {
                content_type: "calendar".into(),
                content: json!({ "text": "2026-12-24" }),
            },
        ),
    ]
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ⏎ ").replace('|', "\\|")
}

pub(crate) fn which_contents_go_through(kind: &Kind) {
    let mut table = String::from(
        "Made by the conformance test `which_contents_go_through`; `UPDATE_REPORTS=1` writes it anew.\n\n\
         ## From the contact to the desk\n\n| the contact sends | the agents see |\n|---|---|\n",
    );
    for (name, content) in contents() {
        let world = World::new(kind);
        world.answered("eve");
        let before = world.at_desk("eve").messages.len();
        world.act("eve", content);
        world.pass_s(5);
        let seen: Vec<String> = world.at_desk("eve").messages[before..]
            .iter()
            .filter(|message| message.from == From::Contact)
            .flat_map(|message| {
                let files = message.files.iter().map(|name| format!("the file `{name}`"));
                let text = one_line(message.text.trim());
                files.chain((!text.is_empty()).then(|| format!("“{text}”"))).collect::<Vec<_>>()
            })
            .collect();
        assert!(!seen.is_empty(), "rule 11: {name} is dropped without a word");
        assert_eq!(world.troubles("eve"), [] as [&str; 0], "{name}");
        writeln!(table, "| {name} | {} |", seen.join(", ")).unwrap();
    }
    table.push_str(
        "\n## From the agent to the contact\n\n| the agent sends | the contact sees |\n|---|---|\n",
    );
    let texts = ["Hello", "**bold** and a [link](https://shop.example)", "one\n\ntwo\n- a\n- b"];
    for text in texts {
        let world = World::new(kind);
        world.asks("eve");
        world.vendor().agent_says(&world.link("eve"), "Ana", text);
        world.settle();
        let seen = world.seen("eve").concat();
        writeln!(table, "| “{}” | “{}” |", one_line(text), one_line(&seen)).unwrap();
    }
    for (name, mime) in [("cat.png", "image/png"), ("cat.pdf", "application/pdf")] {
        let world = World::new(kind);
        world.asks("eve");
        world.vendor().agent_sends_file(&world.link("eve"), "Ana", name, mime, b"\x89PNG");
        world.settle();
        let transcript = world.transcript("eve");
        let media = transcript.iter().find_map(|entry| match entry.content() {
            Some(Content::Media(media)) => Some(media.clone()),
            _ => None,
        });
        let media = media.expect("rule 8: a file of an agent reaches the contact");
        writeln!(table, "| the file `{name}` | {:?} `{}` |", media.kind, media.name.unwrap())
            .unwrap();
    }
    let vendor = kind.adapter.manifest().vendor;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../adapters/src/desk/{vendor}/contents.md"));
    if std::env::var_os("UPDATE_REPORTS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, table, "run with UPDATE_REPORTS=1 and look at what has changed");
}
