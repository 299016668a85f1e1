//! Loads of kept-alive HTTP/1.1 connections, written on bare sockets, so that they cost little beside what they measure.

use crate::contact::now_us;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run came to.
pub struct Measured {
    pub requests: u64,
    pub failed: u64,
    pub seconds: f64,
    latencies: Vec<Duration>,
}

impl Measured {
    pub fn per_s(&self) -> f64 {
        self.requests as f64 / self.seconds
    }

    /// The latency below which this share of the requests stayed, in milliseconds.
    pub fn ms(&self, share: f64) -> f64 {
        let index = ((self.latencies.len() as f64 * share) as usize)
            .min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }

    /// The mean latency in milliseconds.
    pub fn mean_ms(&self) -> f64 {
        let sum: f64 = self.latencies.iter().map(Duration::as_secs_f64).sum();
        sum * 1000.0 / (self.latencies.len().max(1) as f64)
    }
}

/// A request as bytes.
pub fn request(path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Each connection sends its next request when the last was answered: the most that can be had. `next(connection, n)` makes
/// the n-th request of one; connections go round the addresses.
pub async fn closed(
    addresses: &[String],
    connections: usize,
    duration: Duration,
    next: impl Fn(usize, u64) -> Vec<u8> + Send + Clone + 'static,
) -> Result<Measured, String> {
    closed_where(addresses, connections, duration, next, |_| true).await
}

/// The same; an answer counts as failed, too, if its bytes are not `good`.
pub async fn closed_where(
    addresses: &[String],
    connections: usize,
    duration: Duration,
    next: impl Fn(usize, u64) -> Vec<u8> + Send + Clone + 'static,
    good: fn(&[u8]) -> bool,
) -> Result<Measured, String> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for (connection, address) in (0..connections).zip(addresses.iter().cycle()) {
        let (address, next) = (address.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut wire = Wire::connect(&address).await?;
            let (mut latencies, mut failed) = (Vec::new(), 0);
            let mut n = 0;
            while started.elapsed() < duration {
                n += 1;
                let request = next(connection, n);
                let sent = Instant::now();
                let status = wire.call(&request).await?;
                latencies.push(sent.elapsed());
                failed += u64::from(!(200..300).contains(&status) || !good(&wire.buffer));
            }
            Ok::<_, String>((latencies, failed))
        }));
    }
    gather(tasks, started).await
}

/// Requests are due at a fixed rate, whether or not the last was answered; who is late is counted from when it was due.
/// `next(connection, n, due_us)` makes the n-th request of a connection.
pub async fn open(
    addresses: &[String],
    connections: usize,
    per_s: f64,
    duration: Duration,
    next: impl Fn(usize, u64, u64) -> Vec<u8> + Send + Clone + 'static,
) -> Result<Measured, String> {
    let started = Instant::now();
    let started_us = now_us();
    let gap = Duration::from_secs_f64(connections as f64 / per_s);
    let mut tasks = Vec::new();
    for (connection, address) in (0..connections).zip(addresses.iter().cycle()) {
        let (address, next) = (address.clone(), next.clone());
        let offset = gap.mul_f64(connection as f64 / connections as f64);
        tasks.push(tokio::spawn(async move {
            let mut wire = Wire::connect(&address).await?;
            let (mut latencies, mut failed) = (Vec::new(), 0);
            let mut n = 0_u32;
            loop {
                let due = offset + gap * n;
                if due >= duration {
                    return Ok::<_, String>((latencies, failed));
                }
                tokio::time::sleep_until((started + due).into()).await;
                n += 1;
                let due_us = started_us + u64::try_from(due.as_micros()).unwrap_or(0);
                let status = wire.call(&next(connection, u64::from(n), due_us)).await?;
                latencies.push(started.elapsed().saturating_sub(due));
                failed += u64::from(!(200..300).contains(&status));
            }
        }));
    }
    gather(tasks, started).await
}

type Task = tokio::task::JoinHandle<Result<(Vec<Duration>, u64), String>>;

async fn gather(tasks: Vec<Task>, started: Instant) -> Result<Measured, String> {
    let (mut latencies, mut failed) = (Vec::new(), 0);
    for task in tasks {
        let (more, more_failed) = task.await.map_err(|error| error.to_string())??;
        latencies.extend(more);
        failed += more_failed;
    }
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Measured { requests: latencies.len() as u64, failed, seconds, latencies })
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    pub async fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request, reads the whole answer, gives its status.
    pub async fn call(&mut self, request: &[u8]) -> Result<u16, String> {
        self.stream.write_all(request).await.map_err(|error| error.to_string())?;
        self.buffer.clear();
        loop {
            let read =
                self.stream.read_buf(&mut self.buffer).await.map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some((status, length)) = answer(&self.buffer)
                && self.buffer.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// Status and whole length of an answer whose head is complete.
fn answer(bytes: &[u8]) -> Option<(u16, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        })
        .unwrap_or(0);
    Some((status, head + 4 + length))
}
