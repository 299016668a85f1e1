//! Hints by way of the database itself: gathered, and told on a connection of their own.

use super::wire::{self, NodeId};
use super::{LocalBus, Outward};
use handover_core::port::bus::Envelope;
use handover_store::Postgres;
use handover_store::postgres::Line;
use std::sync::Arc;
use std::time::Duration;

/// How long is waited before a lost connection is made anew.
const RECONNECT: Duration = Duration::from_secs(1);
/// How often a connection is asked whether it lives: one that is cut off is silent like one on which nothing is told.
const CHECK: Duration = Duration::from_secs(2);

/// Hints by way of the database itself.
pub struct Notices {
    database: Arc<Postgres>,
    node: NodeId,
    bus: Arc<LocalBus>,
    outward: Arc<Outward>,
}

impl Notices {
    /// Carries what this bus is told, once it runs.
    pub fn new(database: Arc<Postgres>, node: NodeId, bus: Arc<LocalBus>) -> Self {
        let outward = bus.carry_outward();
        Self { database, node, bus, outward }
    }

    /// Carries hints until it is dropped.
    pub async fn run(self) {
        loop {
            match self.database.line().await {
                Ok(line) => {
                    // Nobody knows what was told in the meantime, here or there.
                    self.bus.carrier_is(true);
                    self.bus.hear(Envelope::Lost);
                    self.outward.add(Envelope::Lost);
                    self.carry(line).await;
                    self.bus.carrier_is(false);
                    tracing::warn!(
                        "the connection for hints is lost; all goes on, a little slower"
                    );
                }
                Err(error) => tracing::warn!(%error, "no connection for hints; trying again"),
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn carry(&self, mut line: Line) {
        let mut next = std::pin::pin!(self.outward.next());
        let mut check = tokio::time::interval(CHECK);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = check.tick() => {
                    if let Err(error) = line.check().await {
                        tracing::debug!(%error, "nobody answers on the connection for hints");
                        return;
                    }
                }
                letter = line.heard() => match letter {
                    Some(letter) => {
                        for envelope in wire::read(&self.node, &letter) {
                            self.bus.hear(envelope);
                        }
                    }
                    None => return,
                },
                hints = &mut next => {
                    for letter in wire::write(&self.node, hints, Postgres::LETTER_BYTES_MAX) {
                        if let Err(error) = line.tell(&letter).await {
                            tracing::debug!(%error, "a hint could not be told to other nodes");
                            return;
                        }
                    }
                    next.set(self.outward.next());
                }
            }
        }
    }
}
