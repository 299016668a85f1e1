mod desks;

use crate::staff::tests::Browser;

const HOSTILE: &str = "\"><script>alert('x')</script>";

fn livechat<'a>(timeout: &'a str, end_message: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("desk", "console"),
        ("timeout", timeout),
        ("expired_at", "once"),
        ("start_text", ""),
        ("end_message", end_message),
        ("end_label", "End"),
        ("on_desk_closed", "end"),
    ]
}

#[tokio::test]
async fn rule_16_a_timeout_out_of_range_is_told_beside_its_field() {
    let browser = Browser::signed_in().await;
    for timeout in ["168", "-1", "0", "abc", HOSTILE] {
        let answer = browser.submit("/settings/livechat", &livechat(timeout, "Done?")).await;
        assert_eq!(answer.status, 422, "{timeout}");
        assert!(answer.text.contains("id=\"timeout-error\""), "{timeout}");
        assert!(answer.text.contains("aria-invalid=\"true\" autofocus"), "{timeout}");
        assert!(!answer.text.contains("<script>alert"), "{timeout}");
    }
    assert_eq!(browser.app.settings.livechat().policy.timeout_s, 3600);
    for (timeout, seconds) in [("1.5", 5400), ("0.0167", 60), ("90m", 5400)] {
        let answer = browser.submit("/settings/livechat", &livechat(timeout, "Done?")).await;
        assert_eq!(answer.to(), "/settings/livechat?done=saved");
        assert_eq!(browser.app.settings.livechat().policy.timeout_s, seconds);
    }
}

#[tokio::test]
async fn rule_1_texts_that_are_left_empty_are_ours_and_nothing_can_be_said() {
    let browser = Browser::signed_in().await;
    let mut form = livechat("1", "");
    form.push(("language", "de"));
    browser.submit("/settings/livechat", &form).await;
    let policy = browser.app.settings.livechat().policy;
    assert_eq!(
        (policy.language.code(), &policy.end_message, &policy.start_text),
        ("de", &None, &None)
    );
    assert_eq!(policy.end_label.as_deref(), Some("End"), "an own text stays");
    let page = browser.get("/settings/livechat").await.text;
    assert!(page.contains("value=\"de\" lang=\"de\" selected"), "{page}");
    assert!(page.contains("placeholder=\"Sie werden mit unserem Team verbunden."), "{page}");

    form.push(("start_silent", "yes"));
    browser.submit("/settings/livechat", &form).await;
    assert_eq!(browser.app.settings.livechat().policy.start_text.as_deref(), Some(""));

    let mut form = livechat("1", "");
    form.push(("language", "sv"));
    let answer = browser.submit("/settings/livechat", &form).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("id=\"language-error\""), "{}", answer.text);
    assert_eq!(browser.app.settings.livechat().policy.language.code(), "de");
}

#[tokio::test]
async fn nothing_that_people_write_becomes_markup() {
    let browser = Browser::signed_in().await;
    browser.submit("/settings/livechat", &livechat("1", HOSTILE)).await;
    browser.submit("/settings/canned/new", &[("name", HOSTILE), ("text", HOSTILE)]).await;
    let added = [("name", HOSTILE), ("login", "someone"), ("role", "agent")];
    assert_eq!(browser.submit("/settings/team", &added).await.status, 200);
    let desk = [
        ("vendor", "webhook"),
        ("name", HOSTILE),
        ("url", "https://desk.example"),
        ("secret", "s3cret-s3cret"),
    ];
    let answer = browser.submit("/settings/accounts/desk/new", &desk).await;
    assert_eq!(answer.to(), "/settings/accounts/desk/script-alert-x-script?done=added");
    let id = browser.contact(HOSTILE, HOSTILE).await;
    let conversation = format!("/console/c/{id}");
    for path in [
        "/settings/livechat",
        "/settings/bots",
        "/settings/channels",
        "/settings/canned",
        "/settings/team",
        "/settings/team/me",
        "/settings/accounts/channel/api",
        "/settings/accounts/desk/script-alert-x-script",
        "/console",
        &conversation,
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text.contains("<script>alert"), "{path}");
        assert!(!answer.text.contains("href=\"javascript:"), "{path}");
        assert!(
            !answer.text.contains(" style=") && !answer.text.contains("s3cret-s3cret"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_last_administrator_and_the_chosen_desk_stay() {
    let browser = Browser::signed_in().await;
    assert_eq!(browser.submit("/settings/team/admin/remove", &[]).await.status, 409);
    let role = [("role", "agent")];
    assert_eq!(browser.submit("/settings/team/admin/role", &role).await.status, 409);
    let console = "/settings/accounts/desk/console/delete";
    assert_eq!(browser.submit(console, &[]).await.status, 409);
}
