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
