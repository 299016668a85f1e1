//! Alerts over a whole program, and their posts.

use super::post::{Post, run};
use super::{Alerts, Wanted, Webhook, tell};
use crate::activity::tests::{TestDesk, dead_message};
use crate::staff::tests::{Browser, PASSWORD};
use async_trait::async_trait;
use handover_adapters::kit::webhook;
use handover_core::ids::AccountId;
use handover_core::port::http::{CallError, Http, Reply, Request};
use handover_core::port::watch::Watch;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::unbounded_channel;

/// A receiver that fails once.
#[derive(Default)]
struct Receiver(Mutex<Vec<Request>>);

#[async_trait]
impl Http for Receiver {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let mut posts = self.0.lock().unwrap();
        posts.push(request);
        let status = if posts.len() == 1 { 503 } else { 204 };
        Ok(Reply { status, headers: Vec::new(), body: Vec::new() })
    }
}

/// What is written to the log meanwhile.
fn logged(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let log_to = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(log_to, act);
    let bytes = log.0.lock().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn what_was_given_up_is_told_once_shown_and_over_when_it_is_repeated() {
    let browser = Browser::with_neighbours(true).await.into_member("admin", PASSWORD).await;
    let app = &browser.app;
    let desk = TestDesk::start(app).await;
    let alerts = Alerts::load(&*app.records, Wanted::default()).await.unwrap();
    assert_eq!(alerts.look(app).await.unwrap(), []);
    let dead = dead_message(app, &desk, "Ada").await.delivery.id;
    let news = alerts.look(app).await.unwrap();
    assert_eq!(news[0].raised.alert, "deliveries_dead");
    assert_eq!(alerts.look(app).await.unwrap(), []);
    let after_a_restart = Alerts::load(&*app.records, Wanted::default()).await.unwrap();
    assert_eq!(after_a_restart.look(app).await.unwrap(), []);
    let metrics = browser.get("/metrics").await.text;
    assert!(metrics.contains("handover_alert{alert=\"deliveries_dead\""), "{metrics}");
    crate::activity::act::skip(app, &dead, "Ada", "no use").await.unwrap();
    let news = alerts.look(app).await.unwrap();
    assert!(news[0].over && alerts.raised().is_empty());
}

#[tokio::test]
async fn hooks_that_do_not_arrive_are_told_by_the_desks_name() {
    let browser = Browser::with_neighbours(true).await;
    let app = &browser.app;
    let _desk = TestDesk::start(app).await;
    let alerts = Alerts::load(&*app.records, Wanted::default()).await.unwrap();
    let (desk, found) = (AccountId::new("hook"), app.clock.now().plus_ms(-180_000));
    app.health.missed(&desk, found, 2);
    let news = alerts.look(app).await.unwrap();
    assert_eq!((&*news[0].raised.alert, news[0].raised.about.as_str()), ("hooks_lost", "hook"));
    let logged = logged(|| tell(&news[0]));
    assert!(logged.contains("WARN") && logged.contains("its hooks do not arrive"), "{logged}");
    assert!(news[0].raised.text.starts_with("Our desk: its hooks do not arrive: 2 messages"));
    app.health.hooked(&desk, app.clock.now());
    assert!(alerts.look(app).await.unwrap()[0].over);
}

#[tokio::test]
async fn a_post_is_signed_and_tried_again_under_the_same_id() {
    let browser = Browser::with_neighbours(true).await;
    let app = &browser.app;
    let desk = TestDesk::start(app).await;
    dead_message(app, &desk, "Ada").await;
    let alerts = Alerts::load(&*app.records, Wanted::default()).await.unwrap();
    let news = alerts.look(app).await.unwrap();
    let receiver = Arc::new(Receiver::default());
    let (sender, posts) = unbounded_channel();
    sender.send(Post::of(&news[0], app)).unwrap();
    drop(sender);
    let hook = Webhook { url: "https://ops.example/a".into(), secret: "s3cret".into() };
    run(receiver.clone(), Arc::clone(&app.clock), Some(hook), posts).await;
    let posts = receiver.0.lock().unwrap();
    assert_eq!(posts.len(), 2);
    let id = |request: &Request| {
        let find = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        webhook::verify("s3cret", find, &request.body, app.clock.now()).unwrap();
        find("webhook-id").unwrap().to_owned()
    };
    assert_eq!(id(&posts[0]), id(&posts[1]));
    let body: serde_json::Value = serde_json::from_slice(&posts[1].body).unwrap();
    assert_eq!(
        (&body["type"], &body["alert"]),
        (&"alert.raised".into(), &"deliveries_dead".into())
    );
    assert!(body["page"].as_str().unwrap().ends_with("/activity"));
}
