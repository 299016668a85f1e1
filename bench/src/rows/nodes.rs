//! The relay on one SQLite node, and on one, two and three nodes that share a PostgreSQL, all on this one machine.

use super::Subject;
use super::accept::CONNECTIONS;
use super::relay::{commit_ms, paced, relayed};
use crate::child::{Place, Server};
use crate::figures::{Figures, Goal};
use crate::process::cpu_s_in;
use handover_store::conformance::server::Server as Database;
use std::path::Path;
use std::time::Duration;

/// Files of the database's log: more than a run fills.
const LOG_FILES: usize = 40;

const SQLITE: &str = "one node on SQLite";

pub(super) fn subjects() -> Vec<Subject> {
    let mut subjects = vec![
        Subject::new(SQLITE, |time| async move { both(None, 1, time).await })
            .goal(Goal::AtMost("p99_at_half_ms", 15.0)),
    ];
    for nodes in 1..=3 {
        let (name, time) = (format!("nodes on PostgreSQL: {nodes}"), nodes);
        subjects.push(
            Subject::new(name, move |run| async move { both(Some(&in_use()), time, run).await })
                .beside(SQLITE)
                .goal(Goal::AtMost("p99_at_half_ms", 25.0)),
        );
    }
    subjects
}

/// A database whose log lies in files that were used before, as where one has run for some days. A new file of the log is filled
/// with zeros and flushed while all commits wait: 16 MB, for some 50 ms.
fn in_use() -> Database {
    let database = Database::start_durable();
    database.psql("postgres", "ALTER SYSTEM SET min_wal_size = '1GB'");
    database.psql("postgres", "SELECT pg_reload_conf()");
    for _ in 0..LOG_FILES {
        database.psql("postgres", "SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()");
    }
    database.psql("postgres", "CHECKPOINT");
    database
}

/// The highest rate, then half of it, on stores of their own.
async fn both(
    database: Option<&Database>,
    nodes: usize,
    time: Duration,
) -> Result<Figures, String> {
    let highest = {
        let site = Site::start(database, nodes)?;
        let cpu_s = site.database_cpu_s();
        let figures = relayed(&site.nodes, &site.sink, CONNECTIONS, time).await?;
        let messages = figures.get("per_s").unwrap_or(1.0) * time.as_secs_f64();
        figures.with("database_cpu_us", (site.database_cpu_s() - cpu_s) * 1e6 / messages)
    };
    let per_s = highest.get("per_s").unwrap_or(0.0) / 2.0;
    let site = Site::start(database, nodes)?;
    let half = paced(&site.nodes, &site.sink, CONNECTIONS, per_s, time).await?;
    let number = |name: &str| half.get(name).unwrap_or(0.0);
    // The way of a message: taken in and decided, written down, brought to the desk.
    let (answer_ms, whole_ms) = (number("answer_mean_ms"), number("mean_ms"));
    let commit_ms = commit_ms(&site.nodes).await?;
    let faults = half.faults;
    Ok(highest
        .with("at_half_per_s", number("per_s"))
        .with("p50_at_half_ms", number("p50_ms"))
        .with("p99_at_half_ms", number("p99_ms"))
        .with("accept_ms", (answer_ms - commit_ms).max(0.0))
        .with("commit_ms", commit_ms)
        .with("deliver_ms", (whole_ms - answer_ms).max(0.0))
        .faults(faults))
}

/// Nodes on a store of their own, and a desk.
struct Site<'a> {
    nodes: Vec<Server>,
    sink: Server,
    database: Option<(&'a Database, String)>,
    _folder: tempfile::TempDir,
}

impl<'a> Site<'a> {
    fn start(database: Option<&'a Database>, nodes: usize) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let sink = Server::start(&["sink"])?;
        let database = database.map(|database| (database, database.database()));
        let started: Result<Vec<Server>, String> = (0..nodes)
            .map(|node| {
                let mut place =
                    Place::at(folder.path().join(node.to_string())).with_sink(&sink.address);
                place.database = database.as_ref().map(|(_, url)| url.clone());
                place.key_file = Some(folder.path().join("key"));
                Server::handover(&place)
            })
            .collect();
        Ok(Self { nodes: started?, sink, database, _folder: folder })
    }

    fn database_cpu_s(&self) -> f64 {
        self.database
            .as_ref()
            .map_or(0.0, |(database, _)| cpu_s_in(&Path::new(database.folder()).join("data")))
    }
}
