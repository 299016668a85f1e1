//! Three NATS servers that carry hints.

use super::jetstream::NatsServer;
use super::program::free_address;
use std::net::SocketAddr;

/// Three servers that know each other.
pub(crate) struct Three {
    /// Where nodes reach them, and where they reach each other.
    at: [(SocketAddr, SocketAddr); 3],
    servers: [Option<NatsServer>; 3],
}

impl Three {
    pub(crate) fn start() -> Self {
        let at = [(); 3].map(|()| (free_address(), free_address()));
        let mut three = Self { at, servers: [None, None, None] };
        (0..3).for_each(|n| three.start_one(n));
        three
    }

    pub(crate) fn start_one(&mut self, n: usize) {
        let routes = self.at.map(|(_, route)| format!("nats://{route}")).join(",");
        let (address, route) = self.at[n];
        let cluster = format!("nats://{route}");
        let words = ["--cluster_name", "hints", "--cluster", &cluster, "--routes", &routes];
        let words = words.map(str::to_owned);
        self.servers[n] = Some(NatsServer::start_with(address, None, &words));
    }

    /// Kills one (SIGKILL).
    pub(crate) fn kill_one(&mut self, n: usize) {
        self.servers[n] = None;
    }

    /// All of them, as `--bus` takes them.
    pub(crate) fn bus(&self) -> String {
        self.at.map(|(address, _)| format!("nats://{address}")).join(",")
    }
}
