//! `handover doctor` against a running server.

use super::desk::{Hooks, Vendor};
use super::{SECRET, World};
use crate::cli::doctor::{Asked, examine};
use crate::cli::server::Where;
use crate::config::{Given, Presets};

async fn doctor(url: &str, desk: Option<&str>, secret: &str) -> (Result<bool, String>, String) {
    let presets = Presets { api_secret: Some(secret.into()), ..Presets::default() };
    let asked = Asked {
        desk: desk.map(str::to_owned),
        server: Where {
            url: Some(url.to_owned()),
            secret_file: None,
            given: Given { presets, ..Given::default() },
        },
    };
    let mut lines = String::new();
    let outcome = examine(asked, |line| {
        lines.push_str(line);
        lines.push('\n');
    })
    .await;
    (outcome, lines)
}

#[tokio::test]
async fn each_hop_is_a_line_and_a_failure_comes_with_its_hint() {
    let vendor = Vendor::start().await;
    let world = World::with(&vendor).await;
    let (outcome, lines) = doctor(&world.url, None, SECRET).await;
    assert_eq!(outcome, Ok(true), "{lines}");
    assert_eq!(lines.matches("  ✓ ").count(), 16, "the console and the desk: {lines}");
    vendor.with(|told| told.hooks = Hooks::Lost);
    let (outcome, lines) = doctor(&world.url, Some("d"), SECRET).await;
    assert_eq!(outcome, Ok(false), "{lines}");
    assert!(
        lines.contains("Desk (d)") && lines.contains("  ✗ ") && lines.contains("  – "),
        "{lines}"
    );
    assert!(lines.contains("      → This program says that it is reached at"), "{lines}");
}

#[tokio::test]
async fn what_cannot_be_tested_is_told_with_the_fix() {
    let world = World::new().await;
    let says = async |url: &str, desk, secret| doctor(url, desk, secret).await.0.unwrap_err();
    assert!(says(&world.url, None, "wrong").await.contains("HANDOVER_API_SECRET"));
    assert!(says(&world.url, None, "").await.contains("--secret-file"));
    assert!(says(&world.url, Some("nowhere"), SECRET).await.contains("no such desk"));
    assert!(says(&world.url, Some("../x"), SECRET).await.contains("--desk"));
    assert!(says("nonsense", None, SECRET).await.contains("--url"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = says(&format!("http://{free}"), None, SECRET).await;
    assert!(nobody.contains("handover serve"), "{nobody}");
}
