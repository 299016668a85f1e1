//! Bare connections, for what no well-behaved client would send.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

const ANSWER: Duration = Duration::from_secs(15);

/// What became of a body that went on and on.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) answer: String,
    pub(crate) sent_bytes: u64,
    pub(crate) took: Duration,
}

/// Sends a head, then pieces of body until an answer comes, the connection is closed, or `bytes_max` were sent.
pub(crate) async fn pour(
    address: SocketAddr,
    head: &str,
    bytes_max: u64,
    chunked: bool,
) -> Refused {
    const PIECE: usize = 64 * 1024;
    let began = Instant::now();
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    writer.write_all(head.as_bytes()).await.unwrap();
    let answer = tokio::spawn(async move {
        let mut bytes = Vec::new();
        // A reset after the answer is the server's right: what matters is what could be read before.
        let _ = timeout(ANSWER, reader.read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut piece = vec![b'x'; PIECE];
    if chunked {
        piece = [format!("{PIECE:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
    }
    let mut sent_bytes = 0;
    while sent_bytes < bytes_max && !answer.is_finished() {
        match timeout(ANSWER, writer.write_all(&piece)).await {
            Ok(Ok(())) => sent_bytes += PIECE as u64,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    let took = began.elapsed();
    Refused { answer: answer.await.unwrap(), sent_bytes, took }
}

/// Connections that say nothing.
pub(crate) async fn silent(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        sockets.push(TcpStream::connect(address).await.unwrap());
    }
    sockets
}
