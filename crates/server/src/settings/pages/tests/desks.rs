use crate::settings::AccountKind::Desk;
use crate::settings::tried::{SIGNING, TOKEN, Vendor};
use crate::staff::tests::{Answer, Browser, PASSWORD};
use handover_core::event::{Astray, How};
use handover_core::ids::AccountId;
use handover_core::port::place::HOOK_TOKEN;
use handover_core::port::watch::Watch;

const NEW: &str = "/settings/accounts/desk/new";
const OURS: &str = "/settings/accounts/desk/ours";

async fn world() -> (Browser, Vendor) {
    let browser = Browser::with_neighbours(true).await.into_member("admin", PASSWORD).await;
    (browser, Vendor::start().await)
}

fn form<'a>(vendor: &'a Vendor, token: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("vendor", "tried"),
        ("name", "Ours"),
        ("base_url", &vendor.url),
        ("token", token),
        ("account", ""),
        ("ticket", "contact"),
    ]
}

fn setting(browser: &Browser, name: &str) -> Option<String> {
    let account = browser.app.settings.account(Desk, &AccountId::new("ours"))?;
    account.text(name).map(str::to_owned)
}

/// The value of a hidden field.
fn hidden<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let found = answer.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    found.unwrap_or_else(|| panic!("{name} is not in the page")).split('"').next().unwrap()
}

fn without_secrets(answer: &Answer) {
    for secret in [TOKEN, SIGNING, "wr0ng-wr0ng"] {
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
}

async fn saved() -> (Browser, Vendor) {
    let (browser, vendor) = world().await;
    let answer = browser.submit(NEW, &form(&vendor, TOKEN)).await;
    assert_eq!(answer.to(), "/settings/accounts/desk/ours?done=added", "{}", answer.text);
    (browser, vendor)
}

#[tokio::test]
async fn a_desk_that_was_connected_says_what_was_done_and_what_is_left_to_do() {
    let (browser, _vendor) = saved().await;
    let page = browser.get(OURS).await;
    without_secrets(&page);
    for words in [
        "The inbox Website was made.",
        "not yet proved",
        "12 of 40",
        "Make a trigger.",
        "waiting for the first hook",
        "data-waits=",
        "choose this desk under Livechat",
        "Test the loop",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(setting(&browser, "ticket").as_deref(), Some("contact"));
    assert_eq!(setting(&browser, "inbox").as_deref(), Some("7"));
}

#[tokio::test]
async fn the_hooks_address_is_behind_show_and_on_no_other_page() {
    let (browser, _vendor) = saved().await;
    let token = setting(&browser, HOOK_TOKEN).unwrap();
    let page = browser.get(OURS).await.text;
    for before in page.split(&token).take(page.matches(&token).count()) {
        let (opened, closed) = (before.rfind("<details"), before.rfind("</details>"));
        assert!(opened > closed, "{before}");
    }
    assert!(page.contains(&token));
    for path in ["/settings/livechat", "/settings/channels", "/settings/accounts/desk/ours/health"]
    {
        assert!(!browser.get(path).await.text.contains(&token), "{path}");
    }
}

#[tokio::test]
async fn what_the_vendor_refuses_stands_beside_its_field_and_nothing_is_lost() {
    let (browser, vendor) = world().await;
    let answer = browser.submit(NEW, &form(&vendor, "wr0ng-wr0ng")).await;
    assert_eq!(answer.status, 422);
    without_secrets(&answer);
    assert!(answer.text.contains("id=\"token-error\">(secret) is not accepted."));
    assert!(answer.text.contains(&format!("value=\"{}\"", vendor.url)));
    assert!(answer.text.contains("<option value=\"contact\" selected>"));
    assert_eq!(setting(&browser, "base_url"), None, "nothing was saved");
    let missing = browser.submit(NEW, &[("vendor", "tried"), ("name", "")]).await;
    assert!(missing.text.contains("id=\"name-error\""), "{}", missing.text);
}

#[tokio::test]
async fn a_choice_is_made_in_the_form_and_the_secret_is_kept_for_it() {
    let (browser, vendor) = world().await;
    vendor.with(|told| told.accounts.push(("2", "Other")));
    let answer = browser.submit(NEW, &form(&vendor, TOKEN)).await;
    assert_eq!(answer.status, 422);
    without_secrets(&answer);
    assert!(answer.text.contains("id=\"account-error\">Which account?"));
    assert!(answer.text.contains("<option value=\"2\">Other</option>"));
    assert_eq!(setting(&browser, "base_url"), None, "nothing was saved");
    let kept = hidden(&answer, "token-kept").to_owned();
    let mut again = form(&vendor, "");
    again.retain(|(name, _)| *name != "account");
    again.extend([("account", "2"), ("token-kept", kept.as_str())]);
    let answer = browser.submit(NEW, &again).await;
    assert_eq!(answer.to(), "/settings/accounts/desk/ours?done=added", "{}", answer.text);
    assert_eq!(setting(&browser, "token").as_deref(), Some(TOKEN));
    // The account's own page has no need to keep what is saved.
    assert!(!browser.get(OURS).await.text.contains("token-kept"));
}

#[tokio::test]
async fn a_vendor_that_is_down_can_be_tried_again_or_left_out() {
    let (browser, vendor) = world().await;
    vendor.with(|told| told.down = true);
    let answer = browser.submit(NEW, &form(&vendor, TOKEN)).await;
    assert_eq!(answer.status, 502);
    without_secrets(&answer);
    assert!(answer.text.contains("role=\"alert\""));
    assert!(answer.text.contains("it answered 503"));
    assert!(answer.text.contains("Save without testing"));
    assert_eq!(setting(&browser, "base_url"), None, "nothing was saved");
    let kept = hidden(&answer, "token-kept").to_owned();
    let mut untested = form(&vendor, "");
    untested.extend([("untested", "yes"), ("token-kept", kept.as_str())]);
    let answer = browser.submit(NEW, &untested).await;
    assert_eq!(answer.to(), "/settings/accounts/desk/ours?done=added");
    assert_eq!(setting(&browser, "token").as_deref(), Some(TOKEN));
    let page = browser.get(OURS).await.text;
    assert!(!page.contains("Save without testing") && page.contains("not yet proved"));
}

#[tokio::test]
async fn the_first_hook_checks_its_step_off() {
    let (browser, _vendor) = saved().await;
    let health = "/settings/accounts/desk/ours/health";
    assert!(browser.get(health).await.text.contains("\"first_hook_at\":null"));
    browser.app.health.hooked(&AccountId::new("ours"), browser.app.clock.now());
    let told = browser.get(health).await.text;
    assert!(told.contains("\"words\":\"works\"") && !told.contains("null"), "{told}");
    let page = browser.get(OURS).await.text;
    assert!(page.contains("done: the first hook arrived at"));
    assert!(!page.contains("waiting for the first hook") && !page.contains("data-waits="));
}

#[tokio::test]
async fn a_new_address_for_the_hook_is_told_to_the_vendor_and_has_to_prove_itself() {
    let (browser, vendor) = saved().await;
    let before = setting(&browser, HOOK_TOKEN).unwrap();
    browser.app.health.hooked(&AccountId::new("ours"), browser.app.clock.now());
    vendor.with(|told| told.down = true);
    let hook = "/settings/accounts/desk/ours/hook";
    let answer = browser.submit(hook, &[]).await;
    assert_eq!(answer.status, 502);
    without_secrets(&answer);
    assert!(!answer.text.contains("token-kept"), "what is saved is not kept in the page");
    assert_eq!(setting(&browser, HOOK_TOKEN).unwrap(), before, "the old one still counts");
    vendor.with(|told| told.down = false);
    assert_eq!(browser.submit(hook, &[]).await.to(), "/settings/accounts/desk/ours?done=hook");
    let after = setting(&browser, HOOK_TOKEN).unwrap();
    assert_ne!(after, before);
    let told = vendor.with(|told| told.inboxes.last().unwrap()["hook"].to_string());
    assert!(told.contains(&after), "{told}");
    assert!(browser.get(OURS).await.text.contains("waiting for the first hook"));
}

#[tokio::test]
async fn promise_e_deleting_says_what_ends_and_ends_it() {
    let (browser, _vendor) = saved().await;
    let mut livechat = browser.app.settings.livechat();
    livechat.desk = Some("ours".into());
    browser.app.settings.save_livechat(&livechat).await.unwrap();
    let conversation = browser.contact("Ada", "hello").await;
    assert!(browser.get(OURS).await.text.contains("This desk takes the sessions."));
    let delete = "/settings/accounts/desk/ours/delete";
    assert_eq!(browser.submit(delete, &[]).await.status, 409);
    livechat.desk = Some("console".into());
    browser.app.settings.save_livechat(&livechat).await.unwrap();
    let page = browser.get(OURS).await.text;
    assert!(page.contains("<strong>1 open session</strong> there ends now"), "{page}");
    assert_eq!(browser.submit(delete, &[]).await.to(), "/settings/livechat?done=desk_deleted");
    let after = browser.app.store.load(&conversation).await.unwrap().unwrap();
    assert!(after.session.is_none());
    assert_eq!(browser.get(OURS).await.status, 404);
}

#[tokio::test]
async fn the_list_tells_in_words_how_each_desk_is_doing() {
    let (browser, _vendor) = saved().await;
    let list = || browser.get("/settings/livechat");
    let page = list().await.text;
    assert!(page.contains("not yet proved") && page.contains("Limit 12 of 40"), "{page}");
    let (health, id) = (&browser.app.health, AccountId::new("ours"));
    let now = browser.app.clock.now();
    health.hooked(&id, now);
    assert!(list().await.text.contains("Last hook <time"));
    health.failed(&id, now.plus_ms(1), &format!("{TOKEN} is no longer accepted"));
    let page = list().await;
    without_secrets(&page);
    assert!(page.text.contains("trouble: (secret) is no longer accepted"));
}

#[tokio::test]
async fn hooks_that_do_not_arrive_and_what_looks_found_are_said_on_the_desks_page() {
    let (browser, _vendor) = saved().await;
    let (health, id) = (&browser.app.health, AccountId::new("ours"));
    let now = browser.app.clock.now();
    health.hooked(&id, now.plus_ms(-600_000));
    let page = browser.get(OURS).await.text;
    assert!(!page.contains("hooks do not arrive") && !page.contains("Found by looking"), "{page}");
    health.missed(&id, now.plus_ms(-180_000), 2);
    let astray = |how| Astray { delivery: 1, entry: 2, how };
    health.astray(&id, now, &[astray(How::Missing), astray(How::Doubled)]);
    let page = browser.get(OURS).await.text;
    assert!(page.contains("trouble: its hooks do not arrive: 2 messages were found"), "{page}");
    assert!(page.contains("1 message missing there, brought again; 1 message twice there"));
    health.hooked(&id, now);
    assert!(!browser.get(OURS).await.text.contains("hooks do not arrive"));
}

#[tokio::test]
async fn a_desk_elsewhere_cannot_reach_this_machine() {
    let (browser, vendor) = world().await;
    let mut there = form(&vendor, TOKEN);
    there.retain(|(name, _)| *name != "base_url");
    there.extend([("base_url", "https://desk.invalid"), ("untested", "yes")]);
    browser.submit(NEW, &there).await;
    assert!(browser.get(OURS).await.text.contains("cannot reach http://127.0.0.1"));
    let mut here = form(&vendor, TOKEN);
    here.push(("untested", "yes"));
    browser.submit(OURS, &here).await;
    assert!(!browser.get(OURS).await.text.contains("cannot reach"));
}

#[tokio::test]
async fn only_administrators_see_a_desk() {
    let (browser, _vendor) = saved().await;
    let token = browser.token().await;
    let forged = browser.post("/settings/accounts/desk/ours/delete", &[], &[]).await;
    assert_eq!(forged.status, 403);
    let added = [("name", "Eve"), ("login", "eve"), ("role", "agent"), ("csrf", &token)];
    let page = browser.post("/settings/team", &added, &[("sec-fetch-site", "same-origin")]).await;
    let password = page.text.split("<code").nth(2).unwrap();
    let password = password.split('>').nth(1).unwrap().split('<').next().unwrap();
    let eve = browser.into_member("eve", password).await;
    for path in [OURS, "/settings/accounts/desk/ours/health", "/settings/livechat"] {
        assert_eq!(eve.get(path).await.status, 403, "{path}");
    }
}
