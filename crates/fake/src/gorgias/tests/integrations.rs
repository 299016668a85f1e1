use super::*;

fn http(triggers: &Value) -> Value {
    json!({ "name": "gw", "type": "http", "http": { "url": "https://gw.example/", "method": "POST",
        "request_content_type": "application/json", "response_content_type": "application/json",
        "headers": {}, "hmac_secret": "hidden", "form": "{{context}}", "triggers": triggers } })
}

#[test]
fn an_integration_is_made_listed_changed_and_deleted() {
    let world = world();
    let made = world.post("integrations", &http(&json!({ "ticket-message-created": true })));
    assert_eq!(made["http"]["hmac_secret"], Value::Null, "it can be written, not read");
    assert_eq!(made["deactivated_datetime"], Value::Null);
    assert_eq!(world.get("integrations?type=http")["data"][0]["id"], made["id"]);
    let path = format!("integrations/{}", made["id"]);
    let (status, _) =
        world.send("PUT", &path, &json!({ "http": { "url": "https://new.example/" } }));
    assert_eq!(status, 400, "the name is required");
    let change = json!({ "name": "gw", "http": { "url": "https://new.example/" } });
    let (status, changed) = world.send("PUT", &path, &change);
    assert_eq!((status, &changed["http"]["url"]), (202, &json!("https://new.example/")));
    assert_eq!(changed["http"]["triggers"]["ticket-message-created"], true);
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.get("integrations")["data"], json!([]));
}

#[test]
fn triggers_of_two_kinds_do_not_go_together() {
    let world = world();
    let both = json!({ "ticket-message-created": true, "ticket-status-updated": true });
    let (status, said) = world.send("POST", "integrations", &http(&both));
    assert_eq!(status, 400);
    assert!(said["error"]["data"].get("http.triggers").is_some());
    let off = json!({ "ticket-message-created": true, "ticket-status-updated": false });
    world.post("integrations", &http(&off));
}

#[test]
fn only_an_admin_may_touch_them() {
    let world = world();
    world.desk.set_role("agent");
    assert_eq!(world.send("POST", "integrations", &http(&json!({}))).0, 403);
    assert_eq!(world.call(Request::get(url("integrations"))).status, 403);
    world.get("tickets");
}
