//! The socket, over a real connection.

use super::{World, html, say};
use futures_util::{SinkExt, StreamExt};
use handover_core::delivery::Side;
use handover_core::port::bus::{Bus, Envelope};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than anything here should take, shorter than a person would wait.
const SOON: Duration = Duration::from_secs(10);

struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    async fn open(address: SocketAddr) -> Self {
        let url = format!("ws://{address}/v1/web/web/socket");
        Self(connect_async(url).await.unwrap().0)
    }

    async fn hello(address: SocketAddr, token: Option<&str>, after: u64) -> Self {
        let mut page = Self::open(address).await;
        page.send(json!({ "type": "hello", "token": token, "after": after })).await;
        page
    }

    async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame; none when the line has been closed.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(SOON, self.0.next()).await.expect("promise E: each wait has an end")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Frames up to and including the first one of which something holds.
    async fn until(&mut self, holds: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("closed after {frames:?}"));
            let found = holds(&frame);
            frames.push(frame);
            if found {
                return frames;
            }
        }
    }

    async fn until_shown(&mut self, text: &str) -> Vec<Value> {
        self.until(|frame| html(std::slice::from_ref(frame)).contains(text)).await
    }
}

async fn serve(world: &World) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn both_sides_see_each_other_at_once_and_a_new_line_resumes() {
    let world = World::new().await;
    let address = serve(&world).await;
    let mut page = Page::hello(address, None, 0).await;
    let welcome = page.next().await.unwrap();
    let token = welcome["token"].as_str().unwrap().to_owned();
    page.send(say("1", "is anybody there?")).await;
    let frames = page.until_shown("is anybody there?").await;
    assert!(frames.iter().any(|frame| frame["type"] == "ack" && frame["id"] == "1"));
    world.agent_says(&token, "I am here").await;
    let frames = page.until_shown("I am here").await;
    let upto = frames.last().unwrap()["upto"].as_u64().unwrap();
    drop(page);

    world.agent_says(&token, "Still here").await;
    let mut page = Page::hello(address, Some(&token), upto).await;
    let frames = page.until_shown("Still here").await;
    assert!(!html(&frames).contains("I am here"), "promise C: nothing twice");
    page.send(say("1", "is anybody there?")).await;
    let frames = page.until(|frame| frame["type"] == "ack").await;
    assert_eq!(html(&frames), "", "promise C: sent again after the line broke, it counts once");
    let holder = page_holder(address, &token).await;
    assert_eq!((&holder["holder"], &holder["agent"]), (&json!("agent"), &json!("Ana")));
}

async fn page_holder(address: SocketAddr, token: &str) -> Value {
    let mut page = Page::hello(address, Some(token), 0).await;
    page.until(|frame| frame["type"] == "holder").await.pop().unwrap()
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let world = World::new().await;
    let address = serve(&world).await;
    let mut silent = Page::open(address).await;
    assert_eq!(silent.next().await, None);
    let mut rude = Page::open(address).await;
    rude.send(say("1", "no hello")).await;
    assert_eq!(rude.next().await, None);
}

#[tokio::test]
async fn nonsense_and_floods_end_the_line_and_nothing_else() {
    let world = World::new().await;
    let address = serve(&world).await;
    let mut large = Page::hello(address, None, 0).await;
    large.next().await.unwrap();
    // The server may close before it has taken all of it.
    let _ = large.0.send(Message::text("x".repeat(1_000_000))).await;
    while large.next().await.is_some() {}

    let mut broken = Page::hello(address, None, 0).await;
    broken.next().await.unwrap();
    let mut refusals = 0;
    for _ in 0..100 {
        let _ = broken.0.send(Message::text("{")).await;
    }
    while let Some(frame) = broken.next().await {
        assert_eq!(frame["type"], "refused");
        refusals += 1;
    }
    assert!(refusals < 30, "{refusals}");

    let mut calm = Page::hello(address, None, 0).await;
    calm.next().await.unwrap();
    calm.send(json!({ "type": "ping" })).await;
    calm.until(|frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn an_agents_typing_at_a_desk_is_shown_and_the_contacts_own_is_not() {
    let world = World::new().await;
    let address = serve(&world).await;
    let mut page = Page::hello(address, None, 0).await;
    let token = page.next().await.unwrap()["token"].as_str().unwrap().to_owned();
    for (side, name, on) in
        [(Side::Contact, None, true), (Side::Desk, Some("Ana"), true), (Side::Desk, None, false)]
    {
        let (conversation, name) = (world.conversation_of(&token), name.map(str::to_owned));
        world.running.app.bus.publish(Envelope::Typing { conversation, side, name, on });
    }
    for (name, on) in [(json!("Ana"), true), (Value::Null, false)] {
        let frames = page.until(|frame| frame["type"] == "typing").await;
        let frame = frames.last().unwrap();
        assert_eq!((&frame["name"], &frame["on"]), (&name, &json!(on)));
    }
}
