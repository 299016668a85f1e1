//! A running server, as commands that work with one reach it: by its API, with the secret of an API channel.

use super::check::configuration;
use crate::config::{Config, Given};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Longer than a test of one desk may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where a server runs, and what opens it.
pub struct Where {
    /// `--url`.
    pub url: Option<String>,
    /// `--secret-file`.
    pub secret_file: Option<PathBuf>,
    /// What `handover serve` would be given.
    pub given: Given,
}

/// A running server.
pub(super) struct Server {
    client: Client,
    url: String,
    secret: String,
}

/// Runs a command to its end; false and errors are failures.
pub(super) fn run_to_end(work: impl Future<Output = Result<bool, String>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

impl Server {
    /// The server that is meant, and what is to be said of the configuration file, if one was given.
    pub(super) fn find(of: Where) -> Result<(Self, Vec<String>), String> {
        let secret = secret(&of)?;
        let with_file = of.given.file.is_some();
        let (config, mut lines) = configuration(of.given)?;
        if !with_file {
            lines.clear();
        }
        // A second installation is refused and changes nothing: that is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build();
        let client = client.map_err(|error| error.to_string())?;
        let url = of.url.unwrap_or_else(|| url_of(&config));
        Ok((Self { client, url: url.trim_end_matches('/').to_owned(), secret }, lines))
    }

    /// Reads something.
    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        self.call(Method::GET, path, None).await
    }

    /// Does something.
    pub(super) async fn post(&self, path: &str, body: Option<Value>) -> Result<Value, String> {
        self.call(Method::POST, path, body).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut call = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            call = call.header("content-type", "application/json").body(body.to_string());
        }
        let answer = call.bearer_auth(&self.secret).send().await.map_err(|error| {
            if error.is_connect() {
                format!(
                    "No server answers at {}. Start one with \"handover serve\", or say where it runs with --url.",
                    self.url
                )
            } else if error.is_builder() {
                format!("--url: \"{}\" is no address. Write it like http://127.0.0.1:8080.", self.url)
            } else {
                format!("{} did not answer as it should: {error}", self.url)
            }
        })?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let message = body["error"]["message"].as_str().unwrap_or("it gave no reason");
        Err(match status {
            StatusCode::UNAUTHORIZED => format!(
                "The server does not take the secret: {message} Give the present one by HANDOVER_API_SECRET or --secret-file."
            ),
            _ => format!("The server answered {}: {message}", status.as_u16()),
        })
    }
}

fn secret(of: &Where) -> Result<String, String> {
    let found = match &of.secret_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("--secret-file {}: {error}", path.display()))?,
        None => of.given.presets.api_secret.clone().unwrap_or_default(),
    };
    match found.trim() {
        "" => Err("The secret of an API channel is needed: set HANDOVER_API_SECRET, or give --secret-file. It was shown at the first start; Settings, Channels makes a new one.".into()),
        secret => Ok(secret.to_owned()),
    }
}

/// Where a server with this configuration can be called from this machine.
fn url_of(config: &Config) -> String {
    let listen = config.listen;
    if listen.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", listen.port())
    } else {
        format!("http://{listen}")
    }
}
