use super::*;
use crate::vendor::From;

#[test]
fn an_answer_on_an_api_ticket_falls_back_to_email() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    let said = world.desk.agent_says(&id, "Ana", "Hello <you>");
    let message = world.get(&format!("tickets/{id}/messages/{said}"));
    assert_eq!(message["channel"], "email");
    assert_eq!(message["via"], "helpdesk");
    assert_eq!(message["from_agent"], true);
    assert_eq!(message["sender"]["name"], "Ana");
    assert_eq!(message["stripped_text"], "Hello <you>");
    let whole = message["body_text"].as_str().unwrap();
    assert!(whole.starts_with("Hello <you>\n\nAna\n"), "{whole}");
    assert!(whole.ends_with("Cleo <c1@chat.invalid> wrote:\nhello"), "{whole}");
    assert!(message["body_html"].as_str().unwrap().contains("&lt;you&gt;"));
    assert!(message["failed_datetime"].is_string(), "nobody is at .invalid");
    assert!(world.desk.emails_sent().is_empty());
}

#[test]
fn a_real_address_really_gets_the_email() {
    let world = world();
    let id = world.ticket("cleo@real.example");
    let said = world.desk.agent_says(&id, "Ana", "Hello");
    let sent = world.desk.emails_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0].message, sent[0].to.as_str()), (&said, "cleo@real.example"));
    let message = world.get(&format!("tickets/{id}/messages/{said}"));
    assert!(message["sent_datetime"].is_string());
}

#[test]
fn on_a_channel_that_can_be_answered_the_answer_stays_there() {
    let world = world();
    let ticket = world.post("tickets", &json!({ "channel": "sms", "via": "sms",
        "customer": { "name": "Cleo", "channels": [{ "type": "sms", "address": "+33" }] },
        "messages": [{ "channel": "sms", "via": "sms", "from_agent": false, "body_text": "hello",
            "source": { "type": "sms", "from": { "address": "+33" }, "to": [{ "address": "+49" }] } }] }));
    let id = ticket["id"].to_string();
    world.desk.agent_notes(&id, "Ben", "who is this?");
    let said = world.desk.agent_says(&id, "Ana", "Hello");
    let message = world.get(&format!("tickets/{id}/messages/{said}"));
    assert_eq!((&message["channel"], &message["body_text"]), (&json!("sms"), &json!("Hello")));
    assert_eq!(message["source"]["to"][0]["address"], "+33");
    world.all_fit();
}

#[test]
fn everyone_is_told_apart() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    world.desk.agent_says(&id, "Ana", "one");
    world.desk.agent_notes(&id, "Ben", "two");
    world.desk.robot_says(&id, "three");
    world.desk.agent_sends_file(&id, "Zoe Z", "a.txt", "text/plain", b"four");
    let seen = world.desk.conversations().remove(0).messages;
    let from: Vec<From> = seen.iter().map(|message| message.from.clone()).collect();
    let agent = |name: &str| From::Agent(name.into());
    assert_eq!(from, [From::Contact, agent("Ana"), From::Note, From::Robot, agent("Zoe Z")]);
    let texts: Vec<&str> = seen.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["hello", "one", "two", "three", ""]);
    assert_eq!(seen[4].files, ["a.txt"]);
    let rule = world.get(&format!("tickets/{id}/messages/{}", seen[3].id));
    assert_eq!(rule["via"], "rule");
    assert!(rule["rule_id"].is_u64());
}

#[test]
fn a_macro_carries_the_marker() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    world.desk.agent_uses_macro(&id, "Ana", "Sign off");
    let seen = world.desk.conversations().remove(0).messages;
    assert!(seen[1].text.ends_with("LIVECHAT_SESSION_END"));
    assert_eq!(world.desk.canned()[0], ("Sign off".into(), seen[1].text.clone()));
}

#[test]
fn without_an_address_an_agent_may_be_held_back() {
    let world = with(Options { agent_needs_address: true, ..Options::default() });
    let ticket = world.post(
        "tickets",
        &json!({ "customer": { "name": "Cleo" }, "messages": [from_customer("hi")] }),
    );
    assert_eq!(world.desk.agent_says(&ticket["id"].to_string(), "Ana", "Hello"), "");
    assert_eq!(world.desk.conversations()[0].messages.len(), 1);
}

#[test]
fn merging_moves_the_messages_and_loses_our_id() {
    let world = world();
    let (from, into) = (world.ticket("c1@chat.invalid"), world.ticket("c1@chat.invalid"));
    world.desk.merge(&from, &into, "Ana");
    assert_eq!(world.call(Request::get(url(&format!("tickets/{from}")))).status, 404);
    let ticket = world.get(&format!("tickets/{into}"));
    assert_eq!(ticket["messages"].as_array().unwrap().len(), 2);
    assert!(ticket["messages"].as_array().unwrap().iter().all(|m| m["ticket_id"] == ticket["id"]));
}
