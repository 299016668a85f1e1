//! The speed table: Handover beside what does less, in one run. Only the ratios mean anything: the load shares the
//! machine with what it measures.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml -- [GROUPS] [--seconds N] [--rounds N]
//! [--json FILE] [--svg FILE]`

mod chart;
mod child;
mod contact;
mod figures;
mod fill;
mod load;
mod process;
mod quiet;
mod rows;
mod servers;
mod table;

use clap::{Parser, Subcommand};
use rows::{Effort, GROUPS, Group};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// As in the product; what it is measured against gets the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Handover beside what does less.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    child: Option<Whole>,
    /// The groups of rows to measure [default: all]
    groups: Vec<String>,
    /// How long each run takes, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each row is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where everything that was measured is written, too
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where a chart of it is drawn
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Runs Handover under this command, such as a profiler; its figures then mean nothing
    #[arg(long, value_name = "COMMAND")]
    under: Option<String>,
}

#[derive(Subcommand)]
enum Whole {
    /// A server that is measured, in a process of its own
    #[command(hide = true, subcommand)]
    Child(Child),
}

#[derive(Subcommand)]
enum Child {
    Echo,
    Sink,
    Proxy { to: String },
    Handover { place: String },
}

fn main() -> ExitCode {
    // The clients need a provider even where nothing is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::parse();
    match arguments.child {
        Some(Whole::Child(Child::Echo)) => servers::run(servers::echo()),
        Some(Whole::Child(Child::Sink)) => servers::run(servers::sink()),
        Some(Whole::Child(Child::Proxy { to })) => servers::run(servers::proxy(to)),
        Some(Whole::Child(Child::Handover { place })) => child::handover(&place),
        None => match measure(&arguments) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Where big stores are made: beside the program, as a folder for passing files may lie in memory.
fn scratch() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    program.parent().map(PathBuf::from).ok_or_else(|| "the program lies nowhere".into())
}

/// False when something was lost, doubled, out of order or refused.
fn measure(arguments: &Arguments) -> Result<bool, String> {
    let groups = chosen(&arguments.groups)?;
    if let Some(command) = &arguments.under {
        let _ = child::UNDER.set(command.split_whitespace().map(str::to_owned).collect());
    }
    let effort =
        Effort { run: Duration::from_secs(arguments.seconds), rounds: arguments.rounds.max(1) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut all = Vec::new();
    println!("{} s a run, load and servers share this machine", arguments.seconds);
    for group in groups {
        let rows = runtime.block_on(rows::measure(group, effort))?;
        table::print(group, &rows);
        all.extend(rows);
    }
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
        write(path, &text)?;
    }
    if let Some(path) = &arguments.svg {
        write(path, &chart::draw(&all))?;
    }
    Ok(all.iter().all(|row| row.faults() == 0))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn chosen(names: &[String]) -> Result<Vec<&'static Group>, String> {
    if names.is_empty() {
        return Ok(GROUPS.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            GROUPS.iter().find(|group| group.name == name).ok_or_else(|| {
                let known: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
                format!("there is no group {name}; there are {}", known.join(", "))
            })
        })
        .collect()
}
