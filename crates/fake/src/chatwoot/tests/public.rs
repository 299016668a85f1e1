use super::*;
use crate::chatwoot::state::hmac_hex;

impl Scene {
    fn public(&self, method: &'static str, path: &str, body: &Value) -> (u16, Value) {
        let inbox = self.inbox["inbox_identifier"].as_str().unwrap();
        let url = format!("https://cw.example/public/api/v1/inboxes/{inbox}{path}");
        let mut request = Request::json(method, url, body);
        if body.is_null() {
            request.body.clear();
        }
        let reply = self.vendor.call(&request).unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }
}

#[test]
fn a_contact_writes_without_a_token() {
    let scene = Scene::new();
    let (status, shown) = scene.public(
        "POST",
        "/contacts/key-zoe/conversations/1/messages",
        &json!({"content": "hi", "echo_id": "e"}),
    );
    assert_eq!((status, &shown["message_type"], &shown["echo_id"]), (200, &json!(0), &json!("e")));
    assert_eq!(scene.events()[0]["message_type"], "incoming");
    let stranger = scene.public("GET", "/contacts/key-other", &Value::Null);
    assert_eq!(stranger.0, 404);
    scene.no_misfits();
}

#[test]
fn typing_of_the_contact_is_shown() {
    let scene = Scene::new();
    let path = "/contacts/key-zoe/conversations/1/toggle_typing?typing_status=";
    scene.public("POST", &format!("{path}on"), &Value::Null);
    assert!(scene.vendor.conversations()[0].contact_types);
    assert_eq!(scene.events()[0]["user"]["identifier"], "zoe");
    scene.public("POST", &format!("{path}off"), &Value::Null);
    assert!(!scene.vendor.conversations()[0].contact_types);
    scene.no_misfits();
}

#[test]
fn a_contact_that_looks_has_read() {
    let scene = Scene::new();
    let id = scene.vendor.agent_says("1", "Ana", "hi");
    scene.vendor.hooks();
    assert!(!scene.vendor.conversations()[0].contact_has_read);
    scene.clock.passes(1000);
    let path = "/contacts/key-zoe/conversations/1/update_last_seen";
    assert_eq!(scene.public("POST", path, &Value::Null).0, 200);
    assert!(scene.vendor.conversations()[0].contact_has_read);
    assert_eq!(scene.get("/conversations/1/messages")["payload"][0]["status"], "read");
    let event = scene.events().remove(0);
    assert_eq!((event["event"].as_str(), event["id"].to_string()), (Some("message_updated"), id));
    scene.no_misfits();
}

#[test]
fn a_contact_can_resolve_but_not_reopen() {
    let scene = Scene::new();
    let path = "/contacts/key-zoe/conversations/1/toggle_status";
    scene.public("POST", path, &Value::Null);
    assert_eq!(scene.status(), "resolved");
    scene.public("POST", path, &Value::Null);
    assert_eq!(scene.status(), "resolved");
}

#[test]
fn an_inbox_may_demand_proof() {
    let scene = Scene::new();
    scene.ask("PATCH", "/inboxes/3", &json!({"channel": {"hmac_mandatory": true}}));
    let mut body = json!({"identifier": "yan", "source_id": "key-yan"});
    assert_eq!(scene.public("POST", "/contacts", &body).0, 401);
    let hash = hmac_hex(scene.inbox["hmac_token"].as_str().unwrap(), b"yan");
    body["identifier_hash"] = json!(hash);
    let (status, shown) = scene.public("POST", "/contacts", &body);
    assert_eq!((status, &shown["source_id"]), (200, &json!("key-yan")));
    let (_, opened) = scene.public("POST", "/contacts/key-yan/conversations", &json!({}));
    assert_eq!((&opened["id"], &opened["status"]), (&json!(2), &json!("open")));
    scene.no_misfits();
}
