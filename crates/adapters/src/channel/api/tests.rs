use super::step::uuid;
use super::{Api, MANIFEST};
use crate::kit::{studio, webhook};
use handover_core::contact::{Agent, Contact};
use handover_core::content::Content;
use handover_core::delivery::ToContact;
use handover_core::ids::{AccountId, ContactKey, ConversationId, DeliveryId, SourceId};
use handover_core::port::channel::{Call, Channel, DecodeError, Outgoing, Step};
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::time::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_250);

fn account(extra: Value) -> Account {
    let mut settings = json!({ "bot": "demo", "key": "k", "secret": "s" });
    settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let settings = settings.as_object().unwrap().clone();
    Account { id: AccountId::new("api"), vendor: "api".into(), name: "App".into(), settings }
}

fn call(account: &Account, key: &str, sign: bool) -> Result<(ContactKey, bool), DecodeError> {
    let mut headers = vec![("x-api-key".to_owned(), key.to_owned())];
    if sign {
        headers.push(("x-api-signature".into(), studio::sign("s", key).unwrap()));
    }
    let body = br#"{"client":{"user_id":"ada"},"request_id":"r1","payload":{"content_type":"text","content":{"text":"Hi"}}}"#;
    let acts =
        Api.decode(account, &Call { method: "POST", query: "", headers: &headers, body, at: NOW })?;
    let (key, act) = acts.into_iter().next().unwrap();
    assert_eq!(act.source, Some(SourceId::new("r1")));
    Ok((key, act.verified))
}

fn step(account: &Account, agent: Option<Agent>, so_far: &[Reply]) -> Step {
    let contact = Contact { verified: true, ..Contact::unknown(ContactKey::new("ada")) };
    let job = ToContact { contact, agent, content: Content::text("Hello") };
    let conversation = ConversationId::new("00112233445566778899aabbccddeeff");
    let id = DeliveryId { conversation, n: 4 };
    Api.step(account, Outgoing { id: &id, entry: 9, attempts: 0, at: NOW, job: &job }, so_far)
}

fn request(step: Step) -> Request {
    match step {
        Step::Call(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_public_call_speaks_for_an_unverified_contact_only() {
    let plain = account(json!({}));
    assert_eq!(call(&plain, "k", false), Ok((ContactKey::new("unverified:ada"), false)));
    assert_eq!(call(&plain, "k|1700000000", true), Ok((ContactKey::new("ada"), true)), "promise F");
}

#[test]
fn a_channel_may_take_signed_calls_only() {
    let strict = account(json!({ "signed_only": true }));
    let Err(DecodeError::Unauthorised(why)) = call(&strict, "k", false) else { panic!() };
    assert!(why.contains("X-Api-Signature"), "the fix is named: {why}");
    assert!(call(&strict, "k|1700000000", true).is_ok());
    assert!(call(&strict, "other", false).is_err());
}

#[test]
fn what_comes_for_the_contact_is_posted_and_signed() {
    let there = account(json!({ "callback_url": "https://app.example/hook" }));
    let agent = Agent::new("1", "Bob");
    let request = request(step(&there, Some(agent), &[]));
    assert_eq!(request.url, "https://app.example/hook");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expected: Value = serde_json::from_str(include_str!("fixtures/callback.json")).unwrap();
    assert_eq!(body, expected);
    let find = |name: &str| {
        request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(find("webhook-id"), Some("00112233445566778899aabbccddeeff.4"), "promise C");
    assert!(webhook::verify("s", find, &request.body, NOW).is_ok());
}

#[test]
fn the_answer_settles_the_delivery() {
    let there = account(json!({ "callback_url": "https://app.example/hook" }));
    let reply = |status| Reply { status, headers: Vec::new(), body: Vec::new() };
    assert_eq!(step(&there, None, &[reply(204)]), Step::Done { link: None });
    assert!(matches!(step(&there, None, &[reply(500)]), Step::Retry { .. }));
    assert!(matches!(step(&there, None, &[reply(410)]), Step::Reject { .. }));
}

#[test]
fn without_an_address_or_a_secret_nothing_is_posted() {
    assert_eq!(step(&account(json!({})), None, &[]), Step::Done { link: None });
    let bare = account(json!({ "callback_url": "https://app.example", "secret": "" }));
    assert!(matches!(step(&bare, None, &[]), Step::Reject { .. }));
}

#[test]
fn ids_have_the_form_that_clients_expect() {
    assert_eq!(uuid(&ConversationId::new("short")), "short");
    assert_eq!(uuid(&ConversationId::new("é".repeat(16))), "é".repeat(16));
}

#[test]
fn every_setting_explains_itself() {
    for field in MANIFEST.fields {
        assert!(field.help.ends_with('.'), "{}", field.name);
    }
}
