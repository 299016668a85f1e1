use super::{As, World};
use axum::http::Method;
use serde_json::{Value, json};

fn bob() -> Value {
    json!({ "id": "7", "name": "Bob" })
}

async fn waiting() -> (World, String) {
    let world = World::new().await;
    world.say(As::Signed, "ada", "Hello").await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    (world, format!("/v1/sessions/{session}"))
}

#[tokio::test]
async fn a_session_can_be_read_with_its_transcript() {
    let (world, path) = waiting().await;
    let session = world.get(As::Signed, &path).await.fine();
    assert_eq!(session.json["state"], "waiting");
    assert_eq!(session.json["contact"]["id"], "ada");
    let transcript = session.json["transcript"].as_array().unwrap();
    let first = &transcript[0];
    assert_eq!((&first["from"], &first["text"]), (&json!("contact"), &json!("Hello")));
    assert!(transcript.iter().any(|line| line["from"] == "bot" && line["kind"] == "message"));
    assert!(transcript.iter().any(|line| line["kind"] == "started"));
    let listed = world.get(As::Signed, "/v1/sessions?state=open").await.fine();
    assert_eq!(listed.json["sessions"][0]["id"], session.json["id"]);
}

#[tokio::test]
async fn one_agent_accepts() {
    let (world, path) = waiting().await;
    let accept = format!("{path}/accept");
    let accepted = world.post(As::Bearer, &accept, json!({ "agent": bob() })).await.fine();
    assert_eq!(accepted.json["session"]["state"], "agent", "rule 7");
    assert_eq!(accepted.json["session"]["agent"]["name"], "Bob");
    world.post(As::Bearer, &accept, json!({ "agent": bob() })).await.fine();
    let eve = json!({ "agent": { "id": "8", "name": "Eve" } });
    world.post(As::Bearer, &accept, eve).await.refused(409, "already_accepted");
}

#[tokio::test]
async fn an_empty_body_is_enough_to_accept_and_to_end() {
    let (world, path) = waiting().await;
    for act in ["accept", "end"] {
        let request = world.request(As::Bearer, Method::POST, &format!("{path}/{act}"), None);
        world.send(request).await.fine();
    }
    assert_eq!(world.get(As::Bearer, &path).await.json["cause"], "operator_ended");
}

#[tokio::test]
async fn the_same_id_says_nothing_twice() {
    let (world, path) = waiting().await;
    let messages = format!("{path}/messages");
    let body = json!({ "text": "Hello Ada", "id": "m1", "agent": bob() });
    let first = world.post(As::Bearer, &messages, body.clone()).await.fine();
    assert_eq!(first.json["duplicate"], false);
    let again = world.post(As::Bearer, &messages, body).await.fine();
    assert_eq!(again.json["duplicate"], true, "promise C");
    assert_eq!(again.json["n"], first.json["n"]);
    let mut by_header =
        world.request(As::Bearer, Method::POST, &messages, Some(&json!({ "text": "Hello Ada" })));
    by_header.headers_mut().insert("idempotency-key", "m1".parse().unwrap());
    assert_eq!(world.send(by_header).await.fine().json["duplicate"], true);
    let read = world.get(As::Bearer, &path).await.text;
    assert_eq!(read.matches("\"text\":\"Hello Ada\",\"payload\"").count(), 1, "{read}");
}

#[tokio::test]
async fn who_does_not_say_who_they_are_speaks_for_the_sessions_agent() {
    let (world, path) = waiting().await;
    world.post(As::Bearer, &format!("{path}/accept"), json!({ "agent": bob() })).await.fine();
    world.post(As::Bearer, &format!("{path}/messages"), json!({ "text": "It is me" })).await.fine();
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    assert_eq!(read.messages().last().unwrap()["agent"]["name"], "Bob");
}

#[tokio::test]
async fn files_go_to_the_contact_and_notes_never_do() {
    let (world, path) = waiting().await;
    let media = json!({ "media": { "url": "https://x.example/plan.png?v=2", "name": "Plan" } });
    world.post(As::Bearer, &format!("{path}/messages"), media).await.fine();
    let note = json!({ "text": "A difficult customer", "agent": bob() });
    world.post(As::Bearer, &format!("{path}/notes"), note).await.fine();
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    assert!(!read.text.contains("difficult"), "rule 8");
    let last = read.messages().last().unwrap();
    assert_eq!(last["payload"]["content"]["url"], "https://x.example/plan.png?v=2");
    assert!(world.get(As::Bearer, &path).await.text.contains("difficult"));
}

#[tokio::test]
async fn the_marker_offers_the_end_and_the_contact_ends() {
    let (world, path) = waiting().await;
    let bye = json!({ "text": "Bye! LIVECHAT_SESSION_END", "agent": bob() });
    world.post(As::Bearer, &format!("{path}/messages"), bye).await.fine();
    let read = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    let offer = &read.messages().last().unwrap()["payload"];
    assert_eq!(offer["content_type"], "question", "rule 13");
    let button = &offer["content"]["buttons"][0]["content"];
    assert_eq!(button["payload"], "LIVECHAT_SESSION_END");
    assert!(read.texts().contains(&"Bye!"));
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_END").await.fine();
    let ended = world.get(As::Bearer, &path).await.fine();
    assert_eq!(ended.json["cause"], "contact_ended", "rule 12");
}

#[tokio::test]
async fn an_agent_hands_back_and_what_comes_later_is_too_late() {
    let (world, path) = waiting().await;
    let end = format!("{path}/end");
    let ended = world.post(As::Bearer, &end, json!({ "agent": bob() })).await.fine();
    assert_eq!(ended.json["session"]["cause"], "agent_ended", "rule 22");
    let again = world.post(As::Bearer, &end, json!({})).await.fine();
    assert_eq!(again.json["duplicate"], true);
    for (act, body) in [
        ("accept", json!({})),
        ("messages", json!({ "text": "Wait" })),
        ("notes", json!({ "text": "Wait" })),
    ] {
        let late = world.post(As::Bearer, &format!("{path}/{act}"), body).await;
        late.refused(409, "session_ended");
    }
    let listed = world.get(As::Bearer, "/v1/sessions?state=ended").await.fine();
    assert_eq!(listed.json["sessions"].as_array().unwrap().len(), 1);
}
