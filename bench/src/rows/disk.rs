//! The relay on a fast disk and on one that takes longer for each flush: what is written together shares the wait.

use super::Subject;
use super::relay::{commit_ms, relayed};
use crate::child::{Place, Server};
use crate::figures::{Figures, Goal};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const CONNECTIONS: usize = 256;
const FAST: &str = "whole relay, this disk";
const SHIM: &str = include_str!("../../slow_disk/flush.c");

pub(super) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(FAST, |time| run(None, time)),
        Subject::new("whole relay, 2 ms more per flush", |time| async move {
            match shim() {
                Ok(shim) => run(Some(shim), time).await,
                Err(why) => Ok(Figures::default().note(format!("left out: {why}"))),
            }
        })
        .beside(FAST)
        .goal(Goal::Ratio(0.50)),
    ]
}

async fn run(slow_disk: Option<PathBuf>, time: Duration) -> Result<Figures, String> {
    // A folder for passing files may lie in memory, where a flush is nothing.
    let folder = tempfile::tempdir_in(crate::scratch()?).map_err(|error| error.to_string())?;
    let sink = Server::start(&["sink"])?;
    let place = Place { slow_disk, ..Place::at(folder.path()).with_sink(&sink.address) };
    let nodes = [Server::handover(&place)?];
    let figures = relayed(&nodes, &sink, CONNECTIONS, time).await?;
    // Shows that the shim was there.
    Ok(figures.with("commit_ms", commit_ms(&nodes).await?))
}

/// Builds the library that makes flushes slower.
fn shim() -> Result<PathBuf, String> {
    let folder = crate::scratch()?;
    let (source, library) = (folder.join("flush.c"), folder.join("flush.so"));
    std::fs::write(&source, SHIM).map_err(|error| error.to_string())?;
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .map_err(|error| format!("there is no C compiler named cc ({error})"))?;
    if built.success() { Ok(library) } else { Err(format!("cc ended with {built}")) }
}
