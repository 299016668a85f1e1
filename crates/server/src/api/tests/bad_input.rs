use super::{As, KEY, SECRET, World, said};
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

#[tokio::test]
async fn broken_bodies_are_named_with_their_place() {
    let world = World::new().await;
    let big = said("ada", None, &"x".repeat(1024 * 1024)).to_string();
    for (content_type, body, status, code, part) in [
        ("application/json", "{\"client\":", 400, "malformed_json", "line 1 column 10"),
        ("application/json", "{\n  client: 1}", 400, "malformed_json", "line 2 column 3"),
        ("application/json", "", 400, "malformed_json", "line 1"),
        ("application/json", "\u{0}", 400, "malformed_json", "line 1"),
        ("text/plain", "{}", 415, "not_json", "Content-Type: application/json"),
        ("application/json", big.as_str(), 413, "too_large", "256 kB"),
    ] {
        let request = Request::post("/v1/api/chat")
            .header("x-api-key", KEY)
            .header("content-type", content_type)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = world.send(request).await;
        let message = answer.refused(status, code);
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn wrong_fields_of_a_chat_are_named() {
    let world = World::new().await;
    let long = "x".repeat(16_001);
    for (body, field) in [
        (json!({}), "client"),
        (json!({ "client": { "user_id": 1.5e300 }, "payload": [] }), "client.user_id"),
        (json!({ "client": { "user_id": "a" }, "payload": {} }), "payload.content_type"),
        (said("", None, "Hello"), "client.user_id"),
        (said("ada", None, ""), "payload.content.text"),
        (said("ada", None, &long), "payload.content.text"),
        (said("ada", Some(&long), "Hello"), "request_id"),
    ] {
        let answer = world.post(As::Public, "/v1/api/chat", body).await;
        answer.refused(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], field, "{}", answer.text);
    }
}

#[tokio::test]
async fn wrong_fields_of_a_desk_are_named() {
    let world = World::new().await;
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    let long = "x".repeat(16_001);
    let cases: [(&str, Value, &str); 15] = [
        ("messages", json!({}), "text"),
        ("messages", json!({ "text": " " }), "text"),
        ("messages", json!({ "text": 5 }), "text"),
        ("messages", json!({ "text": long }), "text"),
        ("messages", json!({ "text": "a", "media": { "url": "https://x.example" } }), "text"),
        ("messages", json!({ "media": { "url": "javascript:alert(1)" } }), "media.url"),
        ("messages", json!({ "media": { "name": "a.png" } }), "media.url"),
        (
            "messages",
            json!({ "media": { "url": "https://x.example", "kind": "smell" } }),
            "media.kind",
        ),
        ("messages", json!({ "text": "a", "colour": "red" }), "colour"),
        ("messages", json!({ "text": "a", "agent": { "id": "1" } }), "agent.name"),
        ("messages", json!({ "text": "a", "agent": { "id": "", "name": "Bob" } }), "agent.id"),
        ("messages", json!({ "text": "a", "id": "" }), "id"),
        ("notes", json!({ "note": "a" }), "note"),
        ("accept", json!({ "agent": "Bob" }), "agent"),
        ("end", json!({ "step": "start" }), "flow"),
    ];
    for (act, body, field) in cases {
        let answer = world.post(As::Bearer, &format!("/v1/sessions/{session}/{act}"), body).await;
        answer.refused(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], field, "{}", answer.text);
    }
}

#[tokio::test]
async fn wrong_queries_are_named() {
    let world = World::new().await;
    for (path, part) in [
        ("/v1/sessions?state=lost", "state"),
        ("/v1/sessions?limit=-1", "limit"),
        ("/v1/sessions?limit=0", "1 to 1000"),
        ("/v1/sessions?colour=red", "colour"),
        ("/v1/api/messages", "user_id"),
        ("/v1/api/messages?user_id=", "user"),
        ("/v1/api/messages?user_id=a&after=-1", "after"),
        ("/v1/api/messages?user_id=a&wait_s=3600", "60 seconds"),
    ] {
        let answer = world.get(As::Bearer, path).await;
        assert!(matches!(answer.status, 400 | 422), "{path}: {}", answer.text);
        assert!(
            answer.json["error"]["message"].as_str().unwrap().contains(part),
            "{}",
            answer.text
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let world = World::new().await;
    world.get(As::Bearer, "/v1/sessions/none").await.refused(404, "not_found");
    world.get(As::Bearer, "/v1/nothing").await.refused(404, "not_found");
    let wrong = world.send(world.request(As::Bearer, Method::DELETE, "/v1/sessions", None)).await;
    wrong.refused(405, "wrong_method");
    assert!(wrong.headers.contains_key("allow"));
    assert!(!wrong.text.contains(SECRET));
}
