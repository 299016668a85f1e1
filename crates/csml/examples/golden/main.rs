//! Runs golden cases: `cargo run --release -p csml --example golden -- DIR...`
//!
//! Every `*.json` under the folders is a case: a bot, a conversation and the answers it must give. Each failure is
//! printed as a diff; the last line is `N passed, M failed`.

#![expect(clippy::print_stdout, reason = "the report of this program goes to standard output")]

mod case;
mod compare;
mod web;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut files = Vec::new();
    for folder in std::env::args_os().skip(1) {
        collect(Path::new(&folder), &mut files);
    }
    files.sort();
    let mut failed = 0;
    for file in &files {
        let outcome =
            std::fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| {
                let case = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                case::run(&case)
            });
        if let Err(difference) = outcome {
            failed += 1;
            println!("FAILED {}\n{}\n", file.display(), difference.trim_end());
        }
    }
    println!("{} passed, {failed} failed", files.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        println!("cannot read {}", path.display());
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
            collect(&path, files);
        }
    }
}
