//! NATS servers of our own, from Debian's package.

use super::program::free_address;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A server, gone when dropped.
pub(crate) struct Nats(Child);

impl Nats {
    pub(crate) fn start(address: SocketAddr) -> Self {
        Self::start_with(address, &[])
    }

    fn start_with(address: SocketAddr, more: &[&str]) -> Self {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        // Debian puts it where only root's shell looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let server = Command::new("nats-server")
            .env("PATH", path)
            .args(["--addr", &host, "--port", &port])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server: install Debian's package of that name, as ./test does");
        Self(server)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Three servers that know each other.
pub(crate) struct Three {
    /// Where nodes reach them, and where they reach each other.
    at: [(SocketAddr, SocketAddr); 3],
    servers: [Option<Nats>; 3],
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
        self.servers[n] = Some(Nats::start_with(address, &words));
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
