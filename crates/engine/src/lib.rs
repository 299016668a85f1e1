//! Accept, deliver, fire timers: async over the ports. The engine names no vendor, no database and no runtime; it
//! loads, lets the core decide, commits, and only then lets anyone know.

mod accept;
mod attempt;
mod crowd;
mod deliver;
mod desk;
mod hook;
mod identity;
mod insist;
mod judge;
mod latest;
mod lease;
mod lock;
mod look;
mod pace;
mod retry;
mod seen;
mod turn;

pub use accept::{Accepted, Error};
pub use hook::{Hook, HookError};
pub use identity::conversation_id;
pub use look::CaughtUp;
pub use retry::{TRIES_MAX, next_try};

use handover_core::port::bot::Bots;
use handover_core::port::bus::Bus;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::http::Http;
use handover_core::port::store::Store;
use handover_core::port::watch::Watch;
use std::sync::Arc;

/// How long a delivery may be worked on before someone else takes it: longer than a bot's turn. A delivery of many slow
/// calls stops in time and is tried again.
pub const LEASE_MS: i64 = 120_000;

/// The engine: cheap to clone, shared by all drivers.
#[derive(Clone)]
pub struct Engine {
    ports: Ports,
    locks: Arc<lock::Locks>,
    latest: Arc<latest::Latest>,
    paces: Arc<pace::Paces>,
    crowds: crowd::Crowds,
}

/// What the engine works with.
#[derive(Clone)]
pub struct Ports {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Hints to those who listen.
    pub bus: Arc<dyn Bus>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is configured.
    pub directory: Arc<dyn Directory>,
    /// The guarded HTTP client.
    pub http: Arc<dyn Http>,
    /// The bots.
    pub bots: Arc<dyn Bots>,
    /// Who wants to know how accounts do.
    pub watch: Arc<dyn Watch>,
}

impl Engine {
    /// So many nodes call the same accounts from now on, this one among them: each keeps to its share of their limits.
    pub fn share_limits(&self, nodes: u32) {
        self.paces.share(nodes);
    }

    /// An engine over these ports.
    pub fn new(ports: Ports) -> Self {
        Self {
            ports,
            locks: Arc::default(),
            latest: Arc::default(),
            paces: Arc::default(),
            crowds: crowd::Crowds::default(),
        }
    }
}
