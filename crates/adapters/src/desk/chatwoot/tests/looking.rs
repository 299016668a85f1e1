use super::{Chatwoot, EVE, account, on, session, walk};
use handover_core::event::DeskAct;
use handover_core::port::desk::{At, CatchUp, Desk, FromHook, Held, What};
use handover_core::session::Session;
use serde_json::{Value, json};

const CONVERSATION: &str = "GET /api/v1/accounts/1/conversations/12";
const MESSAGES: &str = "GET /api/v1/accounts/1/conversations/12/messages";

fn look(session: &Session, cursor: Option<&str>, script: &[super::Exchange]) -> CatchUp {
    walk(script, |answers| match Chatwoot.catch_up(&account(json!({})), session, cursor, answers) {
        CatchUp::Call(request) => Err(request),
        end => Ok(end),
    })
}

fn told(id: i64, at_s: i64, text: &str) -> Value {
    json!({
        "id": id, "content": text, "message_type": 1, "private": false, "created_at": at_s, "source_id": null,
        "sender": { "id": 7, "name": "Ana Lopez", "type": "user" },
    })
}

fn sources(events: &[FromHook]) -> Vec<String> {
    events
        .iter()
        .map(|event| {
            let What::Did(did) = &event.what else { panic!() };
            assert_eq!(event.at, At::Session(session(1).id));
            did.source.as_ref().unwrap().to_string()
        })
        .collect()
}

#[test]
fn promise_c_what_was_lost_comes_with_the_ids_of_the_hooks() {
    let page = json!({ "payload": [
        { "id": 50, "content": "Hi", "message_type": 0, "created_at": 1_700_000_001 },
        { "id": 51, "content": "note", "message_type": 1, "private": true, "source_id": format!("handover:{EVE}.1"), "created_at": 1_700_000_001 },
        told(53, 1_700_000_003, "second"),
        // Two seconds before the session began, by a clock that is behind ours.
        told(52, 1_699_999_998, "first"),
        { "id": 49, "content": "of the session before", "message_type": 1, "created_at": 1_699_999_000 },
        { "id": 54, "content": "Ana was assigned", "message_type": 2, "created_at": 1_700_000_003 },
    ] });
    let conversation = json!({ "id": 12, "status": "open", "agent_last_seen_at": 1_700_000_009 });
    let script =
        [on(CONVERSATION, Value::Null, 200, conversation), on(MESSAGES, Value::Null, 200, page)];
    let CatchUp::Done { events, cursor, .. } = look(&session(1), None, &script) else { panic!() };
    assert_eq!(sources(&events), ["52", "53", "seen/12/1700000009000"], "promise D");
    assert_eq!(cursor.as_deref(), Some("54"));
    let What::Did(first) = &events[0].what else { panic!() };
    assert_eq!(first.agent.as_ref().unwrap().name, "Ana");
}

#[test]
fn the_first_look_goes_back_to_the_sessions_beginning() {
    let page = |first: i64, at_s: i64| json!({ "payload": (first..first + 20).map(|id| told(id, at_s, "x")).collect::<Vec<_>>() });
    let script = [
        on(CONVERSATION, Value::Null, 200, json!({ "id": 12, "status": "open" })),
        on(MESSAGES, Value::Null, 200, page(100, 1_700_000_005)),
        on(
            "GET /api/v1/accounts/1/conversations/12/messages?before=100",
            Value::Null,
            200,
            page(80, 1_600_000_000),
        ),
    ];
    let CatchUp::Done { events, cursor, .. } = look(&session(1), None, &script) else { panic!() };
    assert_eq!((events.len(), cursor.as_deref()), (20, Some("119")));
}

#[test]
fn later_looks_go_on_from_the_last_one() {
    let after = |id: i64| -> &'static str {
        format!("GET /api/v1/accounts/1/conversations/12/messages?after={id}").leak()
    };
    let page = |from: i64, count: i64| json!({ "payload": (from..from + count).map(|id| told(id, 1_700_000_005, "x")).collect::<Vec<_>>() });
    let open = || on(CONVERSATION, Value::Null, 200, json!({ "id": 12, "status": "open" }));
    let script = [
        open(),
        on(after(54), Value::Null, 200, page(55, 100)),
        on(after(154), Value::Null, 200, page(155, 1)),
    ];
    let CatchUp::Done { events, cursor, .. } = look(&session(1), Some("54"), &script) else {
        panic!()
    };
    assert_eq!((events.len(), cursor.as_deref()), (101, Some("155")));

    let newest = [open(), on(after(54), Value::Null, 200, page(50, 8))];
    let CatchUp::Done { events, .. } = look(&session(1), Some("54"), &newest) else { panic!() };
    assert_eq!(sources(&events), ["55", "56", "57"], "an old release that does not know `after`");

    let nothing = [open(), on(after(54), Value::Null, 200, json!({ "payload": [] }))];
    let CatchUp::Done { events, cursor, .. } = look(&session(1), Some("54"), &nothing) else {
        panic!()
    };
    assert_eq!((events, cursor.as_deref()), (Vec::new(), Some("54")));
}

#[test]
fn rule_15_only_news_of_the_state_are_told() {
    for (status, closed_at_desk, expected) in [
        ("resolved", false, Some(DeskAct::Closed)),
        ("resolved", true, None),
        ("open", false, None),
        ("open", true, Some(DeskAct::Reopened)),
        ("pending", false, None),
    ] {
        let mut session = session(1);
        session.closed_at_desk = closed_at_desk;
        let conversation = json!({ "id": 12, "status": status, "updated_at": 1_700_000_001.5 });
        let script = [
            on(CONVERSATION, Value::Null, 200, conversation),
            on(MESSAGES, Value::Null, 200, json!({ "payload": [] })),
        ];
        let CatchUp::Done { events, .. } = look(&session, None, &script) else { panic!() };
        let acts: Vec<DeskAct> = events
            .into_iter()
            .map(|event| match event.what {
                What::Did(did) => did.act,
                What::Typing { .. } => panic!(),
            })
            .collect();
        assert_eq!(acts, Vec::from_iter(expected), "{status} {closed_at_desk}");
    }
}

#[test]
fn a_conversation_that_was_deleted_is_closed() {
    let script = [on(CONVERSATION, Value::Null, 404, json!({}))];
    let CatchUp::Done { events, .. } = look(&session(1), None, &script) else { panic!() };
    assert_eq!(sources(&events), ["status/12/gone"], "promise E");
}

#[test]
fn who_cannot_be_asked_is_asked_again_later() {
    for status in [401, 429, 500] {
        let script = [on(CONVERSATION, Value::Null, status, json!({}))];
        let failed = look(&session(1), None, &script);
        assert!(matches!(failed, CatchUp::Failed { ref why } if !why.is_empty()), "{failed:?}");
    }
}

fn ours(id: i64, at_s: i64, part: &str) -> Value {
    json!({
        "id": id, "content": "x", "message_type": 0, "created_at": at_s,
        "source_id": format!("handover:{EVE}.{part}"),
    })
}

fn held(cursor: Option<&str>, script: &[super::Exchange]) -> Option<Held> {
    let CatchUp::Done { held, .. } = look(&session(1), cursor, script) else { panic!() };
    held
}

fn open() -> super::Exchange {
    on(CONVERSATION, Value::Null, 200, json!({ "id": 12, "status": "open" }))
}

#[test]
fn promise_b_a_look_tells_which_of_ours_stand_there() {
    let mut deleted = ours(54, 1_700_000_004, "4");
    deleted["content_attributes"] = json!({ "deleted": true });
    let page = json!({ "payload": [
        ours(50, 1_700_000_001, "1"),
        ours(51, 1_700_000_001, "1.1"),
        told(52, 1_700_000_002, "an agent's"),
        ours(53, 1_700_000_003, "2"),
        deleted,
        ours(55, 1_700_000_005, "2"),
        { "id": 56, "content": "x", "message_type": 1, "created_at": 1_700_000_006, "source_id": "handover:another.7" },
    ] });
    let page = on(MESSAGES, Value::Null, 200, page);
    let held = held(None, &[open(), page]).unwrap();
    assert_eq!(
        Vec::from_iter(held.times),
        [(1, 1), (2, 2), (4, 1)],
        "parts are one, deleted is there"
    );
    assert_eq!(held.since, None, "that was all of the conversation");
}

#[test]
fn a_look_says_how_far_back_it_read() {
    let full = |first: i64, at_s: i64| {
        let page: Vec<Value> = (first..first + 20).map(|id| ours(id, at_s + id, "9")).collect();
        json!({ "payload": page })
    };
    let before = |id: i64| -> &'static str {
        format!("GET /api/v1/accounts/1/conversations/12/messages?before={id}").leak()
    };
    let began = [
        open(),
        on(MESSAGES, Value::Null, 200, full(100, 1_700_000_000)),
        on(before(100), Value::Null, 200, full(80, 1_600_000_000)),
    ];
    let since = held(None, &began).unwrap().since.unwrap();
    assert_eq!(since.as_ms(), 1_600_000_080_000, "where the session began");
    let mut long = vec![open(), on(MESSAGES, Value::Null, 200, full(1000, 1_700_000_000))];
    for page in 1..8 {
        let first = 1000 - page * 20;
        long.push(on(before(first + 20), Value::Null, 200, full(first, 1_700_000_000)));
    }
    let since = held(None, &long).unwrap().since.unwrap();
    assert_eq!(since.as_ms(), 1_700_000_860_000, "what was left out is not called missing");
    let news = on(
        "GET /api/v1/accounts/1/conversations/12/messages?after=54",
        Value::Null,
        200,
        json!({ "payload": [] }),
    );
    assert_eq!(held(Some("54"), &[open(), news]), None, "only news were read");
}
