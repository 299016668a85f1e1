use super::{As, World};
use crate::settings::AccountKind::Desk;
use crate::settings::tried::{SIGNING, TOKEN, Vendor};
use handover_core::ids::AccountId;
use handover_core::port::place::HOOK_TOKEN;
use handover_core::port::watch::Watch;
use serde_json::{Value, json};

const PATH: &str = "/v1/settings/desks/ours";

async fn world() -> (World, Vendor) {
    (World::with_neighbours(true).await, Vendor::start().await)
}

fn desk(vendor: &Vendor, more: Value) -> Value {
    let mut settings = json!({ "base_url": vendor.url, "token": TOKEN });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    json!({ "vendor": "tried", "name": "Ours", "settings": settings })
}

fn setting(world: &World, name: &str) -> Option<String> {
    let account = world.running.app.settings.account(Desk, &AccountId::new("ours"))?;
    account.text(name).map(str::to_owned)
}

#[tokio::test]
async fn a_desk_is_saved_once_its_vendor_agrees_and_what_was_learnt_stays() {
    let (world, vendor) = world().await;
    let answer = world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await.fine();
    let said = json!(["The inbox Website was made."]);
    assert_eq!(answer.json["health"]["connected"]["said"], said);
    assert_eq!(answer.json["health"]["state"], "not_yet_proved");
    assert_eq!(
        answer.json["health"]["limit"],
        json!({ "used": 12, "requests": 40, "window_s": 20 })
    );
    let token = setting(&world, HOOK_TOKEN).unwrap();
    let told = vendor.with(|told| told.inboxes[0].clone());
    assert!(told["hook"].as_str().unwrap().ends_with(&format!("/hooks/ours/{token}")));
    assert_eq!(told["inbox"], Value::Null);
    // Saving again brings back what was learnt, and the same address.
    let settings = json!({ "base_url": vendor.url });
    let again = json!({ "vendor": "tried", "settings": settings });
    world.put(As::Bearer, PATH, again).await.fine();
    let told_again = vendor.with(|told| told.inboxes[1].clone());
    assert_eq!((&told_again["hook"], &told_again["inbox"]), (&told["hook"], &json!("7")));
    assert_eq!(setting(&world, "signing").as_deref(), Some(SIGNING));
    assert_eq!(setting(&world, "ticket").as_deref(), Some("session"), "the first is the default");
}

#[tokio::test]
async fn secrets_are_sealed_on_disk_and_told_by_no_call() {
    let (world, vendor) = world().await;
    world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await.fine();
    let hook = setting(&world, HOOK_TOKEN).unwrap();
    let record = world.running.app.records.get("desk", "ours").await.unwrap().unwrap();
    let mut texts = vec![record.body.to_string()];
    for path in [PATH, "/v1/settings/desks", "/metrics"] {
        texts.push(world.get(As::Bearer, path).await.fine().text);
    }
    for text in texts {
        for secret in [TOKEN, SIGNING, &hook] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let read = world.get(As::Bearer, PATH).await.fine();
    let settings = json!({ "base_url": vendor.url, "ticket": "session" });
    assert_eq!(read.json["settings"], settings, "neither secrets nor what was learnt");
}

#[tokio::test]
async fn what_the_vendor_refuses_is_told_at_its_field_and_nothing_is_saved() {
    let (world, vendor) = world().await;
    let answer =
        world.put(As::Bearer, PATH, desk(&vendor, json!({ "token": "wr0ng-wr0ng" }))).await;
    let message = answer.refused(422, "invalid_field");
    assert!(!message.contains("wr0ng"), "{message}");
    assert_eq!(answer.json["error"]["field"], "settings.token");
    for (name, value) in
        [("ticket", json!("weekly")), ("inbox", json!("7")), (HOOK_TOKEN, json!("guessed"))]
    {
        let answer = world.put(As::Bearer, PATH, desk(&vendor, json!({ name: value }))).await;
        answer.refused(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], format!("settings.{name}"));
    }
    world.get(As::Bearer, PATH).await.refused(404, "not_found");
    assert!(vendor.with(|told| told.inboxes.is_empty()), "nothing was set up either");
}

#[tokio::test]
async fn a_choice_is_asked_for_with_its_values() {
    let (world, vendor) = world().await;
    vendor.with(|told| told.accounts.push(("2", "Other")));
    let answer = world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await;
    assert_eq!(answer.refused(409, "choose"), "Which account?");
    assert_eq!(answer.json["error"]["field"], "settings.account");
    assert_eq!(answer.json["error"]["choices"][1], json!({ "value": "2", "label": "Other" }));
    world.get(As::Bearer, PATH).await.refused(404, "not_found");
    world.put(As::Bearer, PATH, desk(&vendor, json!({ "account": "2" }))).await.fine();
}

#[tokio::test]
async fn a_vendor_that_is_down_can_be_left_out() {
    let (world, vendor) = world().await;
    vendor.with(|told| told.down = true);
    let answer = world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await;
    assert!(answer.refused(502, "unreachable").contains("it answered 503"));
    world.get(As::Bearer, PATH).await.refused(404, "not_found");
    let untested = format!("{PATH}?connect=false");
    let answer = world.put(As::Bearer, &untested, desk(&vendor, json!({}))).await.fine();
    assert_eq!(answer.json["health"]["connected"], Value::Null);
    assert!(setting(&world, HOOK_TOKEN).is_some(), "its hook has an address all the same");
}

#[tokio::test]
async fn promise_f_a_desk_keeps_its_kind() {
    let (world, vendor) = world().await;
    world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await.fine();
    let other =
        json!({ "vendor": "webhook", "settings": { "url": "https://x.example", "secret": "s" } });
    let answer = world.put(As::Bearer, PATH, other).await;
    assert!(answer.refused(422, "invalid_field").contains("tried"));
    assert_eq!(answer.json["error"]["field"], "vendor");
}

#[tokio::test]
async fn promise_e_deleting_a_desk_ends_what_is_open_there() {
    let (world, vendor) = world().await;
    world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await.fine();
    world.put(As::Bearer, "/v1/settings/livechat", json!({ "desk": "ours" })).await.fine();
    world.press(As::Signed, "ada", "LIVECHAT_SESSION_START").await.fine();
    let session = world.session().await;
    assert_eq!(world.get(As::Bearer, PATH).await.json["health"]["open_sessions"], 1);
    let refused = world.delete(As::Bearer, PATH).await;
    assert!(refused.refused(409, "refused").contains("Choose another one"));
    assert_eq!(world.session().await, session, "nothing was ended");
    world.put(As::Bearer, "/v1/settings/livechat", json!({ "desk": "console" })).await.fine();
    world.press(As::Signed, "eve", "LIVECHAT_SESSION_START").await.fine();
    let before = vendor.with(|told| told.messages);
    let answer = world.delete(As::Bearer, PATH).await.fine();
    assert_eq!(answer.json["ended_sessions"], 1, "promise F: the console's goes on");
    assert!(vendor.with(|told| told.messages) > before, "the desk has heard of it");
    let read = world.get(As::Bearer, &format!("/v1/sessions/{session}")).await.fine();
    assert_eq!(read.json["cause"], "operator_ended");
    assert_ne!(world.session().await, session);
    world.delete(As::Bearer, PATH).await.refused(404, "not_found");
    world.delete(As::Bearer, "/v1/settings/desks/console").await.refused(409, "refused");
    assert_eq!(world.delete(As::Public, PATH).await.status, 401);
}

#[tokio::test]
async fn how_a_desk_is_doing_is_told_in_words_and_numbers() {
    let (world, vendor) = world().await;
    world.put(As::Bearer, PATH, desk(&vendor, json!({}))).await.fine();
    let (app, id) = (&world.running.app, AccountId::new("ours"));
    app.health.hooked(&id, app.clock.now());
    let read = world.get(As::Bearer, PATH).await.fine();
    assert_eq!(read.json["health"]["state"], "works");
    app.health.failed(&id, app.clock.now().plus_ms(5), &format!("{TOKEN} is no longer accepted"));
    let list = world.get(As::Bearer, "/v1/settings/desks").await.fine();
    let desks = list.json["desks"].as_array().unwrap();
    let ours = desks.iter().find(|desk| desk["id"] == "ours").unwrap();
    assert_eq!(ours["health"]["state"], "trouble");
    assert_eq!(ours["health"]["why"], "(secret) is no longer accepted");
    let console = desks.iter().find(|desk| desk["id"] == "console").unwrap();
    assert_eq!((&console["health"]["state"], &console["chosen"]), (&json!("works"), &json!(true)));
    let metrics = world.get(As::Nobody, "/metrics").await.fine().text;
    for line in ["desk_last_hook_seconds", "desk_trouble", "desk_last_error_seconds"] {
        assert!(metrics.contains(&format!("handover_{line}{{desk=\"ours\"}}")), "{metrics}");
    }
    assert!(metrics.contains("handover_desk_limit_used_ratio{desk=\"ours\"} 0.3"), "{metrics}");
}
