//! Reads what waits, and publishes it.

use super::log::Log;
use super::shape::Letter;
use crate::api::metrics::METRICS;
use crate::bus::LocalBus;
use crate::doctor::is_probe;
use crate::nodes::Nodes;
use crate::settings::Settings;
use futures_util::stream::{StreamExt, iter};
use handover_core::ids::ConversationId;
use handover_core::port::bus::Envelope;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::events::{Events, Happened};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

/// What one node is enough for.
const WORK: &str = "events";
/// Events read at once.
const BATCH: u32 = 1000;
/// Conversations that are published side by side.
const SIDE_BY_SIDE: usize = 256;
/// How long a lost hint may hold events up.
const LOOK: Duration = Duration::from_secs(1);
/// How long what comes together is gathered.
const GATHER: Duration = Duration::from_millis(10);
/// How long is waited after something went wrong.
const AGAIN: Duration = Duration::from_secs(2);
/// How often it is looked whether the connection is there.
const CONNECT: Duration = Duration::from_millis(50);
/// How long it may be away before that is told.
const AWAY: Duration = Duration::from_secs(3);
/// What was read longer ago may have been published by another node since, so long ago that JetStream no longer knows a
/// repeat: half of the shortest time that is usual.
const STALE: Duration = Duration::from_secs(60);
/// How often it is counted how many wait, at most.
const COUNT: Duration = Duration::from_secs(1);
/// The part of the time that counting may take when there are very many: one in so many.
const COUNT_SHARE: u32 = 50;
/// How often the same trouble is told.
const TELL: Duration = Duration::from_secs(600);

/// Publishes events.
pub struct Publisher {
    /// Where they wait.
    pub events: Arc<dyn Events>,
    /// Where they go.
    pub log: Log,
    /// Who publishes.
    pub nodes: Arc<Nodes>,
    /// Tells that there are some.
    pub bus: Arc<LocalBus>,
    /// Knows our address.
    pub settings: Arc<Settings>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What keeps two databases apart that publish to one stream.
    pub database: String,
}

/// What became of events of one conversation.
#[derive(Default)]
struct Lane {
    told: Vec<u64>,
    failed: Option<String>,
}

impl Publisher {
    /// Publishes until it is dropped. What is not acknowledged by then is published by whoever is next.
    pub async fn run(self) {
        let mut hints = self.bus.subscribe();
        let mut trouble = Trouble::default();
        let (mut count_at, mut connected_at) = (Instant::now(), Instant::now());
        loop {
            let began = Instant::now();
            if began >= count_at {
                self.count().await;
                count_at = Instant::now() + COUNT.max(began.elapsed() * COUNT_SHARE);
            }
            if !self.nodes.is_ours(WORK) {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            if !self.log.is_connected() {
                if connected_at.elapsed() >= AWAY {
                    trouble.tell("the NATS server cannot be reached");
                }
                tokio::time::sleep(CONNECT).await;
                continue;
            }
            connected_at = Instant::now();
            match self.turn().await {
                Ok(is_more) => {
                    trouble.is_over();
                    if !is_more {
                        wait(&mut hints).await;
                    }
                }
                Err(why) => {
                    trouble.tell(&why);
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// Publishes some. Says whether there may be more; the error says why some were not taken.
    pub(super) async fn turn(&self) -> Result<bool, String> {
        let found = self.events.events(BATCH).await.map_err(|error| error.to_string())?;
        if found.is_empty() {
            return Ok(false);
        }
        let read_at = Instant::now();
        self.log.prepare().await?;
        let is_all = found.len() < BATCH as usize;
        let lanes = iter(lanes(found)).map(|lane| self.publish(lane, read_at));
        let ended: Vec<Lane> = lanes.buffer_unordered(SIDE_BY_SIDE).collect().await;
        let told: Vec<u64> = ended.iter().flat_map(|lane| lane.told.iter().copied()).collect();
        if !told.is_empty() {
            self.events.told(&told).await.map_err(|error| error.to_string())?;
        }
        match ended.into_iter().find_map(|lane| lane.failed) {
            Some(why) => Err(why),
            None => Ok(!is_all),
        }
    }

    /// One after the other, so that none can overtake the one before it, however it fared.
    async fn publish(&self, lane: Vec<Happened>, read_at: Instant) -> Lane {
        let mut done = Lane::default();
        let base_url = &self.settings.place().base_url;
        for event in lane {
            if read_at.elapsed() >= STALE {
                done.failed = Some("publishing is very slow".into());
                break;
            }
            if !self.log.is_connected() {
                done.failed = Some("the connection to the NATS server was lost".into());
                break;
            }
            // What a test of the loop does is no contact's.
            if !is_probe(&event.at.channel) {
                let bytes_max = self.log.bytes_max();
                let letter = Letter::of(&event, &self.database, base_url, bytes_max);
                let told = match letter {
                    Ok(letter) => self.log.publish(letter).await,
                    Err(error) => Err(error.to_string()),
                };
                if let Err(why) = told {
                    done.failed = Some(why);
                    break;
                }
            }
            done.told.push(event.place);
        }
        done
    }

    async fn count(&self) {
        let (count, first) = (self.events.events_waiting().await, self.events.events(1).await);
        let (Ok(count), Ok(first)) = (count, first) else { return };
        let since = first.first().map(|event| event.entry.at);
        METRICS.events_waiting(count, since, self.clock.now());
    }
}

/// Events by conversation, each in its order.
fn lanes(events: Vec<Happened>) -> Vec<Vec<Happened>> {
    let mut lanes: Vec<Vec<Happened>> = Vec::new();
    let mut known: HashMap<ConversationId, usize> = HashMap::new();
    for event in events {
        let next = lanes.len();
        let lane = *known.entry(event.at.id.clone()).or_insert(next);
        match lanes.get_mut(lane) {
            Some(lane) => lane.push(event),
            None => lanes.push(vec![event]),
        }
    }
    lanes
}

/// Waits until there may be events.
async fn wait(hints: &mut Receiver<Envelope>) {
    let hint = async {
        loop {
            match hints.recv().await {
                Ok(Envelope::Changed { .. } | Envelope::Lost) | Err(RecvError::Lagged(_)) => return,
                Ok(_) => {}
                // The program stops.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    if tokio::time::timeout(LOOK, hint).await.is_ok() {
        tokio::time::sleep(GATHER).await;
    }
}

/// What was told of trouble, so that the log is not full of it.
#[derive(Default)]
struct Trouble(Option<(String, Instant)>);

impl Trouble {
    fn tell(&mut self, why: &str) {
        let is_known = self.0.as_ref().is_some_and(|(told, at)| told == why && at.elapsed() < TELL);
        if !is_known {
            tracing::warn!("events wait to be published: {why}");
            self.0 = Some((why.to_owned(), Instant::now()));
        }
    }

    fn is_over(&mut self) {
        if self.0.take().is_some() {
            tracing::info!("events are published again");
        }
    }
}
