//! `handover doctor`: goes round the desks of a running server and says where the way breaks off.

use super::check::configuration;
use crate::config::{Config, Given};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Longer than a test of one desk may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What was asked.
pub struct Asked {
    /// `--desk`; none is all desks.
    pub desk: Option<String>,
    /// `--url`.
    pub url: Option<String>,
    /// `--secret-file`.
    pub secret_file: Option<PathBuf>,
    /// What `handover serve` would be given.
    pub given: Given,
}

/// Tests desks; fails where one of them fails.
pub fn run(asked: Asked) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return told(Err(error.to_string())),
    };
    told(runtime.block_on(examine(asked, |line| println!("{line}"))))
}

fn told(outcome: Result<bool, String>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Tests desks, telling each line as soon as it is known; says whether all went well.
///
/// # Errors
/// When no desk could be tested: says why and what to do.
pub async fn examine(asked: Asked, mut tell: impl FnMut(&str)) -> Result<bool, String> {
    let secret = secret(&asked)?;
    let with_file = asked.given.file.is_some();
    let (config, lines) = configuration(asked.given)?;
    if with_file {
        lines.iter().for_each(|line| tell(line));
    }
    let server = Server::new(asked.url.unwrap_or_else(|| url_of(&config)), secret)?;
    let desks = match asked.desk {
        Some(desk) => vec![desk],
        None => server.desks().await?,
    };
    let mut well = true;
    for desk in &desks {
        let report = server.test(desk).await?;
        well &= report["passed"] == true;
        show(&report).iter().for_each(|line| tell(line));
    }
    Ok(well)
}

fn secret(asked: &Asked) -> Result<String, String> {
    let found = match &asked.secret_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("--secret-file {}: {error}", path.display()))?,
        None => asked.given.presets.api_secret.clone().unwrap_or_default(),
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

struct Server {
    client: Client,
    url: String,
    secret: String,
}

impl Server {
    fn new(url: String, secret: String) -> Result<Self, String> {
        // A second installation is refused and changes nothing: that is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build();
        let client = client.map_err(|error| error.to_string())?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), secret })
    }

    async fn desks(&self) -> Result<Vec<String>, String> {
        let answer = self.call(Method::GET, "/v1/settings/desks").await?;
        let desks = answer["desks"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(desks.iter().filter_map(|desk| Some(desk["id"].as_str()?.to_owned())).collect())
    }

    async fn test(&self, desk: &str) -> Result<Value, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if desk.is_empty() || !desk.chars().all(fits) {
            return Err(format!(
                "--desk: \"{desk}\" is no id of a desk. Without --desk all are tested."
            ));
        }
        self.call(Method::POST, &format!("/v1/settings/desks/{desk}/test")).await
    }

    async fn call(&self, method: Method, path: &str) -> Result<Value, String> {
        let call = self.client.request(method, format!("{}{path}", self.url));
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

/// A report as lines for a terminal.
fn show(report: &Value) -> Vec<String> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![format!("{} ({})", text(report, "name"), text(report, "desk"))];
    for hop in report["hops"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let mark = match hop["state"].as_str() {
            Some("passed") => "✓",
            Some("failed") => "✗",
            _ => "–",
        };
        let took = hop["took_ms"].as_u64().unwrap_or_default();
        let mut line = format!("  {mark} {:<52} {took:>6} ms", text(hop, "title"));
        // Writing to a text cannot fail.
        let _ = write!(line, "  {}", text(hop, "detail"));
        lines.push(line.trim_end().to_owned());
        if let Some(hint) = hop["hint"].as_str() {
            lines.push(format!("      → {hint}"));
        }
    }
    lines
}
