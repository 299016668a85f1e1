//! Hooks of desks' vendors.

use super::{Answer, As, World};
use crate::desks::scripted::VENDOR;
use crate::settings::AccountKind;
use axum::body::Body;
use axum::http::{Method, Request};
use handover_core::ids::{AccountId, SessionId};
use handover_core::port::directory::Account;
use handover_core::port::place::HOOK_TOKEN;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const TOKEN: &str = "token-of-desk-a";

/// A desk's account.
pub(super) async fn desk(world: &World, id: &str, settings: Value) {
    let settings = settings.as_object().unwrap().clone();
    let (vendor, name) = (VENDOR.into(), id.into());
    let account = Account { id: AccountId::new(id), vendor, name, settings };
    world.running.app.settings.save_account(AccountKind::Desk, account).await.unwrap();
}

/// A world in which Ada's session is open at desk `a`; gives its id.
pub(super) async fn open_at_a(world: &World, more: Value) -> String {
    let mut settings = json!({ HOOK_TOKEN: TOKEN });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desk(world, "a", settings).await;
    world.put(As::Bearer, "/v1/settings/livechat", json!({ "desk": "a" })).await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    for _ in 0..200 {
        let id = SessionId::new(session.as_str());
        let record = world.running.app.store.session(&id);
        if record.await.unwrap().unwrap().link.is_some() {
            return session;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the session was not opened at the desk");
}

impl World {
    pub(super) async fn hook(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn texts_of(&self, user_id: &str) -> String {
        self.get(As::Signed, &format!("/v1/api/messages?user_id={user_id}")).await.fine().text
    }
}

fn said(session: &str, id: &str, text: &str) -> String {
    json!({ "link": format!("t-{session}"), "id": id, "text": text }).to_string()
}

#[tokio::test]
async fn what_an_agent_says_at_the_desk_reaches_the_contact_once() {
    let world = World::new().await;
    let session = open_at_a(&world, json!({})).await;
    let path = format!("/hooks/a/{TOKEN}");
    for method in [Method::POST, Method::PUT] {
        let answer = world.hook(method, &path, &said(&session, "m1", "Hello Ada")).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
    }
    let query = format!("?link=t-{session}&id=m1&text=Hello_Ada");
    assert_eq!(world.hook(Method::GET, &format!("{path}{query}"), "").await.status, 200);
    let read = world.texts_of("ada").await;
    assert_eq!(read.matches("Hello Ada").count(), 1, "promise C: {read}");
    assert!(!read.contains("Hello_Ada"), "promise C: the same id is the same message");
    let query = format!("?link=t-{session}&id=m2&text=By_GET");
    assert_eq!(world.hook(Method::GET, &format!("{path}{query}"), "").await.status, 200);
    assert!(world.texts_of("ada").await.contains("By_GET"));
    let metrics = world.get(As::Nobody, "/metrics").await.fine().text;
    for outcome in ["taken", "repeated"] {
        let line = format!("handover_hooks_total{{vendor=\"scripted\",outcome=\"{outcome}\"}}");
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn the_studios_address_takes_hooks_with_its_key() {
    let world = World::new().await;
    let session = open_at_a(&world, json!({})).await;
    desk(&world, "b", json!({ HOOK_TOKEN: "token-of-desk-b" })).await;
    let receive = format!("/v1/livechat/{VENDOR}/receive");
    let hook = format!("link=t-{session}&id=m1&text=a&key=b");
    let missing = world.hook(Method::GET, &format!("{receive}?link=t-{session}&key="), "").await;
    let words = missing.refused(401, "unauthorised");
    assert!(
        words.contains("\"key\" is missing") && words.contains("Settings → Livechat"),
        "{words}"
    );
    world.hook(Method::GET, &format!("{receive}?{hook}"), "").await.refused(401, "unauthorised");
    let elsewhere = format!("/v1/livechat/webhook/receive?{hook}&key={TOKEN}");
    world.hook(Method::GET, &elsewhere, "").await.refused(401, "unauthorised");
    assert!(!world.texts_of("ada").await.contains("Bob"));
    // A text that holds "&key=" and was not encoded does not hide the true key.
    let fine = world.hook(Method::GET, &format!("{receive}?{hook}&key={TOKEN}"), "").await;
    assert_eq!((fine.status, fine.text.as_str()), (200, "{}"));
    assert!(world.texts_of("ada").await.contains("Bob"));
    let (path, body) = (format!("{receive}?key=token-of-desk-b"), said(&session, "m9", "From b"));
    assert_eq!(world.hook(Method::POST, &path, &body).await.status, 200);
    assert!(!world.texts_of("ada").await.contains("From b"), "promise F");
}

#[tokio::test]
async fn who_does_not_know_the_address_learns_nothing() {
    let world = World::new().await;
    let session = open_at_a(&world, json!({})).await;
    desk(&world, "b", json!({})).await;
    let body = said(&session, "m1", "Hello");
    let mut answers = Vec::new();
    for path in ["/hooks/a/wrong", "/hooks/none/wrong", "/hooks/b/wrong", "/hooks/console/x"] {
        let answer = world.hook(Method::POST, path, &body).await;
        answer.refused(404, "not_found");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(world.hook(Method::POST, "/hooks/b/", &body).await.status, 404, "no token is none");
    assert!(!world.texts_of("ada").await.contains("Hello"));
}

#[tokio::test]
async fn a_desk_speaks_in_its_own_conversations_only() {
    let world = World::new().await;
    let session = open_at_a(&world, json!({})).await;
    desk(&world, "b", json!({ HOOK_TOKEN: "b" })).await;
    let listed = world.get(As::Bearer, &format!("/v1/sessions/{session}")).await.fine();
    let conversation = &listed.json["conversation_id"];
    assert!(conversation.is_string(), "{}", listed.text);
    for at in [
        json!({ "link": format!("t-{session}") }),
        json!({ "session": session }),
        json!({ "conversation": conversation }),
    ] {
        let mut hook = at;
        (hook["id"], hook["text"]) = ("x".into(), "From b".into());
        let answer = world.hook(Method::POST, "/hooks/b/b", &hook.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert!(!world.texts_of("ada").await.contains("From b"), "promise F");
}

#[tokio::test]
async fn what_cannot_be_taken_says_why() {
    let world = World::new().await;
    let session = open_at_a(&world, json!({})).await;
    let path = format!("/hooks/a/{TOKEN}");
    let wrong = world.hook(Method::POST, &path, "not JSON").await;
    wrong.refused(422, "invalid_field");
    assert_eq!(wrong.json["error"]["field"], "body");
    let mut unsigned = world.request(As::Nobody, Method::POST, &path, Some(&json!({})));
    unsigned.headers_mut().insert("x-signature", "wrong".parse().unwrap());
    world.send(unsigned).await.refused(401, "unauthorised");
    let ignored = world.hook(Method::POST, &path, "{}").await;
    assert_eq!((ignored.status, ignored.text.as_str()), (200, "{}"));
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    world.hook(Method::POST, &path, &large).await.refused(413, "too_large");
    let fits = format!("\"{}\"", "x".repeat(1024 * 1024 - 2));
    assert_eq!(world.hook(Method::POST, &path, &fits).await.status, 200);
    world.hook(Method::POST, &path, r#"{"panic":true}"#).await.refused(500, "internal");
    assert_eq!(world.hook(Method::DELETE, &path, "").await.status, 405);
    // Whoever only looks whether the address is there says nothing.
    let look = format!("{path}?link=t-{session}&id=m1&text=looked");
    assert_eq!(world.hook(Method::HEAD, &look, "").await.status, 200);
    assert!(!world.texts_of("ada").await.contains("looked"));
}

#[tokio::test]
async fn a_desk_that_cannot_be_asked_in_time_is_taken_at_its_word() {
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({})).await;
    let hook = json!({
        "link": format!("t-{session}"), "id": "m1", "text": "Hello", "ask": "http://127.0.0.1:1/",
    });
    let answer = world.hook(Method::POST, &format!("/hooks/a/{TOKEN}"), &hook.to_string()).await;
    assert_eq!(answer.status, 200);
    assert!(world.texts_of("ada").await.contains("Hello"));
}
