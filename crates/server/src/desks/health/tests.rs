//! How a desk is said to be doing.

use super::{Health, Kept, Proof, State};
use crate::staff::tests::Browser;
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::desk::Usage;
use handover_core::port::manifest::Limit;
use handover_core::port::watch::Watch;
use handover_core::time::Timestamp;

const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

async fn again(browser: &Browser) -> Health {
    let app = &browser.app;
    let (records, settings) = (app.records.clone(), app.settings.clone());
    Health::load(records, settings, app.clock.clone(), app.nodes.clone()).await.unwrap()
}

#[test]
fn a_desk_that_has_sent_nothing_is_not_yet_proved() {
    let mut kept = Kept { last_success_at: Some(AT), ..Kept::default() };
    assert_eq!(kept.state(Proof::Hook, AT), State::NotProved);
    assert_eq!(kept.state(Proof::Success, AT), State::Works);
    kept.first_hook_at = Some(AT);
    assert_eq!(kept.state(Proof::Hook, AT), State::Works);
    assert_eq!(Kept::default().state(Proof::Ours, AT), State::Works);
}

#[tokio::test]
async fn trouble_lasts_until_something_goes_well() {
    let browser = Browser::new().await;
    let (health, desk) = (&browser.app.health, AccountId::new("d"));
    health.hooked(&desk, AT);
    health.failed(&desk, AT.plus_ms(1), "the token is no longer accepted");
    health.hooked(&desk, AT.plus_ms(2));
    let State::Trouble { why } = health.of(&desk).state(Proof::Hook, AT) else {
        panic!("a hook proves nothing of what is sent");
    };
    assert_eq!(why, "the token is no longer accepted");
    health.went_well(&desk, AT.plus_ms(3));
    assert_eq!(health.of(&desk).state(Proof::Hook, AT), State::Works);
}

#[tokio::test]
async fn hooks_that_do_not_arrive_are_trouble_within_minutes_until_one_does() {
    let browser = Browser::new().await;
    let (health, desk) = (&browser.app.health, AccountId::new("d"));
    health.hooked(&desk, AT);
    health.missed(&desk, AT.plus_ms(1), 1);
    health.missed(&desk, AT.plus_ms(60_000), 2);
    let state = |ms| health.of(&desk).state(Proof::Hook, AT.plus_ms(ms));
    assert_eq!(state(120_000), State::Works, "a hook may be late");
    let State::Trouble { why } = state(120_001) else { panic!("they are lost") };
    assert!(why.contains("3 messages were found"), "{why}");
    health.hooked(&desk, AT.plus_ms(130_000));
    assert_eq!(state(500_000), State::Works);
}

#[tokio::test]
async fn what_is_astray_at_the_desk_is_added_up() {
    let browser = Browser::new().await;
    let (health, desk) = (&browser.app.health, AccountId::new("d"));
    assert_eq!(health.of(&desk).drift, None);
    let astray = |how| Astray { delivery: 1, entry: 2, how };
    health.astray(&desk, AT, &[astray(How::Missing), astray(How::Doubled)]);
    health.astray(&desk, AT.plus_ms(5), &[astray(How::Missing)]);
    let drift = health.of(&desk).drift.unwrap();
    assert_eq!(drift.at, AT.plus_ms(5));
    assert_eq!(drift.words(), "2 messages missing there, brought again; 1 message twice there");
}

#[tokio::test]
async fn what_is_known_survives_a_restart_and_is_forgotten_with_its_desk() {
    let browser = Browser::new().await;
    let (health, desk) = (&browser.app.health, AccountId::new("d"));
    health.hooked(&desk, AT);
    health.failed(&desk, AT, "no answer came");
    health.connected(&desk, vec!["Found the account Acme.".into()]);
    health.exchange().await;
    assert_eq!(again(&browser).await.of(&desk), health.of(&desk));
    health.forget(&desk).await.unwrap();
    assert_eq!(again(&browser).await.of(&desk), Kept::default());
    assert_eq!(health.of(&desk), Kept::default());
}

#[tokio::test]
async fn the_first_hook_is_written_at_once() {
    let browser = Browser::new().await;
    let desk = AccountId::new("d");
    browser.app.health.hooked(&desk, AT);
    for _ in 0..200 {
        if again(&browser).await.of(&desk).first_hook_at == Some(AT) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the first hook was not written");
}

#[tokio::test]
async fn what_was_used_counts_within_its_window_only() {
    let browser = Browser::new().await;
    let (health, desk) = (&browser.app.health, AccountId::new("d"));
    let usage = Usage { used: 12, limit: 40 };
    health.used(&desk, usage);
    assert_eq!(health.usage(&desk, Limit { requests: 40, window_s: 20 }), Some(usage));
    assert_eq!(health.usage(&desk, Limit { requests: 40, window_s: 0 }), None);
}
