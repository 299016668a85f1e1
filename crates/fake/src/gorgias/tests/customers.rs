use super::*;

#[test]
fn a_customer_is_made_and_found_by_what_it_was_given() {
    let world = world();
    let made = world.post(
        "customers",
        &json!({ "name": "Cleo Ott", "email": "c1@chat.invalid",
        "external_id": "c1", "language": "fr", "channels": [{ "type": "sms", "address": "+33" }] }),
    );
    assert_eq!(made["firstname"], "Cleo");
    assert_eq!(made["channels"].as_array().unwrap().len(), 2);
    for query in ["email=C1%40chat.invalid", "external_id=c1"] {
        let found = world.get(&format!("customers?{query}"));
        assert_eq!(found["data"][0]["id"], made["id"], "{query}");
    }
    assert_eq!(world.get("customers?external_id=c2")["data"], json!([]));
    world.all_fit();
}

#[test]
fn external_ids_need_not_be_unique_but_addresses_must() {
    for status in [409, 400] {
        let world = with(Options { address_taken_status: status, ..Options::default() });
        let body = json!({ "external_id": "c1", "email": "a@chat.invalid" });
        world.post("customers", &body);
        let (refused, said) = world.send("POST", "customers", &body);
        assert_eq!(refused, status);
        assert!(said["error"]["msg"].as_str().unwrap().contains("a@chat.invalid"));
        world.post("customers", &json!({ "external_id": "c1" }));
        assert_eq!(world.get("customers?external_id=c1")["data"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn channels_are_replaced_as_a_whole_and_the_rest_is_kept() {
    let world = world();
    let made = world.post("customers", &json!({ "name": "C", "email": "a@chat.invalid" }));
    let path = format!("customers/{}", made["id"]);
    let change = json!({ "channels": [{ "type": "sms", "address": "+33" }] });
    let (status, changed) = world.send("PUT", &path, &change);
    assert_eq!(status, 202);
    assert_eq!(changed["name"], "C");
    assert_eq!(changed["email"], Value::Null);
    assert_eq!(changed["channels"].as_array().unwrap().len(), 1);
}

#[test]
fn data_is_replaced_unless_it_is_older() {
    let world = world();
    let made = world.post("customers", &json!({ "name": "C" }));
    let path = format!("customers/{}", made["id"]);
    let data = format!("{path}/data");
    world.send("PUT", &data, &json!({ "data": { "a": 1 }, "version": "2026-02-01T00:00:00Z" }));
    let old = json!({ "data": { "b": 2 }, "version": "2026-01-01T00:00:00Z" });
    assert_eq!(world.send("PUT", &data, &old).0, 202);
    assert_eq!(world.get(&path)["data"], json!({ "a": 1 }));
    let new = json!({ "data": { "c": 3 }, "version": "2026-03-01T00:00:00" });
    world.send("PUT", &data, &new);
    assert_eq!(world.get(&path)["data"], json!({ "c": 3 }));
    world.all_fit();
}

#[test]
fn lists_have_pages() {
    let world = world();
    for n in 0..5 {
        world.post("customers", &json!({ "name": n.to_string() }));
    }
    let mut query = "customers?limit=2&order_by=created_datetime:asc".to_owned();
    let mut seen = Vec::new();
    let last = loop {
        let page = world.get(&query);
        for customer in page["data"].as_array().unwrap() {
            seen.push(customer["name"].as_str().unwrap().to_owned());
        }
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => {
                query = format!("customers?limit=2&order_by=created_datetime:asc&cursor={next}");
            }
            None => break page,
        }
    };
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let back = last["meta"]["prev_cursor"].as_str().unwrap();
    let before =
        world.get(&format!("customers?limit=2&order_by=created_datetime:asc&cursor={back}"));
    assert_eq!(before["data"][0]["name"], "2");
    for bad in ["limit=0", "limit=101", "order_by=shoe:asc", "cursor=%21"] {
        assert_eq!(world.call(Request::get(url(&format!("customers?{bad}")))).status, 400, "{bad}");
    }
}
