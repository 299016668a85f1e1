use super::{BASIC, CONVERSATION, account, body, lines, reply, session};
use crate::desk::gorgias::Gorgias;
use handover_core::content::Content;
use handover_core::event::DeskAct;
use handover_core::ids::SessionId;
use handover_core::port::channel::Step;
use handover_core::port::desk::{At, CatchUp, Desk, FromHook, Usage, What};
use handover_core::port::http::{Reply, Request};
use handover_core::session::Session;
use serde_json::{Value, json};

fn linked() -> Session {
    Session { link: Some("4711".into()), ..session() }
}

fn look(
    session: &Session,
    cursor: Option<&str>,
    answers: &[(u16, Value)],
) -> (Vec<Request>, CatchUp) {
    let mut requests = Vec::new();
    let mut replies = Vec::new();
    loop {
        match Gorgias.catch_up(&account(json!({})), session, cursor, &replies) {
            CatchUp::Call(request) => {
                let (status, body) = &answers[replies.len()];
                requests.push(request);
                replies.push(reply(*status, body));
            }
            end => return (requests, end),
        }
    }
}

fn message(id: u64, at: &str, more: Value) -> Value {
    let mut message = json!({ "id": id, "from_agent": true, "public": true, "channel": "email",
        "body_text": format!("message {id}"), "created_datetime": at });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

fn ticket(status: &str) -> Value {
    json!({ "id": 4711, "external_id": format!("{CONVERSATION}-2"), "status": status, "messages_count": 4,
        "last_message_datetime": "2026-05-04T09:05:00+00:00", "closed_datetime": null, "updated_datetime": "2026-05-04T09:06:00+00:00" })
}

fn messages() -> Value {
    json!({ "data": [
        message(14, "2026-05-04T09:05:00Z", json!({})),
        message(13, "2026-05-04T09:04:00Z", json!({ "channel": "internal-note", "public": false })),
        message(12, "2026-05-04T09:03:00Z", json!({ "external_id": "handover:x.1" })),
        message(11, "2026-05-03T09:00:00Z", json!({})),
    ] })
}

fn sources(events: &[FromHook]) -> Vec<(String, DeskAct)> {
    let session = At::Session(SessionId::new(format!("{CONVERSATION}-2")));
    let told = |event: &FromHook| {
        assert_eq!(event.at, session);
        let What::Did(did) = &event.what else { panic!() };
        (did.source.as_ref().unwrap().to_string(), did.act.clone())
    };
    events.iter().map(told).collect()
}

#[test]
fn promise_b_what_a_lost_hook_would_have_told() {
    let (requests, end) = look(&linked(), None, &[(200, ticket("open")), (200, messages())]);
    assert_eq!(
        lines(&requests),
        [
            "GET tickets/4711",
            "GET messages?ticket_id=4711&limit=100&order_by=created_datetime%3Adesc"
        ]
    );
    let CatchUp::Done { events, cursor, .. } = end else { panic!("{end:?}") };
    assert_eq!(
        sources(&events),
        [
            ("13".to_owned(), DeskAct::Noted("message 13".into())),
            ("14".to_owned(), DeskAct::Said(Content::text("message 14"))),
        ],
        "oldest first, with the hooks' source ids; nothing of ours, nothing of before the session"
    );
    let (requests, end) = look(&linked(), cursor.as_deref(), &[(200, ticket("open"))]);
    assert_eq!(requests.len(), 1, "nothing is new: one call");
    assert_eq!(end, CatchUp::Done { events: Vec::new(), cursor: cursor.clone(), held: None });
    let mut more = ticket("open");
    more["messages_count"] = 5.into();
    let newer = json!([
        message(15, "2026-05-04T09:07:00Z", json!({})),
        message(14, "2026-05-04T09:05:00Z", json!({}))
    ]);
    let (_, end) = look(&linked(), cursor.as_deref(), &[(200, more), (200, newer)]);
    let CatchUp::Done { events, .. } = end else { panic!("{end:?}") };
    assert_eq!(sources(&events)[0].0, "15");
    assert_eq!(events.len(), 1);
}

#[test]
fn messages_that_come_with_the_ticket_are_not_asked_for() {
    let mut whole = ticket("open");
    whole["messages"] = messages()["data"].clone();
    let (requests, end) = look(&linked(), None, &[(200, whole)]);
    assert_eq!(requests.len(), 1);
    assert!(matches!(end, CatchUp::Done { events, .. } if events.len() == 2));
}

#[test]
fn rule_15_a_closing_is_found_once() {
    let mut closed = ticket("closed");
    closed["closed_datetime"] = "2026-05-04T09:30:00+00:00".into();
    closed["messages"] = json!([]);
    let none = (200, json!([]));
    let (_, end) = look(&linked(), None, &[(200, closed.clone()), none.clone()]);
    let CatchUp::Done { events, .. } = end else { panic!("{end:?}") };
    assert_eq!(sources(&events), [("ticket/4711/closed/1777887000".to_owned(), DeskAct::Closed)]);
    let mut known = linked();
    known.closed_at_desk = true;
    let (_, end) = look(&known, None, &[(200, closed.clone()), none.clone()]);
    assert!(matches!(end, CatchUp::Done { events, .. } if events.is_empty()));
    let (_, end) = look(&known, None, &[(200, ticket("open")), none.clone()]);
    assert!(matches!(end, CatchUp::Done { events, .. } if events.len() == 1), "opened again");
    closed["closed_datetime"] = "2026-05-01T09:30:00+00:00".into();
    let (_, end) = look(&linked(), None, &[(200, closed), none]);
    assert!(matches!(end, CatchUp::Done { events, .. } if events.is_empty()), "closed long before");
}

#[test]
fn what_cannot_be_looked_at() {
    let (requests, end) = look(&session(), Some("7 x"), &[]);
    assert!(requests.is_empty(), "it has no ticket yet");
    assert_eq!(end, CatchUp::Done { events: Vec::new(), cursor: Some("7 x".into()), held: None });
    for status in [401, 404, 429, 500] {
        let (_, end) = look(&linked(), None, &[(status, json!({}))]);
        assert!(matches!(end, CatchUp::Failed { .. }), "{status}");
    }
    for cursor in ["", " ", "x", "9", "99999999999999999999 a@b"] {
        let (_, end) = look(&linked(), Some(cursor), &[(200, ticket("open")), (200, messages())]);
        assert!(matches!(end, CatchUp::Done { events, .. } if events.len() == 2), "{cursor}");
    }
}

#[test]
fn answering_as_an_agent_is_an_agents_answer_that_is_mailed_to_nobody() {
    let step = |session: &Session, answers: &[Reply]| {
        Gorgias.answer_as_agent(&account(json!({})), session, "A test", answers)
    };
    let found = reply(200, &json!({ "id": 4711, "customer": { "id": 33 } }));
    let Step::Call(first) = step(&linked(), &[]) else { panic!() };
    let Step::Call(second) = step(&linked(), std::slice::from_ref(&found)) else { panic!() };
    assert_eq!(lines(&[first, second.clone()]), ["GET tickets/4711", "POST tickets/4711/messages"]);
    let sent = body(&second);
    assert_eq!((&sent["from_agent"], &sent["public"]), (&json!(true), &json!(true)));
    assert_eq!(sent["receiver"], json!({ "id": 33 }));
    assert!(sent["sent_datetime"].is_string(), "already sent: Gorgias sends nothing");
    assert_eq!(sent.get("external_id"), None, "not known as ours");
    assert_eq!(
        step(&linked(), &[found, reply(201, &json!({ "id": 1 }))]),
        Step::Done { link: None }
    );
    assert!(matches!(step(&session(), &[]), Step::Retry { .. }));
}

#[test]
fn the_key_goes_to_the_helpdesk_only() {
    for (url, trusted) in [
        ("https://shop.gorgias.com/attachments/1/a.png", true),
        ("https://SHOP.gorgias.com/api/attachment/download/x/a.png", true),
        ("https://uploads.gorgias.io/1/a.png", false),
        ("https://shop.gorgias.com.evil.example/a.png", false),
        ("https://shop.gorgias.com@evil.example/a.png", false),
        ("https://shop.gorgias.com:8443/a.png", false),
        ("http://shop.gorgias.com/a.png", false),
        ("https://shop.gorgias.co", false),
        ("https://shop.gorgias.com", false),
        ("é", false),
    ] {
        let request = Gorgias.file(&account(json!({})), url);
        let told = request.headers.contains(&("authorization".to_owned(), BASIC.to_owned()));
        assert_eq!((told, request.file, request.url.as_str()), (trusted, true, url));
    }
}

#[test]
fn the_limit_is_read_from_answers() {
    for (value, usage) in [
        ("10/40", Some(Usage { used: 10, limit: 40 })),
        (" 39 / 80 ", Some(Usage { used: 39, limit: 80 })),
        ("10", None),
        ("a/b", None),
        ("", None),
    ] {
        let headers = vec![("x-gorgias-account-api-call-limit".to_owned(), value.to_owned())];
        assert_eq!(Gorgias.usage(&Reply { status: 200, headers, body: Vec::new() }), usage);
    }
    assert_eq!(Gorgias.usage(&reply(200, &json!({}))), None);
}

#[test]
fn promise_b_a_look_tells_which_of_ours_stand_there_and_how_far_back_it_read() {
    let ours = |id: u64, at: &str, part: &str| {
        message(
            id,
            at,
            json!({ "external_id": format!("handover:{CONVERSATION}.{part}"), "from_agent": false }),
        )
    };
    let held = |cursor, answers: &[(u16, Value)]| {
        let (_, CatchUp::Done { held, .. }) = look(&linked(), cursor, answers) else { panic!() };
        held
    };
    let few = json!([
        ours(14, "2026-05-04T09:05:00Z", "3"),
        ours(13, "2026-05-04T09:04:00Z", "3"),
        message(12, "2026-05-04T09:03:00Z", json!({})),
        ours(11, "2026-05-04T09:02:00Z", "2/transcript"),
        ours(10, "2026-05-04T09:02:00Z", "2/first"),
    ]);
    let all = held(None, &[(200, ticket("open")), (200, few.clone())]).unwrap();
    assert_eq!((Vec::from_iter(all.times), all.since), (vec![(2, 1), (3, 2)], None));
    let many: Vec<Value> = (0..100)
        .map(|n| ours(200 - n, &format!("2026-05-04T09:{:02}:00Z", 59 - n / 2), &n.to_string()))
        .collect();
    let some = held(None, &[(200, ticket("open")), (200, Value::Array(many))]).unwrap();
    assert_eq!(some.times.len(), 100);
    let since = crate::kit::time::rfc3339(some.since.unwrap());
    assert!(since.starts_with("2026-05-04T09:10:00"), "the newest hundred: {since}");
    let mut whole = ticket("open");
    whole["messages"] = few;
    whole["messages_count"] = 5.into();
    assert_eq!(held(None, &[(200, whole)]).unwrap().since, None, "all came with the ticket");
    let news = [(200, ticket("open")), (200, json!([]))];
    assert_eq!(held(Some("9 x"), &news), None, "only news were read");
}
