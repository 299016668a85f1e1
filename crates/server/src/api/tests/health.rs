use super::{As, World};
use serde_json::json;

#[tokio::test]
async fn the_program_says_how_it_is() {
    let world = World::new().await;
    assert_eq!(world.get(As::Nobody, "/healthz").await.fine().json["status"], "ok");
    assert_eq!(world.get(As::Nobody, "/readyz").await.fine().json["status"], "ok");
    world.press(As::Signed, "ada-lovelace", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    world.get(As::Bearer, &format!("/v1/sessions/{session}")).await.fine();
    let metrics = world.get(As::Nobody, "/metrics").await.fine().text;
    assert!(metrics.contains("handover_sessions_waiting 1"), "{metrics}");
    assert!(metrics.contains("handover_accepts_total{outcome=\"done\"}"), "{metrics}");
    assert!(metrics.contains("route=\"/v1/sessions/{id}\""), "{metrics}");
    for alone in
        ["handover_nodes 1", "handover_leases 0", "handover_bus_up 1", "handover_lag_seconds "]
    {
        assert!(metrics.contains(alone), "{alone}: {metrics}");
    }
    assert!(!metrics.contains(&session) && !metrics.contains("ada"), "no ids in labels");
}

#[tokio::test]
async fn who_is_alone_is_the_only_node() {
    let world = World::new().await;
    let told = world.get(As::Signed, "/v1/nodes").await.fine().json;
    assert_eq!((&told["hints"], told["nodes"].as_array().unwrap().len()), (&json!("alone"), 1));
    let node = &told["nodes"][0];
    assert_eq!((&node["this"], &node["leaving"]), (&json!(true), &json!(false)));
    assert_eq!(node["version"], env!("CARGO_PKG_VERSION"));
    assert!(node["started_at"].as_str() <= node["heard_at"].as_str());
    assert!(told["lag_s"].as_f64().unwrap() < 60.0);
    assert_eq!(world.get(As::Nobody, "/v1/nodes").await.status, 401);
}

#[tokio::test]
async fn the_document_describes_every_route() {
    let world = World::new().await;
    let document = world.get(As::Nobody, "/v1/openapi.json").await.fine().json;
    for (path, method) in [
        ("/v1/api/chat", "post"),
        ("/v1/api/conversations/open", "post"),
        ("/v1/api/messages", "get"),
        ("/v1/sessions", "get"),
        ("/v1/sessions/{id}", "get"),
        ("/v1/sessions/{id}/accept", "post"),
        ("/v1/sessions/{id}/messages", "post"),
        ("/v1/sessions/{id}/notes", "post"),
        ("/v1/sessions/{id}/end", "post"),
        ("/v1/settings/livechat", "get"),
        ("/v1/settings/livechat", "put"),
        ("/v1/settings/desks", "get"),
        ("/v1/settings/desks/{id}", "get"),
        ("/v1/settings/desks/{id}", "put"),
        ("/v1/settings/desks/{id}", "delete"),
        ("/v1/nodes", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    ] {
        let route = &document["paths"][path][method];
        assert!(route["summary"].is_string(), "{method} {path}");
        if path.starts_with("/v1/") {
            assert!(route["responses"]["401"].is_object(), "{method} {path}");
            assert!(route["security"].is_array(), "{method} {path}");
        }
    }
    for scheme in ["key", "signature", "bearer"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object());
    }
    assert_eq!(document["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer} is described");
    }
}
