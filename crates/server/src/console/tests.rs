use crate::staff::tests::Browser;
use handover_core::conversation::Conversation;
use handover_core::ids::ConversationId;
use handover_core::session::Holder;

async fn load(browser: &Browser, id: &ConversationId) -> Conversation {
    browser.app.store.load(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn rules_7_and_22_a_form_accepts_writes_and_hands_back() {
    let browser = Browser::signed_in().await;
    let id = browser.contact("Ada", "hello").await;
    assert!(browser.get("/console").await.text.contains("Ada"));
    let session = load(&browser, &id).await.session.unwrap().id.to_string();
    let act = format!("/console/c/{id}/act");
    let accept = [("act", "accept"), ("session", session.as_str())];
    assert_eq!(browser.submit(&act, &accept).await.status, 303);
    let say = [("act", "say"), ("session", &session), ("id", "1"), ("text", "I am here")];
    browser.submit(&act, &say).await;
    browser.submit(&act, &say).await;
    let page = browser.get(&format!("/console/c/{id}")).await.text;
    assert_eq!(page.matches("data-source=\"1\"").count(), 1, "promise C");
    let back = [("act", "hand_back"), ("session", session.as_str())];
    browser.submit(&act, &back).await;
    assert_eq!(load(&browser, &id).await.holder(), Holder::Bot);
    let late =
        browser.submit(&act, &[("act", "say"), ("session", &session), ("text", "late")]).await;
    assert_eq!(late.status, 409, "what was meant for an ended session opens no other one");
    assert!(late.text.contains("Take over to write again"), "{}", late.text);
    assert_eq!(load(&browser, &id).await.holder(), Holder::Bot);
}

#[tokio::test]
async fn rule_21_a_conversation_with_the_bot_is_listed_and_taken_over() {
    let browser = Browser::signed_in().await;
    let id = browser.contact("Ada", "hello").await;
    let session = load(&browser, &id).await.session.unwrap().id.to_string();
    let act = format!("/console/c/{id}/act");
    browser.submit(&act, &[("act", "hand_back"), ("session", &session)]).await;
    assert!(browser.get("/console?tab=bot").await.text.contains(id.as_str()));
    browser.submit(&act, &[("act", "take_over")]).await;
    assert_eq!(load(&browser, &id).await.holder(), Holder::Agent);
}
