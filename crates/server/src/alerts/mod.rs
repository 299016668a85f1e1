//! What needs an operator: deliveries that were given up, a queue that stands still, hooks that do not arrive. Each is a
//! metric, a line in the log once for each change, a notice on the Activity page, and a signed post where one is wanted.

mod judge;
mod post;
#[cfg(test)]
mod tests;

pub use judge::{Raised, Seen};

use crate::api::metrics::METRICS;
use crate::app::{App, Shared};
use crate::settings::AccountKind;
use handover_core::port::http::Http;
use handover_core::port::store::{Record, Records, StoreError};
use judge::{Judge, News};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::MissedTickBehavior;

/// How old the oldest delivery that waits may be, in seconds, unless told otherwise.
pub const QUEUE_AGE_S: i64 = 600;
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// The kind and the id of the document that keeps what was told, so that a restart does not tell it again.
const KIND: &str = "alerts";
const ID: &str = "raised";

/// What the operator wants to be told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is posted.
    pub webhook: Option<Webhook>,
    /// How old the oldest delivery that waits may be, in seconds.
    pub queue_age_s: i64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { webhook: None, queue_age_s: QUEUE_AGE_S }
    }
}

/// Where alerts are posted.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// What posts are signed with.
    pub secret: String,
}

impl std::fmt::Debug for Webhook {
    /// Both may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

/// What is wrong now.
pub struct Alerts {
    wanted: Wanted,
    judge: Mutex<Judge>,
}

impl Alerts {
    /// Goes on from what was told before the last stop.
    ///
    /// # Errors
    /// When the store fails. A document that cannot be read is left out: then it is told again.
    pub async fn load(records: &dyn Records, wanted: Wanted) -> Result<Self, StoreError> {
        let told = records.get(KIND, ID).await?;
        let judge = told.and_then(|record| serde_json::from_value(record.body).ok());
        Ok(Self { wanted, judge: Mutex::new(judge.unwrap_or_default()) })
    }

    /// What is wrong now.
    pub fn raised(&self) -> Vec<Raised> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner).raised()
    }

    /// Looks, and gives what has changed. What is kept is written first: rather told twice than never.
    async fn look(&self, app: &App) -> Result<Vec<News>, StoreError> {
        if !app.nodes.is_ours(KIND) {
            // Another node looks; what it has told is known here, too, for whenever it is gone.
            let told = app.records.get(KIND, ID).await?;
            let judge = told.and_then(|record| serde_json::from_value(record.body).ok());
            *self.judge.lock().unwrap_or_else(PoisonError::into_inner) = judge.unwrap_or_default();
            return Ok(Vec::new());
        }
        let seen = observe(app).await?;
        let (news, kept) = {
            let mut judge = self.judge.lock().unwrap_or_else(PoisonError::into_inner);
            let news = judge.look(&seen, self.wanted.queue_age_s);
            (news, serde_json::to_value(&*judge).unwrap_or_default())
        };
        METRICS.alerts(&self.raised());
        if !news.is_empty() {
            app.records.put(Record { kind: KIND.into(), id: ID.into(), body: kept }).await?;
        }
        Ok(news)
    }
}

/// Looks for as long as the program runs.
pub async fn run(app: Shared, http: Arc<dyn Http>) {
    let (sender, receiver) = unbounded_channel();
    let posting =
        post::run(http, Arc::clone(&app.clock), app.alerts.wanted.webhook.clone(), receiver);
    let looking = async {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let news = match app.alerts.look(&app).await {
                Ok(news) => news,
                Err(error) => {
                    tracing::error!(%error, "alerts could not be looked for; trying again");
                    continue;
                }
            };
            for news in news {
                tell(&news);
                // Without an address nobody listens, and that is all right.
                let _ = sender.send(post::Post::of(&news, &app));
            }
        }
    };
    tokio::join!(posting, looking);
}

fn tell(news: &News) {
    let (alert, about, text) = (&*news.raised.alert, &news.raised.about, &news.raised.text);
    if news.over {
        tracing::warn!(alert, about, "over: {text}");
    } else {
        tracing::warn!(alert, about, "{text}");
    }
}

async fn observe(app: &App) -> Result<Seen, StoreError> {
    let now = app.clock.now();
    let desks = app.settings.accounts(AccountKind::Desk);
    let hooks = desks.iter().filter_map(|desk| {
        let why = app.health.of(&desk.id).hooks_lost(now)?;
        Some((desk.id.to_string(), format!("{}: {why}.", desk.name)))
    });
    Ok(Seen {
        now,
        dead: app.store.counts().await?.deliveries_dead,
        waiting: app.outbox.waiting_since().await?,
        hooks: hooks.collect(),
    })
}
