//! Puts the program together: store, settings, bots, engine, drivers. The command line and the tests both start here.

use crate::alerts::{self, Alerts};
use crate::app::{App, Shared};
use crate::bots::Library;
use crate::bus::LocalBus;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::desks;
use crate::desks::health::Health;
use crate::doctor::Doctor;
use crate::drivers;
use crate::files::{Folder, OwnFiles};
use crate::first_run::{self, Made};
use crate::http::client::GuardedClient;
use crate::metered::Metered;
use crate::settings::{Settings, SettingsError};
use crate::vault::{Vault, VaultError};
use handover_core::port::bus::Bus;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::http::Http;
use handover_core::port::outbox::Outbox;
use handover_core::port::store::{Records, Store, StoreError};
use handover_core::port::watch::Watch;
use handover_engine::{Engine, Ports};
use handover_store::Sqlite;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;
use tokio::task::JoinSet;

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
}

impl Running {
    /// Stops the drivers. What they were at is taken up again at the next start.
    pub async fn stop(mut self) {
        self.drivers.shutdown().await;
    }
}

/// Opens the data folder and starts the drivers.
///
/// # Errors
/// Says what is wrong and how to mend it.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    folder(&config.data)?;
    let sqlite = Arc::new(Sqlite::open(config.data.join("handover.db"))?);
    let store: Arc<dyn Store> = Arc::new(Metered::new(sqlite.clone()));
    let outbox: Arc<dyn Outbox> = sqlite.clone();
    let records: Arc<dyn Records> = sqlite;
    let vault = Arc::new(Vault::open(&config.data.join("key"))?);
    let bus = Arc::new(LocalBus::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
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
    let made = first_run::first_run(&records, &settings, &bots, &config.presets).await?;
    let health = Health::load(records.clone(), Arc::clone(&settings), Arc::clone(&clock)).await?;
    let health = Arc::new(health);
    let ports = Ports {
        store: Arc::clone(&store),
        bus: Arc::clone(&bus) as Arc<dyn Bus>,
        clock: Arc::clone(&clock),
        directory: Arc::clone(&settings) as Arc<dyn Directory>,
        http: Arc::new(OwnFiles::new(
            Arc::clone(&http),
            Arc::new(Folder::new(&config.data)),
            Arc::clone(&settings),
            Arc::clone(&vault),
        )),
        bots: bots.clone(),
        watch: Arc::clone(&health) as Arc<dyn Watch>,
    };
    let alerts = Alerts::load(&*records, config.from_file.alerts.clone()).await?;
    let alerts = Arc::new(alerts);
    let engine = Engine::new(ports);
    let mut tasks = JoinSet::new();
    tasks.spawn(drivers::deliveries::run(engine.clone(), Arc::clone(&bus)));
    tasks.spawn(drivers::timers::run(engine.clone(), Arc::clone(&store), Arc::clone(&clock)));
    tasks.spawn(drivers::catch_up::run(
        engine.clone(),
        Arc::clone(&store),
        Arc::clone(&settings),
        Arc::clone(&bus),
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
        settings,
        bots,
        vault,
        clock,
        files: Arc::new(Folder::new(&config.data)),
        api_requests_per_s: config.api_requests_per_s,
    });
    desks::in_place::put(&app, &config.from_file).await.map_err(StartError::Other)?;
    for desk in config.from_file.desks.clone() {
        tasks.spawn(desks::in_place::connect(Arc::clone(&app), desk));
    }
    tasks.spawn(alerts::run(Arc::clone(&app), http));
    Ok(Running { app, made, drivers: tasks })
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
