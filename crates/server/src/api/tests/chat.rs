use super::{As, World, said};
use handover_core::port::bus::{Bus, Envelope};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_bots_turn_is_the_answer() {
    let world = World::new().await;
    let answer = world.say(As::Signed, "ada", "Hello").await.fine();
    assert!(!answer.messages().is_empty(), "{}", answer.text);
    for (order, message) in answer.messages().iter().enumerate() {
        assert_eq!(message["direction"], "SEND");
        assert_eq!(message["interaction_order"], order);
        assert!(message["payload"]["content_type"].is_string());
        assert_eq!(message["conversation_id"].as_str().unwrap().len(), 36);
    }
    assert_eq!(answer.json["client"]["user_id"], "ada");
    assert_eq!(answer.json["client"]["channel_id"], "api");
    assert!(answer.json["request_id"].is_string());
    assert!(answer.json["received_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_repeated_request_is_answered_again_and_does_nothing_twice() {
    let world = World::new().await;
    let body = said("ada", Some("r1"), "Hello");
    let first = world.post(As::Signed, "/v1/api/chat", body.clone()).await.fine();
    let second = world.say(As::Signed, "ada", "Something else").await.fine();
    let again = world.post(As::Signed, "/v1/api/chat", body).await.fine();
    assert_eq!(first.json["messages"], again.json["messages"], "promise C");
    assert_eq!(again.json["request_id"], "r1");
    let all = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    let other = world.say(As::Public, "ada", "Hello").await.fine();
    assert_eq!(all.messages().len(), first.messages().len() + second.messages().len());
    assert_eq!(other.messages().len(), first.messages().len());
}

#[tokio::test]
async fn while_people_have_the_floor_there_is_no_answer_but_messages_to_read() {
    let world = World::new().await;
    world.say(As::Signed, "ada", "Hello").await.fine();
    let start = world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    assert_eq!(start.messages().len(), 1, "rule 1: the start text: {}", start.text);
    let last = start.messages()[0]["n"].as_u64().unwrap();
    let waiting = world.say(As::Signed, "ada", "Anyone?").await.fine();
    assert!(waiting.messages().is_empty(), "rule 6: {}", waiting.text);

    let session = world.session().await;
    let path = format!("/v1/api/messages?user_id=ada&after={last}&wait_s=5");
    let reading = world.get(As::Signed, &path);
    let saying = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let body = json!({ "text": "Here I am", "agent": { "id": "7", "name": "Bob" } });
        world.post(As::Bearer, &format!("/v1/sessions/{session}/messages"), body).await.fine();
    };
    let (read, ()) = tokio::join!(reading, saying);
    let read = read.fine();
    assert_eq!(read.texts(), ["Here I am"], "rule 8");
    assert_eq!(read.messages()[0]["agent"]["name"], "Bob");
    let after = read.json["last"].as_u64().unwrap();
    assert!(after > last);

    let end = world.press(As::Signed, "ada", "LIVECHAT_SESSION_END").await.fine();
    assert!(!end.messages().is_empty(), "rule 12: the bot's first words: {}", end.text);
    assert!(
        world.get(As::Bearer, "/v1/sessions").await.json["sessions"].as_array().unwrap().is_empty()
    );
}

#[tokio::test]
async fn reading_ends_when_its_time_is_up() {
    let world = World::new().await;
    let read = world.get(As::Signed, "/v1/api/messages?user_id=nobody&wait_s=0").await.fine();
    assert!(read.messages().is_empty());
    assert_eq!(read.json["last"], 0);
    let waited = world.get(As::Signed, "/v1/api/messages?user_id=nobody&wait_s=1").await.fine();
    assert!(waited.messages().is_empty());
}

#[tokio::test]
async fn with_a_callback_address_messages_come_from_there_only() {
    let world = World::new().await;
    world.set_channel("callback_url", "https://app.example/hook".into()).await;
    let answer = world.say(As::Signed, "ada", "Hello").await.fine();
    assert!(answer.messages().is_empty(), "{}", answer.text);
    let chosen = |url: &str| {
        let mut body = said("ada", None, "Hello");
        body["callback_url"] = url.into();
        body
    };
    world.post(As::Signed, "/v1/api/chat", chosen("https://app.example/hook")).await.fine();
    let other = world.post(As::Public, "/v1/api/chat", chosen("http://169.254.169.254/")).await;
    assert!(other.refused(422, "invalid_field").contains("channel's settings"));
}

#[tokio::test]
async fn lost_and_late_hints_cost_time_only() {
    let world = World::new().await;
    let noise = async {
        for _ in 0..100 {
            world.running.app.bus.publish(Envelope::Settings);
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(world.say(As::Signed, "ada", "Hello"), noise);
    assert!(!answer.fine().messages().is_empty());
}

#[tokio::test]
async fn an_open_conversation_is_told() {
    let world = World::new().await;
    let ask = || world.post(As::Signed, "/v1/api/conversations/open", json!({ "user_id": "ada" }));
    assert_eq!(ask().await.fine().json, json!({ "has_open": false }));
    let mut body = said("ada", None, "Hello");
    body["metadata"] = json!({ "name": "Ada" });
    world.post(As::Signed, "/v1/api/chat", body).await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let open = ask().await.fine();
    assert_eq!(open.json["has_open"], true);
    let conversation = &open.json["conversation"];
    assert_eq!(conversation["status"], "OPEN");
    assert_eq!(conversation["holder"], "waiting");
    assert_eq!(conversation["metadata"]["name"], "Ada");
    assert_eq!(conversation["client"]["user_id"], "ada");
    assert!(conversation["created_at"].is_string());
}

/// A stop waits for what ends soon, and not for a turn that nobody here takes any more.
#[tokio::test]
async fn a_call_that_waits_for_the_bot_does_not_hold_up_a_stop() {
    let world = World::new().await;
    world.running.app.bus.stop();
    let began = std::time::Instant::now();
    let answer = world.say(As::Signed, "ada-lovelace", "hello").await.fine();
    assert!(began.elapsed() < std::time::Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(answer.json["messages"].as_array().unwrap().len(), 0, "{}", answer.text);
}
