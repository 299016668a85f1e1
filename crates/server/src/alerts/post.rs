//! Posts alerts, signed after Standard Webhooks, one after the other, a few times each.

use super::Webhook;
use super::judge::News;
use crate::app::App;
use handover_adapters::kit::post::{outcome, signed};
use handover_adapters::kit::time::rfc3339;
use handover_core::port::channel::Step;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::http::Http;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Seconds before each further try.
const AGAIN_AFTER_S: [u64; 4] = [1, 5, 30, 120];

/// One post.
pub(super) struct Post {
    id: String,
    body: Value,
}

impl Post {
    pub(super) fn of(news: &News, app: &App) -> Self {
        let raised = &news.raised;
        let kind = if news.over { "alert.over" } else { "alert.raised" };
        let body = json!({
            "type": kind,
            "alert": raised.alert,
            "about": raised.about,
            "text": raised.text,
            "value": raised.value,
            "since": rfc3339(raised.since),
            "at": rfc3339(news.at),
            "page": format!("{}/activity", app.settings.place().base_url),
        });
        let about = if raised.about.is_empty() { "all" } else { &raised.about };
        Self { id: format!("{kind}/{}/{about}/{}", raised.alert, news.at.as_ms()), body }
    }
}

/// Posts what comes, until the program stops.
pub(super) async fn run(
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    webhook: Option<Webhook>,
    mut posts: UnboundedReceiver<Post>,
) {
    while let Some(post) = posts.recv().await {
        if let Some(webhook) = &webhook
            && let Err(why) = bring(&*http, &*clock, webhook, &post).await
        {
            tracing::error!(id = post.id, why, "an alert could not be posted; check [alerts]");
        }
    }
}

/// Posts one, again and again where that may help.
async fn bring(
    http: &dyn Http,
    clock: &dyn Clock,
    webhook: &Webhook,
    post: &Post,
) -> Result<(), String> {
    let mut waits = AGAIN_AFTER_S.into_iter();
    loop {
        let Webhook { url, secret } = webhook;
        let request = match signed(url, secret, &post.id, clock.now(), &post.body) {
            Step::Call(request) => request,
            _ => return Err("it could not be signed".into()),
        };
        let why = match http.call(request).await.map(|reply| outcome(&reply)) {
            Ok(Step::Done { .. }) => return Ok(()),
            Ok(Step::Retry { why, .. }) => why,
            Ok(Step::Reject { why }) => return Err(why),
            Ok(Step::Call(_)) => return Err("it asked for more".into()),
            Err(error) => error.to_string(),
        };
        let Some(wait_s) = waits.next() else { return Err(why) };
        tokio::time::sleep(Duration::from_secs(wait_s)).await;
    }
}
