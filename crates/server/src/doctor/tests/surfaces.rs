//! The page and the console's lists.

use crate::staff::tests::Browser;

#[tokio::test]
async fn the_page_follows_the_test_and_the_lists_leave_it_out() {
    let browser = Browser::signed_in().await;
    let path = "/settings/accounts/desk/console/test";
    let page = browser.get(path).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Start the test") && !page.text.contains("http-equiv"));
    let begun = browser.submit(path, &[]).await;
    assert_eq!((begun.status, begun.to()), (303, path));
    for _ in 0..200 {
        let page = browser.get(path).await;
        if !page.text.contains("http-equiv=\"refresh\"") {
            assert!(page.text.contains("The loop works."), "{}", page.text);
            assert_eq!(page.text.matches("✓").count(), 8, "{}", page.text);
            for list in ["/console", "/console?tab=ended", "/console?tab=bot"] {
                let list = browser.get(list).await;
                assert_eq!(list.status, 200);
                assert!(!list.text.contains("Handover loop test"), "{}", list.text);
            }
            return;
        }
        assert!(page.text.contains("under way"), "{}", page.text);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("promise E: each test has an end");
}

#[tokio::test]
async fn the_page_is_for_administrators_and_desks_that_are_there() {
    let browser = Browser::signed_in().await;
    assert_eq!(browser.get("/settings/accounts/desk/nowhere/test").await.status, 404);
    assert_eq!(browser.submit("/settings/accounts/desk/nowhere/test", &[]).await.status, 404);
    let forged = browser.post("/settings/accounts/desk/console/test", &[], &[]).await;
    assert_eq!(forged.status, 403, "a form without its token");
    let stranger = Browser::new().await;
    assert_ne!(stranger.get("/settings/accounts/desk/console/test").await.status, 200);
}
