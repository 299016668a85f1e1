//! How soon an empty folder's server answers, how much memory it takes at rest, and how big the program is.

use super::Subject;
use super::relay::get;
use crate::child::{Place, Server};
use crate::figures::{Figures, Goal};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a server rests before its memory is read: until what its first start needed has been given back.
const REST: Duration = Duration::from_secs(20);

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new("start on an empty folder", |_| started())
            .goal(Goal::AtMost("start_ms", 300.0)),
        Subject::new("memory at rest", |_| rested()).goal(Goal::AtMost("resident_mb", 40.0)),
        Subject::new("the release program", |_| async { program() })
            .goal(Goal::AtMost("program_mb", 30.0)),
    ]
}

/// From the start of the process until a request is answered: the database and all accounts are made in between.
async fn started() -> Result<Figures, String> {
    let folder = tempfile::tempdir_in(crate::scratch()?).map_err(|error| error.to_string())?;
    let began = Instant::now();
    let server = Server::handover(&Place::at(folder.path()))?;
    let answer = get(&format!("http://{}/readyz", server.address)).await?;
    let start_ms = began.elapsed().as_secs_f64() * 1000.0;
    let refused = u64::from(!answer.status().is_success());
    Ok(Figures::default().with("start_ms", start_ms).faults(refused))
}

async fn rested() -> Result<Figures, String> {
    let folder = tempfile::tempdir_in(crate::scratch()?).map_err(|error| error.to_string())?;
    let server = Server::handover(&Place::at(folder.path()))?;
    tokio::time::sleep(REST).await;
    Ok(Figures::default().with("resident_mb", server.resident_kb() / 1024.0))
}

/// The size of the product as it is built for release: stripped, by its own profile.
fn program() -> Result<Figures, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/handover");
    Ok(match std::fs::metadata(path) {
        #[expect(clippy::cast_precision_loss, reason = "files are small")]
        Ok(file) => Figures::default().with("program_mb", file.len() as f64 / 1e6),
        Err(_) => Figures::default().note(
            "left out: there is no target/release/handover; `cargo build --release` makes it",
        ),
    })
}
