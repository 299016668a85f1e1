//! Tests as all nodes see them: a page may be answered by another node than the one that runs the test, and two nodes must
//! not go round one desk at once.

use super::report::{HOPS, Report, State};
use crate::app::App;
use crate::bus::NodeId;
use handover_core::ids::AccountId;
use handover_core::port::desk::Hop;
use handover_core::port::store::{Record, Result};
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch::{Receiver, Sender};

/// The last report of each desk.
const KIND: &str = "loop_test";
/// The tests that are under way.
const UNDER_WAY: &str = "loop_test_under_way";
/// No test takes longer, in milliseconds: one that seems to was broken off.
const LONGEST_MS: i64 = 45_000;
/// A node that is not known may have just started, for so long in milliseconds.
const UNKNOWN_MS: i64 = 6_000;
/// How often a test at another node is looked at.
const LOOK: Duration = Duration::from_millis(300);

const BROKEN_OFF: &str = "Not known: the node that ran the test has stopped. Test again.";

#[derive(Serialize, Deserialize)]
struct UnderWay {
    node: NodeId,
    at: Timestamp,
}

/// A report as it is stored: titles follow from the words of the parts.
#[derive(Deserialize)]
struct Stored {
    node: NodeId,
    report: StoredReport,
}

#[derive(Deserialize)]
struct StoredReport {
    name: String,
    started_at: Timestamp,
    running: bool,
    passed: bool,
    hops: Vec<StoredHop>,
}

#[derive(Deserialize)]
struct StoredHop {
    hop: String,
    state: State,
    took_ms: u64,
    detail: String,
    hint: Option<String>,
}

/// Whether a test may begin here: no other is under way at any node.
pub(super) async fn claim(app: &App, desk: &AccountId) -> Result<bool> {
    let (node, at) = (app.nodes.own().clone(), app.clock.now());
    let body = json!(UnderWay { node, at });
    let claim = Record { kind: UNDER_WAY.into(), id: desk.to_string(), body };
    if app.records.create(claim.clone()).await? {
        return Ok(true);
    }
    if under_way(app, desk).await? {
        return Ok(false);
    }
    app.records.delete(UNDER_WAY, desk.as_str()).await?;
    app.records.create(claim).await
}

async fn under_way(app: &App, desk: &AccountId) -> Result<bool> {
    let claim = app.records.get(UNDER_WAY, desk.as_str()).await?;
    let claim = claim.and_then(|claim| serde_json::from_value::<UnderWay>(claim.body).ok());
    Ok(claim.is_some_and(|UnderWay { node, at }| may_run(app, &node, at)))
}

/// Whether a test that began there and then can still be under way.
fn may_run(app: &App, node: &NodeId, began: Timestamp) -> bool {
    let lives = app.nodes.list().iter().any(|it| it.id == *node);
    app.clock.now().since_ms(began) < if lives { LONGEST_MS } else { UNKNOWN_MS }
}

/// Writes how far a test of our own has got, until it is over.
pub(super) async fn keep(app: &App, desk: &AccountId, mut report: Receiver<Report>) {
    loop {
        let now = report.borrow_and_update().clone();
        let is_over = !now.running;
        write(app, desk, &now).await;
        if is_over || report.changed().await.is_err() {
            break;
        }
    }
    if let Err(error) = app.records.delete(UNDER_WAY, desk.as_str()).await {
        tracing::warn!(%desk, %error, "other nodes cannot be told that a test is over");
    }
}

async fn write(app: &App, desk: &AccountId, report: &Report) {
    let body = json!({ "node": app.nodes.own(), "report": report });
    let record = Record { kind: KIND.into(), id: desk.to_string(), body };
    if let Err(error) = app.records.put(record).await {
        tracing::warn!(%desk, %error, "other nodes cannot be told how a test goes");
    }
}

/// Follows a test that another node runs, until it is over.
pub(super) async fn follow(app: &App, desk: &AccountId, report: &Sender<Report>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let (Ok(under_way), Ok(found)) = (under_way(app, desk).await, read(app, desk).await) else {
            continue;
        };
        match found {
            // The last report is written before it is told that the test is over.
            Some(found) if !(found.running || under_way) => {
                report.send_replace(found);
                return;
            }
            Some(found) if found.running => drop(report.send_replace(found)),
            None if !under_way => {
                report.send_modify(break_off);
                return;
            }
            _ => {}
        }
    }
}

/// The last report, of whichever node.
pub(super) async fn read(app: &App, desk: &AccountId) -> Result<Option<Report>> {
    let Some(record) = app.records.get(KIND, desk.as_str()).await? else { return Ok(None) };
    let Ok(stored) = serde_json::from_value::<Stored>(record.body) else { return Ok(None) };
    let mut report = restore(desk, stored.report);
    if report.running && !may_run(app, &stored.node, report.started_at) {
        break_off(&mut report);
    }
    Ok(Some(report))
}

fn restore(desk: &AccountId, stored: StoredReport) -> Report {
    let mut report = Report::new(desk.clone(), stored.name, stored.started_at);
    (report.running, report.passed) = (stored.running, stored.passed);
    for hop in stored.hops {
        let Some(known) = report.hops.iter_mut().find(|known| known.hop == hop.hop) else {
            continue;
        };
        (known.state, known.took_ms) = (hop.state, hop.took_ms);
        (known.detail, known.hint) = (hop.detail, hop.hint);
    }
    report
}

/// The node that ran the test is gone.
fn break_off(report: &mut Report) {
    for hop in HOPS {
        end(report, hop);
    }
    report.close();
    report.passed = false;
}

fn end(report: &mut Report, hop: Hop) {
    if let Some(hop) = report.hop_mut(hop)
        && matches!(hop.state, State::Waiting | State::Running)
    {
        hop.state = State::Skipped;
        BROKEN_OFF.clone_into(&mut hop.detail);
    }
}

/// Forgets the test of a desk that is no longer there.
///
/// # Errors
/// When the store fails.
pub async fn forget(app: &App, desk: &AccountId) -> Result<()> {
    app.doctor.lock().remove(desk);
    app.records.delete(KIND, desk.as_str()).await.map(drop)
}
