use super::*;
use crate::chatwoot::talk::{CONTENT_CHARS_MAX, FILES_MAX, MESSAGES_A_MINUTE};
use crate::vendor::From;

#[test]
fn rest_counts_kinds_and_gives_the_number_of_the_account() {
    let scene = Scene::new();
    let body =
        json!({"content": "hi", "message_type": "incoming", "source_id": "ours-1", "echo_id": "e"});
    let shown = scene.post("/conversations/1/messages", &body);
    assert_eq!(shown["message_type"], 0);
    assert_eq!(shown["conversation_id"], 1);
    assert_eq!((&shown["source_id"], &shown["echo_id"]), (&json!("ours-1"), &json!("e")));
    assert_eq!(shown["sender"]["type"], "contact");
    let note = json!({"content": "for us", "private": true});
    assert_eq!(scene.post("/conversations/1/messages", &note)["message_type"], 1);
    let seen = &scene.vendor.conversations()[0].messages;
    assert_eq!((&seen[0].from, seen[0].our_id.as_deref()), (&From::Contact, Some("ours-1")));
    assert_eq!(seen[1].from, From::Note);
    scene.no_misfits();
}

#[test]
fn the_same_post_twice_is_two_messages() {
    let scene = Scene::new();
    let body = json!({"content": "hi", "message_type": "incoming", "source_id": "ours-1"});
    let first = scene.post("/conversations/1/messages", &body);
    assert_ne!(first["id"], scene.post("/conversations/1/messages", &body)["id"]);
}

#[test]
fn incoming_is_for_api_inboxes() {
    let scene = Scene::new();
    scene.post("/inboxes", &json!({"name": "Site", "channel": {"type": "web_widget", "website_url": "https://x.example"}}));
    scene.post("/conversations", &json!({"inbox_id": 4, "contact_id": 11}));
    let body = json!({"content": "hi", "message_type": "incoming"});
    let (status, refused) = scene.ask("POST", "/conversations/2/messages", &body);
    assert_eq!(status, 422);
    assert_eq!(refused, json!({"error": "Incoming messages are only allowed in Api inboxes"}));
}

#[test]
fn an_incoming_message_reopens() {
    let scene = Scene::new();
    for status in ["resolved", "snoozed"] {
        scene.post("/conversations/1/toggle_status", &json!({"status": status}));
        assert_eq!(scene.status(), status);
        scene.says("outgoing", "are you there?");
        assert_eq!(scene.status(), status);
        scene.says("incoming", "yes");
        assert_eq!(scene.status(), "open");
    }
}

#[test]
fn a_status_that_is_not_named_toggles() {
    let scene = Scene::new();
    let path = "/conversations/1/toggle_status";
    assert_eq!(scene.post(path, &json!({}))["payload"]["current_status"], "resolved");
    assert_eq!(scene.post(path, &json!({}))["payload"]["current_status"], "open");
    let snoozed = scene.post(path, &json!({"status": "snoozed", "snoozed_until": 1_800_000_000}));
    assert_eq!(snoozed["payload"]["snoozed_until"], 1_800_000_000);
    assert_eq!(scene.vendor.misfits().len(), 2);
}

#[test]
fn an_agent_who_reopens_by_the_api_becomes_the_assignee() {
    let scene = Scene::new();
    let url = Scene::url("/conversations/1/toggle_status");
    let request = Request::json("POST", url, &json!({"status": "open"}))
        .header("api_access_token", super::super::AGENT_TOKEN);
    assert_eq!(scene.vendor.call(&request).unwrap().status, 200);
    assert_eq!(scene.get("/conversations/1")["meta"]["assignee"]["name"], "Ben");
}

#[test]
fn a_locked_inbox_gives_the_last_conversation() {
    let lock = json!({"lock_to_single_conversation": true});
    let scene = Scene::of(Version::V4_15, |vendor| vendor, lock);
    scene.vendor.closes("1", "Ana");
    let body = json!({"inbox_id": 3, "contact_id": 11, "source_id": "key-zoe"});
    let again = scene.post("/conversations", &body);
    assert_eq!((&again["id"], &again["status"]), (&json!(1), &json!("resolved")));
    let free = Scene::new();
    assert_eq!(free.post("/conversations", &body)["id"], 2);
}

#[test]
fn with_an_agent_bot_conversations_begin_as_pending() {
    let scene = Scene::of(Version::V4_15, Chatwoot::with_agent_bot, json!({}));
    assert_eq!(scene.status(), "pending");
    scene.vendor.closes("1", "Ana");
    scene.says("incoming", "again");
    assert_eq!(scene.status(), "pending");
}

#[test]
fn attributes_of_conversations_are_replaced() {
    let scene = Scene::new();
    let path = "/conversations/1/custom_attributes";
    scene.post(path, &json!({"custom_attributes": {"a": 1}}));
    scene.post(path, &json!({"custom_attributes": {"b": 2}}));
    assert_eq!(scene.get("/conversations/1")["custom_attributes"], json!({"b": 2}));
}

#[test]
fn messages_are_listed_in_pages() {
    let scene = Scene::new();
    let ids: Vec<i64> =
        (0..130).map(|number| scene.says("incoming", &number.to_string())).collect();
    let listed = |query: &str| -> Vec<i64> {
        let list = scene.get(&format!("/conversations/1/messages{query}"))["payload"].clone();
        list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(listed(""), ids[110..]);
    assert_eq!(listed(&format!("?before={}", ids[110])), ids[90..110]);
    assert_eq!(listed(&format!("?after={}", ids[0])), ids[1..101]);
    assert_eq!(listed(&format!("?after={}", ids[128])), ids[129..]);
    scene.no_misfits();
}

#[test]
fn more_than_200_messages_a_minute_are_too_many() {
    let scene = Scene::new();
    for _ in 0..MESSAGES_A_MINUTE {
        scene.says("incoming", "hi");
    }
    let body = json!({"content": "one more", "message_type": "incoming"});
    let (status, refused) = scene.ask("POST", "/conversations/1/messages", &body);
    assert_eq!(status, 422);
    assert!(refused["error"].as_str().unwrap().contains("Too many messages"));
    scene.clock.passes(61_000);
    scene.says("incoming", "now");
}

#[test]
fn a_text_has_a_longest_length() {
    let scene = Scene::new();
    let post = |length: usize| {
        let body = json!({"content": "é".repeat(length), "message_type": "incoming"});
        scene.ask("POST", "/conversations/1/messages", &body).0
    };
    assert_eq!(post(CONTENT_CHARS_MAX), 200);
    assert_eq!(post(CONTENT_CHARS_MAX + 1), 422);
}

fn form(files: usize) -> Request {
    let mut body = String::from(
        "--b\r\ncontent-disposition: form-data; name=\"message_type\"\r\n\r\nincoming\r\n--b\r\n\
         content-disposition: form-data; name=\"source_id\"\r\n\r\nours-7\r\n",
    );
    for number in 0..files {
        body.push_str(&format!(
            "--b\r\ncontent-disposition: form-data; name=\"attachments[]\"; filename=\"a {number}.png\"\r\n\
             content-type: image/png\r\n\r\nPNG{number}\r\n"
        ));
    }
    body.push_str("--b--\r\n");
    let mut request = Request::new("POST", Scene::url("/conversations/1/messages"))
        .header("content-type", "multipart/form-data; boundary=b");
    request.body = body.into_bytes();
    request
}

#[test]
fn files_come_in_a_form_and_are_fetched_over_a_redirection() {
    let scene = Scene::new();
    let reply = scene.send(form(2));
    assert_eq!(reply.status, 200);
    let shown: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(shown["source_id"], "ours-7");
    let file = &shown["attachments"][1];
    assert_eq!((&file["file_type"], &file["file_size"]), (&json!("image"), &json!(4)));
    let url = file["data_url"].as_str().unwrap();
    assert!(url.starts_with("https://cw.example/rails/active_storage/"), "{url}");
    let away = scene.vendor.call(&Request::get(url)).unwrap();
    assert_eq!(away.status, 302);
    let bytes = scene.vendor.call(&Request::get(away.header("location").unwrap())).unwrap();
    assert_eq!((bytes.status, bytes.body.as_slice()), (200, b"PNG1".as_slice()));
    assert_eq!(scene.vendor.conversations()[0].messages[0].files, ["a 0.png", "a 1.png"]);
    scene.no_misfits();
}

#[test]
fn sixteen_files_are_too_many() {
    let scene = Scene::new();
    assert_eq!(scene.send(form(FILES_MAX)).status, 200);
    assert_eq!(scene.send(form(FILES_MAX + 1)).status, 422);
}

#[test]
fn a_form_that_is_cut_off_is_a_bad_request_and_a_misfit() {
    let scene = Scene::new();
    let mut request = form(1);
    request.body.truncate(request.body.len() - 8);
    assert_eq!(scene.send(request).status, 400);
    assert_eq!(scene.vendor.misfits().len(), 1);
}

#[test]
fn a_message_can_be_marked_failed_with_a_reason() {
    let scene = Scene::new();
    let id = scene.vendor.agent_says("1", "Ana", "hi");
    scene.vendor.hooks();
    let path = format!("/conversations/1/messages/{id}");
    let body = json!({"status": "failed", "external_error": "blocked by the contact"});
    let (status, shown) = scene.ask("PATCH", &path, &body);
    assert_eq!((status, &shown["status"]), (200, &json!("failed")));
    assert_eq!(scene.names_of_events(), ["message_updated"]);
    let seen = scene.vendor.conversations()[0].messages[0].clone();
    assert_eq!(seen.failed.as_deref(), Some("blocked by the contact"));
    let old = Scene::of(Version::V2, |vendor| vendor, json!({}));
    let id = old.vendor.agent_says("1", "Ana", "hi");
    assert_eq!(old.ask("PATCH", &format!("/conversations/1/messages/{id}"), &body).0, 404);
}

#[test]
fn read_does_not_go_back_to_delivered() {
    let scene = Scene::new();
    let path = format!("/conversations/1/messages/{}", scene.vendor.agent_says("1", "Ana", "hi"));
    scene.ask("PATCH", &path, &json!({"status": "read"}));
    assert_eq!(scene.ask("PATCH", &path, &json!({"status": "delivered"})).1["status"], "read");
}

#[test]
fn a_deleted_message_stays_and_says_so() {
    let scene = Scene::new();
    let id = scene.vendor.agent_says("1", "Ana", "oops");
    scene.vendor.hooks();
    assert_eq!(scene.ask("DELETE", &format!("/conversations/1/messages/{id}"), &json!({})).0, 200);
    let event = &scene.events()[0];
    assert_eq!(
        (&event["event"], &event["content_attributes"]["deleted"]),
        (&json!("message_updated"), &json!(true))
    );
}

#[test]
fn what_it_does_not_know_is_404_and_a_misfit() {
    let scene = Scene::new();
    assert_eq!(scene.send(Request::get(Scene::url("/customers"))).status, 404);
    assert_eq!(scene.vendor.misfits().len(), 1);
    let (status, shown) = scene.ask("POST", "/conversations/99/messages", &json!({"content": "x"}));
    assert_eq!((status, shown), (404, json!({"error": "Resource could not be found"})));
    assert_eq!(
        scene.vendor.requests().last().unwrap(),
        "POST /api/v1/accounts/1/conversations/99/messages"
    );
}
