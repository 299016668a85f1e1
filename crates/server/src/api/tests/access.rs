use super::{As, KEY, World, said};
use axum::body::Body;
use axum::http::{Method, Request};
use handover_adapters::kit::studio;
use serde_json::json;

#[tokio::test]
async fn private_routes_want_proof() {
    let world = World::new().await;
    let routes = [
        (Method::GET, "/v1/api/messages?user_id=ada"),
        (Method::POST, "/v1/api/conversations/open"),
        (Method::GET, "/v1/sessions"),
        (Method::GET, "/v1/sessions/x"),
        (Method::POST, "/v1/sessions/x/accept"),
        (Method::POST, "/v1/sessions/x/messages"),
        (Method::POST, "/v1/sessions/x/notes"),
        (Method::POST, "/v1/sessions/x/end"),
        (Method::GET, "/v1/settings/livechat"),
        (Method::PUT, "/v1/settings/livechat"),
    ];
    for (method, path) in routes {
        for who in [As::Nobody, As::Public] {
            let answer =
                world.send(world.request(who, method.clone(), path, Some(&json!({})))).await;
            let message = answer.refused(401, "unauthorised");
            assert!(message.contains("X-Api-Key"), "the fix is named: {path}: {message}");
        }
        for who in [As::Signed, As::Bearer] {
            let answer =
                world.send(world.request(who, method.clone(), path, Some(&json!({})))).await;
            assert_ne!(answer.status, 401, "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn wrong_proof_is_refused_everywhere() {
    let world = World::new().await;
    let stale = format!("{KEY}|1700000000");
    let signature = studio::sign(super::SECRET, &stale).unwrap();
    for (name, value, more) in [
        ("authorization", "Bearer wrong", None),
        ("authorization", "Bearer ", None),
        ("authorization", "Basic YTpi", None),
        ("x-api-key", "unknown", None),
        ("x-api-key", stale.as_str(), None),
        ("x-api-key", stale.as_str(), Some(signature.as_str())),
        ("x-api-key", KEY, Some("sha256=00")),
    ] {
        for path in ["/v1/api/chat", "/v1/api/conversations/open"] {
            let mut request =
                Request::post(path).header(name, value).header("content-type", "application/json");
            if let Some(signature) = more {
                request = request.header("x-api-signature", signature);
            }
            let body = said("ada", None, "Hello").to_string();
            let answer = world.send(request.body(Body::from(body)).unwrap()).await;
            answer.refused(401, "unauthorised");
            assert!(!answer.text.contains(super::SECRET));
        }
    }
}

#[tokio::test]
async fn an_unsigned_call_reaches_no_signed_contact() {
    let world = World::new().await;
    world.say(As::Signed, "ada", "My secret").await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;

    // Promise F: the same name, a repeated id, a name that looks like the other form: none of them crosses.
    for name in ["ada", "unverified:ada", "verified:ada"] {
        let public = world.say(As::Public, name, "Let me in").await.fine();
        assert!(!public.messages().is_empty(), "it speaks with the bot, not with ada's agent");
        world.press(As::Public, name, "LIVECHAT_SESSION_END").await.fine();
    }
    let still = world.get(As::Bearer, &format!("/v1/sessions/{session}")).await.fine();
    assert_eq!(still.json["state"], "waiting");
    assert_eq!(still.json["contact"]["verified"], true);
    assert!(!still.text.contains("Let me in"));

    let own = world.get(As::Signed, "/v1/api/messages?user_id=ada").await.fine();
    let others = world.get(As::Signed, "/v1/api/messages?user_id=ada&verified=false").await.fine();
    assert_ne!(own.messages()[0]["conversation_id"], others.messages()[0]["conversation_id"]);
}

#[tokio::test]
async fn an_unsigned_call_reads_nothing_but_its_own_answer() {
    let world = World::new().await;
    world.press(As::Public, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    let contact = &world.get(As::Bearer, "/v1/sessions").await.json["sessions"][0]["contact"];
    assert_eq!(contact["verified"], false, "the agent sees it");
    let say = json!({ "text": "For your eyes only" });
    world.post(As::Bearer, &format!("/v1/sessions/{session}/messages"), say).await.fine();
    let next = world.say(As::Public, "ada", "And?").await.fine();
    assert!(next.messages().is_empty());
    let end = world.press(As::Public, "ada", "LIVECHAT_SESSION_END").await.fine();
    assert!(!end.text.contains("For your eyes only"));
}

#[tokio::test]
async fn a_channel_can_take_signed_calls_only() {
    let world = World::new().await;
    world.set_channel("signed_only", true.into()).await;
    let refused = world.say(As::Public, "ada", "Hello").await;
    assert!(refused.refused(401, "unauthorised").contains("X-Api-Signature"), "the fix is named");
    world.say(As::Signed, "ada", "Hello").await.fine();
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_again() {
    let world = World::new().await;
    world.set_channel("rate_per_s", "3".into()).await;
    let mut refused = None;
    for _ in 0..10 {
        let answer = world.get(As::Public, "/v1/sessions").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    refused.refused(429, "too_many_requests");
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn a_page_of_any_site_may_speak_and_nothing_more() {
    let world = World::new().await;
    let preflight = |path: &str| {
        Request::options(path)
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-api-key")
            .body(Body::empty())
            .unwrap()
    };
    let chat = world.send(preflight("/v1/api/chat")).await;
    assert_eq!(chat.headers["access-control-allow-origin"], "*");
    assert!(!chat.headers.contains_key("access-control-allow-credentials"));
    let sessions = world.send(preflight("/v1/sessions")).await;
    assert!(!sessions.headers.contains_key("access-control-allow-origin"));
}
