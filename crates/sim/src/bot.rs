//! The bot: it answers what it is told, asks for a human when asked to, and remembers which sessions it was told to be over.

use crate::shared::{Shared, lock};
use async_trait::async_trait;
use handover_core::content::{Button, Content, Question};
use handover_core::event::BotReply;
use handover_core::ids::BotVersion;
use handover_core::port::bot::{Bots, TurnInput};
use handover_core::words::START;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a text asks the bot to do.
pub(crate) const MENU: &str = "menu please";
pub(crate) const CRASH: &str = "crash please";
pub(crate) const HUMAN: &str = "fetch someone";
/// The title of the menu's button for a human.
pub(crate) const TITLE: &str = "Talk to a human";

/// The bots of a node.
pub(crate) struct Bot {
    pub(crate) shared: Arc<Shared>,
}

/// What the bot says to a text, or why it fails.
pub(crate) fn replies(word: &str, is_terminal: bool) -> Result<Vec<Content>, String> {
    if is_terminal {
        return Ok(vec![Content::text(format!("Back from {word}"))]);
    }
    let said = Content::text(format!("You said: {word}"));
    if word.contains(CRASH) {
        return Err("the flow has no such step".into());
    }
    if word.contains(MENU) {
        let button = Button {
            title: TITLE.into(),
            payload: START.into(),
            accepts: vec!["person".into()],
            url: None,
        };
        let question = Question { title: "What now?".into(), buttons: vec![button], quick: false };
        return Ok(vec![said, Content::Question(question)]);
    }
    if word.contains(HUMAN) {
        let after = Content::text(format!("After: {word}"));
        return Ok(vec![said, Content::payload(START), after]);
    }
    Ok(vec![said])
}

#[async_trait]
impl Bots for Bot {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        let slow = lock(&self.shared.weather).slow;
        let is_slow = self.shared.permille(slow.max(50));
        let ms = if is_slow { self.shared.chance().between(1000, 20_000) } else { 20 };
        self.shared.pause(ms).await;
        let content = &input.event.content;
        let mut state = input.state.unwrap_or_else(|| json!({ "ended": [] }));
        let over = content.get("session_id").and_then(Value::as_str);
        if let (Some(over), Some(ended)) = (over, state["ended"].as_array_mut()) {
            // A run whose commit is refused never was: what counts is how often it stands in what is kept.
            ended.push(over.into());
        }
        let word = ["payload", "text", "name"].iter().find_map(|key| content[*key].as_str());
        let messages = replies(word.unwrap_or_default(), over.is_some())?;
        Ok(BotReply {
            messages,
            state,
            holds: true,
            version: BotVersion::new("1"),
            log: Vec::new(),
        })
    }
}
