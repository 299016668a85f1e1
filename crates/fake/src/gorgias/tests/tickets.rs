use super::*;

#[test]
fn a_ticket_brings_its_customer_along_and_is_found_by_our_id() {
    let world = world();
    let ticket = world.post(
        "tickets",
        &json!({ "external_id": "s1", "channel": "api", "via": "api",
        "from_agent": false, "status": "open", "subject": "Chat", "tags": [{ "name": "livechat" }],
        "meta": { "session": "s1" }, "custom_fields": [{ "id": 1, "value": "x" }],
        "messages": [{ "channel": "api", "via": "api", "from_agent": false, "external_id": "m1",
            "sender": { "email": "c1@chat.invalid", "name": "Cleo" }, "body_text": "hello" }] }),
    );
    assert_eq!(ticket["customer"]["email"], "c1@chat.invalid");
    assert_eq!(ticket["messages"][0]["external_id"], "m1");
    assert_eq!(ticket["messages"][0]["stripped_text"], "hello");
    assert_eq!(ticket["custom_fields"]["1"]["value"], "x");
    assert_eq!(ticket["created_datetime"], "2026-01-01T00:00:01.000000+00:00");
    let found = world.get("tickets?external_id=s1");
    assert_eq!(found["data"][0]["id"], ticket["id"]);
    assert_eq!(found["data"][0]["messages"], Value::Null, "a list is without messages");
    assert_eq!(found["data"][0]["messages_count"], 1);
    world.all_fit();
}

#[test]
fn the_same_ticket_twice_is_two_tickets() {
    let world = world();
    world.ticket("c1@chat.invalid");
    world.ticket("c1@chat.invalid");
    assert_eq!(world.get("tickets?external_id=s1")["data"].as_array().unwrap().len(), 2);
    assert_eq!(world.get("customers")["data"].as_array().unwrap().len(), 1);
}

#[test]
fn what_the_vendor_would_refuse_is_refused_and_noted() {
    let world = world();
    for (body, field) in [
        (json!({}), "messages"),
        (json!({ "messages": [] }), "messages"),
        (json!({ "messages": [from_customer("x")] }), "customer"),
        (json!({ "messages": [{ "from_agent": "no" }] }), "messages[0].from_agent"),
        (json!({ "status": "done", "messages": [from_customer("x")] }), "status"),
        (
            json!({ "external_id": "x".repeat(256), "messages": [from_customer("x")] }),
            "external_id",
        ),
        (json!({ "customer": { "id": 5 }, "messages": [from_customer("x")] }), "customer"),
    ] {
        let (status, said) = world.send("POST", "tickets", &body);
        assert_eq!(status, 400, "{body}");
        assert!(said["error"]["data"].get(field).is_some(), "{said}");
    }
    assert!(world.desk.conversations().is_empty());
    assert!(!world.desk.misfits().is_empty());
}

#[test]
fn fields_that_nobody_knows_are_passed_over_and_noted() {
    let world = world();
    let made = world.post("customers", &json!({ "name": "C", "avatar": "https://a" }));
    assert_eq!(made["avatar"], Value::Null);
    assert_eq!(world.desk.misfits(), ["POST /api/customers: there is no field avatar"]);
    world.get("tickets?shoe=1");
    assert_eq!(world.desk.misfits()[1], "GET /api/tickets: there is no parameter shoe");
    assert_eq!(world.call(Request::get(url("shoes"))).status, 404);
    assert_eq!(world.desk.misfits()[2], "GET /api/shoes: there is no such address");
}

#[test]
fn status_sleep_and_trash_are_changed_and_tags_replaced() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    let path = format!("tickets/{id}");
    let put = |body: Value| {
        let (status, ticket) = world.send("PUT", &path, &body);
        assert_eq!(status, 202, "{ticket}");
        (ticket, world.desk.conversations()[0].status.clone())
    };
    let (ticket, status) = put(json!({ "status": "closed", "tags": [{ "name": "a" }] }));
    assert_eq!(status, "closed");
    assert!(ticket["closed_datetime"].is_string());
    let (ticket, status) = put(json!({ "status": "open", "tags": [{ "name": "b" }] }));
    assert_eq!(status, "open");
    assert_eq!(ticket["closed_datetime"], Value::Null);
    assert_eq!(ticket["tags"].as_array().unwrap().len(), 1);
    assert_eq!(ticket["tags"][0]["name"], "b");
    world.send("POST", &format!("{path}/tags"), &json!({ "names": ["c"] }));
    assert_eq!(world.get(&path)["tags"].as_array().unwrap().len(), 2);
    assert_eq!(put(json!({ "snooze_datetime": "2030-01-01T00:00:00Z" })).1, "snoozed");
    assert_eq!(put(json!({ "trashed_datetime": "2026-01-01T00:00:00Z" })).1, "trashed");
    assert_eq!(world.get("tickets")["data"], json!([]), "the trash is not listed");
    assert_eq!(world.delete(&path), 204);
    assert_eq!(world.call(Request::get(url(&path))).status, 404);
    world.all_fit();
}

#[test]
fn closing_or_opening_a_ticket_wakes_it() {
    let world = world();
    let id = world.ticket("c1@chat.invalid");
    world.desk.snoozes(&id, "Ana");
    world.desk.closes(&id, "Ana");
    world.desk.reopens(&id, "Ana");
    assert_eq!(world.desk.conversations()[0].status, "open");
    assert_eq!(world.get(&format!("tickets/{id}"))["snooze_datetime"], Value::Null);
}

#[test]
fn the_account_and_its_users_can_be_read() {
    let world = world();
    assert_eq!(world.get("account")["domain"], "shop");
    let users = world.get("users?email=api%40shop.example");
    assert_eq!(users["data"][0]["role"]["name"], "admin");
    assert_eq!(world.call(Request::get(url("users/me"))).status, 400);
    world.ticket("c1@chat.invalid");
    let events = world.get("events?types=ticket-message-created");
    assert_eq!(events["data"].as_array().unwrap().len(), 1);
    assert_eq!(events["data"][0]["object_type"], "TicketMessage");
    world.all_fit();
}
