use super::{Chatwoot, NOW, account};
use handover_core::event::DeskAct;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::desk::{At, Desk, FromHook, Hooked, What};
use serde_json::{Value, json};

const MESSAGES: &str = include_str!("../fixtures/messages.json");
const CONVERSATIONS: &str = include_str!("../fixtures/conversations.json");

fn decode(body: &[u8]) -> Result<Hooked, DecodeError> {
    let call = Call { method: "POST", query: "", headers: &[], body, at: NOW };
    Chatwoot.decode(&account(json!({})), &call, &[])
}

fn cases() -> Vec<Value> {
    [MESSAGES, CONVERSATIONS]
        .into_iter()
        .flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap())
        .collect()
}

#[test]
fn hooks_mean_what_the_table_says() {
    for case in cases() {
        let name = case["name"].as_str().unwrap();
        let read = decode(case["hook"].to_string().as_bytes());
        match (&case["gives"], &case["ignored"], &case["wrong"], read) {
            (Value::Array(gives), _, _, Ok(Hooked::Events(events))) => {
                let events: Vec<Value> = events.iter().map(shown).collect();
                assert_eq!(events, *gives, "{name}");
            }
            (_, Value::String(why), _, Ok(Hooked::Ignored { why: said })) => {
                assert!(said.contains(why), "promise G, {name}: {said}");
            }
            (_, _, Value::String(wrong), Err(DecodeError::Field { field, problem })) => {
                assert_eq!((&field, problem.is_empty()), (wrong, false), "{name}");
            }
            (_, _, _, read) => panic!("{name}: {read:?}"),
        }
    }
}

/// An event in the words of the table.
fn shown(event: &FromHook) -> Value {
    let at = match &event.at {
        At::Conversation(id) => format!("conversation {id}"),
        At::Link(link) => format!("link {link}"),
        At::Session(id) => format!("session {id}"),
    };
    let did = match &event.what {
        What::Typing { name, on } => return json!({ "at": at, "typing": [name, on] }),
        What::Did(did) => did,
    };
    let agent = did.agent.as_ref().map(|agent| json!([agent.id, agent.name, agent.picture]));
    let mut shown = json!({
        "at": at,
        "source": did.source,
        "agent": agent,
        "ms": did.done_at.map(|at| at.as_ms()),
    });
    match &did.act {
        DeskAct::Said(content) => shown["said"] = serde_json::to_value(content).unwrap(),
        DeskAct::Announced(content) => {
            shown["announced"] = serde_json::to_value(content).unwrap();
        }
        DeskAct::Noted(text) => shown["noted"] = text.as_str().into(),
        DeskAct::Closed => shown["act"] = "closed".into(),
        DeskAct::Reopened => shown["act"] = "reopened".into(),
        DeskAct::SeenAt(at) => shown["act"] = format!("seen {}", at.as_ms()).into(),
        other => panic!("{other:?}"),
    }
    shown
}

#[test]
fn nothing_that_can_be_posted_makes_it_panic() {
    for case in cases() {
        let whole = case["hook"].to_string();
        for at in 0..whole.len() {
            let _ = decode(&whole.as_bytes()[..at]);
            let mut broken = whole.clone().into_bytes();
            broken[at] = broken[at].wrapping_add(1);
            let _ = decode(&broken);
        }
        for wrong in
            [json!(null), json!(-1.5e300), json!("é\u{0}"), json!([{}]), json!({ "id": [] })]
        {
            each_place(&case["hook"], &wrong, &mut |mutated| {
                let _ = decode(mutated.to_string().as_bytes());
            });
        }
    }
}

/// Gives the value with each of its members in turn replaced.
fn each_place(value: &Value, with: &Value, seen: &mut dyn FnMut(&Value)) {
    let Value::Object(map) = value else { return };
    for (key, member) in map {
        let mut changed = value.clone();
        changed[key] = with.clone();
        seen(&changed);
        each_place(member, with, &mut |inner| {
            let mut changed = value.clone();
            changed[key] = inner.clone();
            seen(&changed);
        });
    }
}

#[test]
fn a_repeat_has_the_ids_of_the_first_and_a_second_closing_has_others() {
    let closing = |at: f64| {
        let hook = json!({
            "event": "conversation_status_changed", "id": 12, "status": "resolved", "updated_at": at,
        });
        let Ok(Hooked::Events(events)) = decode(hook.to_string().as_bytes()) else { panic!() };
        let What::Did(did) = &events[0].what else { panic!() };
        did.source.clone().unwrap()
    };
    assert_eq!(closing(1_700_000_000.5), closing(1_700_000_000.5), "promise C");
    assert_ne!(closing(1_700_000_000.5), closing(1_700_000_007.5), "a second closing counts");
}
