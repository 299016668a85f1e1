//! The pages of the web channel.

use super::World;

#[tokio::test]
async fn the_chat_may_be_framed_and_nothing_else() {
    let world = World::new().await;
    let chat = world.get("/chat/web", &[]).await;
    assert!(chat.header("content-security-policy").contains("frame-ancestors *"));
    assert_eq!(chat.header("x-frame-options"), "");
    let page = String::from_utf8_lossy(&chat.body);
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
    for path in ["/demo", "/console", "/nothing"] {
        let answer = world.get(path, &[]).await;
        assert!(
            answer.header("content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
    assert_eq!(world.get("/chat", &[]).await.header("location"), "/chat/web");
    assert_eq!(world.get("/chat/none", &[]).await.status, 404);
}

#[tokio::test]
async fn little_is_loaded_before_the_first_message() {
    let world = World::new().await;
    let zipped = [("accept-encoding", "gzip")];
    let loader = world.get("/widget.js", &zipped).await;
    assert_eq!(loader.header("content-encoding"), "gzip");
    assert!(loader.body.len() < 3_000, "{}", loader.body.len());

    let page = world.get("/chat/web", &[]).await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let mut wanted: Vec<String> =
        page.split('"').filter(|text| text.starts_with("/assets/")).map(str::to_owned).collect();
    let mut bytes = page.len();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = wanted.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let plain = world.get(&path, &[]).await;
        assert_eq!(plain.status, 200, "{path}");
        bytes += world.get(&path, &zipped).await.body.len();
        let text = String::from_utf8_lossy(&plain.body).into_owned();
        let folder = path.rsplit_once('/').unwrap().0.to_owned();
        // `from "./line.js"`, `from "../time.js"`
        for import in text.split(" from \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            wanted.push(match import.strip_prefix("../") {
                Some(name) => format!("{}/{name}", folder.rsplit_once('/').unwrap().0),
                None => format!("{folder}/{}", import.trim_start_matches("./")),
            });
        }
    }
    assert!(seen.len() > 10, "the modules were found: {seen:?}");
    assert!(bytes < 40_000, "{bytes}");
}

#[tokio::test]
async fn the_page_is_in_the_browsers_language_and_says_so() {
    let world = World::new().await;
    let page = async |path: &str, accepts: &str| {
        let answer = world.get(path, &[("accept-language", accepts)]).await;
        assert!(answer.header("vary").contains("accept-language"));
        String::from_utf8_lossy(&answer.body).into_owned()
    };
    let german = page("/chat/web", "de-CH,de;q=0.9").await;
    assert!(german.contains("<html lang=\"de\""), "{german}");
    assert!(german.contains("placeholder=\"Nachricht schreiben\""), "{german}");
    for english in ["Write a message", "New messages", "Attach a file", "Assistant<", "Sending"] {
        assert!(!german.contains(english), "{english}");
    }
    let told = page("/chat/web?metadata=%7B%22language%22%3A%22fr-FR%22%7D", "de").await;
    assert!(told.contains("<html lang=\"fr\""), "{told}");
    assert!(page("/chat/web", "sv").await.contains("<html lang=\"en\""));
    let livechat = world.running.app.settings.livechat();
    let mut italian = livechat.clone();
    italian.policy.language = handover_core::language::Language::Italian;
    world.running.app.settings.save_livechat(&italian).await.unwrap();
    assert!(page("/chat/web", "sv").await.contains("<html lang=\"it\""), "the operator's");
}
