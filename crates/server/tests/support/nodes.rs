//! Several nodes on one database.

use super::api::Api;
use super::program::{Program, free_address, log_of};
use rustix::process::Pid;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How many there are unless a test says otherwise.
pub(crate) const NODES: usize = 3;

/// Where a node keeps what is its own, and where it listens.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    /// The process whose network it is in, if not in ours.
    pub(crate) network: Option<Pid>,
    /// Another build of the program, if not this one.
    pub(crate) build: Option<PathBuf>,
}

impl Place {
    pub(crate) fn start(&self) -> Program {
        match (self.network, &self.build) {
            (Some(network), _) => Program::start_beside(network, &self.folder, self.address),
            (None, Some(build)) => Program::start_other(build, &self.folder, self.address),
            (None, None) => Program::start(&self.folder, self.address),
        }
    }
}

/// Places of nodes that share a database, a key and perhaps servers for hints.
pub(crate) fn places(home: &Path, database: &str, bus: Option<&str>) -> Vec<Place> {
    let key = home.join("key");
    let mut file = format!(
        "api_requests_per_s = 100000\nallow_private_networks = true\ndatabase = {database:?}\nkey_file = {:?}\n",
        key.display().to_string()
    );
    if let Some(bus) = bus {
        file.push_str(&format!("bus = {bus:?}\n"));
    }
    let place = |n: usize| {
        let folder = home.join(format!("node-{n}"));
        std::fs::write(folder.with_extension("toml"), &file).unwrap();
        Place { folder, address: free_address(), network: None, build: None }
    };
    (0..NODES).map(place).collect()
}

/// All at once, on whatever is in the database.
pub(crate) async fn start(places: &[Place]) -> Vec<Option<Program>> {
    let starting = places.iter().cloned();
    let starting = starting
        .map(|place| tokio::task::spawn_blocking(move || place.start()))
        .collect::<Vec<_>>();
    let mut nodes = Vec::new();
    for node in starting {
        nodes.push(Some(node.await.unwrap()));
    }
    nodes
}

/// What all of them wrote down.
pub(crate) fn logs(places: &[Place]) -> String {
    places.iter().map(|place| log_of(&place.folder)).collect::<Vec<_>>().join("\n---\n")
}

/// A caller of all of them.
pub(crate) fn all_of(places: &[Place]) -> Api {
    Api::of(&places.iter().map(|place| place.address).collect::<Vec<_>>())
}

/// Waits until nothing is left to be delivered; says how long that took.
pub(crate) async fn at_rest(api: &Api, places: &[Place]) -> Duration {
    let over = Instant::now();
    while api.metric("handover_deliveries_pending").await != Some(0) {
        assert!(over.elapsed() < Duration::from_secs(60), "no rest: {}", logs(places));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    over.elapsed()
}
