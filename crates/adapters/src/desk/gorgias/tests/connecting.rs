use super::{account, body, lines, reply};
use crate::desk::gorgias::Gorgias;
use handover_core::port::desk::{Connect, Desk};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::place::Place;
use serde_json::{Value, json};

const HOOK: &str = "https://chat.example/hooks/support/token";

fn place() -> Place {
    Place { base_url: "https://chat.example".into() }
}

fn walk(account: &Account, answers: &[(u16, Value)]) -> (Vec<Request>, Connect) {
    let mut requests = Vec::new();
    let mut replies = Vec::new();
    loop {
        match Gorgias.connect(account, &place(), &replies) {
            Connect::Call(request) => {
                let Some((status, body)) = answers.get(replies.len()) else {
                    panic!("not answered: {:?}", lines(&[request]))
                };
                requests.push(request);
                replies.push(reply(*status, body));
            }
            end => return (requests, end),
        }
    }
}

fn signed_in() -> (u16, Value) {
    (200, json!({ "domain": "shop" }))
}

fn users() -> (u16, Value) {
    (
        200,
        json!({ "data": [{ "id": 1, "email": "x@y" }, { "id": 7, "email": "API@shop.example" }] }),
    )
}

fn integration(id: u64, name: &str, trigger: &str) -> Value {
    json!({ "id": id, "name": name, "type": "http", "deactivated_datetime": null,
        "http": { "url": HOOK, "method": "POST", "form": "{{context}}", "triggers": { trigger: true } } })
}

fn both() -> Value {
    json!({ "data": [
        integration(1, "Handover: messages", "ticket-message-created"),
        integration(2, "Handover: status", "ticket-status-updated"),
        integration(3, "Somebody else's", "ticket-message-created"),
    ] })
}

#[test]
fn two_integrations_are_made() {
    let made = |id: u64| (201, json!({ "id": id }));
    let (requests, end) = walk(
        &account(json!({})),
        &[signed_in(), users(), (200, json!({ "data": [] })), made(1), made(2)],
    );
    assert_eq!(
        lines(&requests),
        [
            "GET account",
            "GET users?limit=100",
            "GET integrations?type=http&limit=100",
            "POST integrations",
            "POST integrations"
        ]
    );
    for (request, trigger) in
        requests[3..].iter().zip(["ticket-message-created", "ticket-status-updated"])
    {
        let http = body(request)["http"].clone();
        assert_eq!(http["url"], HOOK);
        assert_eq!((&http["method"], &http["form"]), (&json!("POST"), &json!("{{context}}")));
        assert_eq!(http["triggers"], json!({ trigger: true }), "one kind of trigger each");
    }
    let Connect::Done { learnt, said } = end else { panic!("{end:?}") };
    let wanted = json!({ "user_id": "7", "messages_integration": "1", "status_integration": "2" });
    assert_eq!(Value::Object(learnt), wanted);
    assert_eq!(said.len(), 3);
}

#[test]
fn saving_again_makes_nothing_twice() {
    let (requests, end) = walk(&account(json!({})), &[signed_in(), users(), (200, both())]);
    assert_eq!(requests.len(), 3);
    assert!(matches!(end, Connect::Done { learnt, .. } if learnt["status_integration"] == "2"));
}

#[test]
fn what_was_changed_or_switched_off_is_put_right() {
    let changes: [fn(&mut Value); 4] = [
        |it| it["deactivated_datetime"] = "2026-05-01T00:00:00Z".into(),
        |it| it["http"]["url"] = "https://old.example/hooks/support/token".into(),
        |it| it["http"]["form"] = json!({}),
        |it| it["http"]["triggers"] = json!({}),
    ];
    for change in changes {
        let mut there = both();
        change(&mut there["data"][0]);
        let known = account(json!({ "messages_integration": "1", "status_integration": "2" }));
        let (requests, end) =
            walk(&known, &[signed_in(), users(), (200, there), (202, json!({ "id": 1 }))]);
        assert_eq!(lines(&requests)[3..], ["PUT integrations/1"]);
        let sent = body(&requests[3]);
        assert_eq!(
            (&sent["deactivated_datetime"], &sent["http"]["url"]),
            (&Value::Null, &json!(HOOK))
        );
        assert!(matches!(end, Connect::Done { .. }));
    }
}

#[test]
fn a_form_is_sent_where_the_whole_context_is_refused() {
    let none = (200, json!([]));
    let answers = [
        signed_in(),
        users(),
        none,
        (400, json!({})),
        (201, json!({ "id": 1 })),
        (201, json!({ "id": 2 })),
    ];
    let (requests, end) = walk(&account(json!({})), &answers);
    let form = body(&requests[4])["http"]["form"].clone();
    assert_eq!(form["message_id"], "{{message.id}}");
    assert_eq!(form["external_id"], "{{ticket.external_id}}");
    assert_eq!(form.get("status"), None, "only what this context has");
    assert!(matches!(end, Connect::Done { .. }));
}

#[test]
fn without_an_admins_key_it_is_done_by_hand() {
    for answers in [
        vec![signed_in(), users(), (403, json!({}))],
        vec![signed_in(), (403, json!({})), (200, json!([])), (403, json!({}))],
    ] {
        let (_, end) = walk(&account(json!({})), &answers);
        let Connect::Done { learnt, said } = end else { panic!("{end:?}") };
        assert!(!learnt.contains_key("messages_integration"));
        assert!(said.iter().any(|line| line.contains("by hand")), "{said:?}");
    }
    let by_hand = Gorgias.by_hand(&account(json!({})), &place());
    let copied: Vec<&str> =
        by_hand.iter().flat_map(|step| &step.copy).map(|(_, value)| value.as_str()).collect();
    assert!(copied.iter().any(|value| value.contains("LIVECHAT_SESSION_END")), "rule 13");
    assert_eq!(copied.iter().filter(|value| **value == HOOK).count(), 2);
    assert!(copied.contains(&"{{context}}"));
    assert_eq!(
        copied.last().unwrap(),
        &"https://chat.example/v1/livechat/gorgias/receive?external_id={{ticket.external_id}}&ticket_id={{ticket.id}}&event_type={{event.type}}&event_id={{event.id}}&message_id={{event.object_id}}&text={{message.body_text}}&from_agent={{message.from_agent}}&key=token"
    );
    let done = account(json!({ "messages_integration": "1", "status_integration": "2" }));
    assert_eq!(Gorgias.by_hand(&done, &place()).len(), 2, "the macro, and the Studio's address");
}

#[test]
fn what_is_wrong_is_said_by_field() {
    let table: [(&[u16], &str); 6] = [
        (&[401], "api_key"),
        (&[403, 401], "api_key"),
        (&[403, 403], "api_key"),
        (&[404], "base_url"),
        (&[302], "base_url"),
        (&[400, 404], "base_url"),
    ];
    for (statuses, wrong) in table {
        let answers: Vec<_> = statuses.iter().map(|status| (*status, json!({}))).collect();
        let (_, end) = walk(&account(json!({})), &answers);
        assert!(
            matches!(&end, Connect::Wrong { field, .. } if *field == wrong),
            "{statuses:?}: {end:?}"
        );
    }
    let page = Reply { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
    let end = Gorgias.connect(&account(json!({})), &place(), &[page]);
    assert!(matches!(end, Connect::Wrong { field: "base_url", .. }), "some other site: {end:?}");
    for status in [429, 500, 503] {
        let (_, end) = walk(&account(json!({})), &[(status, json!({}))]);
        assert!(matches!(end, Connect::Failed { .. }));
    }
    for field in ["base_url", "username", "api_key"] {
        let mut account = account(json!({}));
        account.settings.remove(field);
        let (_, end) = walk(&account, &[]);
        assert!(matches!(end, Connect::Wrong { field: told, .. } if told == field));
    }
    let (_, end) =
        walk(&account(json!({})), &[(403, json!({})), (200, json!([])), users(), (200, both())]);
    assert!(matches!(end, Connect::Done { .. }), "a user who may not see the account");
}
