use super::safe_next;
use crate::staff::tests::{Browser, PASSWORD};
use axum::http::header;

#[tokio::test]
async fn signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use() {
    let browser = Browser::new().await;
    let answer = browser.sign_in(" Admin ", PASSWORD, "/settings/bots").await;
    assert_eq!((answer.status, answer.to()), (303, "/settings/bots"));
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    assert!(!cookie.contains("Secure"));
    let fields = [("login", "admin"), ("password", PASSWORD)];
    let answer = browser.post("/login", &fields, &[("x-forwarded-proto", "https")]).await;
    assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_look_the_same() {
    let browser = Browser::new().await;
    let wrong = browser.sign_in("admin", "not the password", "").await;
    let unknown = browser.sign_in("\"><script>", "not the password", "").await;
    assert_eq!((wrong.status, unknown.status), (422, 422));
    assert!(wrong.text.contains("do not fit together") && unknown.text.contains("do not fit"));
    assert!(!unknown.text.contains("\"><script>"));
    assert!(!wrong.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn too_many_tries_are_refused_even_with_the_right_password() {
    let browser = Browser::new().await;
    let mut tries = 0;
    // A slow machine earns a try back now and then.
    while browser.sign_in("admin", "", "").await.status != 429 {
        tries += 1;
        assert!(tries < 30);
    }
    assert!(tries >= 10);
    assert_eq!(browser.sign_in("ADMIN", PASSWORD, "").await.status, 429);
}

#[test]
fn after_signing_in_nobody_is_led_to_another_site() {
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\nb"] {
        assert_eq!(safe_next(next), "/console", "{next:?}");
    }
    assert_eq!(safe_next("/settings/bots?x=1"), "/settings/bots?x=1");
}

#[tokio::test]
async fn pages_lead_strangers_to_the_sign_in_and_back() {
    let browser = Browser::new().await;
    let answer = browser.get("/console/c/abc?tab=bot").await;
    assert_eq!((answer.status, answer.to()), (303, "/login?next=/console/c/abc%3Ftab%3Dbot"));
}

#[tokio::test]
async fn a_forged_form_changes_nothing() {
    let browser = Browser::signed_in().await;
    let token = browser.token().await;
    let text = |csrf| [("name", "x"), ("text", "y"), ("csrf", csrf)];
    let new = "/settings/canned/new";
    assert_eq!(browser.post(new, &text("wrong"), &[]).await.status, 403);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        assert_eq!(browser.post(new, &text(&token), &[(name, value)]).await.status, 403);
    }
    let ours = [("origin", "http://desk.example")];
    assert_eq!(browser.post(new, &text(&token), &ours).await.status, 303);
}

#[tokio::test]
async fn signing_out_ends_the_sign_in() {
    let browser = Browser::signed_in().await;
    assert_eq!(browser.get("/console").await.status, 200);
    assert_eq!(browser.submit("/logout", &[]).await.to(), "/login");
    assert_eq!(browser.get("/console").await.status, 303);
}
