use super::*;
use crate::chatwoot::state::hmac_hex;
use crate::vendor::{HookMood, Mood};

#[test]
fn a_message_is_told_with_its_conversation() {
    let scene = Scene::new();
    let id = scene.vendor.agent_says("1", "Ana", "Hello\\\nthere\n");
    let event = scene.events().remove(0);
    assert_eq!(event["event"], "message_created");
    assert_eq!(event["id"].to_string(), id);
    assert_eq!(
        (&event["message_type"], &event["content"]),
        (&json!("outgoing"), &json!("Hello\nthere"))
    );
    assert_eq!(
        event["sender"],
        json!({"id": 2, "name": "Ana", "email": "ana@desk.example", "type": "user"})
    );
    assert!(event["created_at"].as_str().unwrap().ends_with("Z"));
    let conversation = &event["conversation"];
    assert_eq!((&conversation["id"], &conversation["status"]), (&json!(1), &json!("open")));
    assert_eq!(conversation["contact_inbox"]["source_id"], "key-zoe");
    assert_eq!(conversation["messages"][0]["message_type"], 1);
    assert!(event.get("attachments").is_none());
}

#[test]
fn our_own_posts_come_back() {
    let scene = Scene::new();
    let body = json!({"content": "hi", "message_type": "incoming", "source_id": "ours-1"});
    scene.post("/conversations/1/messages", &body);
    let note = json!({"content": "note", "private": true, "source_id": "ours-2"});
    scene.post("/conversations/1/messages", &note);
    let events = scene.events();
    assert_eq!(
        (&events[0]["source_id"], &events[0]["message_type"]),
        (&json!("ours-1"), &json!("incoming"))
    );
    assert!(events[0]["sender"].get("type").is_none());
    assert_eq!(
        (&events[1]["private"], &events[1]["sender"]["type"]),
        (&json!(true), &json!("user"))
    );
}

#[test]
fn a_status_is_told_at_the_top() {
    let scene = Scene::new();
    scene.vendor.closes("1", "Ana");
    let events = scene.events();
    assert_eq!(events[0]["event"], "conversation_updated");
    assert_eq!(events[0]["changed_attributes"][0]["status"]["previous_value"], "open");
    assert_eq!(events[1]["event"], "conversation_status_changed");
    assert_eq!((&events[1]["id"], &events[1]["status"]), (&json!(1), &json!("resolved")));
    assert_eq!(events[1]["changed_attributes"], Value::Null);
    assert_eq!(events.len(), 2);
    scene.vendor.closes("1", "Ana");
    assert_eq!(scene.events().len(), 0);
}

#[test]
fn typing_and_opening_are_told() {
    let scene = Scene::new();
    scene.vendor.agent_types("1", "Ben", true);
    scene.vendor.agent_types("1", "Ben", false);
    assert_eq!(scene.names_of_events(), ["conversation_typing_on", "conversation_typing_off"]);
    scene.post("/conversations", &json!({"inbox_id": 3, "contact_id": 11}));
    assert_eq!(scene.names_of_events(), ["conversation_created"]);
}

#[test]
fn a_robot_writes_a_template_without_sender() {
    let scene = Scene::new();
    scene.vendor.robot_says("1", "We are closed.");
    let event = scene.events().remove(0);
    assert_eq!((&event["message_type"], &event["sender"]), (&json!("template"), &Value::Null));
}

#[test]
fn a_file_is_told_with_its_address() {
    let scene = Scene::new();
    scene.vendor.agent_sends_file("1", "Ana", "plan.pdf", "application/pdf", b"%PDF");
    let event = scene.events().remove(0);
    assert_eq!(event["content"], Value::Null);
    assert_eq!(event["attachments"][0]["file_type"], "file");
    assert!(event["attachments"][0]["data_url"].as_str().unwrap().ends_with("/plan.pdf"));
}

#[test]
fn hooks_are_signed_from_4_13_on() {
    let scene = Scene::new();
    scene.vendor.agent_says("1", "Ana", "hi");
    let hook = scene.vendor.hooks().remove(0);
    let header = |name: &str| {
        hook.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    let at = header("x-chatwoot-timestamp").unwrap();
    let signed = [at.as_bytes(), b".", &hook.body].concat();
    let secret = scene.inbox["secret"].as_str().unwrap();
    let expected = format!("sha256={}", hmac_hex(secret, &signed));
    assert_eq!(header("x-chatwoot-signature").unwrap(), expected);
    assert_eq!(header("x-chatwoot-delivery").unwrap().len(), 36);
    for (version, numbered) in
        [(Version::V2, false), (Version::V3, false), (Version::new(4, 12, 1), true)]
    {
        let scene = Scene::of(version, |vendor| vendor, json!({}));
        scene.vendor.agent_says("1", "Ana", "hi");
        let hook = scene.vendor.hooks().remove(0);
        let has = |name: &str| hook.headers.iter().any(|(key, _)| key == name);
        assert!(!has("x-chatwoot-signature"), "{version}");
        assert_eq!(has("x-chatwoot-delivery"), numbered, "{version}");
    }
}

#[test]
fn an_old_release_does_not_name_the_account_of_a_conversation() {
    for (version, named) in [(Version::V2, false), (Version::V4_15, true)] {
        let scene = Scene::of(version, |vendor| vendor, json!({}));
        scene.vendor.closes("1", "Ana");
        assert_eq!(scene.events()[0].get("account").is_some(), named);
    }
}

#[test]
fn an_account_webhook_tells_the_same_a_second_time() {
    let scene = Scene::new();
    let body =
        json!({"webhook": {"url": "https://other.example", "subscriptions": ["message_created"]}});
    let shown = scene.post("/webhooks", &body);
    assert!(shown["payload"]["webhook"]["secret"].is_string());
    scene.vendor.agent_says("1", "Ana", "hi");
    scene.vendor.closes("1", "Ana");
    let urls: Vec<_> = scene.vendor.hooks().into_iter().map(|hook| hook.url).collect();
    assert_eq!(urls.iter().filter(|url| *url == "https://other.example").count(), 1);
    assert_eq!(urls.iter().filter(|url| *url == HOOK).count(), 4);
    assert_eq!(scene.ask("POST", "/webhooks", &body).0, 422);
    scene.no_misfits();
}

#[test]
fn a_failed_hook_of_a_message_marks_it_failed_and_is_not_sent_again() {
    let scene = Scene::new();
    scene.vendor.agent_says("1", "Ana", "hi");
    let hook = scene.vendor.hooks().remove(0);
    scene.vendor.hook_answered(&hook, Some(200));
    assert_eq!(scene.vendor.conversations()[0].messages[0].failed, None);
    scene.vendor.hook_answered(&hook, Some(502));
    assert!(scene.vendor.conversations()[0].messages[0].failed.is_some());
    assert_eq!(scene.names_of_events(), ["message_updated"]);
    assert_eq!(scene.vendor.hooks().len(), 0);
    let old = Scene::of(Version::V2, |vendor| vendor, json!({}));
    old.vendor.agent_says("1", "Ana", "hi");
    old.vendor.hook_answered(&old.vendor.hooks().remove(0), None);
    assert_eq!(old.vendor.conversations()[0].messages[0].failed, None);
}

#[test]
fn hooks_follow_the_mood() {
    let scene = Scene::new();
    let two_with = |hooks: HookMood| {
        scene.vendor.set_mood(Mood { hooks, ..Mood::default() });
        scene.vendor.robot_says("1", "one");
        scene.vendor.robot_says("1", "two");
        let texts = scene.events().into_iter().map(|event| event["content"].clone());
        texts.map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(two_with(HookMood::Prompt), ["one", "two"]);
    assert_eq!(two_with(HookMood::Twice), ["one", "one", "two", "two"]);
    assert_eq!(two_with(HookMood::OutOfOrder), ["two", "one"]);
    assert_eq!(two_with(HookMood::Lost), [""; 0]);
    assert_eq!(two_with(HookMood::Late), [""; 0]);
    scene.vendor.set_mood(Mood::default());
    assert_eq!(scene.events().len(), 2);
}
