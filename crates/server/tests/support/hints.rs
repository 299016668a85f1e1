//! How fast one node's word reaches another.

use super::api::{Api, press};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long it takes until one who waits at a node learns what was said at another.
pub(crate) async fn across(here: &Api, there: &Api, n: u64) -> Duration {
    let user = format!("across-{n}");
    here.chat(&user, "start", press(handover_core::words::START)).await;
    let session = loop {
        if let Some(session) = here.session_of(&user).await {
            break session;
        }
    };
    let waits = {
        let (here, path) =
            (here.clone(), format!("/v1/api/messages?user_id={user}&after=3&wait_s=20"));
        tokio::spawn(async move { here.call(Method::GET, &path, None).await.1 })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let said = Instant::now();
    let path = format!("/v1/sessions/{session}/messages");
    let body = json!({ "text": "from afar", "id": "1", "agent": { "id": "7", "name": "Bob" } });
    there.until_answered(Method::POST, &path, &body).await;
    let heard = waits.await.unwrap();
    assert!(heard.to_string().contains("from afar"), "{heard}");
    said.elapsed()
}
