//! Contact, disk, the desk's HTTP, receipt on disk: beside a proxy that keeps nothing, and on a slow disk.

use super::Subject;
use super::accept::{CONNECTIONS, bare, messages, open_sessions};
use crate::child::{Place, Server};
use crate::contact::{Signed, message};
use crate::figures::{Figures, Goal};
use crate::load::{Measured, open};
use serde_json::Value;
use std::time::{Duration, Instant};

const PROXY: &str = "bare reverse proxy";

/// How long the last deliveries may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(PROXY, |time| async move {
            let sink = Server::start(&["sink"])?;
            bare(&Server::start(&["proxy", &sink.address])?, time).await
        }),
        Subject::new("whole relay, receipt on disk", |time| async move {
            let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
            let sink = Server::start(&["sink"])?;
            let place = Place::at(folder.path()).with_sink(&sink.address);
            relayed(&[Server::handover(&place)?], &sink, CONNECTIONS, time).await
        })
        .beside(PROXY)
        .goal(Goal::Ratio(0.50)),
    ]
}

/// The most that goes through these nodes: its rate counts messages whose receipt is on disk.
pub(super) async fn relayed(
    nodes: &[Server],
    sink: &Server,
    contacts: usize,
    time: Duration,
) -> Result<Figures, String> {
    let first = nodes.first().ok_or("no nodes")?;
    open_sessions(&first.address, contacts).await?;
    let addresses: Vec<String> = nodes.iter().map(|node| node.address.clone()).collect();
    let used = || nodes.iter().map(Server::cpu_s).sum::<f64>();
    let (cpu_s, began) = (used(), Instant::now());
    let sent = messages(&addresses, contacts, time).await?;
    rest(first).await?;
    let (seconds, cpu_s) = (began.elapsed().as_secs_f64(), used() - cpu_s);
    let figures = arrived(sink, &sent).await?;
    let messages = sent.requests as f64;
    Ok(figures
        .with("per_s", messages / seconds)
        .with("cpu_us", cpu_s * 1e6 / messages.max(1.0))
        .with("resident_mb", nodes.iter().map(Server::resident_kb).sum::<f64>() / 1024.0))
}

/// Sends at a fixed rate; tells what contacts waited for an answer, and how long it took to the desk.
pub(super) async fn paced(
    nodes: &[Server],
    sink: &Server,
    contacts: usize,
    per_s: f64,
    time: Duration,
) -> Result<Figures, String> {
    let first = nodes.first().ok_or("no nodes")?;
    open_sessions(&first.address, contacts).await?;
    let addresses: Vec<String> = nodes.iter().map(|node| node.address.clone()).collect();
    let signed = Signed::now();
    let sent = open(&addresses, contacts, per_s, time, move |contact, n, due_us| {
        signed.chat(&message(contact, n, due_us))
    })
    .await?;
    rest(first).await?;
    let figures = arrived(sink, &sent).await?;
    Ok(figures
        .with("per_s", sent.per_s())
        .with("answer_mean_ms", sent.mean_ms())
        .with("answer_p99_ms", sent.ms(0.99)))
}

/// Waits until nothing is left to be delivered.
async fn rest(node: &Server) -> Result<(), String> {
    let began = Instant::now();
    while metric(&node.address, "handover_deliveries_pending ").await? > 0.0 {
        if began.elapsed() > PATIENCE {
            return Err(format!("deliveries are still waiting after {PATIENCE:?}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// What came to the desk of what was sent.
pub(super) async fn arrived(sink: &Server, sent: &Measured) -> Result<Figures, String> {
    let counts: Value = get(&format!("http://{}/counts", sink.address))
        .await?
        .json()
        .await
        .map_err(|error| error.to_string())?;
    let count = |name: &str| counts[name].as_u64().unwrap_or(0);
    let number = |name: &str| counts[name].as_f64().unwrap_or(0.0);
    let lost = sent.requests.saturating_sub(count("received"));
    let faults = sent.failed + lost + count("doubled") + count("misordered");
    Ok(Figures::default()
        .with("p50_ms", number("p50_ms"))
        .with("p99_ms", number("p99_ms"))
        .with("mean_ms", number("mean_ms"))
        .faults(faults))
}

/// The sum of a metric's lines that begin so.
pub(super) async fn metric(address: &str, line: &str) -> Result<f64, String> {
    let text = get(&format!("http://{address}/metrics"))
        .await?
        .text()
        .await
        .map_err(|error| error.to_string())?;
    let numbers = text
        .lines()
        .filter(|it| it.starts_with(line))
        .filter_map(|it| it.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(numbers.sum())
}

/// How long a commit took, in the mean over all nodes.
pub(super) async fn commit_ms(nodes: &[Server]) -> Result<f64, String> {
    let (mut seconds, mut commits) = (0.0, 0.0);
    for node in nodes {
        seconds += metric(&node.address, "handover_commit_duration_seconds_sum").await?;
        commits += metric(&node.address, "handover_commit_duration_seconds_count").await?;
    }
    Ok(seconds * 1000.0 / f64::max(commits, 1.0))
}

pub(super) async fn get(url: &str) -> Result<reqwest::Response, String> {
    reqwest::get(url).await.map_err(|error| error.to_string())
}
