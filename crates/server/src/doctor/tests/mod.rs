//! The loop, gone round by a whole program that listens on a port of this machine, as its vendors call it.

pub(crate) mod desk;

mod believable;
mod command;
mod nodes;
mod surfaces;

use super::{Report, State, begin, end_of};
use crate::app::Shared;
use crate::config::{Config, Given, Presets};
use crate::http::router;
use crate::settings::AccountKind;
use crate::settings::connect::{Saved, save};
use crate::start::{Running, start};
use desk::{Hooks, Vendor};
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::store::SessionFilter;
use serde_json::{Value, json};

const SECRET: &str = "secret of the tests";
const TOKEN: &str = "t0ken-t0ken-t0ken";

/// A program that listens.
struct World {
    app: Shared,
    url: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::given(Given::default()).await
    }

    async fn given(given: Given) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let presets = Presets {
            admin_password: Some("password of the tests".into()),
            api_key: Some("key of the tests".into()),
            api_secret: Some(SECRET.into()),
        };
        let data = Some(folder.path().join("data"));
        let public_url = given.public_url.or(Some(url.clone()));
        let given = Given { data, presets, public_url, ..given };
        let mut config = Config::load(given).unwrap();
        config.allow_private_networks = true;
        let running = start(&config).await.unwrap();
        let app = running.app.clone();
        let routes = router(app.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { app, url, _running: running, _folder: folder }
    }

    /// With a desk `d` of this vendor, connected.
    async fn with(vendor: &Vendor) -> Self {
        let world = Self::new().await;
        world.desk("looped", json!({ "base_url": vendor.url, "token": TOKEN })).await;
        world
    }

    async fn desk(&self, vendor: &str, settings: Value) {
        let account = Account {
            id: AccountId::new("d"),
            vendor: vendor.into(),
            name: "Desk".into(),
            settings: settings.as_object().unwrap().clone(),
        };
        let saved = save(&self.app, AccountKind::Desk, account, true).await.unwrap();
        assert!(matches!(saved, Saved::Done { .. }), "{saved:?}");
    }

    async fn test(&self, desk: &str) -> Report {
        end_of(begin(&self.app, &AccountId::new(desk)).await.unwrap()).await
    }

    async fn open_sessions(&self) -> usize {
        let filter = SessionFilter { open: Some(true), conversation: None, limit: 10 };
        self.app.store.sessions(filter).await.unwrap().len()
    }
}

/// The states of all hops, by their first letters.
fn states(report: &Report) -> String {
    report
        .hops
        .iter()
        .map(|hop| match hop.state {
            State::Waiting => 'w',
            State::Running => 'r',
            State::Passed => 'p',
            State::Failed => 'f',
            State::Skipped => 's',
        })
        .collect()
}

#[tokio::test]
async fn a_contact_goes_round_a_desk_and_leaves_nothing_behind() {
    let vendor = Vendor::start().await;
    let world = World::with(&vendor).await;
    for _ in 0..7 {
        let report = world.test("d").await;
        assert_eq!(states(&report), "pppppppp", "{report:#?}");
        assert!(report.passed && !report.running);
        assert_eq!(world.open_sessions().await, 0);
    }
    let keys = vendor.with(|told| {
        let opened = told.came.iter().filter(|(part, _)| part == "open");
        opened.map(|(_, body)| body["key"].clone()).collect::<Vec<_>>()
    });
    assert_eq!(keys, vec!["loop-test"; 7], "one contact for all, and no loop guard (rule 5)");
    let name = vendor
        .with(|told| told.came.iter().find(|(part, _)| part == "open").unwrap().1["name"].clone());
    assert_eq!(name, "Handover loop test");
    let ended = vendor.with(|told| told.came.iter().filter(|(part, _)| part == "ended").count());
    assert_eq!(ended, 7, "rule 12: the desk is told each time");
}

#[tokio::test]
async fn two_who_ask_at_once_get_one_test() {
    let vendor = Vendor::start().await;
    let world = World::with(&vendor).await;
    let (one, other) = tokio::join!(world.test("d"), world.test("d"));
    assert_eq!(states(&one), "pppppppp", "{one:#?}");
    assert_eq!(one.started_at, other.started_at);
    assert_eq!(vendor.with(|told| told.came.iter().filter(|(part, _)| part == "open").count()), 1);
    assert!(begin(&world.app, &AccountId::new("nowhere")).await.is_none());
}

/// Breaks one part, and demands that it is the one that is named.
async fn broken(answers: &[(&'static str, u16)], hooks: Hooks, expected: &str, says: &[&str]) {
    let vendor = Vendor::start().await;
    let world = World::with(&vendor).await;
    vendor.with(|told| {
        told.answers = answers.iter().copied().collect();
        told.hooks = hooks;
    });
    let report = world.test("d").await;
    assert_eq!(states(&report), expected, "{report:#?}");
    assert!(!report.passed);
    let failed = report.hops.iter().find(|hop| hop.state == State::Failed).unwrap();
    let words = format!("{} {}", failed.detail, failed.hint.as_deref().unwrap());
    for part in says {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains(TOKEN), "no secret is shown: {words}");
    assert_eq!(world.open_sessions().await, 0, "the session is ended whatever fails");
}

#[tokio::test]
async fn credentials_that_do_not_count_are_named() {
    broken(&[("connect", 401)], Hooks::Sent, "fsssssss", &["token", "administrator"]).await;
    broken(&[("connect", 503)], Hooks::Sent, "fsssssss", &["503", "status page"]).await;
}

#[tokio::test]
async fn a_session_that_cannot_be_opened_is_named() {
    broken(&[("open", 403)], Hooks::Sent, "pfssssss", &["403", "role"]).await;
}

#[tokio::test]
async fn a_message_that_does_not_arrive_is_named() {
    broken(&[("message", 429)], Hooks::Sent, "ppfssssp", &["429", "limit"]).await;
    broken(&[("message", 410)], Hooks::Sent, "ppfssssp", &["Looped desks hide"]).await;
}

#[tokio::test]
async fn an_answer_that_is_refused_is_named() {
    broken(&[("agent", 422)], Hooks::Sent, "pppfsssp", &["422", "someone who may answer"]).await;
}

#[tokio::test]
async fn a_hook_that_does_not_come_is_named_though_a_look_would_find_the_answer() {
    tokio::join!(
        broken(&[], Hooks::Lost, "ppppfssp", &["No hook", "--public-url"]),
        broken(&[], Hooks::Elsewhere, "ppppfssp", &["none of them", "each new message"]),
        broken(&[], Hooks::Notes, "ppppfssp", &["private note", "public"]),
    );
}

#[tokio::test]
async fn a_marker_that_is_changed_or_lost_is_named() {
    tokio::join!(
        broken(&[], Hooks::Changed, "ppppppfp", &["Livechat_SESSION_END", "whole word"]),
        broken(&[], Hooks::First, "ppppppfp", &["second answer", "--public-url"]),
    );
}

#[tokio::test]
async fn a_desk_that_is_not_told_of_the_end_is_named() {
    broken(&[("ended", 422)], Hooks::Sent, "pppppppf", &["422", "by hand"]).await;
}

#[tokio::test]
async fn a_test_is_not_held_up_by_what_an_earlier_one_could_not_deliver() {
    let vendor = Vendor::start().await;
    let world = World::with(&vendor).await;
    vendor.with(|told| told.answers = [("open", 500)].into());
    assert_eq!(states(&world.test("d").await), "pfssssss");
    let dead = world.app.store.counts().await.unwrap().deliveries_dead;
    assert_eq!(dead, 0, "nobody need repeat what a test could not deliver");
    vendor.with(|told| told.answers.clear());
    assert_eq!(states(&world.test("d").await), "pppppppp");
}

#[tokio::test]
async fn the_console_is_tested_within() {
    let world = World::new().await;
    let report = world.test("console").await;
    assert_eq!(states(&report), "pppppppp", "{report:#?}");
    assert_eq!(world.open_sessions().await, 0);
}

#[tokio::test]
async fn a_desk_that_no_program_can_answer_leaves_that_part_out() {
    let vendor = Vendor::start().await;
    let world = World::new().await;
    let url = format!("{}/webhook", vendor.url);
    world.desk("webhook", json!({ "url": url, "secret": "s3cret" })).await;
    let report = world.test("d").await;
    assert_eq!(states(&report), "pppssssp", "{report:#?}");
    assert!(report.passed);
    assert!(report.hops[4].detail.contains("cannot answer"), "{report:#?}");
}
