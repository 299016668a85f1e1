//! Hints by way of NATS: published and forgotten, as everything they tell is in the store.

use super::wire::{self, NodeId};
use super::{LocalBus, Outward};
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event};
use futures_util::StreamExt;
use handover_core::port::bus::Envelope;
use std::sync::Arc;
use std::time::Duration;

/// Where all nodes of one database meet, below the name that keeps two databases apart.
const SUBJECT: &str = "handover.hints";
/// The longest letter, in bytes: a server takes a million unless told otherwise.
const LETTER_BYTES_MAX: usize = 64 * 1024;
/// The most that is waited between two attempts to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(2);
/// How often a server is asked whether it lives: after three of these without an answer it does not.
const PING: Duration = Duration::from_secs(2);

/// How a server is connected to: at once or later, and again and again.
pub(crate) fn options() -> ConnectOptions {
    ConnectOptions::new()
        .name("handover")
        .retry_on_initial_connect()
        .connection_timeout(Duration::from_secs(3))
        .ping_interval(PING)
        .reconnect_delay_callback(|attempts| {
            let doubled = 50_u64 << attempts.min(10);
            RECONNECT_MAX.min(Duration::from_millis(doubled))
        })
}

/// The servers of a cluster, with commas between them: any one of them will do.
pub(crate) fn servers(urls: &str) -> Vec<&str> {
    urls.split(',').map(str::trim).collect()
}

/// Hints by way of NATS.
pub struct Nats {
    client: Client,
    subject: String,
    node: NodeId,
    bus: Arc<LocalBus>,
    outward: Arc<Outward>,
}

impl Nats {
    /// Begins to connect, and goes on by itself whenever the connection is lost, at another server if there are several: `url`
    /// names them with commas in between. `name` keeps two databases apart that use the same servers.
    ///
    /// # Errors
    /// When the address cannot be used. That nobody answers there is no error.
    pub async fn connect(
        url: &str,
        name: &str,
        node: NodeId,
        bus: Arc<LocalBus>,
    ) -> Result<Self, String> {
        let told = Arc::clone(&bus);
        let outward = bus.carry_outward();
        let ours = Arc::clone(&outward);
        let options = options().event_callback(move |event| {
            match event {
                // Nobody knows what was told in the meantime, here or there.
                Event::Connected => {
                    tracing::info!("connected to NATS");
                    told.carrier_is(true);
                    told.hear(Envelope::Lost);
                    ours.add(Envelope::Lost);
                }
                Event::Disconnected => {
                    told.carrier_is(false);
                    tracing::warn!("the connection to NATS is lost; all goes on, a little slower");
                }
                Event::SlowConsumer(_) => told.hear(Envelope::Lost),
                event => tracing::debug!(%event, "NATS"),
            }
            std::future::ready(())
        });
        let client = options.connect(servers(url)).await.map_err(|error| {
            format!("--bus: NATS cannot be used: {error}. Write it like nats://host:4222, with commas between several.")
        })?;
        let subject = format!("{SUBJECT}.{name}");
        Ok(Self { client, subject, node, bus, outward })
    }

    /// Carries hints until it is dropped.
    pub async fn run(self) {
        loop {
            match self.client.subscribe(self.subject.clone()).await {
                Ok(mut heard) => {
                    let mut next = std::pin::pin!(self.outward.next());
                    loop {
                        tokio::select! {
                            message = heard.next() => match message {
                                Some(message) => self.hear(&message.payload),
                                None => break,
                            },
                            hints = &mut next => {
                                self.tell(hints).await;
                                next.set(self.outward.next());
                            }
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "NATS does not let us listen; trying again"),
            }
            tokio::time::sleep(RECONNECT_MAX).await;
        }
    }

    fn hear(&self, letter: &[u8]) {
        for envelope in wire::read(&self.node, &String::from_utf8_lossy(letter)) {
            self.bus.hear(envelope);
        }
    }

    async fn tell(&self, hints: Vec<Envelope>) {
        if self.client.connection_state() != State::Connected {
            // What is told late is of no use: they look for themselves, and are told to when we are back.
            return;
        }
        for letter in wire::write(&self.node, hints, LETTER_BYTES_MAX) {
            if let Err(error) = self.client.publish(self.subject.clone(), letter.into()).await {
                tracing::debug!(%error, "a hint could not be told to other nodes");
            }
        }
    }
}
