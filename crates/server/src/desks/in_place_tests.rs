//! What a configuration file puts in place, over a whole program.

use crate::config::{Config, Given, Presets};
use crate::doctor::tests::desk::Vendor;
use crate::http::router;
use crate::settings::AccountKind;
use crate::start::{Running, start};
use axum::body::Body;
use axum::http::Request;
use handover_core::ids::AccountId;
use std::path::Path;
use std::time::Duration;
use tower::ServiceExt;

const SECRET: &str = "secret of the tests";

async fn run(folder: &Path, file: &str) -> Result<Running, String> {
    let path = folder.join("handover.toml");
    std::fs::write(&path, format!("allow_private_networks = true\n{file}")).unwrap();
    let presets = Presets { api_secret: Some(SECRET.into()), ..Presets::default() };
    let given =
        Given { data: Some(folder.join("data")), file: Some(path), presets, ..Given::default() };
    let config = Config::load(given).map_err(|error| error.to_string())?;
    start(&config).await.map_err(|error| error.to_string())
}

fn file(url: &str, name: &str) -> String {
    format!(
        "[livechat]\ndesk = \"support\"\ntimeout_s = 60\n[desks.support]\nvendor = \"looped\"\nname = \"{name}\"\nbase_url = \"{url}\"\ntoken = \"t0ken\"\n"
    )
}

async fn call(running: &Running, method: &str, path: &str, body: &str) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {SECRET}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer = router(running.app.clone()).oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_files_desks_are_connected_once_their_vendor_is_there_and_changed_in_the_file_only() {
    let vendor = Vendor::start().await;
    vendor.with(|told| told.answers = [("connect", 503)].into());
    let folder = tempfile::tempdir().unwrap();
    let running = run(folder.path(), &file(&vendor.url, "First")).await.unwrap();
    let app = running.app.clone();
    let id = AccountId::new("support");
    assert_eq!(app.settings.livechat().desk.as_deref(), Some("support"));
    assert_eq!(app.settings.livechat().policy.timeout_s, 60);
    let hook = app
        .settings
        .account(AccountKind::Desk, &id)
        .unwrap()
        .text("hook_token")
        .unwrap()
        .to_owned();
    for _ in 0..100 {
        if app.health.of(&id).last_error.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let error = app.health.of(&id).last_error.unwrap();
    assert!(error.why.contains("503"), "a desk that is down is told: {error:?}");
    vendor.with(|told| told.answers.clear());
    for _ in 0..200 {
        if app.health.of(&id).connected.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(app.health.of(&id).connected.is_some(), "it is tried again");

    let desk = r#"{"vendor":"looped","settings":{"base_url":"https://x.example","token":"x"}}"#;
    let (status, body) =
        call(&running, "PUT", "/v1/settings/desks/support?connect=false", desk).await;
    assert!(status == 409 && body.contains("handover.toml"), "{status} {body}");
    let (status, body) = call(&running, "DELETE", "/v1/settings/desks/support", "").await;
    assert!(status == 409 && body.contains("handover.toml"), "{status} {body}");
    let livechat = "/v1/settings/livechat";
    let (status, body) = call(&running, "PUT", livechat, r#"{"timeout_s":61}"#).await;
    assert!(status == 422 && body.contains("handover.toml"), "{status} {body}");
    let (status, body) = call(&running, "PUT", livechat, r#"{"end_label":"Done"}"#).await;
    assert_eq!(status, 200, "what the file does not say can be changed: {body}");
    running.stop().await;
    drop(app);

    let second = file(&vendor.url, "Second");
    let running = loop {
        // What the last call set off may hold the folder for a moment.
        match run(folder.path(), &second).await {
            Ok(running) => break running,
            Err(why) => assert!(why.contains("another handover"), "{why}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let account = running.app.settings.account(AccountKind::Desk, &id).unwrap();
    assert_eq!(account.name, "Second", "the file wins over what was saved");
    assert_eq!(account.text("hook_token"), Some(hook.as_str()), "what was learnt is kept");
}

#[tokio::test]
async fn what_only_the_start_can_know_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let problem = run(folder.path(), "\n[livechat]\ndesk = \"nowhere\"\n").await.err().unwrap();
    assert!(
        problem.contains("handover.toml, line 4: livechat.desk: There is no such desk"),
        "{problem}"
    );
}
