use super::{EVE, Exchange, Try, described, guarded, on, reply};
use handover_core::content::{Content, Media, MediaKind};
use handover_core::delivery::ToDeskAct;
use handover_core::port::channel::Step;
use handover_core::port::http::Reply;
use serde_json::{Value, json};

const POST: &str = "POST /api/v1/accounts/1/conversations/12/messages";
const LIST: &str = "GET /api/v1/accounts/1/conversations/12/messages";
const DONE: Step = Step::Done { link: None };

fn says(text: &str) -> Try {
    Try::new(ToDeskAct::Message { content: Content::text(text) })
}

fn picture() -> Media {
    Media {
        kind: MediaKind::Image,
        url: "https://chat.me/files/x/cat.png".into(),
        name: Some("cat.png".into()),
        mime: Some("image/png".into()),
        size_bytes: None,
    }
}

fn sends(media: Media) -> Try {
    Try::new(ToDeskAct::Message { content: Content::Media(media) })
}

fn body(text: &str, source: &str) -> Value {
    json!({ "content": text, "message_type": "incoming", "private": false, "source_id": source })
}

fn source(part: &str) -> String {
    format!("handover:{EVE}.3{part}")
}

#[test]
fn what_the_contact_says_is_incoming_and_carries_our_id() {
    let exchange = on(POST, body("Hi", &source("")), 200, json!({ "id": 5 }));
    assert_eq!(says("Hi").meets(&[exchange]), DONE);
    let exchange = on(POST, body("Hi", &source("")), 200, json!({}));
    assert_eq!(says("H\0i").meets(&[exchange]), DONE, "its database cannot keep NUL");
    let exchange = on(POST, body("(a message without text)", &source("")), 200, json!({}));
    assert_eq!(says(" ").meets(&[exchange]), DONE, "rule 11");
}

#[test]
fn a_long_text_is_split_and_loses_nothing() {
    let long = "a".repeat(150_000) + "b";
    let script = [
        on(POST, body(&long[..150_000], &source("")), 200, json!({})),
        on(POST, body("b", &source(".1")), 200, json!({})),
    ];
    assert_eq!(says(&long).meets(&script), DONE, "promise D");
}

#[test]
fn answers_mean_what_they_should() {
    let no_more = json!({ "error": "Too many messages" });
    for (status, answer, expected) in [
        (401, json!({}), "retry: Chatwoot does not accept the access token (401)"),
        (404, json!({}), "reject: the conversation no longer exists at Chatwoot"),
        (422, no_more, "retry after 60: Chatwoot takes no more messages"),
        (422, json!({ "message": "Content is too long" }), "reject: the receiver answered 422"),
        (500, json!({}), "retry: the receiver answered 500"),
        (302, json!({}), "reject: the receiver answered 302"),
    ] {
        let exchange = on(POST, body("Hi", &source("")), status, answer);
        let came_to = match says("Hi").meets(&[exchange]) {
            Step::Retry { after_s: Some(after_s), why } => format!("retry after {after_s}: {why}"),
            Step::Retry { why, .. } => format!("retry: {why}"),
            Step::Reject { why } => format!("reject: {why}"),
            other => panic!("{other:?}"),
        };
        assert!(came_to.starts_with(expected), "{came_to}");
    }
    let mut limited = on(POST, body("Hi", &source("")), 429, json!({}));
    limited.reply.headers.push(("retry-after".into(), "17".into()));
    assert!(matches!(says("Hi").meets(&[limited]), Step::Retry { after_s: Some(17), .. }));
}

#[test]
fn promise_c_a_repeat_is_looked_up_before_it_is_sent_again() {
    let mut again = says("Hi");
    again.attempts = 1;
    let there = json!({ "payload": [{ "id": 7, "source_id": source("") }] });
    assert_eq!(again.meets(&[on(LIST, Value::Null, 200, there)]), DONE, "it had arrived");

    let others = json!({ "payload": [
        { "id": 7, "source_id": null },
        { "id": 8, "source_id": format!("handover:{EVE}.30") },
        { "id": 9, "source_id": format!("handover:{EVE}.2.1") },
    ] });
    let post = || on(POST, body("Hi", &source("")), 200, json!({}));
    assert_eq!(again.meets(&[on(LIST, Value::Null, 200, others), post()]), DONE, "it had not");

    let down = on(LIST, Value::Null, 503, json!({}));
    assert!(matches!(again.meets(&[down]), Step::Retry { .. }), "nothing is sent on a guess");
}

#[test]
fn promise_c_the_look_goes_back_until_an_earlier_message_of_ours() {
    let mut again = says("Hi");
    again.attempts = 2;
    let page =
        |first: i64| -> Vec<Value> { (first..first + 20).map(|id| json!({ "id": id })).collect() };
    let mut last = page(60);
    last[3]["source_id"] = format!("handover:{EVE}.2").into();
    let script = [
        on(LIST, Value::Null, 200, json!({ "payload": page(100) })),
        on(
            "GET /api/v1/accounts/1/conversations/12/messages?before=100",
            Value::Null,
            200,
            json!({ "payload": page(80) }),
        ),
        on(
            "GET /api/v1/accounts/1/conversations/12/messages?before=80",
            Value::Null,
            200,
            json!({ "payload": last }),
        ),
        on(POST, body("Hi", &source("")), 200, json!({})),
    ];
    assert_eq!(again.meets(&script), DONE);
}

#[test]
fn promise_e_a_list_that_never_ends_is_left() {
    let mut again = says("Hi");
    again.attempts = 1;
    let page: Vec<Value> = (100..120).map(|id| json!({ "id": id })).collect();
    let same = reply(200, &json!(page));
    let mut replies = Vec::new();
    let calls = loop {
        match again.step(&replies) {
            Step::Call(request) if request.method == "GET" => replies.push(same.clone()),
            Step::Call(_) => break replies.len(),
            other => panic!("{other:?}"),
        }
    };
    assert!(calls <= 10, "{calls}");
}

#[test]
fn a_file_is_fetched_and_brought_along() {
    let send = sends(picture());
    let Step::Call(fetch) = send.step(&[]) else { panic!() };
    assert!(fetch.file);
    assert_eq!(described(&fetch).0, "GET https://chat.me/files/x/cat.png");
    guarded(&fetch);
    let file = Reply { status: 200, headers: Vec::new(), body: vec![1, 2, 3] };
    let Step::Call(post) = send.step(std::slice::from_ref(&file)) else { panic!() };
    assert_eq!(described(&post).0, POST);
    guarded(&post);
    let types: Vec<&str> = post
        .headers
        .iter()
        .filter(|(name, _)| name == "content-type")
        .map(|(_, value)| value.as_str())
        .collect();
    assert!(
        types.len() == 1 && types[0].starts_with("multipart/form-data; boundary="),
        "{types:?}"
    );
    let text = String::from_utf8_lossy(&post.body).into_owned();
    for part in [
        "name=\"message_type\"\r\n\r\nincoming\r\n".to_owned(),
        "name=\"private\"\r\n\r\nfalse\r\n".to_owned(),
        format!("name=\"source_id\"\r\n\r\n{}\r\n", source("")),
        "name=\"attachments[]\"; filename=\"cat.png\"\r\ncontent-type: image/png\r\n\r\n\u{1}\u{2}\u{3}\r\n".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
    assert_eq!(send.step(&[file, reply(200, &json!({ "id": 5 }))]), DONE);
}

#[test]
fn rule_11_a_file_that_cannot_be_brought_is_told() {
    let told = |media: &Media| -> Exchange {
        let text = format!(
            "{} ({})\n(This file could not be brought into Chatwoot.)",
            media.name.as_deref().unwrap(),
            media.url
        );
        on(POST, body(&text, &source("")), 200, json!({}))
    };
    let fetch = |status: u16, body: &str| Exchange {
        request: "GET https://chat.me/files/x/cat.png",
        body: Value::Null,
        reply: Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() },
    };
    for fetched in [fetch(404, "no"), fetch(200, ""), fetch(302, "there")] {
        assert_eq!(sends(picture()).meets(&[fetched, told(&picture())]), DONE);
    }
    let whole = Media { size_bytes: Some(4), ..picture() };
    let script = [fetch(200, "cut"), told(&whole)];
    assert_eq!(sends(whole).meets(&script), DONE, "a part of a file is no file");

    let send = sends(picture());
    let file = Reply { status: 200, headers: Vec::new(), body: vec![1] };
    let too_large = reply(422, &json!({ "message": "Attachments size is too big" }));
    let Step::Call(words) = send.step(&[file.clone(), too_large.clone()]) else { panic!() };
    assert_eq!(described(&words).1, told(&picture()).body);
    assert_eq!(send.step(&[file, too_large, reply(200, &json!({}))]), DONE);
}

#[test]
fn a_file_is_waited_for_but_not_for_ever() {
    let mut send = sends(picture());
    let away = reply(503, &json!({}));
    assert!(matches!(send.step(&[away]), Step::Retry { .. }));
    send.attempts = 8;
    let Step::Call(look) = send.step(&[]) else { panic!() };
    assert_eq!(described(&look).0, LIST);
    let Step::Call(words) = send.step(&[reply(200, &json!({ "payload": [] }))]) else { panic!() };
    assert_eq!(described(&words).0, POST, "promise E");
    let elsewhere = Media { url: "https://cdn.example/cat.png".into(), ..picture() };
    for (media, attempts, fetched) in
        [(picture(), 7, true), (elsewhere.clone(), 2, true), (elsewhere, 3, false)]
    {
        let mut send = sends(media);
        send.attempts = attempts;
        let Step::Call(next) = send.step(&[reply(200, &json!([]))]) else { panic!() };
        assert_eq!(
            next.file, fetched,
            "{attempts}: a desk that was down is no reason to lose a file"
        );
    }
}

#[test]
fn an_unknown_link_is_found_by_the_sessions_name() {
    let mut send = says("Hi");
    send.session.link = None;
    let contact = format!("GET /public/api/v1/inboxes/Inb0x/contacts/{EVE}");
    let contact: &'static str = contact.leak();
    let conversations = json!({ "payload": [
        { "id": 11, "inbox_id": 3, "custom_attributes": { "handover_session": format!("{EVE}-9") } },
        { "id": 12, "inbox_id": 3, "custom_attributes": { "handover_session": format!("{EVE}-1") } },
        { "id": 14, "inbox_id": 4, "custom_attributes": { "handover_session": format!("{EVE}-1") } },
    ] });
    let script = [
        on(contact, Value::Null, 200, json!({ "id": 70, "source_id": EVE })),
        on("GET /api/v1/accounts/1/contacts/70/conversations", Value::Null, 200, conversations),
        on(POST, body("Hi", &source("")), 200, json!({})),
    ];
    assert_eq!(send.meets(&script), DONE);
    let nothing = [
        on(contact, Value::Null, 404, json!({})),
        on(
            format!("GET /api/v1/accounts/1/contacts/search?q={EVE}").leak(),
            Value::Null,
            200,
            json!({ "payload": [{ "id": 1, "identifier": format!("{EVE}0") }] }),
        ),
    ];
    assert!(matches!(send.meets(&nothing), Step::Reject { .. }), "promise F: not another's");
}

#[test]
fn a_desk_that_is_not_connected_says_so() {
    let mut send = says("Hi");
    send.account.settings.remove("inbox_id");
    let Step::Reject { why } = send.step(&[]) else { panic!() };
    assert!(why.contains("open its settings and save them"), "{why}");
}
