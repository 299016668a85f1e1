//! Chat pages that are open and say nothing: what each costs the server.

use super::Subject;
use crate::child::{Place, Server};
use crate::figures::{Figures, Goal};
use futures_util::{SinkExt, StreamExt};
use handover::http::serve::Limits;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// As many as are wished for.
const WISHED: usize = 19_000;
/// Connections and files that are needed beside the sockets, on either side.
const SPARE: usize = 200;
/// Opened and closed before the first reading, so that what is only taken once is not counted.
const WARM_UP: usize = 500;
/// Handshakes at once.
const AT_ONCE: usize = 64;
/// Each page is pinged every 20 seconds: after this long, all have been.
const REST: Duration = Duration::from_secs(25);

pub(super) fn subjects() -> Vec<Subject> {
    vec![Subject::new("idle web sockets", |_| idle()).goal(Goal::AtMost("each_kb", 10.0))]
}

async fn idle() -> Result<Figures, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let server = Server::handover(&Place::at(folder.path()))?;
    let address: SocketAddr = server.address.parse().map_err(|_| "no address")?;
    // By the rule that the server keeps: a part of the open files stays free for its own.
    let taken = Limits::of_this_machine().connections_max;
    let count = WISHED.min(taken.saturating_sub(SPARE));
    drop(Pages::open(address, WARM_UP).await?);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before_kb = server.resident_kb();
    let began = Instant::now();
    let pages = Pages::open(address, count).await?;
    let opened_s = began.elapsed().as_secs_f64();
    tokio::time::sleep(REST).await;
    let resident_kb = server.resident_kb();
    let sockets = count as f64;
    let figures = Figures::default()
        .with("sockets", sockets)
        .with("each_kb", (resident_kb - before_kb) / sockets)
        .with("opened_per_s", sockets / opened_s)
        .with("before_mb", before_kb / 1024.0)
        .with("resident_mb", resident_kb / 1024.0)
        .faults(pages.lost.load(Ordering::Relaxed));
    Ok(if count < WISHED {
        figures.note(format!(
            "{count} sockets and not {WISHED}: with the open files that this machine allows, a server takes {taken} connections"
        ))
    } else {
        figures
    })
}

/// Pages that stay open until this is dropped.
struct Pages {
    lost: Arc<AtomicU64>,
    tasks: Vec<tokio::task::AbortHandle>,
}

impl Pages {
    async fn open(address: SocketAddr, count: usize) -> Result<Self, String> {
        let (lost, turn) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(AT_ONCE)));
        let (mut tasks, mut welcomes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for page in 0..count {
            let place = Arc::clone(&turn).acquire_owned().await.map_err(words)?;
            let (welcome, welcomed) = oneshot::channel();
            let lost = Arc::clone(&lost);
            let task = tokio::spawn(async move {
                let opened = greet(address, page).await;
                drop(place);
                let (socket, result) = match opened {
                    Ok(socket) => (Some(socket), Ok(())),
                    Err(why) => (None, Err(why)),
                };
                let _ = welcome.send(result);
                // Reading answers the server's pings.
                let Some(mut socket) = socket else { return };
                while let Some(Ok(_)) = socket.next().await {}
                lost.fetch_add(1, Ordering::Relaxed);
            });
            tasks.push(task.abort_handle());
            welcomes.push(welcomed);
        }
        let pages = Self { lost, tasks };
        for welcomed in welcomes {
            welcomed.await.map_err(words)??;
        }
        Ok(pages)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::AbortHandle::abort);
    }
}

/// Opens a page's line and says hello, as a new visitor.
async fn greet(address: SocketAddr, page: usize) -> Result<WebSocketStream<TcpStream>, String> {
    let socket = TcpSocket::new_v4().map_err(words)?;
    // One address has too few ports.
    let own = Ipv4Addr::new(127, 0, 0, u8::try_from(1 + page % 4).unwrap_or(1));
    socket.bind((own, 0).into()).map_err(words)?;
    let stream = socket.connect(address).await.map_err(words)?;
    let config = WebSocketConfig::default().read_buffer_size(2048).write_buffer_size(0);
    let url = format!("ws://{address}/v1/web/web/socket");
    let opened = client_async_with_config(url, stream, Some(config)).await;
    let (mut line, _) = opened.map_err(words)?;
    line.send(Message::text(r#"{"type":"hello"}"#)).await.map_err(words)?;
    match line.next().await {
        Some(Ok(Message::Text(text))) if text.contains("welcome") => Ok(line),
        other => Err(format!("a page was not welcome: {other:?}")),
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
