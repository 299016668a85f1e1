use super::{Chatwoot, EVE, HOST, account, described, guarded, on, session, walk};
use handover_core::port::channel::Step;
use handover_core::port::desk::{Desk, Presence};
use serde_json::json;

#[test]
fn typing_and_reading_are_shown_as_the_contact() {
    let at = format!("/public/api/v1/inboxes/Inb0x/contacts/{EVE}/conversations/12");
    for (presence, expected) in [
        (
            Presence::Typing(true),
            (format!("POST {at}/toggle_typing?typing_status=on"), json!({ "typing_status": "on" })),
        ),
        (
            Presence::Typing(false),
            (
                format!("POST {at}/toggle_typing?typing_status=off"),
                json!({ "typing_status": "off" }),
            ),
        ),
        (Presence::Read, (format!("POST {at}/update_last_seen"), json!({}))),
    ] {
        let request = Chatwoot.presence(&account(json!({})), &session(1), presence).unwrap();
        assert_eq!(described(&request), expected);
        guarded(&request);
    }
}

#[test]
fn nothing_is_shown_where_it_is_not_known_where() {
    let mut unopened = session(1);
    unopened.link = None;
    assert!(Chatwoot.presence(&account(json!({})), &unopened, Presence::Read).is_none());
    let old = account(json!({ "inbox_identifier": "" }));
    assert!(Chatwoot.presence(&old, &session(1), Presence::Read).is_none());
}

#[test]
fn an_answer_for_a_test_is_an_agents_and_not_ours() {
    let answer = |so_far: &[_]| match Chatwoot.answer_as_agent(
        &account(json!({})),
        &session(1),
        "pong",
        so_far,
    ) {
        Step::Call(request) => Err(request),
        end => Ok(end),
    };
    let body = json!({ "content": "pong", "message_type": "outgoing", "private": false });
    let post = |status| {
        on("POST /api/v1/accounts/1/conversations/12/messages", body.clone(), status, json!({}))
    };
    assert_eq!(walk(&[post(200)], answer), Step::Done { link: None });
    assert!(matches!(walk(&[post(404)], answer), Step::Reject { .. }));
}

#[test]
fn files_are_fetched_without_the_token() {
    for (url, whole) in [
        ("https://cdn.example/a.png", "https://cdn.example/a.png".to_owned()),
        ("/rails/active_storage/a.png", format!("{HOST}/rails/active_storage/a.png")),
    ] {
        let request = Chatwoot.file(&account(json!({})), url);
        assert_eq!((request.url.as_str(), request.file), (whole.as_str(), true));
        guarded(&request);
        assert_eq!(request.headers, []);
    }
}
