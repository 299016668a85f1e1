use super::*;

fn message(change: &Value) -> Value {
    let mut message = json!({ "channel": "api", "via": "api", "from_agent": false,
        "sender": { "email": "c1@chat.invalid" }, "body_text": "hi" });
    for (field, value) in change.as_object().unwrap() {
        message[field] = value.clone();
    }
    message
}

#[test]
fn the_rules_of_senders_and_receivers_hold() {
    let world = world();
    let path = format!("tickets/{}/messages", world.ticket("c1@chat.invalid"));
    let user = json!({ "email": API_USER });
    for (change, field) in [
        (json!({ "sender": null }), "sender"),
        (json!({ "sender": { "id": 1 } }), "sender"),
        (json!({ "receiver": { "id": 1 } }), "receiver"),
        (json!({ "from_agent": true }), "sender"),
        (json!({ "from_agent": true, "sender": user }), "receiver"),
        (json!({ "channel": "internal-note" }), "from_agent"),
        (
            json!({ "channel": "internal-note", "from_agent": true, "sender": user, "public": true }),
            "public",
        ),
        (json!({ "body_text": null }), "body_text"),
        (json!({ "via": "carrier-pigeon" }), "via"),
        (json!({ "channel": null }), "channel"),
        (json!({ "attachments": [{ "url": "https://a" }] }), "attachments[0].name"),
    ] {
        let (status, said) = world.send("POST", &path, &message(&change));
        assert_eq!(status, 400, "{change}");
        assert!(said["error"]["data"].get(field).is_some(), "{change}: {said}");
    }
    assert_eq!(world.desk.conversations()[0].messages.len(), 1);
}

#[test]
fn messages_are_read_newest_first_or_in_order() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    let made =
        world.post(&format!("tickets/{id}/messages"), &message(&json!({ "external_id": "m2" })));
    assert_eq!(made["sender"]["email"], "c1@chat.invalid");
    assert_eq!(made["receiver"], Value::Null);
    world.ticket("c2@chat.invalid");
    let query = format!("messages?ticket_id={id}&limit=100&order_by=created_datetime:");
    assert_eq!(world.get(&format!("{query}desc"))["data"][0]["external_id"], "m2");
    assert_eq!(world.get(&format!("{query}asc"))["data"][1]["external_id"], "m2");
    assert_eq!(world.get(&format!("tickets/{id}/messages"))["data"].as_array().unwrap().len(), 2);
    assert_eq!(world.get(&format!("tickets/{id}/messages/{}", made["id"])), made);
    assert_eq!(world.call(Request::get(url(&format!("tickets/{id}/messages/1")))).status, 404);
    world.all_fit();
}

#[test]
fn a_tickets_messages_may_be_a_bare_list() {
    let world = with(Options { bare_ticket_messages: true, ..Options::default() });
    let id = world.ticket("c1@chat.invalid");
    assert_eq!(world.get(&format!("tickets/{id}/messages"))[0]["body_text"], "hello");
}

#[test]
fn a_note_stays_inside() {
    let world = world();
    let id = world.ticket("cleo@real.example");
    let note = json!({ "channel": "internal-note", "via": "api", "from_agent": true, "public": false,
        "sender": { "id": 1 }, "body_text": "transcript" });
    let made = world.post(&format!("tickets/{id}/messages"), &note);
    assert_eq!(made["public"], false);
    assert_eq!(world.desk.conversations()[0].messages[1].from, crate::vendor::From::Note);
    assert!(world.desk.emails_sent().is_empty());
    world.all_fit();
}

#[test]
fn what_has_no_sent_time_is_sent_for_real() {
    let world = world();
    let path = format!("tickets/{}/messages", world.ticket("cleo@real.example"));
    let bot = |sent: Value| {
        message(&json!({ "from_agent": true, "sender": { "id": 1 }, "sent_datetime": sent,
            "receiver": { "email": "cleo@real.example" } }))
    };
    world.post(&path, &bot(json!("2026-01-01T00:00:00Z")));
    assert!(world.desk.emails_sent().is_empty());
    world.post(&path, &bot(Value::Null));
    let sent = world.desk.emails_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].to.as_str(), sent[0].channel.as_str()), ("cleo@real.example", "email"));
    world.all_fit();
}

#[test]
fn an_api_message_opens_a_closed_ticket_only_by_option() {
    for (reopens, status) in [(false, "closed"), (true, "open")] {
        let world = with(Options { api_message_reopens: reopens, ..Options::default() });
        let id = world.ticket("c1@chat.invalid");
        world.desk.closes(&id, "Ana");
        world.post(&format!("tickets/{id}/messages"), &message(&json!({})));
        assert_eq!(world.desk.conversations()[0].status, status);
    }
}
