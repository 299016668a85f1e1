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
    assert!(good && text.contains("7 passed, 0 failed"), "{text}");
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
