use super::*;
use crate::vendor::{HookMood, Mood};

/// Sets what becomes of hooks.
fn hooks_are(world: &World, hooks: HookMood) {
    world.desk.set_mood(Mood { hooks, ..Mood::default() });
}

fn texts(heard: &[Value]) -> Vec<&str> {
    heard.iter().map(|hook| hook["message"]["stripped_text"].as_str().unwrap()).collect()
}

#[test]
fn the_whole_context_is_posted_with_its_types() {
    let world = world();
    world.listen("ticket-message-created");
    let id = world.ticket("c1@chat.invalid");
    let said = world.desk.agent_says(&id, "Ana", "He said \"no\"\nand left");
    let hooks = world.desk.hooks();
    assert_eq!(hooks.len(), 2, "it fires for our own messages too");
    assert_eq!((hooks[1].method, hooks[1].url.as_str()), ("POST", "https://gw.example/hook"));
    let header =
        |name: &str| hooks[1].headers.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(header("x-secret"), "s");
    assert_eq!(header("content-type"), "application/json");
    let body: Value = serde_json::from_slice(&hooks[1].body).unwrap();
    assert_eq!(body["message"]["id"].to_string(), said);
    assert_eq!(body["message"]["from_agent"], true);
    assert_eq!(body["message"]["sent_datetime"], Value::Null, "sending comes after telling");
    assert_eq!(body["event"]["object_id"], body["message"]["id"]);
    assert_eq!(body["event"]["type"], "ticket-message-created");
    assert_eq!(body["ticket"]["external_id"], "s1");
    assert_eq!(body["ticket"]["customer"]["email"], "c1@chat.invalid");
    assert_eq!(body["ticket"]["messages"].as_array().unwrap().len(), 2);
    assert!(world.desk.hooks().is_empty(), "each goes out once");
}

#[test]
fn the_studios_address_is_filled_in() {
    for (encoded, text) in [(true, "a%20%26%20b"), (false, "a & b")] {
        let world = with(Options { hook_urls_encoded: encoded, ..Options::default() });
        world.post("integrations", &json!({ "name": "studio", "type": "http", "http": { "method": "GET",
            "url": "https://gw.example/receive?external_id={{ticket.external_id}}&event_type={{event.type}}\
                &message_id={{event.object_id}}&text={{message.stripped_text}}&from_agent={{message.from_agent}}",
            "triggers": { "ticket-message-created": true } } }));
        let id = world.ticket("c1@chat.invalid");
        let said = world.desk.agent_says(&id, "Ana", "a & b");
        let hook = world.desk.hooks().remove(1);
        let wanted = format!(
            "https://gw.example/receive?external_id=s1&event_type=ticket-message-created\
             &message_id={said}&text={text}&from_agent=True"
        );
        assert_eq!((hook.method, hook.url), ("GET", wanted));
        assert!(hook.body.is_empty());
    }
}

#[test]
fn a_form_gives_texts_only() {
    let world = world();
    let form = json!({ "id": "{{message.id}}", "agent": "{{message.from_agent}}", "our": "{{message.external_id}}",
        "in": { "last": "{{ticket.messages[-1].body_text}}" } });
    for (mime, wanted) in [
        (
            "application/json",
            "{\"agent\":\"False\",\"id\":\"ID\",\"in\":{\"last\":\"hello\"},\"our\":\"\"}",
        ),
        ("application/x-www-form-urlencoded", "agent=False&id=ID&our="),
    ] {
        let mut form = form.clone();
        if mime != "application/json" {
            form.as_object_mut().unwrap().remove("in");
        }
        let made = world.post("integrations", &json!({ "name": "form", "type": "http", "http": {
            "url": "https://gw.example/", "method": "POST", "request_content_type": mime, "form": form,
            "triggers": { "ticket-message-created": true } } }));
        world.ticket("c1@chat.invalid");
        let message = world.get("messages?limit=1")["data"][0]["id"].to_string();
        let hook = world.desk.hooks().remove(0);
        assert_eq!(String::from_utf8(hook.body).unwrap(), wanted.replace("ID", &message));
        world.delete(&format!("integrations/{}", made["id"]));
    }
}

#[test]
fn a_changed_status_comes_with_the_short_context() {
    let world = world();
    world.listen("ticket-status-updated");
    let id = world.ticket("c1@chat.invalid");
    world.desk.closes(&id, "Ana");
    world.desk.closes(&id, "Ana");
    let heard = world.heard();
    assert_eq!(heard.len(), 1, "nothing changed the second time");
    assert_eq!(heard[0]["ticket"]["status"], "closed");
    assert_eq!(heard[0]["ticket"]["external_id"], "s1");
    assert_eq!(heard[0]["ticket"].get("customer"), None);
    assert_eq!(heard[0].get("message"), None);
    world.desk.reopens(&id, "Ana");
    assert_eq!(world.heard()[0]["ticket"]["status"], "open");
}

#[test]
fn each_trigger_has_its_occasion() {
    let world = world();
    for trigger in ["ticket-created", "ticket-updated", "ticket-assignment-updated"] {
        world.listen(trigger);
    }
    for trigger in ["ticket-self-unsnoozed", "ticket-message-failed"] {
        world.listen(trigger);
    }
    let types = || -> Vec<String> {
        world
            .heard()
            .iter()
            .map(|hook| hook["event"]["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let id = world.ticket("c1@chat.invalid");
    assert_eq!(types(), ["ticket-created"]);
    world.desk.assigns(&id, "Ben");
    assert_eq!(types(), ["ticket-updated", "ticket-assignment-updated"]);
    world.desk.agent_says(&id, "Ana", "to nobody");
    assert_eq!(types(), ["ticket-message-failed"]);
    world.desk.snoozes(&id, "Ana");
    assert_eq!(types(), ["ticket-updated"]);
    assert_eq!(world.desk.conversations()[0].status, "snoozed");
    world.pass_ms(3_600_000);
    assert_eq!(types(), ["ticket-self-unsnoozed"]);
    assert_eq!(world.desk.conversations()[0].status, "open");
}

#[test]
fn silence_is_tried_again_three_times() {
    let world = world();
    world.listen("ticket-message-created");
    world.ticket("c1@chat.invalid");
    for wait_ms in [10_000, 20_000, 40_000] {
        let hook = world.desk.hooks().remove(0);
        world.desk.hook_answered(&hook, None);
        world.pass_ms(wait_ms - 1);
        assert!(world.desk.hooks().is_empty(), "before {wait_ms}");
        world.pass_ms(1);
    }
    let last = world.desk.hooks().remove(0);
    world.desk.hook_answered(&last, None);
    world.pass_ms(1_000_000);
    assert!(world.desk.hooks().is_empty());
}

#[test]
fn a_refusal_is_not_tried_again() {
    let world = world();
    world.listen("ticket-message-created");
    world.ticket("c1@chat.invalid");
    let hook = world.desk.hooks().remove(0);
    world.desk.hook_answered(&hook, Some(500));
    world.pass_ms(1_000_000);
    assert!(world.desk.hooks().is_empty());
}

#[test]
fn too_many_failures_in_a_row_switch_an_integration_off() {
    let world = with(Options { failures_allowed: 3, ..Options::default() });
    let made = world.listen("ticket-message-created");
    let id = world.ticket("c1@chat.invalid");
    let answer = |status| {
        world.desk.agent_notes(&id, "Ana", "x");
        for hook in world.desk.hooks() {
            world.desk.hook_answered(&hook, status);
        }
    };
    world.heard();
    for status in [500, 500, 200, 500, 500] {
        answer(Some(status));
    }
    assert_eq!(world.desk.integrations()[0]["deactivated_datetime"], Value::Null);
    answer(Some(404));
    assert!(world.desk.integrations()[0]["deactivated_datetime"].is_string());
    world.desk.agent_notes(&id, "Ana", "unheard");
    assert!(world.desk.hooks().is_empty());
    let path = format!("integrations/{}", made["id"]);
    world.send("PUT", &path, &json!({ "name": "all", "deactivated_datetime": null }));
    world.desk.agent_notes(&id, "Ana", "heard");
    assert_eq!(texts(&world.heard()), ["heard"]);
}

#[test]
fn hooks_come_as_the_mood_has_it() {
    let world = world();
    world.listen("ticket-message-created");
    let id = world.ticket("c1@chat.invalid");
    world.heard();
    let two = || {
        world.desk.agent_notes(&id, "Ana", "one");
        world.desk.agent_notes(&id, "Ana", "two");
    };
    two();
    assert_eq!(texts(&world.heard()), ["one", "two"]);
    hooks_are(&world, HookMood::Twice);
    two();
    assert_eq!(texts(&world.heard()), ["one", "one", "two", "two"]);
    hooks_are(&world, HookMood::OutOfOrder);
    two();
    assert_eq!(texts(&world.heard()), ["two", "one"]);
    hooks_are(&world, HookMood::Lost);
    two();
    assert!(world.heard().is_empty());
    hooks_are(&world, HookMood::Late);
    two();
    assert!(world.heard().is_empty());
    hooks_are(&world, HookMood::Prompt);
    assert_eq!(texts(&world.heard()), ["one", "two"], "the lost ones do not come back");
}
