//! Gorgias as CSML Studio's customers have it: one HTTP integration of the method GET, made by hand.

use crate::world::{Kind, World};
use crate::{GORGIAS, OTHER_GORGIAS};
use handover_core::content::Content;
use handover_core::port::clock::Clock;
use handover_core::port::directory::Directory;
use handover_core::port::http::Request;
use handover_core::words::END;
use handover_fake::gorgias::{Gorgias, Options};
use handover_fake::vendor::Vendor;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn odd(clock: Arc<dyn Clock>) -> Arc<dyn Vendor> {
    Arc::new(Gorgias::with(
        clock,
        Options {
            address_taken_status: 400,
            bare_ticket_messages: true,
            hook_urls_encoded: false,
            null_in_templates: "None",
            api_message_reopens: true,
            ..Options::default()
        },
    ))
}

fn api(world: &World, method: &'static str, path: &str, body: &Value) -> Value {
    // As in HTTP Basic: api@shop.example and its key.
    let proof = "Basic YXBpQHNob3AuZXhhbXBsZTpmYWtlLWdvcmdpYXMta2V5";
    let url = format!("https://shop.gorgias.com/api/{path}");
    let request = Request::json(method, url, body).header("authorization", proof);
    let reply = world.vendor().call(&request).unwrap();
    assert!(reply.status < 300, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

/// The Studio's integration instead of ours: its address as the desk's page shows it for copying.
fn as_in_the_studio(kind: &Kind) -> World {
    let world = World::new(kind);
    let account = world.account();
    let by_hand = kind.adapter.by_hand(&account, &world.around.place());
    let url = by_hand
        .iter()
        .flat_map(|step| &step.copy)
        .find(|(_, value)| value.contains("/v1/livechat/gorgias/receive?"))
        .map(|(_, value)| value.clone())
        .expect("the Studio's address");
    for integration in api(&world, "GET", "integrations", &json!({}))["data"].as_array().unwrap() {
        api(&world, "DELETE", &format!("integrations/{}", integration["id"]), &json!({}));
    }
    let http = json!({
        "url": url,
        "method": "GET",
        "request_content_type": "application/json",
        "response_content_type": "application/json",
        "headers": {},
        "triggers": { "ticket-message-created": true },
    });
    api(&world, "POST", "integrations", &json!({ "name": "CSML", "type": "http", "http": http }));
    world
}

fn a_chat(kind: &Kind) {
    let world = as_in_the_studio(kind);
    world.asks("eve");
    let link = world.link("eve");
    for text in ["Hello & welcome, 100% \"here\"?", "one\n\ntwo", "Is #5 = yours?"] {
        world.vendor().agent_says(&link, "Ana", text);
        world.settle();
        assert_eq!(world.seen("eve").last().unwrap(), text, "the message is read by the API");
    }
    world.vendor().agent_notes(&link, "Ana", "a secret");
    world.settle();
    assert!(!world.seen("eve").concat().contains("secret"), "rule 8");
    world.vendor().agent_sends_file(&link, "Ana", "label.pdf", "application/pdf", b"%PDF-1.4");
    world.settle();
    let media =
        |entry: &handover_core::entry::Entry| matches!(entry.content(), Some(Content::Media(_)));
    assert!(world.transcript("eve").iter().any(media), "which the address cannot tell");
    world.vendor().agent_says(&link, "Ana", "Bye LIVECHAT_SESSION_END");
    world.settle();
    assert_eq!(world.offered("eve"), 1, "rule 13");
    world.act("eve", Content::payload(END));
    world.pass_s(30);
    assert!(!world.is_open("eve"));
}

#[test]
fn the_studios_integration_works_as_it_is() {
    a_chat(&GORGIAS);
}

#[test]
fn and_where_its_address_is_not_encoded() {
    a_chat(&OTHER_GORGIAS);
}

#[test]
fn both_ways_at_once_count_once() {
    let world = as_in_the_studio(&GORGIAS);
    world.connect();
    world.answered("eve");
    assert_eq!(world.seen("eve"), ["Hello, how can I help?"], "promise C");
}

#[test]
fn nobody_is_mailed() {
    let clock = Arc::new(crate::world::Hands::default());
    let gorgias = Arc::new(Gorgias::new(clock.clone()));
    let world = World::around(&GORGIAS, json!({}), clock, gorgias.clone());
    world.answered("eve");
    world.says("eve", "Thank you");
    world.settle();
    world.act("eve", Content::payload(END));
    world.pass_s(30);
    assert_eq!(gorgias.emails_sent(), [], "the contact's address is a placeholder");
}
