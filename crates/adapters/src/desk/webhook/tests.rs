use super::Webhook;
use crate::kit::webhook;
use handover_core::contact::{Agent, Contact};
use handover_core::content::{Content, Media, MediaKind};
use handover_core::delivery::{ToDesk, ToDeskAct};
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SessionId};
use handover_core::language::Language;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::session::{EndCause, Session};
use handover_core::time::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_250);

fn step(settings: Value, act: ToDeskAct, transcript: &[Entry], so_far: &[Reply]) -> Step {
    let account = Account {
        id: AccountId::new("desk"),
        vendor: "webhook".into(),
        name: "Desk".into(),
        settings: settings.as_object().unwrap().clone(),
    };
    let session = Session {
        id: SessionId::new("c-1"),
        ordinal: 1,
        desk: AccountId::new("desk"),
        started_at: Timestamp::from_ms(1_700_000_000_000),
        last_message_at: NOW,
        agent: None,
        answered_at: None,
        offered: false,
        messages: 0,
        link: None,
        earlier_link: None,
        closed_at_desk: false,
        looked_for: 0,
    };
    let mut contact = Contact::unknown(ContactKey::new("ada"));
    contact.metadata.insert("name".into(), "Ada".into());
    let job = ToDesk { session, contact, language: Language::English, act };
    let id = DeliveryId { conversation: ConversationId::new("c"), n: 3 };
    Webhook.step(
        &account,
        Outgoing { id: &id, entry: 5, attempts: 0, at: NOW, job: &job },
        transcript,
        so_far,
    )
}

fn settings() -> Value {
    json!({ "url": "https://desk.example/in", "secret": "whsec_c2VjcmV0" })
}

fn entry(n: u64, actor: Actor, body: Body) -> Entry {
    Entry {
        n,
        at: NOW,
        epoch: 1,
        session: None,
        actor,
        cause: Cause::Sent,
        body,
        for_contact: true,
        for_desk: true,
        source: None,
    }
}

fn said(text: &str) -> Body {
    Body::Message { content: Content::text(text) }
}

#[test]
fn each_act_is_posted_in_its_form_and_signed() {
    let bob = Agent::new("7", "Bob");
    let picture = Content::Media(Media {
        kind: MediaKind::Image,
        url: "https://x.example/a.png".into(),
        name: None,
        mime: None,
        size_bytes: None,
    });
    let transcript = [
        entry(1, Actor::Bot, said("Hello")),
        entry(2, Actor::Bot, Body::Message { content: Content::Typing { duration_ms: 5 } }),
        entry(3, Actor::Contact, said("I need help")),
        entry(4, Actor::Agent(bob), Body::Note { text: "known customer".into() }),
        entry(5, Actor::Gateway, Body::Started { desk: AccountId::new("desk") }),
    ];
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/posts.json")).unwrap();
    let acts = [
        ToDeskAct::Open,
        ToDeskAct::Message { content: picture },
        ToDeskAct::Ended { cause: EndCause::ContactEnded },
        ToDeskAct::Trouble { text: "A file could not be passed on.".into(), of: None },
    ];
    assert_eq!(cases.len(), acts.len());
    for (act, extra) in acts.into_iter().zip(cases) {
        let Step::Call(request) = step(settings(), act, &transcript, &[]) else { panic!() };
        let find = |name: &str| {
            request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        assert!(webhook::verify("whsec_c2VjcmV0", find, &request.body, NOW).is_ok());
        assert_eq!(find("webhook-id"), Some("c.3"), "promise C: the same at each try");
        let mut expected: Value =
            serde_json::from_str(include_str!("fixtures/envelope.json")).unwrap();
        expected.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), expected);
    }
}

#[test]
fn the_answer_to_an_opening_may_name_the_conversation() {
    for (body, link) in [
        (r#"{"conversation":"conv-9"}"#, Some("conv-9")),
        (r#"{"conversation":9}"#, Some("9")),
        (r#"{"conversation":{}}"#, None),
        ("{}", None),
        ("thanks", None),
        ("", None),
    ] {
        let reply = Reply { status: 200, headers: Vec::new(), body: body.into() };
        let done = step(settings(), ToDeskAct::Open, &[], std::slice::from_ref(&reply));
        assert_eq!(done, Step::Done { link: link.map(str::to_owned) }, "{body}");
        let ended = ToDeskAct::Ended { cause: EndCause::Expired };
        assert_eq!(step(settings(), ended, &[], &[reply]), Step::Done { link: None });
    }
}

#[test]
fn a_refusal_is_final_and_an_outage_is_not() {
    let reply = |status| Reply { status, headers: Vec::new(), body: Vec::new() };
    assert!(matches!(step(settings(), ToDeskAct::Open, &[], &[reply(404)]), Step::Reject { .. }));
    assert!(matches!(step(settings(), ToDeskAct::Open, &[], &[reply(502)]), Step::Retry { .. }));
    assert!(matches!(step(json!({}), ToDeskAct::Open, &[], &[]), Step::Reject { .. }));
}
