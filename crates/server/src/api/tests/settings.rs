use super::{As, World};
use serde_json::{Value, json};

const PATH: &str = "/v1/settings/livechat";

#[tokio::test]
async fn settings_are_read_and_changed() {
    let world = World::new().await;
    let before = world.get(As::Signed, PATH).await.fine().json;
    assert_eq!(before["timeout_s"], 3600);
    assert_eq!(before["desk"], "console");
    let change = json!({ "timeout_s": 604_799, "end_label": "Done", "on_desk_closed": "end" });
    let after = world.put(As::Signed, PATH, change).await.fine().json;
    assert_eq!(after["timeout_s"], 604_799);
    assert_eq!(after["end_message"], before["end_message"], "what is left out stays");
    assert_eq!(world.get(As::Bearer, PATH).await.json, after);
}

#[tokio::test]
async fn wrong_settings_are_named_with_the_fix_and_change_nothing() {
    let world = World::new().await;
    let before = world.get(As::Signed, PATH).await.fine().json;
    for timeout in [json!(604_800), json!(-1), json!(0), json!(1.5), json!("1h"), Value::Null] {
        let answer = world.put(As::Signed, PATH, json!({ "timeout_s": timeout })).await;
        let message = answer.refused(422, "invalid_field");
        assert!(message.contains("less than 168 hours"), "{message}");
        assert_eq!(answer.json["error"]["field"], "timeout_s");
    }
    let change = json!({ "timeout_s": -1, "desk": "nowhere", "end_label": "", "colour": "red" });
    let answer = world.put(As::Signed, PATH, change).await;
    answer.refused(422, "invalid_field");
    let fields = answer.json["error"]["fields"].as_object().unwrap();
    assert!(fields.contains_key("timeout_s") && fields.contains_key("colour"), "{}", answer.text);
    let change = json!({ "desk": "nowhere", "end_label": "" });
    let answer = world.put(As::Signed, PATH, change).await;
    let fields = answer.json["error"]["fields"].as_object().unwrap();
    assert!(fields.contains_key("desk") && fields.contains_key("end_label"), "{}", answer.text);
    world.put(As::Signed, PATH, json!([1])).await.refused(422, "invalid_field");
    assert_eq!(world.get(As::Signed, PATH).await.json, before);
}

#[tokio::test]
async fn open_sessions_follow_a_new_timeout_at_once() {
    let world = World::new().await;
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    world.put(As::Signed, PATH, json!({ "timeout_s": 1 })).await.fine();
    let path = format!("/v1/sessions/{session}");
    for _ in 0..100 {
        if world.get(As::Bearer, &path).await.json["cause"] == "expired" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("rule 16: the session should have expired");
}

#[tokio::test]
async fn a_desk_is_connected_and_its_secret_is_never_told() {
    let world = World::new().await;
    let path = "/v1/settings/desks/ours";
    let settings = json!({ "url": "https://desk.example/hook", "secret": "whsec_YmVuY2g=" });
    let body = json!({ "vendor": "webhook", "name": "Our desk", "settings": settings });
    let answer = world.put(As::Signed, path, body).await.fine();
    assert_eq!(answer.json["settings"], json!({ "url": "https://desk.example/hook" }));
    let chosen = json!({ "desk": "ours" });
    world.put(As::Signed, PATH, chosen).await.fine();
    let moved = json!({ "vendor": "webhook", "settings": { "url": "https://desk.example/new" } });
    let answer = world.put(As::Signed, path, moved).await.fine();
    assert_eq!(answer.json["name"], "ours", "a secret that is left out stays, a name does not");
    assert_eq!(world.put(As::Public, path, json!({ "vendor": "webhook" })).await.status, 401);
}

#[tokio::test]
async fn a_wrong_desk_is_told_its_fields() {
    let world = World::new().await;
    for (path, body, field) in [
        ("/v1/settings/desks/Our%20desk", json!({ "vendor": "webhook" }), "id"),
        ("/v1/settings/desks/ours", json!({ "vendor": "pigeon" }), "vendor"),
        ("/v1/settings/desks/ours", json!({ "vendor": "webhook" }), "settings.secret"),
        (
            "/v1/settings/desks/ours",
            json!({ "vendor": "webhook", "settings": { "url": 5, "secret": "a" } }),
            "settings.url",
        ),
        (
            "/v1/settings/desks/ours",
            json!({ "vendor": "webhook", "settings": { "colour": "red" } }),
            "settings.colour",
        ),
    ] {
        let answer = world.put(As::Signed, path, body).await;
        answer.refused(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], field, "{}", answer.text);
    }
}
