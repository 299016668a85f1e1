//! What is posted to others, over real sockets, and how they answer.

use super::{As, SECRET, World};
use crate::settings::AccountKind;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use handover_adapters::kit::webhook;
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A server that takes posts; it fails the first `fails` of them.
struct Receiver {
    url: String,
    posts: UnboundedReceiver<(HeaderMap, Bytes)>,
}

impl Receiver {
    async fn start(fails: u32, answer: Value) -> Self {
        let (sender, posts) = unbounded_channel();
        let count = Arc::new(AtomicU32::new(0));
        let handler = move |headers: HeaderMap, body: Bytes| {
            let failed = count.fetch_add(1, Ordering::SeqCst) < fails;
            sender.send((headers, body)).unwrap();
            let status = if failed { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
            std::future::ready((status, axum::Json(answer.clone())))
        };
        let router = Router::new().route("/hook", post(handler));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, posts }
    }

    /// The next post, its signature proved.
    async fn next(&mut self, world: &World, secret: &str) -> (String, Value) {
        let post = tokio::time::timeout(Duration::from_secs(10), self.posts.recv());
        let (headers, body) = post.await.unwrap().unwrap();
        let find = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        webhook::verify(secret, find, &body, world.running.app.clock.now()).unwrap();
        (find("webhook-id").unwrap().to_owned(), serde_json::from_slice(&body).unwrap())
    }
}

async fn with_desk(receiver: &Receiver) -> World {
    let world = World::with_neighbours(true).await;
    let settings = json!({ "url": receiver.url, "secret": "desk secret" });
    let desk = Account {
        id: AccountId::new("hook"),
        vendor: "webhook".into(),
        name: "Our desk".into(),
        settings: settings.as_object().unwrap().clone(),
    };
    world.running.app.settings.save_account(AccountKind::Desk, desk).await.unwrap();
    world.put(As::Bearer, "/v1/settings/livechat", json!({ "desk": "hook" })).await.fine();
    world
}

#[tokio::test]
async fn a_callback_brings_each_message_once_signed_and_in_order() {
    let mut receiver = Receiver::start(0, json!({})).await;
    let world = World::with_neighbours(true).await;
    world.set_channel("callback_url", receiver.url.clone().into()).await;
    world.say(As::Signed, "ada", "Hello").await.fine();
    let (_, first) = receiver.next(&world, SECRET).await;
    assert_eq!(first["client"]["user_id"], "ada");
    assert_eq!(first["messages"].as_array().unwrap().len(), 1);
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let mut last = first["messages"][0]["n"].as_u64().unwrap();
    loop {
        let (_, post) = receiver.next(&world, SECRET).await;
        let message = &post["messages"][0];
        let n = message["n"].as_u64().unwrap();
        assert!(n > last, "promise D");
        last = n;
        let text = message["payload"]["content"]["text"].as_str().unwrap_or_default();
        if text.contains("connected with our team") {
            break;
        }
    }
}

#[tokio::test]
async fn a_failed_post_comes_again_under_the_same_id() {
    let mut receiver = Receiver::start(1, json!({})).await;
    let world = World::with_neighbours(true).await;
    world.set_channel("callback_url", receiver.url.clone().into()).await;
    world.say(As::Signed, "ada", "Hello").await.fine();
    let (failed, first) = receiver.next(&world, SECRET).await;
    let (again, second) = receiver.next(&world, SECRET).await;
    assert_eq!(failed, again, "promise C");
    assert_eq!(first["messages"], second["messages"]);
}

#[tokio::test]
async fn a_program_can_be_the_desk() {
    let mut receiver = Receiver::start(0, json!({ "conversation": "c-9" })).await;
    let world = with_desk(&receiver).await;
    world.say(As::Signed, "ada", "Hello").await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let (_, opened) = receiver.next(&world, "desk secret").await;
    assert_eq!(opened["type"], "session.opened");
    assert_eq!(opened["contact"]["id"], "ada");
    assert_eq!(opened["transcript"][0]["text"], "Hello");
    let session = opened["session"]["id"].as_str().unwrap();

    let agent = json!({ "id": "7", "name": "Bob" });
    let path = format!("/v1/sessions/{session}");
    let hello = json!({ "text": "Hello Ada", "agent": agent, "id": "m1" });
    world.post(As::Bearer, &format!("{path}/messages"), hello).await.fine();
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    assert_eq!(read.texts().last(), Some(&"Hello Ada"));

    world.say(As::Signed, "ada", "Thanks").await.fine();
    let (_, message) = receiver.next(&world, "desk secret").await;
    assert_eq!(message["type"], "message.created", "no echo of the agent's own words: {message}");
    assert_eq!(message["message"]["text"], "Thanks");
    assert_eq!(message["session"]["link"], "c-9");

    world.press(As::Signed, "ada", "LIVECHAT_SESSION_END").await.fine();
    let mut last = receiver.next(&world, "desk secret").await.1;
    if last["type"] == "message.created" {
        last = receiver.next(&world, "desk secret").await.1;
    }
    assert_eq!(last["type"], "session.ended");
    assert_eq!(last["cause"], "contact_ended");
}

#[tokio::test]
async fn a_desk_in_a_private_network_is_not_called_unless_allowed() {
    let receiver = Receiver::start(0, json!({})).await;
    let world = with_desk(&receiver).await;
    let strict = World::new().await;
    let desk = world.running.app.settings.account(AccountKind::Desk, &AccountId::new("hook"));
    let desk = (*desk.unwrap()).clone();
    strict.running.app.settings.save_account(AccountKind::Desk, desk).await.unwrap();
    strict.put(As::Bearer, "/v1/settings/livechat", json!({ "desk": "hook" })).await.fine();
    strict.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    for _ in 0..100 {
        let ended = strict.get(As::Bearer, "/v1/sessions?state=ended").await.fine();
        if ended.json["sessions"][0]["cause"] == "desk_failed" {
            let mut receiver = receiver;
            assert!(receiver.posts.try_recv().is_err());
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("rule 5: a desk that cannot be called ends the session");
}
