//! Stories against a bot made of one function.

use super::{parse, play};
use handover_core::content::{Button, Content, Question};
use handover_core::event::{BotEvent, BotReply};
use handover_core::ids::BotVersion;
use serde_json::{Map, Value};

fn bot(
    _: Option<&Value>,
    event: &BotEvent,
    metadata: &Map<String, Value>,
) -> Result<BotReply, String> {
    let payload = event.content.get("payload").and_then(Value::as_str).unwrap_or_default();
    let messages = match (event.content_type.as_str(), payload) {
        ("payload", "LIVECHAT_SESSION_END") => vec![Content::text("Welcome back")],
        ("payload", "LIVECHAT_SESSION_EXPIRED") => vec![Content::text("It expired")],
        ("text", _) if event.content["text"] == "boom" => return Err("boom".into()),
        _ => {
            let name = metadata.get("name").and_then(Value::as_str).unwrap_or("you");
            vec![Content::Question(Question {
                title: format!("Hello {name}"),
                buttons: vec![Button {
                    title: "Human".into(),
                    payload: "LIVECHAT_SESSION_START".into(),
                    accepts: vec![],
                    url: None,
                }],
                quick: false,
            })]
        }
    };
    let version = BotVersion::new("1");
    Ok(BotReply { messages, state: Value::Null, holds: true, version, log: vec![] })
}

fn run(text: &str) -> Result<(), String> {
    for story in parse(text).map_err(|error| error.to_string())? {
        play(&story, &mut bot).map_err(|difference| difference.text)?;
    }
    Ok(())
}

#[test]
fn a_whole_session() {
    run(r#"
        # From the greeting to the bot's return.
        story: there and back
        metadata: {"name": "Eve"}
        contact opens
        bot asks: Hello Eve [Human]
        contact: human
        session starts
        gateway: You are being connected ...
        agent: Good morning
        agent joins
        agent says: Good morning
        contact: hello
        agent: Bye LIVECHAT_SESSION_END
        agent says: Bye
        gateway asks: ... [End the chat]
        contact: one more thing
        contact presses: End the chat
        session ends: contact_ended
        bot gets: LIVECHAT_SESSION_END
        bot: Welcome back

        story: silence
        contact presses: LIVECHAT_SESSION_START
        session starts
        gateway: ...
        time passes: 59 min
        time passes: 1 min
        session ends: expired
        bot gets: LIVECHAT_SESSION_EXPIRED
        bot: It expired
        contact: boom
        trouble: The bot failed: boom
        gateway: Sorry, ...
    "#)
    .unwrap();
}

#[test]
fn a_difference_is_shown_line_by_line() {
    let text = run("contact opens\nbot: Hello\n").unwrap_err();
    assert_eq!(text, "  contact opens\n- bot: Hello\n+ bot asks: Hello you [Human]\n");
    let text = run("contact opens\n").unwrap_err();
    assert_eq!(text, "  contact opens\n+ bot asks: Hello you [Human]\n");
}

#[test]
fn mistakes_in_the_text_are_named_with_their_line() {
    for (text, line, word) in [
        ("contact opens\nrobot: hi", "line 2", "expected"),
        ("bot: hi", "line 1", "nothing has happened"),
        ("time passes: soon", "line 1", "10 min"),
        ("metadata: 3", "line 1", "JSON object"),
    ] {
        let problem = run(text).unwrap_err();
        assert!(problem.contains(line) && problem.contains(word), "{problem}");
    }
}
