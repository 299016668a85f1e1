//! Every kind of entry, drawn for both viewers, with hostile words in every place that takes words.

use super::{Viewer, entry};
use handover_core::contact::Agent;
use handover_core::content::{Button, Card, Content, Media, MediaKind, Question, Trigger};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, SourceId};
use handover_core::language::Language;
use handover_core::session::EndCause;
use handover_core::time::Timestamp;
use serde_json::json;

const CONTACT: Viewer = Viewer::Contact(Language::English);
const EVIL: &str = "\"><script>alert('x')</script><img src=x onerror=alert(1)>";

fn line(actor: Actor, body: Body) -> Entry {
    Entry {
        n: 7,
        at: Timestamp::from_ms(1_700_000_000_000),
        epoch: 1,
        session: None,
        actor,
        cause: Cause::Sent,
        body,
        for_contact: true,
        for_desk: true,
        source: Some(SourceId::new(EVIL)),
    }
}

fn agent() -> Actor {
    Actor::Agent(Agent::new("a", format!("Ana {EVIL}")))
}

fn button(url: Option<&str>) -> Button {
    Button {
        title: EVIL.into(),
        payload: EVIL.into(),
        accepts: Vec::new(),
        url: url.map(str::to_owned),
    }
}

fn media(kind: MediaKind, url: &str) -> Content {
    Content::Media(Media {
        kind,
        url: url.into(),
        name: Some(format!("a\"b{EVIL}.png")),
        mime: Some(EVIL.into()),
        size_bytes: Some(1234),
    })
}

fn contents() -> Vec<Content> {
    let card = Card {
        title: EVIL.into(),
        subtitle: Some(EVIL.into()),
        image_url: Some("javascript:alert(1)".into()),
        buttons: vec![
            button(None),
            button(Some("javascript:alert(1)")),
            button(Some("https://a.b")),
        ],
        url: Some("javascript:alert(1)".into()),
    };
    vec![
        Content::text(EVIL),
        media(MediaKind::Image, "/files/x/y.png"),
        media(MediaKind::Image, "javascript:alert(1)"),
        media(MediaKind::Video, "https://a.b/v.mp4?\"onx=1"),
        media(MediaKind::Audio, "https://a.b/a.mp3"),
        media(MediaKind::File, "/files/x/y.pdf"),
        media(MediaKind::File, "data:text/html,<script>"),
        Content::Link {
            url: "https://a.b".into(),
            text: Some(EVIL.into()),
            title: Some(EVIL.into()),
        },
        Content::Link { url: "javascript:alert(1)".into(), text: None, title: None },
        Content::Question(Question {
            title: EVIL.into(),
            buttons: vec![button(None)],
            quick: true,
        }),
        Content::Card(card.clone()),
        Content::Carousel { cards: vec![card.clone(), card] },
        Content::Payload { payload: EVIL.into(), title: Some(EVIL.into()) },
        Content::Payload { payload: EVIL.into(), title: None },
        Content::Trigger(Trigger { flow: Some(EVIL.into()), step: None }),
        Content::Other { content_type: EVIL.into(), content: json!({ "text": EVIL }) },
        Content::Other { content_type: "x".into(), content: json!([EVIL]) },
    ]
}

fn bodies() -> Vec<Body> {
    let mut bodies: Vec<Body> =
        contents().into_iter().map(|content| Body::Message { content }).collect();
    bodies.extend([
        Body::Note { text: EVIL.into() },
        Body::Opened { trigger: None },
        Body::Opened {
            trigger: Some(Trigger { flow: Some(EVIL.into()), step: Some(EVIL.into()) }),
        },
        Body::Started { desk: AccountId::new(EVIL) },
        Body::Accepted,
        Body::Ended { cause: EndCause::Expired },
        Body::Terminal { payload: EVIL.into(), cause: EndCause::NoDesk },
        Body::Fenced { content: Content::text(EVIL) },
        Body::Ignored { what: EVIL.into(), why: EVIL.into() },
        Body::Trouble { text: EVIL.into() },
    ]);
    bodies
}

#[test]
fn every_kind_renders_for_both_and_no_word_becomes_markup() {
    for body in bodies() {
        for actor in [Actor::Contact, Actor::Bot, agent(), Actor::Gateway] {
            for viewer in [CONTACT, Viewer::Agent] {
                let html = entry(&line(actor.clone(), body.clone()), viewer)
                    .unwrap_or_else(|| panic!("{body:?} is not drawn"));
                for bad in [
                    "<script",
                    "<img src=x",
                    "href=\"javascript",
                    "src=\"javascript",
                    "\"data:",
                    "\"onx",
                ] {
                    assert!(!html.contains(bad), "{bad} in {html}");
                }
                assert!(html.contains("id=\"e7\"") && html.contains("data-n=\"7\""), "{html}");
                assert!(html.contains("<time datetime=\"2023-11-14T22:13:20Z\""), "{html}");
                assert_eq!(html.matches("<div").count(), html.matches("</div>").count(), "{html}");
                assert!(!html.contains(" style="), "the content policy forbids it: {html}");
            }
        }
    }
}

#[test]
fn the_contact_sees_only_what_is_theirs() {
    let hidden =
        Entry { for_contact: false, ..line(Actor::Bot, Body::Trouble { text: "secret".into() }) };
    assert_eq!(entry(&hidden, CONTACT), None);
    assert!(entry(&hidden, Viewer::Agent).is_some());
}

#[test]
fn pacing_is_for_the_contact_alone() {
    for content in [Content::Typing { duration_ms: 1500 }, Content::Wait { duration_ms: 1500 }] {
        let pause = line(Actor::Bot, Body::Message { content });
        let html = entry(&pause, CONTACT).unwrap();
        assert!(html.contains("data-duration=\"1500\"") && html.contains("hidden"), "{html}");
        assert_eq!(entry(&pause, Viewer::Agent), None);
    }
}

#[test]
fn choices_can_be_pressed_by_the_contact_alone() {
    let content = Content::Question(Question {
        title: "?".into(),
        buttons: vec![button(None)],
        quick: false,
    });
    let question = line(Actor::Bot, Body::Message { content });
    assert!(!entry(&question, CONTACT).unwrap().contains("disabled"));
    assert!(entry(&question, Viewer::Agent).unwrap().contains("disabled"));
}

#[test]
fn each_side_finds_its_own_lines_and_no_others() {
    let said = |actor| line(actor, Body::Message { content: Content::text("x") });
    let has = |actor, viewer| entry(&said(actor), viewer).unwrap().contains("data-source");
    assert!(has(Actor::Contact, CONTACT) && has(agent(), Viewer::Agent));
    assert!(!has(Actor::Contact, Viewer::Agent) && !has(agent(), CONTACT), "promise F");
}

#[test]
fn a_contacts_markdown_stays_as_it_was_typed() {
    let said = |actor| {
        entry(&line(actor, Body::Message { content: Content::text("**a**") }), CONTACT).unwrap()
    };
    assert!(said(Actor::Contact).contains("**a**"));
    assert!(said(Actor::Bot).contains("<strong>a</strong>"));
    assert!(said(agent()).contains("<strong>a</strong>"));
}

#[test]
fn what_has_no_word_here_is_shown_as_its_text() {
    let content = Content::Other { content_type: "map".into(), content: json!({ "text": "Here" }) };
    let html = entry(&line(Actor::Bot, Body::Message { content }), CONTACT).unwrap();
    assert!(html.contains("Here"));
}

#[test]
fn huge_and_turned_text_is_drawn() {
    let huge = "a\u{0}\u{202e}".repeat(300_000);
    let html =
        entry(&line(Actor::Contact, Body::Message { content: Content::text(huge) }), Viewer::Agent)
            .unwrap();
    assert!(html.len() > 300_000 && !html.contains('\u{0}'));
    assert!(html.contains("dir=\"auto\""));
}

#[test]
fn an_agent_has_a_face_and_letters_where_there_is_no_picture() {
    let drawn = |picture: Option<&str>| {
        let mut agent = Agent::new("a", "Ada Lovelace");
        agent.picture = picture.map(str::to_owned);
        let body = Body::Message { content: Content::text("Hello") };
        entry(&line(Actor::Agent(agent), body), CONTACT).unwrap()
    };
    let html = drawn(Some("/files/desk/d/t/ada.png"));
    assert!(html.contains("<img src=\"/files/desk/d/t/ada.png\" alt=\"\""), "{html}");
    for without in [None, Some("javascript:alert(1)"), Some("data:image/png;base64,AA")] {
        let html = drawn(without);
        assert!(html.contains("data-initials=\"AL\"") && !html.contains("<img"), "{html}");
    }
    let bot = line(Actor::Bot, Body::Message { content: Content::text("Hello") });
    assert!(!entry(&bot, Viewer::Agent).unwrap().contains("class=\"face\""));
}

#[test]
fn what_happened_is_told_in_the_contacts_language() {
    let ended = line(Actor::Contact, Body::Ended { cause: EndCause::ContactEnded });
    let html = entry(&ended, Viewer::Contact(Language::German)).unwrap();
    assert!(html.contains("Sie haben den Chat mit unserem Team beendet."), "{html}");
    let accepted = line(Actor::Agent(Agent::new("a", "{name}")), Body::Accepted);
    let html = entry(&accepted, Viewer::Contact(Language::French)).unwrap();
    assert!(html.contains("{name} a rejoint la conversation."), "{html}");
    assert!(entry(&ended, Viewer::Agent).unwrap().contains("the contact ended it"));
}
