use super::{Chatwoot, Exchange, account, on, walk};
use handover_core::port::desk::{Connect, Desk};
use handover_core::port::directory::Account;
use handover_core::port::place::Place;
use serde_json::{Map, Value, json};

const PROFILE: &str = "GET /api/v1/profile";
const VERSION: &str = "GET /api";
const INBOXES: &str = "GET /api/v1/accounts/1/inboxes";
const MAKE: &str = "POST /api/v1/accounts/1/inboxes";
const AGENTS: &str = "GET /api/v1/accounts/1/agents";
const MEMBERS: &str = "GET /api/v1/accounts/1/inbox_members/3";
const ADD: &str = "POST /api/v1/accounts/1/inbox_members";
const CANNED: &str = "GET /api/v1/accounts/1/canned_responses";
const CAN: &str = "POST /api/v1/accounts/1/canned_responses";
const HOOK: &str = "https://handover.example/hooks/desk/hook-token";

/// An account whose settings were just entered.
fn entered(more: Value) -> Account {
    let mut settings = json!({
        "base_url": "https://chat.example/", "token": "adm-token", "hook_token": "hook-token",
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Account { settings: settings.as_object().unwrap().clone(), ..account(json!({})) }
}

fn connect(account: &Account, script: &[Exchange]) -> Connect {
    let place = Place { base_url: "https://handover.example".into() };
    walk(script, |answers| match Chatwoot.connect(account, &place, answers) {
        Connect::Call(request) => Err(request),
        end => Ok(end),
    })
}

fn profile(accounts: Value) -> Exchange {
    on(PROFILE, Value::Null, 200, json!({ "id": 1, "name": "Ada", "accounts": accounts }))
}

fn administrator() -> Exchange {
    profile(json!([{ "id": 1, "name": "Shop", "role": "administrator" }]))
}

fn version(version: Value) -> Exchange {
    on(VERSION, Value::Null, 200, json!({ "version": version }))
}

fn get(request: &'static str, answer: Value) -> Exchange {
    on(request, Value::Null, 200, answer)
}

fn inbox(more: Value) -> Value {
    let mut inbox = json!({
        "id": 3, "name": "Handover", "channel_type": "Channel::Api", "webhook_url": HOOK,
        "inbox_identifier": "Inb0x", "secret": "shh",
    });
    inbox.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    inbox
}

fn people() -> Value {
    json!([
        { "id": 7, "name": "Ana Lopez", "available_name": "Ana", "thumbnail": "https://chat.example/ana.png" },
        { "id": 8, "name": "Ben", "thumbnail": "" },
    ])
}

fn marked() -> Value {
    json!([{ "id": 1, "short_code": "bye", "content": "Bye! LIVECHAT\\_SESSION\\_END" }])
}

/// What follows once the inbox is there.
fn rest() -> Vec<Exchange> {
    vec![
        get(AGENTS, people()),
        get(MEMBERS, json!({ "payload": [{ "id": 7 }] })),
        get(CANNED, marked()),
    ]
}

fn done(connect: Connect) -> (Map<String, Value>, String) {
    let Connect::Done { learnt, said } = connect else { panic!("{connect:?}") };
    (learnt, said.join("\n"))
}

#[test]
fn a_fresh_account_is_set_up() {
    let make = json!({
        "name": "Handover", "channel": { "type": "api", "webhook_url": HOOK },
        "enable_auto_assignment": true, "greeting_enabled": false,
    });
    let can = json!({ "canned_response": {
        "short_code": "end-chat", "content": "Thank you for writing to us. Goodbye!\n\nLIVECHAT_SESSION_END",
    } });
    let other = json!([{ "id": 1, "short_code": "end", "content": "The end" }]);
    let script = [
        administrator(),
        version(json!("4.15.1")),
        get(
            INBOXES,
            json!({ "payload": [{ "id": 2, "name": "Website", "channel_type": "Channel::WebWidget" }] }),
        ),
        on(MAKE, make, 200, inbox(json!({}))),
        get(AGENTS, people()),
        get(MEMBERS, json!({ "payload": [] })),
        on(ADD, json!({ "inbox_id": 3, "user_ids": [7, 8] }), 200, json!({ "payload": [] })),
        get(CANNED, other),
        on(CAN, can, 200, json!({ "id": 9 })),
    ];
    let (learnt, said) = done(connect(&entered(json!({})), &script));
    let expected = json!({
        "account_id": "1", "inbox_id": "3", "inbox_identifier": "Inb0x", "secret": "shh", "signs": true,
        "version": "4.15.1",
        "agents": { "7": { "name": "Ana", "picture": "https://chat.example/ana.png" }, "8": { "name": "Ben" } },
    });
    assert_eq!(Value::Object(learnt.clone()), expected);
    for word in ["4.15.1", "was made", "2 agents were added", "/end-chat"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("hook-token") && !said.contains("shh"), "no secret is told: {said}");
    let names: Vec<&str> = Chatwoot.manifest().learnt.iter().map(|learnt| learnt.name).collect();
    assert!(learnt.keys().all(|name| names.contains(&name.as_str())));
}

#[test]
fn done_again_it_makes_nothing() {
    let mut script = vec![
        administrator(),
        version(json!("4.15.1")),
        get(INBOXES, json!({ "payload": [inbox(json!({}))] })),
    ];
    script.extend(rest());
    let (learnt, said) = done(connect(&entered(json!({})), &script));
    assert_eq!(learnt["inbox_id"], "3");
    assert!(
        said.contains("was found") && said.contains("/bye") && said.contains("1 of 2"),
        "{said}"
    );
}

#[test]
fn the_hooks_of_an_inbox_that_is_there_are_turned_here() {
    for key in ["webhook_url", "callback_webhook_url"] {
        let mut there = inbox(json!({ "webhook_url": null }));
        there[key] = "https://old.example/".into();
        let body = json!({ "channel": { "webhook_url": HOOK } });
        let mut script = vec![
            administrator(),
            version(json!("4.12.0")),
            get(INBOXES, json!({ "payload": [there] })),
            on("PATCH /api/v1/accounts/1/inboxes/3", body, 200, inbox(json!({}))),
        ];
        script.extend(rest());
        let (learnt, said) = done(connect(&entered(json!({})), &script));
        assert!(said.contains("now come here"), "{said}");
        assert_eq!(learnt["signs"], false, "a secret alone proves no signature before 4.13");
    }
}

#[test]
fn an_old_release_tells_less() {
    let old =
        json!({ "id": 3, "name": "Support", "channel_type": "Channel::Api", "webhook_url": HOOK });
    let mut script = vec![
        on(PROFILE, Value::Null, 200, json!({ "id": 1, "account_id": 1 })),
        on(VERSION, Value::Null, 404, json!("<html>")),
        get(INBOXES, json!({ "payload": [old] })),
        get(
            "GET /api/v1/accounts/1/inboxes/3",
            inbox(json!({ "name": "Support", "secret": null })),
        ),
    ];
    script.extend(rest());
    let (learnt, said) = done(connect(&entered(json!({ "inbox": "Support" })), &script));
    let kept = [&learnt["secret"], &learnt["signs"], &learnt["inbox_identifier"]];
    assert_eq!(kept, [&json!(""), &json!(false), &json!("Inb0x")]);
    assert!(said.contains("does not sign"), "{said}");
}

#[test]
fn the_account_is_asked_for_when_there_are_several() {
    let two = json!([
        { "id": 1, "name": "Shop", "role": "administrator" },
        { "id": 2, "name": "School", "role": "agent" },
    ]);
    let begin = || vec![profile(two.clone()), version(json!(null))];
    let Connect::Choose { field, choices, question } = connect(&entered(json!({})), &begin())
    else {
        panic!()
    };
    let expected = [("1".to_owned(), "Shop".to_owned()), ("2".to_owned(), "School".to_owned())];
    assert_eq!((field, choices, question.is_empty()), ("account", expected.to_vec(), false));

    for account in ["1", "Shop"] {
        let mut script = begin();
        script.push(get(INBOXES, json!({ "payload": [inbox(json!({}))] })));
        script.extend(rest());
        assert_eq!(
            done(connect(&entered(json!({ "account": account })), &script)).0["account_id"],
            "1"
        );
    }
    assert_eq!(
        wrong(connect(&entered(json!({ "account": "2" })), &begin())).0,
        "token",
        "no administrator there"
    );
    assert_eq!(wrong(connect(&entered(json!({ "account": "3" })), &begin())).0, "account");
}

fn wrong(connect: Connect) -> (&'static str, String) {
    let Connect::Wrong { field, problem } = connect else { panic!("{connect:?}") };
    (field, problem)
}

#[test]
fn what_is_wrong_is_named_with_its_fix() {
    let agent = || profile(json!([{ "id": 1, "name": "Shop", "role": "agent" }]));
    let email =
        json!({ "payload": [{ "id": 2, "name": "Handover", "channel_type": "Channel::Email" }] });
    let begun = |request, status| {
        vec![administrator(), version(json!("4.15.1")), on(request, Value::Null, status, json!({}))]
    };
    for (script, field, word) in [
        (vec![on(PROFILE, Value::Null, 401, json!({}))], "token", "Profile Settings"),
        (vec![on(PROFILE, Value::Null, 404, json!({}))], "base_url", "404"),
        (vec![on(PROFILE, Value::Null, 200, json!("<html>"))], "base_url", "No Chatwoot"),
        (vec![on(PROFILE, Value::Null, 301, json!({}))], "base_url", "301"),
        (vec![agent(), version(json!(null))], "token", "no administrator"),
        (vec![profile(json!([])), version(json!(null))], "token", "no Chatwoot account"),
        (begun(INBOXES, 401), "token", "no administrator"),
        (begun(INBOXES, 403), "token", "no administrator"),
        (vec![administrator(), version(json!(null)), get(INBOXES, email)], "inbox", "kind API"),
    ] {
        let (found, problem) = wrong(connect(&entered(json!({})), &script));
        assert!(found == field && problem.contains(word), "{found}: {problem}");
    }
    for script in
        [vec![on(PROFILE, Value::Null, 503, json!({}))], begun(INBOXES, 429), begun(INBOXES, 422)]
    {
        let failed = connect(&entered(json!({})), &script);
        assert!(matches!(failed, Connect::Failed { .. }), "{failed:?}");
    }
    assert_eq!(wrong(connect(&entered(json!({ "token": "" })), &[])).0, "token");
    assert_eq!(wrong(connect(&entered(json!({ "base_url": "" })), &[])).0, "base_url");
}

#[test]
fn a_canned_response_that_is_refused_does_not_stop_it() {
    let mut script = vec![
        administrator(),
        version(json!("4.15.1")),
        get(INBOXES, json!({ "payload": [inbox(json!({}))] })),
    ];
    script.extend(rest());
    script.pop();
    script.push(get(CANNED, json!([])));
    let can = json!({ "canned_response": {
        "short_code": "end", "content": "Thank you for writing to us. Goodbye!\n\nLIVECHAT_SESSION_END",
    } });
    script.push(on(CAN, can, 422, json!({})));
    assert!(done(connect(&entered(json!({})), &script)).1.contains("make one that holds"));
}

#[test]
fn any_page_of_chatwoot_may_be_given_as_its_address() {
    for address in [
        "https://chat.example",
        "https://chat.example/",
        " https://chat.example/app/accounts/1/dashboard ",
        "https://chat.example/app",
        "https://chat.example/api/v1/profile",
        "https://chat.example?x=/y",
    ] {
        let account = entered(json!({ "base_url": address }));
        let wrong = connect(&account, &[on(PROFILE, Value::Null, 401, json!({}))]);
        assert!(matches!(wrong, Connect::Wrong { .. }), "{address}");
    }
}
