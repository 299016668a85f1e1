//! What becomes of frames, over plain HTTP.

use super::{World, html, say};
use handover_core::content::Trigger;
use handover_core::entry::Body;
use handover_core::port::store::Page;
use serde_json::json;

#[tokio::test]
async fn what_is_sent_twice_counts_once() {
    let world = World::new().await;
    let token = world.contact().await;
    let first = world.post(&token, json!([say("1", "only once")])).await;
    assert_eq!(first[0]["type"], "ack");
    let again = world.post(&token, json!([say("1", "only once")])).await;
    assert_eq!(first[0], again[0], "promise C");
    let events = world.events(&token, 0).await;
    assert_eq!(html(&events).matches("only once").count(), 1, "promise C");
    assert!(html(&events).contains("data-source=\"1\""), "the page must find its own line again");
}

#[tokio::test]
async fn a_second_tab_shows_the_same_and_doubles_nothing() {
    let world = World::new().await;
    let token = world.contact().await;
    world.post(&token, json!([say("1", "from the first tab")])).await;
    // The second tab finds the same things unsent in the browser's memory.
    let second = world.post(&token, json!([{ "type": "hello", "token": token }])).await;
    assert_eq!(second[0]["fresh"], false, "it is the same contact");
    world.post(&token, json!([say("1", "from the first tab"), say("2", "from the second")])).await;
    let seen = html(&world.events(&token, 0).await);
    assert_eq!(seen.matches("from the first tab").count(), 1, "promise C");
    assert_eq!(seen.matches("from the second").count(), 1, "promise B");
    assert_eq!(html(&world.events(&token, 0).await), seen, "both tabs are told the same");
}

#[tokio::test]
async fn nobody_reads_what_others_said() {
    let world = World::new().await;
    let (ana, bob) = (world.contact().await, world.contact().await);
    world.post(&ana, json!([say("1", "a secret")])).await;
    world.post(&bob, json!([say("1", "another one")])).await;
    let seen = html(&world.events(&bob, 0).await);
    assert!(seen.contains("another one") && !seen.contains("a secret"), "promise F");
    for token in ["", "nonsense", &ana.replace("web/", "api/"), &format!("{ana}x")] {
        let bearer = format!("Bearer {token}");
        let answer = world.get("/v1/web/web/events", &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 401, "promise F: {token}");
    }
    let bearer = format!("Bearer {ana}");
    let elsewhere = world.get("/v1/web/api/events", &[("authorization", &bearer)]).await;
    assert_eq!(elsewhere.status, 404, "the Chat API's channel has no pages");
}

#[tokio::test]
async fn a_lost_token_makes_a_new_contact() {
    let world = World::new().await;
    let token = world.contact().await;
    let known = world.post(&token, json!([{ "type": "hello" }])).await;
    assert_eq!((&known[0]["fresh"], &known[0]["token"]), (&json!(false), &json!(token)));
    let forged = world.post("x", json!([{ "type": "hello", "token": format!("{token}x") }])).await;
    assert_eq!(forged[0]["fresh"], true);
    assert_ne!(forged[0]["token"], token.as_str());
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_and_nothing_is_kept() {
    let world = World::new().await;
    let token = world.contact().await;
    let gone =
        json!({ "type": "say", "id": "2", "content": { "type": "file", "url": "/files/x/y" } });
    let frames = world
        .post(&token, json!([say("1", &"x".repeat(4001)), gone, { "type": "dance", "id": "3" }, 7]))
        .await;
    for (frame, (id, code, word)) in frames.iter().zip([
        (json!("1"), "text", "4000"),
        (json!("2"), "file_gone", "attach it again"),
        (json!("3"), "frame", "dance"),
        (json!(null), "frame", "frame"),
    ]) {
        assert_eq!((&frame["type"], &frame["id"]), (&json!("refused"), &id));
        assert_eq!(frame["code"], code, "the page has words for it");
        assert!(frame["message"].as_str().unwrap().contains(word), "{frame}");
        assert_eq!(frame["retry_after_s"], json!(null), "it will never be taken");
    }
    let conversation = world.running.app.store.load(&world.conversation_of(&token)).await.unwrap();
    assert!(conversation.is_none());
}

#[tokio::test]
async fn who_is_too_fast_is_told_when_to_go_on() {
    let world = World::new().await;
    let token = world.contact().await;
    let many: Vec<_> = (0..40).map(|n| say(&n.to_string(), "quick")).collect();
    let frames = world.post(&token, json!(many)).await;
    let refused: Vec<_> = frames.iter().filter(|frame| frame["type"] == "refused").collect();
    assert!(refused.len() >= 10, "{}", refused.len());
    assert!(refused.iter().all(|frame| frame["retry_after_s"].as_u64().is_some_and(|s| s > 0)));
    assert!(refused.iter().all(|frame| frame["code"] == "too_fast"), "the page has words for it");
    assert_eq!(frames[0]["type"], "ack");
    let other = world.contact().await;
    assert_eq!(world.post(&other, json!([say("1", "calm")])).await[0]["type"], "ack");
}

#[tokio::test]
async fn metadata_comes_along_unverified() {
    let world = World::new().await;
    let hello =
        json!({ "type": "hello", "metadata": { "name": "Robin" }, "page": "https://a.test/" });
    let token = world.contact().await;
    world.post(&token, json!([hello, say("1", "hello")])).await;
    let conversation =
        world.running.app.store.load(&world.conversation_of(&token)).await.unwrap().unwrap();
    assert!(!conversation.contact.verified);
    assert_eq!(conversation.contact.name(), Some("Robin"));
    assert_eq!(conversation.contact.metadata["page"], "https://a.test/");
}

#[tokio::test]
async fn what_happens_is_told_in_the_contacts_language() {
    let world = World::new().await;
    let token = world.contact().await;
    let hello = json!({ "type": "hello", "token": token, "language": "de-AT" });
    let press = json!({ "type": "press", "id": "1", "payload": "LIVECHAT_SESSION_START" });
    world.post(&token, json!([hello, press])).await;
    let seen = html(&world.events(&token, 0).await);
    assert!(seen.contains("Sie werden mit unserem Team verbunden."), "rule 1: {seen}");
    world.agent_says(&token, "Servus").await;
    let seen = html(&world.events(&token, 0).await);
    assert!(seen.contains("Ana ist jetzt im Chat."), "rule 7: {seen}");
}

#[tokio::test]
async fn a_question_for_news_is_answered_when_there_is_some() {
    let world = World::new().await;
    let token = world.contact().await;
    world.post(&token, json!([say("1", "hello")])).await;
    world.agent_says(&token, "**Good** day").await;
    let seen = html(&world.events(&token, 1).await);
    assert!(seen.contains("<strong>Good</strong> day") && seen.contains("Ana"), "{seen}");
    assert!(seen.contains("Ana has joined the chat"), "rule 7");
}

#[tokio::test]
async fn a_link_opens_the_bot_at_its_place() {
    let world = World::new().await;
    let token = world.contact().await;
    let opened = json!({ "type": "opened", "id": "1", "ref": "target:start@SmallTalk" });
    assert_eq!(world.post(&token, json!([opened])).await[0]["n"], 1);
    let id = world.conversation_of(&token);
    let page = Page { after: 0, limit: 1, newest: false };
    let entries = world.running.app.store.transcript(&id, page).await.unwrap();
    let trigger = Trigger { flow: Some("SmallTalk".into()), step: Some("start".into()) };
    assert_eq!(entries[0].body, Body::Opened { trigger: Some(trigger) });
}
