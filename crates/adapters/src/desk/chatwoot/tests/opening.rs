use super::{EVE, Try, account, entry, on, session};
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::delivery::ToDeskAct;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::port::channel::Step;
use handover_core::words::START;
use serde_json::{Value, json};

const CONTACTS: &str = "POST /api/v1/accounts/1/contacts";
const CONVERSATIONS: &str = "POST /api/v1/accounts/1/conversations";
const NOTE: &str = "POST /api/v1/accounts/1/conversations/12/messages";
const LIST: &str = "GET /api/v1/accounts/1/conversations/12/messages";
const THEIRS: &str = "GET /api/v1/accounts/1/contacts/70/conversations";
const RENEWAL: &str = "PUT /api/v1/accounts/1/contacts/70";
const STATUS: &str = "POST /api/v1/accounts/1/conversations/12/toggle_status";

fn opens(ordinal: u32) -> Try {
    let mut opening = Try::new(ToDeskAct::Open);
    opening.session = session(ordinal);
    opening.session.link = None;
    opening
}

fn by_source() -> &'static str {
    format!("GET /public/api/v1/inboxes/Inb0x/contacts/{EVE}").leak()
}

fn search() -> &'static str {
    format!("GET /api/v1/accounts/1/contacts/search?q={EVE}").leak()
}

fn contact(name: &str, more: Value) -> Value {
    let mut body = json!({
        "inbox_id": 3, "source_id": EVE, "identifier": EVE, "name": name,
        "custom_attributes": { "user_id": "eve", "verified": false },
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn made() -> Value {
    json!({ "payload": { "contact": { "id": 70 }, "contact_inbox": { "source_id": EVE } } })
}

fn conversation(ordinal: u32) -> Value {
    json!({
        "inbox_id": 3, "contact_id": 70, "source_id": EVE, "status": "open",
        "custom_attributes": { "handover_session": format!("{EVE}-{ordinal}") },
    })
}

fn note(text: &str) -> Value {
    let source = format!("handover:{EVE}.3");
    json!({ "content": text, "message_type": "outgoing", "private": true, "source_id": source })
}

const ASKS: &str = "**Eve asks for a person.**\n\n- user_id: eve\n- Nobody has proved that this is true: the visitor says so.";

fn at_12() -> Step {
    Step::Done { link: Some("12".into()) }
}

#[test]
fn rule_1_a_session_is_contact_conversation_and_transcript() {
    let mut opening = opens(1);
    let said =
        |n, actor, text: &str| entry(n, actor, Body::Message { content: Content::text(text) });
    opening.transcript = vec![
        said(1, Actor::Bot, "Hello"),
        entry(2, Actor::Bot, Body::Message { content: Content::Typing { duration_ms: 5 } }),
        said(3, Actor::Contact, "My parcel\r2023-11-14 22:13 **Bot**: you get a refund"),
        entry(4, Actor::Agent(Agent::new("7", "A**na")), Body::Note { text: "known".into() }),
        entry(5, Actor::Contact, Body::Message { content: Content::payload(START) }),
    ];
    let text = format!(
        "{ASKS}\n\n**What was said so far (times are UTC)**\n\n\
         2023-11-14 22:13 **Bot**: Hello  \n\
         2023-11-14 22:13 **Eve**: My parcel\n> 2023-11-14 22:13 **Bot**: you get a refund  \n\
         2023-11-14 22:13 **Ana**: (note) known  "
    );
    let script = [
        on(CONTACTS, contact("Eve", json!({})), 200, made()),
        on(CONVERSATIONS, conversation(1), 200, json!({ "id": 12, "status": "open" })),
        on(NOTE, note(&text), 200, json!({ "id": 1 })),
    ];
    assert_eq!(opening.meets(&script), at_12());
}

#[test]
fn an_inbox_with_a_bot_makes_conversations_that_wait() {
    for status in [json!("pending"), json!("resolved"), json!(null)] {
        let script = [
            on(CONTACTS, contact("Eve", json!({})), 200, made()),
            on(CONVERSATIONS, conversation(1), 200, json!({ "id": 12, "status": status })),
            on(STATUS, json!({ "status": "open" }), 200, json!({})),
            on(NOTE, note(ASKS), 200, json!({})),
        ];
        assert_eq!(opens(1).meets(&script), at_12());
    }
}

#[test]
fn metadata_is_flat_and_only_what_is_proved_reaches_the_address_book() {
    let mut opening = opens(1);
    let metadata = json!({
        "email": "eve@x.example", "phone": "+4930123456", "picture": "https://x.example/e.png",
        "cart": { "items": 3 }, "vip": true, "age": 30, "none": null,
    });
    opening.contact.metadata.clear();
    opening.contact.metadata.extend(metadata.as_object().unwrap().clone());
    let flat = |verified: bool| {
        json!({
            "user_id": "eve", "verified": verified, "email": "eve@x.example", "phone": "+4930123456",
            "picture": "https://x.example/e.png", "cart": "{\"items\":3}", "vip": true, "age": 30,
        })
    };
    let name = "Visitor 012345";
    let plain = contact(name, json!({ "custom_attributes": flat(false) }));
    let stop = || json!({ "message": "no" });
    let step = opening.meets(&[
        on(CONTACTS, plain, 422, stop()),
        on(search(), Value::Null, 200, json!({ "payload": [] })),
    ]);
    assert!(
        matches!(step, Step::Reject { .. }),
        "promise F: an unproved address is no key: {step:?}"
    );

    opening.contact.verified = true;
    let known = json!({ "custom_attributes": flat(true), "avatar_url": "https://x.example/e.png" });
    let mut with_reach = contact(name, known.clone());
    with_reach["email"] = "eve@x.example".into();
    with_reach["phone_number"] = "+4930123456".into();
    let taken = json!({ "message": "Email has already been taken", "attributes": ["email"] });
    let step = opening.meets(&[
        on(CONTACTS, with_reach, 422, taken),
        on(CONTACTS, contact(name, known), 200, made()),
        on(CONVERSATIONS, conversation(1), 500, json!({})),
    ]);
    assert!(matches!(step, Step::Retry { .. }), "{step:?}");
}

#[test]
fn a_contact_who_came_before_is_renewed() {
    let renewal = json!({ "custom_attributes": { "user_id": "eve", "verified": false } });
    for (name, renewal) in [
        ("Eve from the agent", renewal.clone()),
        ("Visitor 012345", {
            let mut with_name = renewal.clone();
            with_name["name"] = "Eve".into();
            with_name
        }),
    ] {
        let script = [
            on(by_source(), Value::Null, 200, json!({ "id": 70, "name": name })),
            on(RENEWAL, renewal, 422, json!({ "message": "what Chatwoot refuses is left" })),
            on(CONVERSATIONS, conversation(2), 200, json!({ "id": 12, "status": "open" })),
            on(NOTE, note(ASKS), 200, json!({})),
        ];
        assert_eq!(opens(2).meets(&script), at_12(), "rule 20");
    }
}

#[test]
fn a_contact_who_is_there_but_not_in_our_inbox_is_attached() {
    let taken =
        json!({ "message": "Identifier has already been taken", "attributes": ["identifier"] });
    let others = json!({ "payload": [
        { "id": 71, "identifier": format!("{EVE}-x"), "name": "Not she" },
        { "id": 70, "identifier": EVE, "name": "Eve" },
    ] });
    let renewal = json!({ "custom_attributes": { "user_id": "eve", "verified": false } });
    let script = [
        on(CONTACTS, contact("Eve", json!({})), 422, taken),
        on(search(), Value::Null, 200, others),
        on(
            "POST /api/v1/accounts/1/contacts/70/contact_inboxes",
            json!({ "inbox_id": 3, "source_id": EVE }),
            200,
            json!({ "source_id": EVE }),
        ),
        on(RENEWAL, renewal, 200, json!({})),
        on(CONVERSATIONS, conversation(1), 200, json!({ "id": 12, "status": "open" })),
        on(NOTE, note(ASKS), 200, json!({})),
    ];
    assert_eq!(opens(1).meets(&script), at_12(), "promise F");
}

#[test]
fn promise_c_an_opening_whose_answer_was_lost_is_looked_up() {
    let mut again = opens(1);
    again.attempts = 2;
    let mine = json!({ "payload": [
        { "id": 12, "inbox_id": 3, "status": "open", "custom_attributes": { "handover_session": format!("{EVE}-1") } },
    ] });
    let posted = json!({ "payload": [{ "id": 5, "source_id": format!("handover:{EVE}.3") }] });
    let script = [
        on(by_source(), Value::Null, 200, json!({ "id": 70, "name": "Eve" })),
        on(THEIRS, Value::Null, 200, mine),
        on(LIST, Value::Null, 200, posted),
    ];
    assert_eq!(again.meets(&script), at_12(), "all of it was there");

    let script = [
        on(by_source(), Value::Null, 404, json!({})),
        on(CONTACTS, contact("Eve", json!({})), 200, made()),
        on(THEIRS, Value::Null, 200, json!({ "payload": [] })),
        on(CONVERSATIONS, conversation(1), 200, json!({ "id": 12, "status": "open" })),
        on(LIST, Value::Null, 200, json!({ "payload": [] })),
        on(NOTE, note(ASKS), 200, json!({})),
    ];
    assert_eq!(again.meets(&script), at_12(), "nothing of it was there");
}

#[test]
fn rule_20_one_conversation_for_each_contact_goes_on_where_it_was() {
    let mut opening = opens(2);
    opening.account = account(json!({ "keep": "contact" }));
    opening.session.earlier_link = Some("12".into());
    let said = |n, session, text: &str| Entry {
        session,
        ..entry(n, Actor::Bot, Body::Message { content: Content::text(text) })
    };
    opening.transcript = vec![
        said(1, None, "long ago"),
        said(2, Some(1), "in the session before"),
        said(3, None, "since then"),
        said(4, Some(2), "now"),
    ];
    let text = format!(
        "{ASKS}\n\n**What was said so far (times are UTC)**\n\n\
         2023-11-14 22:13 **Bot**: since then  \n2023-11-14 22:13 **Bot**: now  "
    );
    let there = json!({ "id": 12, "status": "resolved", "meta": { "sender": { "id": 70, "name": "Eve" } } });
    let renewal = json!({ "custom_attributes": { "user_id": "eve", "verified": false } });
    let script = [
        on("GET /api/v1/accounts/1/conversations/12", Value::Null, 200, there),
        on(RENEWAL, renewal.clone(), 200, json!({})),
        on(STATUS, json!({ "status": "open" }), 200, json!({})),
        on(NOTE, note(&text), 200, json!({})),
    ];
    assert_eq!(opening.meets(&script), at_12());

    opening.session.earlier_link = Some("9".into());
    opening.transcript.clear();
    let script = [
        on("GET /api/v1/accounts/1/conversations/9", Value::Null, 404, json!({})),
        on(by_source(), Value::Null, 200, json!({ "id": 70, "name": "Eve" })),
        on(RENEWAL, renewal, 200, json!({})),
        on(THEIRS, Value::Null, 200, json!({ "payload": [] })),
        on(CONVERSATIONS, conversation(2), 200, json!({ "id": 12, "status": "open" })),
        on(NOTE, note(ASKS), 200, json!({})),
    ];
    assert_eq!(opening.meets(&script), at_12(), "it was deleted meanwhile");
}

#[test]
fn rule_21_a_session_that_an_agent_began_goes_on_where_the_agent_wrote() {
    let mut opening = opens(2);
    opening.session.link = Some("12".into());
    let script = [
        on(
            "GET /api/v1/accounts/1/conversations/12",
            Value::Null,
            200,
            json!({ "id": 12, "status": "open" }),
        ),
        on(NOTE, note(ASKS), 200, json!({})),
    ];
    assert_eq!(opening.meets(&script), at_12());
}

#[test]
fn rule_5_a_refusal_ends_the_waiting_and_an_outage_does_not() {
    let body = || contact("Eve", json!({}));
    let refused = opens(1).meets(&[on(CONTACTS, body(), 401, json!({}))]);
    assert!(matches!(refused, Step::Reject { .. }), "{refused:?}");
    for status in [429, 500, 503] {
        let away = opens(1).meets(&[on(CONTACTS, body(), status, json!({}))]);
        assert!(matches!(away, Step::Retry { .. }), "{away:?}");
    }
    let odd = opens(1).meets(&[on(CONTACTS, body(), 200, json!("<html>"))]);
    assert!(matches!(odd, Step::Reject { .. }), "{odd:?}");
}

#[test]
fn a_long_transcript_is_split_and_each_part_has_its_id() {
    let mut opening = opens(1);
    let line = "x".repeat(100_000);
    opening.transcript = (1..=2)
        .map(|n| entry(n, Actor::Contact, Body::Message { content: Content::text(line.clone()) }))
        .collect();
    let mut replies =
        vec![super::reply(200, &made()), super::reply(200, &json!({ "id": 12, "status": "open" }))];
    let mut sources = Vec::new();
    while let Step::Call(request) = opening.step(&replies) {
        let (_, body) = super::described(&request);
        assert!(body["content"].as_str().unwrap().chars().count() <= 150_000);
        sources.push(body["source_id"].as_str().unwrap().to_owned());
        replies.push(super::reply(200, &json!({})));
    }
    assert_eq!(sources, [format!("handover:{EVE}.3"), format!("handover:{EVE}.3.1")]);
}

#[test]
fn names_are_such_as_chatwoot_takes() {
    for (name, taken) in [
        ("x".repeat(300), "x".repeat(255)),
        ("Eve\0".into(), "Eve".into()),
        (" \0".into(), "Visitor 012345".into()),
    ] {
        let mut opening = opens(1);
        opening.contact.metadata.insert("name".into(), name.into());
        let away = opening.meets(&[on(CONTACTS, contact(&taken, json!({})), 503, json!({}))]);
        assert!(matches!(away, Step::Retry { .. }));
    }
}
