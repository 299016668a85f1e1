//! The loop round believable vendors, over real sockets.

use super::{World, states};
use handover_core::port::clock::Clock;
use handover_fake::chatwoot::{ADMIN_TOKEN, Chatwoot, Version};
use handover_fake::gorgias::{API_KEY, API_USER, Gorgias};
use handover_fake::server::{Desk, serve};
use handover_fake::vendor::{HookMood, Mood, Vendor};
use serde_json::json;
use std::sync::Arc;

/// A Chatwoot that listens, and a program that is connected to it.
async fn chatwoot() -> (World, Arc<Chatwoot>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock: Arc<dyn Clock> = Arc::new(crate::clock::SystemClock);
    let vendor = Arc::new(Chatwoot::new(clock, Version::V4_15).at(&url));
    let desk = Arc::new(Desk::new(vendor.clone(), &url, HookMood::Prompt));
    tokio::spawn(async move { serve(desk, listener).await });
    let world = World::new().await;
    world.desk("chatwoot", json!({ "base_url": url, "token": ADMIN_TOKEN })).await;
    (world, vendor)
}

#[tokio::test]
async fn the_loop_goes_round_chatwoot() {
    let (world, vendor) = chatwoot().await;
    for _ in 0..2 {
        let report = world.test("d").await;
        assert_eq!(states(&report), "pppppppp", "{report:#?}");
    }
    assert_eq!(vendor.misfits(), Vec::<String>::new());
}

#[tokio::test]
async fn the_loop_goes_round_gorgias() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock: Arc<dyn Clock> = Arc::new(crate::clock::SystemClock);
    let vendor = Arc::new(Gorgias::new(clock));
    let desk = Arc::new(Desk::new(vendor.clone(), &url, HookMood::Prompt));
    tokio::spawn(async move { serve(desk, listener).await });
    let world = World::new().await;
    let settings = json!({ "base_url": url, "username": API_USER, "api_key": API_KEY });
    world.desk("gorgias", settings).await;
    let report = world.test("d").await;
    assert_eq!(states(&report), "pppppppp", "{report:#?}");
    assert_eq!(vendor.misfits(), Vec::<String>::new());
}

#[tokio::test]
async fn a_chatwoot_whose_hooks_do_not_arrive_is_told_apart() {
    let (world, vendor) = chatwoot().await;
    vendor.set_mood(Mood { hooks: HookMood::Lost, ..Mood::default() });
    let report = world.test("d").await;
    assert_eq!(states(&report), "ppppfssp", "{report:#?}");
    assert!(report.hops[4].hint.as_ref().unwrap().contains("SAFE_FETCH"), "{report:#?}");
    vendor.set_mood(Mood { revoked: true, ..Mood::default() });
    let report = world.test("d").await;
    assert_eq!(states(&report), "fsssssss", "{report:#?}");
}
