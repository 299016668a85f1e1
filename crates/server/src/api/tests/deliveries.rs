//! Deliveries by API and by `handover deliveries`.

use super::{As, SECRET, World};
use crate::activity::tests::{TestDesk, contact, dead_message, until};
use crate::cli::deliveries::{What, act};
use crate::cli::server::Where;
use crate::config::{Given, Presets};
use handover_core::content::Content;
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::words::START;
use serde_json::{Value, json};

/// A program with a desk and as many dead deliveries.
async fn with_dead(names: &[&str]) -> (World, TestDesk, Vec<DeliveryRecord>) {
    let world = World::with_neighbours(true).await;
    let desk = TestDesk::start(&world.running.app).await;
    let mut dead = Vec::new();
    for name in names {
        dead.push(dead_message(&world.running.app, &desk, name).await);
    }
    (world, desk, dead)
}

fn path(record: &DeliveryRecord, then: &str) -> String {
    let id = &record.delivery.id;
    format!("/v1/deliveries/{}/{}{then}", id.conversation, id.n)
}

#[tokio::test]
async fn what_was_given_up_is_listed_in_parts_the_last_first() {
    let (world, _desk, dead) = with_dead(&["ada", "bea", "eve"]).await;
    let list = async |query: &str| {
        world.get(As::Bearer, &format!("/v1/deliveries{query}")).await.fine().json
    };
    let ids = |answer: &Value| -> Vec<String> {
        let list = answer["deliveries"].as_array().unwrap();
        list.iter().map(|it| it["conversation_id"].as_str().unwrap().to_owned()).collect()
    };
    let expected: Vec<String> =
        dead.iter().rev().map(|it| it.delivery.id.conversation.to_string()).collect();
    let all = list("").await;
    assert_eq!((ids(&all), &all["next"]), (expected.clone(), &Value::Null));
    let first = &all["deliveries"][0];
    assert_eq!(
        (&first["state"], &first["account"], &first["side"]),
        (&json!("dead"), &json!("hook"), &json!("desk"))
    );
    assert_eq!(first["job"], "Message to the desk");
    assert!(first["reason"].as_str().unwrap().contains("answered 400"), "{first}");
    assert!(first["next_try_at"].is_null() && first["ended_at"].is_string());
    let part = list("?limit=2").await;
    assert_eq!(ids(&part), expected[..2]);
    let after = part["next"].as_str().unwrap();
    assert_eq!(ids(&list(&format!("?limit=2&after={after}")).await), expected[2..]);
    assert_eq!(ids(&list("?account=hook&side=desk").await).len(), 3);
    assert_eq!(ids(&list("?side=contact").await).len(), 0);
    assert_eq!(ids(&list("?account=web").await).len(), 0);
}

#[tokio::test]
async fn one_is_read_repeated_and_not_repeated_twice() {
    let (world, desk, dead) = with_dead(&["ada"]).await;
    let one = world.get(As::Bearer, &path(&dead[0], "")).await.fine();
    let call = &one.json["history"][0]["calls"][0];
    assert_eq!((&call["method"], &call["status"]), (&json!("POST"), &json!(400)));
    assert!(call["url"].as_str().unwrap().ends_with("/hook/(secret)"), "{call}");
    assert_eq!(call["answer"], r#"{"said":"(secret)","token":"(secret)"}"#);
    assert_eq!((&one.json["tries"], &one.json["state"]), (&json!(1), &json!("dead")));
    desk.answer(200);
    let again = world.post(As::Bearer, &path(&dead[0], "/repeat"), json!({})).await.fine();
    assert!(again.json["n"].is_u64());
    until(&world.running.app, &dead[0].delivery.id.conversation, DeliveryState::Delivered).await;
    let twice = world.post(As::Bearer, &path(&dead[0], "/repeat"), json!({})).await;
    assert!(twice.refused(409, "refused").contains("has arrived"), "promise C");
    let one = world.get(As::Bearer, &path(&dead[0], "")).await.fine().json;
    assert_eq!(one["tries"], 2);
    assert!(one["history"][1]["by"].as_str().unwrap().starts_with("API"), "{one}");
}

#[tokio::test]
async fn all_of_an_account_are_repeated_and_one_is_skipped() {
    let (world, desk, dead) = with_dead(&["ada", "eve"]).await;
    let skip = path(&dead[0], "/skip");
    let empty = world.post(As::Bearer, &skip, json!({ "note": " " })).await;
    empty.refused(422, "invalid_field");
    assert_eq!(empty.json["error"]["field"], "note");
    let skipped = world.post(As::Bearer, &skip, json!({ "note": "by mail" })).await.fine().json;
    assert_eq!((&skipped["state"], &skipped["reason"]), (&json!("skipped"), &json!("by mail")));
    world.post(As::Bearer, &skip, json!({ "note": "again" })).await.refused(409, "refused");
    desk.answer(200);
    let all = async |body: Value| {
        let answer = world.post(As::Bearer, "/v1/deliveries/repeat", body).await;
        answer.fine().json["repeated"].clone()
    };
    assert_eq!(all(json!({ "account": "web" })).await, 0);
    assert_eq!(all(json!({ "account": "hook", "side": "desk" })).await, 1);
    until(&world.running.app, &dead[1].delivery.id.conversation, DeliveryState::Delivered).await;
}

#[tokio::test]
async fn promise_e_an_opening_that_somebody_waits_for_is_not_skipped() {
    let world = World::with_neighbours(true).await;
    let desk = TestDesk::start(&world.running.app).await;
    desk.answer(503);
    let id = contact(&world.running.app, "ada", Content::payload(START)).await;
    let opening = until(&world.running.app, &id, DeliveryState::Pending).await;
    let note = json!({ "note": "no" });
    let refused = world.post(As::Bearer, &path(&opening, "/skip"), note).await;
    assert!(refused.refused(409, "refused").contains("End the session"));
    let list = world.get(As::Bearer, "/v1/deliveries?state=pending").await.fine().json;
    assert_eq!(list["deliveries"][0]["job"], "Open session 1 at the desk");
    assert!(list["deliveries"][0]["next_try_at"].is_string());
    let metrics = world.get(As::Nobody, "/metrics").await.fine().text;
    assert!(metrics.contains("handover_deliveries_waiting_seconds{side=\"desk\"}"), "{metrics}");
}

#[tokio::test]
async fn a_timeline_tells_author_cause_and_deliveries_of_each_line() {
    let (world, _desk, dead) = with_dead(&["ada"]).await;
    let id = &dead[0].delivery.id.conversation;
    let answer =
        world.get(As::Bearer, &format!("/v1/conversations/{id}/timeline")).await.fine().json;
    let lines = answer["lines"].as_array().unwrap();
    let numbers: Vec<u64> = lines.iter().map(|line| line["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, Vec::from_iter(1..=numbers.len() as u64));
    let said = lines.iter().find(|line| line["text"] == "Hello from ada").unwrap();
    assert_eq!(
        (&said["author"], &said["cause"]),
        (&json!("Contact"), &json!("its author sent it"))
    );
    assert_eq!(said["deliveries"][0]["state"], "dead");
    let started = lines.iter().find(|line| line["what"] == "Session started").unwrap();
    assert_eq!(started["cause"], "rule 1: the contact asks for a human");
    let part = format!("/v1/conversations/{id}/timeline?limit=1&before=2");
    let part = world.get(As::Bearer, &part).await.fine().json;
    assert_eq!((part["lines"].as_array().unwrap().len(), &part["before"]), (1, &Value::Null));
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_field_and_the_fix() {
    let world = World::new().await;
    for (path, field) in [
        ("/v1/deliveries?limit=0", "limit"),
        ("/v1/deliveries?after=x", "after"),
        ("/v1/deliveries/c/x", "n"),
        ("/v1/conversations/c/timeline?limit=501", "limit"),
    ] {
        let answer = world.get(As::Bearer, path).await;
        answer.refused(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], field);
    }
    assert_eq!(world.get(As::Bearer, "/v1/deliveries?state=late").await.status / 100, 4);
    world.get(As::Bearer, "/v1/conversations/c/timeline").await.refused(404, "not_found");
    world.get(As::Bearer, "/v1/deliveries/c/1").await.refused(404, "not_found");
    world.post(As::Bearer, "/v1/deliveries/c/1/repeat", json!({})).await.refused(404, "not_found");
    for who in [As::Nobody, As::Public] {
        assert_eq!(world.get(who, "/v1/deliveries").await.status, 401);
        assert_eq!(world.post(who, "/v1/deliveries/repeat", json!({})).await.status, 401);
        assert_eq!(world.get(who, "/v1/conversations/c/timeline").await.status, 401);
    }
}

#[tokio::test]
async fn the_command_line_says_and_does_the_same() {
    let (world, desk, dead) = with_dead(&["ada", "eve"]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let run = async |what: What| {
        let presets = Presets { api_secret: Some(SECRET.into()), ..Presets::default() };
        let given = Given { presets, ..Given::default() };
        let of = Where { url: Some(url.clone()), secret_file: None, given };
        let mut lines = String::new();
        let outcome = act(of, what, |line| lines.push_str(&format!("{line}\n"))).await;
        outcome.map(|_| lines)
    };
    let list = |state: &str| What::List { state: state.into(), account: None, limit: 10 };
    let name = |record: &DeliveryRecord| record.delivery.id.to_string();
    let listed = run(list("dead")).await.unwrap();
    assert!(listed.contains(&name(&dead[0])) && listed.contains("answered 400"), "{listed}");
    let shown = run(What::Show { delivery: name(&dead[0]) }).await.unwrap();
    assert!(shown.contains("POST http://") && shown.contains("→ 400 in"), "{shown}");
    let skip = What::Skip { delivery: name(&dead[0]), note: "by mail".into() };
    assert!(run(skip).await.unwrap().contains("is skipped"));
    desk.answer(200);
    let repeat = |deliveries, all| What::Repeat { deliveries, all, account: None };
    assert!(run(repeat(Vec::new(), false)).await.unwrap_err().contains("--all"));
    let refused = run(repeat(vec![name(&dead[0])], false)).await.unwrap_err();
    assert!(refused.contains("409") && refused.contains("skipped"), "{refused}");
    assert_eq!(run(repeat(Vec::new(), true)).await.unwrap(), "Tried again: 1\n");
    until(&world.running.app, &dead[1].delivery.id.conversation, DeliveryState::Delivered).await;
    assert_eq!(run(list("dead")).await.unwrap(), "There are none.\n");
    assert!(run(list("late")).await.unwrap_err().contains("state"));
}
