//! Puts the program together: store, settings, bots, engine, drivers. The command line and the tests both start here.

use crate::alerts::{self, Alerts};
use crate::app::{App, Shared};
use crate::bots::Library;
use crate::bus::{LocalBus, Nats, NodeId, Notices};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::desks;
use crate::desks::health::Health;
use crate::doctor::Doctor;
use crate::drivers;
use crate::files::{Blobs, Folder, InDatabase, OwnFiles};
use crate::first_run::{self, Made};
use crate::http::client::GuardedClient;
use crate::metered::Metered;
use crate::nodes::{Leases, Nodes, Place, Vouched};
use crate::settings::{Settings, SettingsError};
use crate::storage::Storage;
use crate::vault::{Vault, VaultError, random_text};
use handover_core::port::bus::Bus;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::http::Http;
use handover_core::port::store::{Record, Records, Store, StoreError};
use handover_core::port::watch::Watch;
use handover_engine::{Engine, Ports};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinSet;

/// How long what is being delivered may take to end when the program stops.
const DRAIN: Duration = Duration::from_secs(3);
/// How long telling other nodes may take then.
const TELL: Duration = Duration::from_secs(1);

/// The document by which it is known whether a key is the right one.
const KEY_KIND: &str = "settings";
const KEY: &str = "key";

/// Why the program cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("the data folder {path}: {problem}. Give another one with --data, or mend its rights.")]
    Data {
        /// The folder.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The store cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The key file cannot be used.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The configuration cannot be read.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// The demo bot or the HTTP client cannot be made.
    #[error("{0}")]
    Other(String),
}

/// The running program, without its socket. Dropping it stops the drivers.
pub struct Running {
    /// What every handler uses.
    pub app: Shared,
    /// What the first run made up, if this was it.
    pub made: Option<Made>,
    drivers: JoinSet<()>,
    deliveries: JoinSet<()>,
    is_shared: bool,
    _place: Option<Place>,
}

impl Running {
    /// From now on nothing new is taken up: whoever waits is sent away, other nodes share out what was ours.
    pub async fn leave(&self) {
        self.app.bus.stop();
        if !self.is_shared {
            return;
        }
        let told = tokio::time::timeout(TELL, self.app.nodes.leave()).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::warn!("other nodes could not be told; they will see it in a few seconds");
        }
    }

    /// Stops the drivers. What is being delivered has a few seconds to end; what has not ended by then is taken up again
    /// by another node, or at the next start.
    pub async fn stop(mut self) {
        self.leave().await;
        // What takes longer is looked up by whoever takes it up.
        let _ = tokio::time::timeout(DRAIN, self.deliveries.join_next()).await;
        self.deliveries.shutdown().await;
        self.drivers.shutdown().await;
        if !self.is_shared {
            return;
        }
        match self.app.nodes.give_back().await {
            Ok(given) => {
                tracing::info!(given, "what was still being delivered is given to other nodes");
            }
            Err(error) => {
                tracing::warn!(%error, "what was being delivered waits until other nodes see that this one is gone");
            }
        }
    }
}

/// Opens the data folder and starts the drivers.
///
/// # Errors
/// Says what is wrong and how to mend it.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    folder(&config.data)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let Storage { store, outbox, records, shared } = Storage::open(config, &*clock).await?;
    let store: Arc<dyn Store> = Arc::new(Metered::new(store));
    let vault = Arc::new(keep_key(config, &*records).await?);
    let bus = Arc::new(LocalBus::default());
    let leases = shared.clone().map(|database| database as Arc<dyn Leases>);
    let nodes = Nodes::new(NodeId::make(), machine(), records.clone(), leases, Arc::clone(&clock));
    let nodes = Arc::new(nodes);
    let settings = Arc::new(
        Settings::load(
            records.clone(),
            Arc::clone(&vault),
            Arc::clone(&bus),
            config.public_url.clone(),
        )
        .await?,
    );
    let client = GuardedClient::new(config.allow_private_networks).map_err(StartError::Other)?;
    let http: Arc<dyn Http> = Arc::new(client);
    let bots =
        Arc::new(Library::load(records.clone(), Arc::clone(&http), Arc::clone(&clock)).await?);
    let made = match &shared {
        None => first_run::first_run(&records, &settings, &bots, &config.presets).await?,
        Some(_) => first_run::of_many(&records, &settings, &bots, &config.presets).await?,
    };
    let health = Health::load(records.clone(), Arc::clone(&settings), Arc::clone(&clock)).await?;
    let health = Arc::new(health);
    let files: Arc<dyn Blobs> = match &shared {
        None => Arc::new(Folder::new(&config.data)),
        Some(database) => Arc::new(InDatabase::new(Arc::clone(database), &config.data)),
    };
    let own_files = OwnFiles::new(
        Arc::clone(&http),
        Arc::clone(&files),
        Arc::clone(&settings),
        Arc::clone(&vault),
    );
    let ports = Ports {
        store: Arc::clone(&store),
        bus: Arc::clone(&bus) as Arc<dyn Bus>,
        clock: Arc::clone(&clock),
        directory: Arc::clone(&settings) as Arc<dyn Directory>,
        http: Arc::new(Vouched::new(Arc::clone(nodes.vouch()), Arc::new(own_files))),
        bots: bots.clone(),
        watch: Arc::clone(&health) as Arc<dyn Watch>,
    };
    let alerts = Alerts::load(&*records, config.from_file.alerts.clone()).await?;
    let alerts = Arc::new(alerts);
    let engine = Engine::new(ports);
    let mut tasks = JoinSet::new();
    let mut place = None;
    if let Some(database) = &shared {
        place = nodes.settle_in(&config.data).await?;
        // The others are known before anything is shared out.
        nodes.beat().await?;
        tasks.spawn(Arc::clone(&nodes).run());
        let own = nodes.own().clone();
        match &config.bus {
            None => {
                let notices = Notices::new(Arc::clone(database), own, Arc::clone(&bus));
                tasks.spawn(notices.run());
            }
            Some(url) => {
                let name = database_name(&*records).await?;
                let nats = Nats::connect(url, &name, own, Arc::clone(&bus)).await;
                tasks.spawn(nats.map_err(StartError::Other)?.run());
            }
        }
        tasks.spawn(drivers::follow::run(
            Arc::clone(&settings),
            Arc::clone(&bots),
            Arc::clone(&bus),
        ));
        tasks.spawn(drivers::shares::run(engine.clone(), Arc::clone(&nodes)));
    }
    let mut deliveries = JoinSet::new();
    let vouch = Arc::clone(nodes.vouch());
    deliveries.spawn(drivers::deliveries::run(engine.clone(), Arc::clone(&bus), vouch));
    tasks.spawn(drivers::timers::run(engine.clone(), Arc::clone(&store), Arc::clone(&clock)));
    tasks.spawn(drivers::catch_up::run(
        engine.clone(),
        Arc::clone(&store),
        Arc::clone(&settings),
        Arc::clone(&bus),
        Arc::clone(&nodes),
        Arc::clone(&clock),
    ));
    tasks.spawn(drivers::presence::run(
        engine.clone(),
        Arc::clone(&settings),
        Arc::clone(&bus),
        Arc::clone(&clock),
    ));
    desks::hooks::warn_if_out_of_reach(&settings, &config.public_url);
    tasks.spawn(Arc::clone(&health).run());
    let app = Arc::new(App {
        engine,
        health,
        doctor: Doctor::default(),
        store,
        outbox,
        alerts: Arc::clone(&alerts),
        records,
        bus,
        nodes,
        settings,
        bots,
        vault,
        clock,
        files,
        api_requests_per_s: config.api_requests_per_s,
    });
    desks::in_place::put(&app, &config.from_file).await.map_err(StartError::Other)?;
    for desk in config.from_file.desks.clone() {
        tasks.spawn(desks::in_place::connect(Arc::clone(&app), desk));
    }
    tasks.spawn(alerts::run(Arc::clone(&app), http));
    let is_shared = shared.is_some();
    Ok(Running { app, made, drivers: tasks, deliveries, is_shared, _place: place })
}

/// Where the key is kept that seals secrets.
pub(crate) fn key_path(config: &Config) -> PathBuf {
    config.key_file.clone().unwrap_or_else(|| config.data.join("key"))
}

/// The key that seals secrets. It must open what another node or an earlier run has sealed; nothing is written of it in the
/// store.
pub(crate) async fn vault_of(config: &Config, records: &dyn Records) -> Result<Vault, StartError> {
    let path = key_path(config);
    let vault = Vault::open(&path)?;
    let sealed = records.get(KEY_KIND, KEY).await?;
    let sealed = sealed.as_ref().and_then(|record| record.body["sealed"].as_str());
    match sealed.map(|sealed| vault.open_sealed(KEY, sealed)) {
        Some(Err(_)) => Err(StartError::Other(format!(
            "{} holds another key than the one that sealed the secrets in this database. Give the first node's key with --key-file.",
            path.display()
        ))),
        _ => Ok(vault),
    }
}

/// The same, and from now on any other key is refused. The first of two that come together counts.
async fn keep_key(config: &Config, records: &dyn Records) -> Result<Vault, StartError> {
    let vault = vault_of(config, records).await?;
    let body = json!({ "sealed": vault.seal(KEY, KEY)? });
    if records.create(Record { kind: KEY_KIND.into(), id: KEY.into(), body }).await? {
        return Ok(vault);
    }
    vault_of(config, records).await
}

/// What keeps two databases apart that use the same NATS server.
async fn database_name(records: &dyn Records) -> Result<String, StartError> {
    let (kind, id) = ("settings", "database");
    let body = json!({ "name": random_text()? });
    records.create(Record { kind: kind.into(), id: id.into(), body }).await?;
    let record = records.get(kind, id).await?;
    let name = record.as_ref().and_then(|record| record.body["name"].as_str());
    name.map(str::to_owned).ok_or_else(|| StartError::Other("the database has no name".into()))
}

/// What this machine calls itself.
fn machine() -> String {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    "handover".into()
}

/// Makes the data folder, for its owner only.
fn folder(path: &Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| StartError::Data {
        path: path.display().to_string(),
        problem: error.to_string(),
    })
}
