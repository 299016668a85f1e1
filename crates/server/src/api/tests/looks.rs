//! What the drivers do about desks: looking for what hooks did not bring, and signs of life.

use super::from_vendors::{TOKEN, open_at_a};
use super::{As, World};
use crate::drivers::catch_up::due_after_a_start;
use axum::Router;
use axum::extract::Query;
use axum::http::Method;
use axum::routing::{get, post};
use handover_core::delivery::Side;
use handover_core::ids::{AccountId, SessionId};
use handover_core::port::bus::{Bus, Envelope};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

type Held = Arc<Mutex<Vec<Value>>>;

/// A desk that tells what it holds, and what is posted to it and asked of it.
async fn vendor() -> (String, Held, UnboundedReceiver<Value>) {
    let (sender, seen) = unbounded_channel();
    let held = Held::default();
    let (holds, asks) = (Arc::clone(&held), sender.clone());
    let asked = move |Query(query): Query<HashMap<String, String>>| {
        asks.send(json!({ "after": query["after"] })).unwrap();
        std::future::ready(axum::Json(holds.lock().unwrap().clone()))
    };
    let posted = move |body: axum::Json<Value>| {
        sender.send(body.0).unwrap();
        std::future::ready(())
    };
    let router = Router::new().route("/held", get(asked)).route("/post", post(posted));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, held, seen)
}

async fn next(seen: &mut UnboundedReceiver<Value>, field: &str) -> Value {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(15), seen.recv());
        let next = next.await.unwrap().unwrap();
        if !next[field].is_null() {
            return next[field].clone();
        }
    }
}

#[tokio::test]
async fn what_no_hook_brought_is_found_and_what_one_brought_is_not_doubled() {
    let (base, held, mut seen) = vendor().await;
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({ "held": format!("{base}/held") })).await;
    let hooked = json!({ "session": session, "id": "m1", "text": "By hook" }).to_string();
    world.hook(Method::POST, &format!("/hooks/a/{TOKEN}"), &hooked).await.fine();
    held.lock().unwrap().extend([
        json!({ "id": "m1", "text": "By hook" }),
        json!({ "id": "m2", "text": "Lost on its way" }),
    ]);
    while next(&mut seen, "after").await != "2" {}
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine().text;
    assert_eq!(read.matches("Lost on its way").count(), 1, "promise B: {read}");
    assert_eq!(read.matches("By hook").count(), 1, "promise C: {read}");
    let missed = world.running.app.health.of(&AccountId::new("a")).missed.unwrap();
    assert_eq!(missed.events, 1, "a dead hook is noticed");
    let metrics = world.get(As::Nobody, "/metrics").await.fine().text;
    let drift = "handover_drift_total{desk=\"a\",kind=\"missed_hook\"}";
    assert!(metrics.contains(drift), "{metrics}");
    assert!(metrics.contains("handover_looks_total{desk=\"a\",result=\"done\"}"), "{metrics}");
}

#[tokio::test]
async fn a_session_that_is_over_is_looked_at_still_after_a_restart_too() {
    let world = World::with_neighbours(true).await;
    let session = SessionId::new(open_at_a(&world, json!({})).await);
    let app = &world.running.app;
    let now = app.clock.now();
    let due = async |start_s: i64, by_s: i64| {
        due_after_a_start(app, now.plus_ms(start_s * 1000), now.plus_ms(by_s * 1000)).await
    };
    assert_eq!(due(0, 300).await, [(session.clone(), false)]);
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_END").await.fine();
    assert_eq!(due(0, 30).await, []);
    assert_eq!(due(0, 300).await, [(session.clone(), true)]);
    assert_eq!(due(7200, 7200 + 3600).await, [(session, true)], "what came meanwhile may be lost");
    assert_eq!(due(2 * 86_400, 3 * 86_400).await, []);
}

#[tokio::test]
async fn a_contacts_typing_and_reading_are_shown_at_the_desk() {
    let (base, _, mut seen) = vendor().await;
    let world = World::with_neighbours(true).await;
    let session = open_at_a(&world, json!({ "url": format!("{base}/post") })).await;
    let app = &world.running.app;
    let record = app.store.session(&SessionId::new(session)).await.unwrap().unwrap();
    let typing = |side, on| {
        let (conversation, name) = (record.conversation.clone(), None);
        app.bus.publish(Envelope::Typing { conversation, side, name, on });
    };
    typing(Side::Desk, true);
    typing(Side::Contact, true);
    assert_eq!(next(&mut seen, "typing").await, true);
    for _ in 0..5 {
        typing(Side::Contact, true);
    }
    typing(Side::Contact, false);
    assert_eq!(next(&mut seen, "typing").await, false, "no flood between");
    let conversation = record.conversation.clone();
    app.bus.publish(Envelope::Read { conversation, side: Side::Contact });
    assert_eq!(next(&mut seen, "read").await, true);
}
