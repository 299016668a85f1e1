//! What every handler may use.

use crate::alerts::Alerts;
use crate::bots::Library;
use crate::bus::LocalBus;
use crate::desks::health::Health;
use crate::doctor::Doctor;
use crate::files::Blobs;
use crate::nodes::Nodes;
use crate::settings::Settings;
use crate::vault::Vault;
use handover_core::port::clock::Clock;
use handover_core::port::outbox::Outbox;
use handover_core::port::store::{Records, Store};
use handover_engine::Engine;
use std::num::NonZeroU32;
use std::sync::Arc;

/// What every handler may use: axum's state, shared by all.
pub type Shared = Arc<App>;

/// The running program.
pub struct App {
    /// Takes events.
    pub engine: Engine,
    /// Reads conversations.
    pub store: Arc<dyn Store>,
    /// Shows deliveries to operators.
    pub outbox: Arc<dyn Outbox>,
    /// What is wrong now.
    pub alerts: Arc<Alerts>,
    /// Reads and writes configuration documents.
    pub records: Arc<dyn Records>,
    /// Carries hints to open sockets and waiting requests.
    pub bus: Arc<LocalBus>,
    /// Which processes share the work.
    pub nodes: Arc<Nodes>,
    /// How desks are doing.
    pub health: Arc<Health>,
    /// Tests of desks.
    pub doctor: Doctor,
    /// What is configured.
    pub settings: Arc<Settings>,
    /// The bots.
    pub bots: Arc<Library>,
    /// Seals secrets, signs tokens.
    pub vault: Arc<Vault>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What contacts and agents have sent.
    pub files: Arc<dyn Blobs>,
    /// How many requests an API key may make each second.
    pub api_requests_per_s: NonZeroU32,
}
