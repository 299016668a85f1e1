//! The pages, over a whole program and a desk that answers as a test wants.

use crate::app::Shared;
use crate::settings::AccountKind;
use crate::staff::tests::Browser;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use handover_core::content::Content;
use handover_core::event::{ContactAct, FromContact};
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use handover_core::port::directory::Account;
use handover_core::port::outbox::ListPart;
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::words::{END, START};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// The secret of the desk, which nobody may see.
pub(crate) const SECRET: &str = "desk secret of the tests";

/// A webhook desk that answers with a status of the test's choice, and repeats its secret.
pub(crate) struct TestDesk {
    status: Arc<AtomicU16>,
}

impl TestDesk {
    /// Starts it and lets it take the sessions.
    pub(crate) async fn start(app: &Shared) -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let answers = Arc::clone(&status);
        let handler = move || {
            let status = StatusCode::from_u16(answers.load(Ordering::SeqCst)).unwrap();
            std::future::ready((status, format!("{{\"said\":\"{SECRET}\",\"token\":\"t0k3n\"}}")))
        };
        let router = Router::new().route("/hook/{*key}", post(handler));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = "a1b2c3d4e5f6a7b8c9d0";
        let url = format!("http://{}/hook/{key}?q=query-secret", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let settings = json!({ "url": url, "secret": SECRET });
        let desk = Account {
            id: AccountId::new("hook"),
            vendor: "webhook".into(),
            name: "Our desk".into(),
            settings: settings.as_object().unwrap().clone(),
        };
        app.settings.save_account(AccountKind::Desk, desk).await.unwrap();
        let mut livechat = app.settings.livechat();
        livechat.desk = Some("hook".into());
        app.settings.save_livechat(&livechat).await.unwrap();
        Self { status }
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

/// A contact of the web channel does something.
pub(crate) async fn contact(app: &Shared, name: &str, content: Content) -> ConversationId {
    let act = FromContact {
        source: Some(handover_core::ids::SourceId::new(uuid::Uuid::now_v7().to_string())),
        metadata: json!({ "name": name }).as_object().cloned(),
        verified: false,
        act: ContactAct::Said(content),
    };
    let (channel, key) = (AccountId::new("web"), ContactKey::new(name));
    app.engine.from_contact(&channel, &key, act).await.unwrap().conversation
}

/// Waits until the last delivery of a conversation to its desk is in this state.
pub(crate) async fn until(
    app: &Shared,
    id: &ConversationId,
    state: DeliveryState,
) -> DeliveryRecord {
    for _ in 0..1000 {
        let mut all = app.store.deliveries(id).await.unwrap();
        all.retain(|record| record.delivery.side == handover_core::delivery::Side::Desk);
        if let Some(last) = all.pop().filter(|last| last.state == state) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no delivery was {state:?}");
}

/// A message that the desk refused for good.
pub(crate) async fn dead_message(app: &Shared, desk: &TestDesk, name: &str) -> DeliveryRecord {
    desk.answer(200);
    let id = contact(app, name, Content::payload(START)).await;
    until(app, &id, DeliveryState::Delivered).await;
    desk.answer(400);
    contact(app, name, Content::text(format!("Hello from {name}"))).await;
    until(app, &id, DeliveryState::Dead).await
}

#[tokio::test]
async fn what_was_given_up_is_listed_with_its_reason_and_repeated() {
    let browser = Browser::with_neighbours(true).await;
    let browser = browser.into_member("admin", crate::staff::tests::PASSWORD).await;
    let desk = TestDesk::start(&browser.app).await;
    let dead = dead_message(&browser.app, &desk, "Ada").await.delivery.id;
    let page = browser.get("/activity").await;
    assert_eq!(page.status, 200);
    for words in
        ["Message to the desk", "the receiver answered 400", "Our desk", "Ada", "Repeat all"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(browser.get("/activity?account=web").await.text.contains("Nothing was given up here"));
    desk.answer(200);
    let (conversation, n) = (dead.conversation.to_string(), dead.n.to_string());
    let fields = [("conversation", &*conversation), ("n", &*n), ("from", "timeline")];
    let answer = browser.submit("/activity/repeat", &fields).await;
    assert_eq!(answer.to(), format!("/activity/c/{conversation}?done=repeated#d{n}"));
    until(&browser.app, &dead.conversation, DeliveryState::Delivered).await;
    let timeline = browser.get(&format!("/activity/c/{conversation}")).await.text;
    for words in [
        "Hello from Ada",
        "rule 1: the contact asks for a human",
        "Try 1",
        "Try 2",
        "Repeated by an operator",
        "/hook/(secret)",
        "first try after",
        "arrived after",
    ] {
        assert!(timeline.contains(words), "{words}: {timeline}");
    }
    for secret in [SECRET, "t0k3n", "query-secret", "a1b2c3d4e5f6a7b8c9d0"] {
        assert!(!page.text.contains(secret) && !timeline.contains(secret), "{secret}");
    }
    assert_eq!(browser.submit("/activity/repeat", &fields).await.status, 409, "promise C");
}

#[tokio::test]
async fn all_are_repeated_at_once_and_one_is_skipped_with_a_note() {
    let browser = Browser::with_neighbours(true).await;
    let browser = browser.into_member("admin", crate::staff::tests::PASSWORD).await;
    let desk = TestDesk::start(&browser.app).await;
    let first = dead_message(&browser.app, &desk, "Ada").await.delivery.id;
    let second = dead_message(&browser.app, &desk, "Eve").await.delivery.id;
    let conversation = first.conversation.to_string();
    let n = first.n.to_string();
    let mut fields = vec![("conversation", &*conversation), ("n", &*n), ("from", "overview")];
    assert_eq!(browser.submit("/activity/skip", &fields).await.status, 422, "a note is needed");
    fields.push(("note", "Told her by telephone"));
    assert_eq!(browser.submit("/activity/skip", &fields).await.to(), "/activity?done=skipped");
    let timeline = browser.get(&format!("/activity/c/{conversation}")).await.text;
    assert!(timeline.contains("Told her by telephone"), "{timeline}");
    desk.answer(200);
    let answer = browser.submit("/activity/repeat-all", &[("account", "hook")]).await;
    assert_eq!(answer.to(), "/activity?done=all");
    until(&browser.app, &second.conversation, DeliveryState::Delivered).await;
    let part = ListPart { limit: 9, ..ListPart::default() };
    assert!(browser.app.outbox.dead(part).await.unwrap().is_empty());
    let answer = browser.submit("/activity/repeat-all", &[]).await;
    assert_eq!(answer.to(), "/activity?done=none");
}

#[tokio::test]
async fn promise_g_what_changed_nothing_says_why() {
    let browser = Browser::signed_in().await;
    let id = contact(&browser.app, "Ada", Content::payload(END)).await;
    let timeline = browser.get(&format!("/activity/c/{id}")).await.text;
    assert!(
        timeline.contains("Ignored") && timeline.contains("It changed nothing: "),
        "{timeline}"
    );
    let overview = browser.get("/activity").await.text;
    assert!(overview.contains(&format!("/activity/c/{id}")) && overview.contains("with the bot"));
    let found = browser.get("/activity?find=Ada").await;
    assert_eq!(found.to(), format!("/activity/c/{id}"));
    let nowhere = browser.get("/activity?find=Nobody").await.text;
    assert!(nowhere.contains("No conversation has that id"), "{nowhere}");
}

#[tokio::test]
async fn a_long_conversation_has_pages() {
    let browser = Browser::signed_in().await;
    let mut id = None;
    for n in 0..60 {
        id = Some(contact(&browser.app, "Ada", Content::text(format!("word {n:02}."))).await);
    }
    let id = id.unwrap();
    while browser.app.store.load(&id).await.unwrap().unwrap().entries < 120 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let last = browser.get(&format!("/activity/c/{id}")).await.text;
    assert!(!last.contains("word 00.") && last.contains("Earlier lines"), "{last}");
    let before = last.split("?before=").nth(1).unwrap().split('"').next().unwrap();
    let first = browser.get(&format!("/activity/c/{id}?before={before}")).await.text;
    assert!(first.contains("word 00.") && !first.contains("Earlier lines"), "{first}");
    assert!(first.contains("The last lines"));
}

#[tokio::test]
async fn only_administrators_see_it() {
    let browser = Browser::new().await;
    assert_eq!(browser.get("/activity").await.status, 303);
    let browser = Browser::signed_in().await;
    let agent = [("name", "Bob"), ("login", "bob"), ("role", "agent")];
    let page = browser.submit("/settings/team", &agent).await.text;
    let password = page.split("<code").nth(2).unwrap().split('>').nth(1).unwrap();
    let password = password.split('<').next().unwrap().to_owned();
    let browser = browser.into_member("bob", &password).await;
    assert_eq!(browser.get("/activity").await.status, 403);
    assert_eq!(browser.get("/activity/c/x").await.status, 403);
    assert_eq!(browser.submit("/activity/repeat-all", &[]).await.status, 403);
    assert!(!browser.get("/console").await.text.contains("/activity"));
}
