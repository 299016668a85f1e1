use super::{EVE, Try, account, entry, on};
use handover_core::contact::Agent;
use handover_core::content::Content;
use handover_core::delivery::ToDeskAct;
use handover_core::entry::{Actor, Body, Entry};
use handover_core::ids::SourceId;
use handover_core::language::Language;
use handover_core::port::channel::Step;
use handover_core::session::EndCause;
use serde_json::{Value, json};

const NOTE: &str = "POST /api/v1/accounts/1/conversations/12/messages";
const LIST: &str = "GET /api/v1/accounts/1/conversations/12/messages";
const STATUS: &str = "POST /api/v1/accounts/1/conversations/12/toggle_status";
const FAILED: &str = "PATCH /api/v1/accounts/1/conversations/12/messages/41";
const DONE: Step = Step::Done { link: None };

fn ends(cause: EndCause) -> Try {
    Try::new(ToDeskAct::Ended { cause })
}

fn note(text: &str) -> Value {
    let source = format!("handover:{EVE}.3");
    json!({ "content": text, "message_type": "outgoing", "private": true, "source_id": source })
}

const ENDED: &str = "The chat is over: the contact ended it. The bot answers again.";

#[test]
fn rule_12_the_agents_are_told_and_the_conversation_is_resolved() {
    let told = || on(NOTE, note(ENDED), 200, json!({}));
    let resolved = |status| on(STATUS, json!({ "status": "resolved" }), status, json!({}));
    for status in [200, 404, 422] {
        assert_eq!(ends(EndCause::ContactEnded).meets(&[told(), resolved(status)]), DONE);
    }
    let away = ends(EndCause::ContactEnded).meets(&[told(), resolved(502)]);
    assert!(matches!(away, Step::Retry { .. }));
    let mut left_open = ends(EndCause::ContactEnded);
    left_open.account = account(json!({ "keep_open": true }));
    assert_eq!(left_open.meets(&[told()]), DONE);
}

#[test]
fn agents_are_told_in_the_operators_language() {
    for cause in EndCause::ALL {
        let mut ended = ends(cause);
        ended.language = Language::German;
        ended.account = account(json!({ "keep_open": true }));
        let words = Language::German.phrases().note_of_end(cause);
        assert_eq!(ended.meets(&[on(NOTE, note(words), 200, json!({}))]), DONE);
    }
}

#[test]
fn promise_c_an_end_is_told_once() {
    let mut again = ends(EndCause::ContactEnded);
    again.attempts = 1;
    let there = json!({ "payload": [{ "id": 5, "source_id": format!("handover:{EVE}.3") }] });
    let script = [
        on(LIST, Value::Null, 200, there),
        on(STATUS, json!({ "status": "resolved" }), 200, json!({})),
    ];
    assert_eq!(again.meets(&script), DONE);
}

#[test]
fn rule_17_whom_nobody_answered_stays_to_be_seen() {
    let text = "The chat is over because no agent answered in time. The bot answers again. Write here to take over.";
    let script = [on(NOTE, note(text), 200, json!({}))];
    assert_eq!(ends(EndCause::NoAgent).meets(&script), DONE);
}

#[test]
fn what_was_never_opened_needs_no_end() {
    let mut never = ends(EndCause::DeskFailed);
    never.session.link = None;
    let script = [
        on(
            format!("GET /public/api/v1/inboxes/Inb0x/contacts/{EVE}").leak(),
            Value::Null,
            404,
            json!({}),
        ),
        on(
            format!("GET /api/v1/accounts/1/contacts/search?q={EVE}").leak(),
            Value::Null,
            200,
            json!({ "payload": [] }),
        ),
    ];
    assert_eq!(never.meets(&script), DONE);
}

fn trouble(of: Option<Entry>) -> Try {
    let act = ToDeskAct::Trouble { text: "It was blocked.".into(), of: of.as_ref().map(|it| it.n) };
    Try { transcript: of.into_iter().collect(), ..Try::new(act) }
}

fn by_ana(source: &str) -> Entry {
    let actor = Actor::Agent(Agent::new("7", "Ana"));
    let body = Body::Message { content: Content::text("Can you hear me?") };
    Entry { source: Some(SourceId::new(source)), ..entry(9, actor, body) }
}

#[test]
fn promise_b_a_message_that_did_not_arrive_is_marked_and_told() {
    let failed = |status| {
        let body = json!({ "status": "failed", "external_error": "It was blocked." });
        on(FAILED, body, status, json!({}))
    };
    let told = || on(NOTE, note("It was blocked."), 200, json!({}));
    for source in ["41", "41/91", "41.1"] {
        for status in [200, 404, 422] {
            let script = [failed(status), told()];
            assert_eq!(trouble(Some(by_ana(source))).meets(&script), DONE, "{source} {status}");
        }
    }
    assert!(matches!(trouble(Some(by_ana("41"))).meets(&[failed(503)]), Step::Retry { .. }));
}

#[test]
fn what_is_no_message_of_chatwoots_is_only_told() {
    let told = || on(NOTE, note("It was blocked."), 200, json!({}));
    let by_contact = Entry { actor: Actor::Contact, ..by_ana("41") };
    for of in [None, Some(by_contact), Some(by_ana("web-7")), Some(by_ana("status/12/open/1"))] {
        assert_eq!(trouble(of).meets(&[told()]), DONE);
    }
}
