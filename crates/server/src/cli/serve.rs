//! `handover serve`.

use crate::config::{Config, Given};
use crate::first_run::Made;
use crate::http::serve::{Limits, serve as serve_on};
use crate::start::start;
use std::io::IsTerminal;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Runs until SIGINT or SIGTERM.
pub fn run(given: Given) -> ExitCode {
    let filter = EnvFilter::try_from_env("HANDOVER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A file or a journal wants no colours.
    let colours = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // A line that cannot be written, because the log's disk is full, must not take down the request that it is about.
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    // A second subscriber in one process is a test's doing and no harm.
    let _ = log.try_init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    match runtime.block_on(serve(given)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(message),
    }
}

fn failed(message: impl std::fmt::Display) -> ExitCode {
    eprintln!("handover cannot run: {message}");
    ExitCode::FAILURE
}

async fn serve(given: Given) -> Result<(), String> {
    let config = Config::load(given).map_err(|error| error.to_string())?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!("{} cannot be listened on: {error}. Give another one with --listen.", config.listen)
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let running = start(&config).await.map_err(|error| error.to_string())?;
    println!("Handover {}", env!("CARGO_PKG_VERSION"));
    println!(
        "  chat      http://{address}/chat/web   (on a page of your own: http://{address}/demo)"
    );
    println!("  console   http://{address}/console");
    println!("  settings  http://{address}/settings/livechat");
    println!("  data      {}", config.data.canonicalize().unwrap_or(config.data).display());
    if let Some(made) = &running.made {
        print_made(made);
    }
    let router = crate::http::router(running.app.clone());
    let stop = async {
        signal().await;
        running.leave().await;
    };
    serve_on(listener, router, Limits::of_this_machine(), stop).await;
    running.stop().await;
    Ok(())
}

fn print_made(made: &Made) {
    println!("This folder was empty, so these were made up. They are shown this once:");
    match &made.admin_password {
        Some(password) => println!("  sign in as admin with the password {password}"),
        None => println!("  sign in as admin with the password of HANDOVER_ADMIN_PASSWORD"),
    }
    println!("  API key    {}", made.api_key);
    match &made.api_secret {
        Some(secret) => println!("  API secret {secret}"),
        None => println!("  API secret as in HANDOVER_API_SECRET"),
    }
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
