use super::*;

#[test]
fn the_profile_names_the_accounts_that_the_token_sees() {
    let scene = Scene::of(Version::V4_15, Chatwoot::with_two_accounts, json!({}));
    let reply = scene.send(Request::get("https://cw.example/api/v1/profile"));
    let profile: Value = serde_json::from_slice(&reply.body).unwrap();
    let ids: Vec<_> =
        profile["accounts"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(profile["role"], "administrator");
}

#[test]
fn without_a_good_token_it_is_401() {
    let scene = Scene::new();
    let url = Scene::url("/agents");
    assert_eq!(scene.vendor.call(&Request::get(&url)).unwrap().status, 401);
    let wrong = Request::get(&url).header("api_access_token", "nonsense");
    let reply = scene.vendor.call(&wrong).unwrap();
    assert_eq!(reply.status, 401);
    assert_eq!(reply.body, br#"{"error":"Invalid Access Token"}"#);
    let elsewhere = Request::get("https://cw.example/api/v1/accounts/9/agents")
        .header("api_access_token", ADMIN_TOKEN);
    assert_eq!(scene.vendor.call(&elsewhere).unwrap().status, 404);
}

#[test]
fn an_agent_may_not_do_what_administrators_do() {
    let scene = Scene::new();
    let as_ben = |request: Request| {
        scene.vendor.call(&request.header("api_access_token", super::super::AGENT_TOKEN)).unwrap()
    };
    let body = json!({"name": "x", "channel": {"type": "api"}});
    assert_eq!(as_ben(Request::json("POST", Scene::url("/inboxes"), &body)).status, 401);
    let seen: Value =
        serde_json::from_slice(&as_ben(Request::get(Scene::url("/inboxes/3"))).body).unwrap();
    assert_eq!(seen["inbox_identifier"], scene.inbox["inbox_identifier"]);
    assert!(seen.get("secret").is_none() && seen.get("hmac_token").is_none());
}

#[test]
fn a_contact_comes_wrapped_with_its_place() {
    let scene = Scene::new();
    let body = json!({"inbox_id": 3, "name": "Yan", "email": "Yan@Example.org"});
    let payload = scene.post("/contacts", &body)["payload"].clone();
    assert_eq!(payload["contact"]["email"], "yan@example.org");
    assert_eq!(payload["contact_inbox"]["inbox"]["id"], 3);
    assert_eq!(payload["contact_inbox"]["source_id"].as_str().unwrap().len(), 36);
    scene.no_misfits();
}

#[test]
fn email_phone_and_identifier_are_unique() {
    let scene = Scene::new();
    scene.post("/contacts", &json!({"inbox_id": 3, "email": "a@b.co", "phone_number": "+4912345"}));
    for (field, value) in [("email", "A@b.co"), ("phone_number", "+4912345"), ("identifier", "zoe")]
    {
        let (status, body) = scene.ask("POST", "/contacts", &json!({"inbox_id": 3, field: value}));
        assert_eq!((status, &body["attributes"]), (422, &json!([field])));
        assert!(body["message"].as_str().unwrap().ends_with("has already been taken"));
    }
    let (status, _) =
        scene.ask("POST", "/contacts", &json!({"inbox_id": 3, "phone_number": "0123"}));
    assert_eq!(status, 422);
}

#[test]
fn a_taken_source_id_undoes_the_contact() {
    let scene = Scene::new();
    let body = json!({"inbox_id": 3, "source_id": "key-zoe", "identifier": "other"});
    assert_eq!(scene.ask("POST", "/contacts", &body).0, 422);
    assert_eq!(scene.get("/contacts/search?q=other")["meta"]["count"], 0);
}

#[test]
fn a_search_finds_substrings_fifteen_a_page() {
    let scene = Scene::new();
    for number in 0..17 {
        scene.post("/contacts", &json!({"inbox_id": 3, "identifier": format!("zoe-{number}")}));
    }
    let first = scene.get("/contacts/search?q=zoe");
    assert_eq!(first["meta"], json!({"count": 18, "current_page": 1}));
    assert_eq!(first["payload"].as_array().unwrap().len(), 15);
    assert_eq!(scene.get("/contacts/search?q=zoe&page=2")["payload"].as_array().unwrap().len(), 3);
}

#[test]
fn a_place_is_made_once_and_belongs_to_one() {
    let scene = Scene::new();
    let path = "/contacts/11/contact_inboxes";
    let body = json!({"inbox_id": 3, "source_id": "second"});
    assert_eq!(scene.post(path, &body), scene.post(path, &body));
    scene.post("/contacts", &json!({"inbox_id": 3, "name": "Yan"}));
    let (status, refused) = scene.ask("POST", "/contacts/12/contact_inboxes", &body);
    assert_eq!((status, &refused["attributes"]), (422, &json!(["source_id"])));
}

#[test]
fn attributes_of_contacts_merge() {
    let scene = Scene::new();
    scene.ask("PUT", "/contacts/11", &json!({"custom_attributes": {"a": 1, "b": 1}}));
    let (_, seen) = scene.ask("PUT", "/contacts/11", &json!({"custom_attributes": {"b": 2}}));
    assert_eq!(seen["payload"]["custom_attributes"], json!({"a": 1, "b": 2}));
    scene.no_misfits();
}

#[test]
fn people_have_pictures_that_can_be_fetched() {
    let scene = Scene::new();
    let agents = scene.get("/agents");
    let ana = &agents[1];
    assert_eq!((&ana["name"], &ana["role"]), (&json!("Ana"), &json!("agent")));
    let away = scene.send(Request::get(ana["thumbnail"].as_str().unwrap()));
    assert_eq!(away.status, 302);
    let picture = scene.send(Request::get(away.header("location").unwrap()));
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    assert!(picture.body.starts_with(b"\x89PNG"));
}

#[test]
fn canned_responses_come_bare_flat_or_wrapped() {
    let scene = Scene::new();
    scene.post("/canned_responses", &json!({"short_code": "hi", "content": "Hello!"}));
    let wrapped = json!({"canned_response": {"short_code": "end", "content": "Bye!"}});
    assert_eq!(scene.post("/canned_responses", &wrapped)["short_code"], "end");
    assert_eq!(scene.get("/canned_responses?search=en").as_array().unwrap().len(), 1);
    assert_eq!(scene.ask("POST", "/canned_responses", &wrapped).0, 422);
    assert_eq!(scene.vendor.canned().len(), 2);
    scene.no_misfits();
}

#[test]
fn an_inbox_has_what_the_release_has() {
    let scene = Scene::new();
    assert_eq!(scene.inbox["channel_type"], "Channel::Api");
    assert_eq!(scene.inbox["webhook_url"], HOOK);
    assert_eq!(scene.inbox["secret"].as_str().unwrap().len(), 24);
    assert_eq!(scene.get("/inboxes")["payload"][0]["id"], 3);
    let reset = scene.post("/inboxes/3/reset_secret", &json!({}));
    assert_ne!(reset["secret"], scene.inbox["secret"]);
    let old = Scene::of(Version::V3, |vendor| vendor, json!({}));
    assert!(old.inbox.get("secret").is_none());
    assert_eq!(old.ask("POST", "/inboxes/3/reset_secret", &json!({})).0, 404);
}
