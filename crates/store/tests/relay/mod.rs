//! Stands between a store and its server, and cuts the connection around a COMMIT, or lets it come late.
#![allow(dead_code, reason = "not every test program needs all of it")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::sleep;

/// A COMMIT as it goes over the wire.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// How late what is late comes.
const SLOW: Duration = Duration::from_millis(400);

/// How the connection is lost, or how slow it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The server gets nothing of what came with the COMMIT.
    Before,
    /// It gets all but the COMMIT.
    Without,
    /// It gets all, and its answer is lost.
    After,
    /// It gets all, long after the store has met the end of the connection: its transaction is still open then.
    Late,
    /// Nobody hears any more of the other, and neither learns of it: as when a node stands still or is cut off.
    Silence,
    /// Nothing is lost, but the COMMIT comes late.
    SlowCommit,
    /// Nothing is lost, but the COMMIT and all that was written with it come late.
    Slow,
}

impl Fate {
    /// Those in which the connection is lost.
    pub(crate) const CUTS: [Self; 4] = [Self::Before, Self::Without, Self::After, Self::Late];
}

#[derive(Default)]
struct Orders {
    fate: Option<Fate>,
    is_done: bool,
}

/// Something that stands in between.
pub(crate) struct Relay {
    /// Where to reach the server through it.
    pub(crate) url: String,
    orders: Arc<Mutex<Orders>>,
    all: watch::Sender<u32>,
    silent: watch::Sender<bool>,
}

impl Relay {
    /// Stands before the database of this address, which is on a socket in a folder.
    pub(crate) async fn start(url: &str) -> Self {
        let (server, database) = url.split_once('@').unwrap().1.split_once('/').unwrap();
        let socket = PathBuf::from(server.replace("%2F", "/")).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (orders, (all, cuts)) = (Arc::<Mutex<Orders>>::default(), watch::channel(0));
        let (silent, silence) = watch::channel(false);
        let shared = Arc::clone(&orders);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                let (shared, cuts, mut silence) =
                    (Arc::clone(&shared), cuts.clone(), silence.clone());
                tokio::spawn(async move {
                    let mut between = std::pin::pin!(between(client, server, shared, cuts));
                    tokio::select! {
                        () = &mut between => {}
                        // Its connections stay open, and nobody works on them.
                        () = until(&mut silence) => std::future::pending::<()>().await,
                    }
                });
            }
        });
        Self {
            url: format!("postgres://handover@127.0.0.1:{port}/{database}?sslmode=disable"),
            orders,
            all,
            silent,
        }
    }

    /// What becomes of the connection on which a COMMIT goes next.
    pub(crate) fn at_next_commit(&self, fate: Fate) {
        *self.orders.lock().unwrap() = Orders { fate: Some(fate), is_done: false };
    }

    /// Waits for such a COMMIT.
    pub(crate) async fn until_met(&self) {
        while !self.has_met_one() {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// From now on nothing comes through, and no end of a connection either.
    pub(crate) fn be_silent(&self) {
        self.silent.send_replace(true);
    }

    /// Cuts all connections that there are.
    pub(crate) fn cut_now(&self) {
        self.all.send_modify(|cuts| *cuts += 1);
    }

    /// Whether there was such a COMMIT.
    pub(crate) fn has_met_one(&self) -> bool {
        self.orders.lock().unwrap().is_done
    }
}

async fn until(word: &mut watch::Receiver<bool>) {
    if word.wait_for(|said| *said).await.is_err() {
        // It will never be said.
        std::future::pending::<()>().await;
    }
}

async fn between(
    mut client: TcpStream,
    mut server: UnixStream,
    orders: Arc<Mutex<Orders>>,
    mut cuts: watch::Receiver<u32>,
) {
    cuts.mark_unchanged();
    let (mut from_client, mut from_server) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        tokio::select! {
            _ = cuts.changed() => return,
            read = server.read(&mut from_server) => match read {
                Ok(0) | Err(_) => return,
                Ok(read) => if client.write_all(&from_server[..read]).await.is_err() { return },
            },
            read = client.read(&mut from_client) => {
                let Ok(read @ 1..) = read else { return };
                let sent = &from_client[..read];
                let commit = sent.windows(COMMIT.len()).position(|it| it == COMMIT);
                let fate = commit.and_then(|at| {
                    let mut orders = orders.lock().unwrap();
                    orders.is_done |= orders.fate.is_some();
                    Some((orders.fate.take()?, at))
                });
                let Some((fate, at)) = fate else {
                    if server.write_all(sent).await.is_err() { return }
                    continue;
                };
                match fate {
                    Fate::Before => {}
                    Fate::Silence => std::future::pending::<()>().await,
                    Fate::Without => server.write_all(&sent[..at]).await.unwrap(),
                    Fate::After => {
                        server.write_all(sent).await.unwrap();
                        // Its answer, which nobody gets.
                        let _ = server.read(&mut from_server).await;
                        sleep(Duration::from_millis(50)).await;
                    }
                    Fate::SlowCommit | Fate::Slow => {
                        let first = if fate == Fate::Slow { 0 } else { at };
                        server.write_all(&sent[..first]).await.unwrap();
                        sleep(SLOW).await;
                        server.write_all(&sent[first..]).await.unwrap();
                        continue;
                    }
                    Fate::Late => {
                        drop(client);
                        sleep(SLOW).await;
                        server.write_all(sent).await.unwrap();
                        sleep(Duration::from_millis(100)).await;
                    }
                }
                return;
            }
        }
    }
}
