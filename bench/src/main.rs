//! The speed table: Handover beside what does less, in one run. Only the ratios mean anything: the load shares the
//! machine with what it measures.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml [SECONDS]`

mod child;
mod load;
mod rows;
mod servers;

use std::process::ExitCode;

/// As in the product; what it is measured against gets the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The clients need a provider even where nothing is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["child", "echo"] => servers::run(servers::echo()),
        ["child", "sink"] => servers::run(servers::sink()),
        ["child", "proxy", to] => servers::run(servers::proxy((*to).to_owned())),
        ["child", "handover", folder] => child::handover(folder, None),
        ["child", "handover", folder, sink] => child::handover(folder, Some(sink)),
        [] => table(5),
        [seconds] => match seconds.parse() {
            Ok(seconds) => table(seconds),
            Err(_) => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: handover-bench [SECONDS for each row]");
    ExitCode::FAILURE
}

fn table(seconds: u64) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    match runtime.block_on(rows::table(seconds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
