//! The demo bot keeps its own stories, and finds nothing to say against itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

use std::path::PathBuf;
use std::process::Command;

fn handover(arguments: &[&str]) -> (bool, String) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_handover"))
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_demo_bot_is_valid() {
    let (good, text) = handover(&["bot", "validate", "bots/livechat-demo"]);
    assert!(good && text.contains("0 errors, 0 warnings"), "{text}");
}

#[test]
fn the_demo_bots_stories_come_true() {
    let stories =
        ["bots/livechat-demo/stories/handover.story", "bots/livechat-demo/stories/talk.story"];
    let (good, text) = handover(&["bot", "test", stories[0], stories[1]]);
    assert!(good && text.contains("8 passed, 0 failed"), "{text}");
}

#[test]
fn a_broken_bot_is_told_where() {
    let folder = tempfile::tempdir().unwrap();
    let bot = r#"{"id":"b","name":"b","default_flow":"Default","flows":[{"id":"1","name":"Default","commands":[],"content":"start:\n  say \"a\"\n  sya \"b\"\n"}]}"#;
    let path = folder.path().join("bot.json");
    std::fs::write(&path, bot).unwrap();
    let path = path.display().to_string();
    let (good, text) = handover(&["bot", "validate", &path]);
    assert!(!good, "{text}");
    for part in ["error", "Default, line 3", "sya", "^"] {
        assert!(text.contains(part), "{text}");
    }
    let (good, text) = handover(&["bot", "validate", "--json", &path]);
    assert!(!good && text.contains("\"line\":3"), "{text}");
}

/// The bot and the stories that `docs/bots.md` shows.
#[test]
fn the_bot_of_the_documentation_does_what_it_says() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("docs/bots.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let bot = r#"{ "name": "shop", "default_flow": "Default", "flows": [{ "name": "Default" }] }"#;
    std::fs::write(path("bot.json"), bot).unwrap();
    std::fs::create_dir(path("flows")).unwrap();
    std::fs::write(path("flows/Default.csml"), block("csml")).unwrap();
    std::fs::write(path("shop.story"), block("story")).unwrap();
    let (good, text) = handover(&["bot", "validate", &path("")]);
    assert!(good && text.contains("0 errors, 0 warnings"), "{text}");
    let (good, text) = handover(&["bot", "test", &path("shop.story")]);
    assert!(good && text.contains("2 passed, 0 failed"), "{text}");
}

#[test]
fn rule_4_a_bot_asks_for_a_human_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let source = "start:\n  say \"before\"\n  say Payload(\"LIVECHAT_SESSION_START\")\n  say \"after\"\n  hold\n  say \"back\"\n";
    let bot = serde_json::json!({
        "id": "b", "name": "b", "default_flow": "Default",
        "flows": [{ "id": "1", "name": "Default", "commands": [], "content": source }],
    });
    std::fs::write(folder.path().join("bot.json"), bot.to_string()).unwrap();
    let story = "contact: hi\nbot: before\nsession starts\ngateway: ...\n\
        contact presses: LIVECHAT_SESSION_END\nsession ends: contact_ended\n\
        bot gets: LIVECHAT_SESSION_END\nbot: back\n";
    let path = folder.path().join("rule.story");
    std::fs::write(&path, story).unwrap();
    let (good, text) = handover(&["bot", "test", &path.display().to_string()]);
    assert!(good && text.contains("1 passed, 0 failed"), "{text}");
}
