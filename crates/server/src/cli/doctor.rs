//! `handover doctor`: goes round the desks of a running server and says where the way breaks off.

use super::server::{Server, Where, run_to_end};
use serde_json::Value;
use std::fmt::Write;
use std::process::ExitCode;

/// What was asked.
pub struct Asked {
    /// `--desk`; none is all desks.
    pub desk: Option<String>,
    /// The server.
    pub server: Where,
}

/// Tests desks; fails where one of them fails.
pub fn run(asked: Asked) -> ExitCode {
    run_to_end(examine(asked, |line| println!("{line}")))
}

/// Tests desks, telling each line as soon as it is known; says whether all went well.
///
/// # Errors
/// When no desk could be tested: says why and what to do.
pub async fn examine(asked: Asked, mut tell: impl FnMut(&str)) -> Result<bool, String> {
    let (server, lines) = Server::find(asked.server)?;
    lines.iter().for_each(|line| tell(line));
    let desks = match asked.desk {
        Some(desk) => vec![desk],
        None => desks(&server).await?,
    };
    let mut well = true;
    for desk in &desks {
        let report = test(&server, desk).await?;
        well &= report["passed"] == true;
        show(&report).iter().for_each(|line| tell(line));
    }
    Ok(well)
}

async fn desks(server: &Server) -> Result<Vec<String>, String> {
    let answer = server.get("/v1/settings/desks").await?;
    let desks = answer["desks"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(desks.iter().filter_map(|desk| Some(desk["id"].as_str()?.to_owned())).collect())
}

async fn test(server: &Server, desk: &str) -> Result<Value, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if desk.is_empty() || !desk.chars().all(fits) {
        return Err(format!(
            "--desk: \"{desk}\" is no id of a desk. Without --desk all are tested."
        ));
    }
    server.post(&format!("/v1/settings/desks/{desk}/test"), None).await
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
