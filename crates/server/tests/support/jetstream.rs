//! A NATS server of our own, from Debian's package, with JetStream or without, and a consumer of its stream.

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A NATS server, gone when dropped. What it keeps stays in its folder.
pub(crate) struct NatsServer {
    child: Child,
    address: SocketAddr,
}

impl NatsServer {
    /// With JetStream, in a folder; without one, without it. Waits until it can be reached.
    pub(crate) fn start(address: SocketAddr, folder: Option<&Path>) -> Self {
        Self::start_with(address, folder, &[])
    }

    pub(crate) fn start_with(
        address: SocketAddr,
        folder: Option<&Path>,
        arguments: &[String],
    ) -> Self {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        // Debian puts it where only root's shell looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nats-server");
        command.env("PATH", path).args(["--addr", &host, "--port", &port]).args(arguments);
        if let Some(folder) = folder {
            command.arg("-js").arg("-sd").arg(PathBuf::from(folder));
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child =
            child.expect("nats-server: install Debian's package of that name, as ./test does");
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "NATS does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, address }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}

/// Three servers that keep streams together.
pub(crate) struct Cluster {
    folder: PathBuf,
    /// For those who publish, and for the servers among each other.
    addresses: Vec<(SocketAddr, SocketAddr)>,
    servers: Vec<Option<NatsServer>>,
}

impl Cluster {
    /// At these addresses, keeping what they keep in a folder.
    pub(crate) fn start(folder: &Path, addresses: Vec<(SocketAddr, SocketAddr)>) -> Self {
        let servers = addresses.iter().map(|_| None).collect();
        let mut cluster = Self { folder: folder.to_owned(), addresses, servers };
        (0..cluster.addresses.len()).for_each(|n| cluster.start_one(n));
        cluster
    }

    /// Starts one, anew.
    pub(crate) fn start_one(&mut self, n: usize) {
        let route = |(_, route): &(SocketAddr, SocketAddr)| format!("nats://{route}");
        let routes: Vec<String> = self.addresses.iter().map(route).collect();
        let arguments = [
            "--server_name".to_owned(),
            format!("server-{n}"),
            "--cluster_name".to_owned(),
            "cluster".to_owned(),
            "--cluster".to_owned(),
            routes[n].clone(),
            "--routes".to_owned(),
            routes.join(","),
        ];
        let folder = self.folder.join(n.to_string());
        self.servers[n] =
            Some(NatsServer::start_with(self.addresses[n].0, Some(&folder), &arguments));
    }

    /// Kills the server that leads a stream; says which.
    pub(crate) async fn kill_the_leader(&mut self, stream: &str) -> usize {
        let client = async_nats::connect(servers(&self.url())).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let stream = patiently(async || context.get_stream(stream).await).await;
        let leader = stream.cached_info().cluster.as_ref().and_then(|it| it.leader.clone());
        let leader = leader.and_then(|name| name.strip_prefix("server-")?.parse().ok());
        let leader = leader.unwrap_or_default();
        self.servers[leader] = None;
        leader
    }

    /// All of them.
    pub(crate) fn url(&self) -> String {
        let urls: Vec<String> =
            self.addresses.iter().map(|(address, _)| format!("nats://{address}")).collect();
        urls.join(",")
    }
}

impl Drop for NatsServer {
    /// The hard way: SIGKILL.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message of a stream.
pub(crate) struct Kept {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) event: Value,
}

fn servers(urls: &str) -> Vec<&str> {
    urls.split(',').collect()
}

/// Asks until there is an answer: servers that have just lost their leader take many seconds to agree on another.
async fn patiently<T, E: std::fmt::Debug>(ask: impl AsyncFn() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(90), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// All that a stream keeps, in its order.
pub(crate) async fn all(url: &str, stream: &str) -> Vec<Kept> {
    let context = async_nats::jetstream::new(async_nats::connect(servers(url)).await.unwrap());
    let stream = patiently(async || context.get_stream(stream).await).await;
    let count = usize::try_from(stream.cached_info().state.messages).unwrap();
    let config = pull::Config {
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let consumer = patiently(async || stream.create_consumer(config.clone()).await).await;
    let mut messages = consumer.messages().await.unwrap();
    let mut kept = Vec::new();
    while kept.len() < count {
        let message = messages.next().await.unwrap().unwrap();
        let id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id"));
        kept.push(Kept {
            subject: message.subject.to_string(),
            id: id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            event: serde_json::from_slice(&message.payload).unwrap(),
        });
    }
    kept
}

/// The numbers of the entries of each conversation, in the order in which they are kept.
pub(crate) fn numbers(kept: &[Kept]) -> BTreeMap<String, Vec<u64>> {
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for it in kept {
        let conversation = it.event["conversation"].as_str().unwrap().to_owned();
        numbers.entry(conversation).or_default().push(it.event["n"].as_u64().unwrap());
    }
    numbers
}
