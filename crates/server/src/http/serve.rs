//! The listening socket: connections that say nothing are closed, their number is held below what the machine gives,
//! and a stop lets running requests end.

use super::held::Held;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// The largest head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How connections are held in check.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest that a request's head may take to arrive, and that a kept connection may rest.
    pub head: Duration,
    /// The same while more than half of the connections are taken.
    pub head_when_full: Duration,
    /// How long an answer may lie unread before the connection is given up.
    pub unread: Duration,
    /// Connections at once; others wait until one is free.
    pub connections_max: usize,
    /// How long running requests have to end after a stop.
    pub drain: Duration,
}

impl Limits {
    /// Fit for this machine: as many connections as it gives files, less those that we need ourselves.
    pub fn of_this_machine() -> Self {
        let files = open_files_max();
        // The store's files and what we call ourselves.
        let ours = (files / 8).max(512);
        Self {
            // Longer than proxies keep a connection to us open, or they would send into one that has just been closed.
            head: Duration::from_secs(75),
            head_when_full: Duration::from_secs(5),
            unread: Duration::from_secs(60),
            connections_max: files.saturating_sub(ours).max(files / 2).max(16),
            drain: Duration::from_secs(5),
        }
    }
}

/// Raises the limit of open files as far as it goes, and says where it stands.
#[cfg(unix)]
fn open_files_max() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    // Where it cannot be raised, the limit that stands is good enough.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    let current = getrlimit(Resource::Nofile).current.unwrap_or(1 << 20);
    usize::try_from(current).unwrap_or(usize::MAX).min(1 << 20)
}

#[cfg(not(unix))]
fn open_files_max() -> usize {
    4096
}

/// Serves until `stop` is done and running requests have ended.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let free = Arc::new(Semaphore::new(limits.connections_max));
    let (stopping, stopped) = watch::channel(());
    tokio::pin!(stop);
    loop {
        // A place first: while none is free, newcomers wait in the kernel's queue and cost nothing.
        let (place, accepted) = tokio::select! {
            accepted = async {
                let place = Arc::clone(&free).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
            () = &mut stop => break,
        };
        let Ok(place) = place else { break };
        let (socket, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly "too many open files": without a pause the loop would spin.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let full = free.available_permits() < limits.connections_max / 2;
        let head = if full { limits.head_when_full } else { limits.head };
        let socket = Held::new(socket, place, limits.unread);
        tokio::spawn(connection(socket, address, router.clone(), head, stopped.clone()));
    }
    drop((listener, stopped));
    let _ = stopping.send(());
    if tokio::time::timeout(limits.drain, stopping.closed()).await.is_err() {
        tracing::warn!("some requests had not ended when the time was up");
    }
}

async fn connection(
    socket: Held,
    address: SocketAddr,
    router: Router,
    head: Duration,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::trace!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, serve};
    use axum::Router;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::get;
    use std::net::SocketAddr;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    async fn start(
        connections_max: usize,
    ) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let socket = |upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(|socket| async {
                let _open = socket;
                std::future::pending::<()>().await;
            })
        };
        let router = Router::new().route("/", get(|| async { "hello" }));
        let router = router.route("/big", get(|| async { vec![b'x'; 64 << 20] }));
        let router = router.route("/socket", get(socket)).route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                "done"
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let limits = Limits {
            head: Duration::from_millis(300),
            head_when_full: Duration::from_millis(100),
            unread: Duration::from_millis(200),
            connections_max,
            drain: Duration::from_secs(5),
        };
        let server = tokio::spawn(serve(listener, router, limits, async {
            let _ = stopped.await;
        }));
        (address, stop, server)
    }

    async fn get_path(address: SocketAddr, path: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let _ = socket.write_all(head.as_bytes()).await;
        let mut answer = String::new();
        // A server that has refused a head closes without reading the rest.
        let _ = socket.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn silent_connections_hurt_nobody() {
        let (address, _stop, _server) = start(40).await;
        let mut silent = Vec::new();
        for _ in 0..100 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        // More than there are places: someone who speaks waits only until silent ones are sent away.
        let answer = tokio::time::timeout(Duration::from_secs(5), get_path(address, "/")).await;
        assert!(answer.unwrap().ends_with("hello"));
        for mut socket in silent {
            let mut rest = Vec::new();
            let closed =
                tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut rest));
            assert!(closed.await.is_ok(), "promise E: each wait has an end");
        }
    }

    #[tokio::test]
    async fn a_head_that_trickles_in_is_cut_off() {
        let (address, _stop, _server) = start(40).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut rest));
        assert!(closed.await.is_ok());
    }

    #[tokio::test]
    async fn a_web_socket_may_be_silent() {
        let (address, _stop, _server) = start(40).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = "GET /socket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 101");
        let mut rest = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_millis(600), socket.read_to_end(&mut rest));
        assert!(closed.await.is_err(), "the limit for heads no longer counts");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_does_not_hold_its_place_for_ever() {
        let (address, _stop, _server) = start(1).await;
        let mut lazy = TcpStream::connect(address).await.unwrap();
        lazy.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(5), get_path(address, "/")).await;
        assert!(answer.unwrap().ends_with("hello"), "promise E: the only place is free again");
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _stop, _server) = start(40).await;
        let answer = get_path(address, &format!("/{}", "x".repeat(100_000))).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }

    #[tokio::test]
    async fn a_stop_lets_running_requests_end() {
        let (address, stop, server) = start(40).await;
        let running = tokio::spawn(get_path(address, "/slow"));
        tokio::time::sleep(Duration::from_millis(30)).await;
        stop.send(()).unwrap();
        assert!(running.await.unwrap().ends_with("done"));
        tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
