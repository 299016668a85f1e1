//! A turn: on a thread of its own, within its time.

use super::Library;
use async_trait::async_trait;
use handover_core::content::{Button, Content, Question};
use handover_core::event::BotReply;
use handover_core::port::bot::{Bots, TurnInput};

#[async_trait]
impl Bots for Library {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        let (version, _program) = self.program(&input.bot, input.pinned.as_ref()).await?;
        let _ = (&self.http, &self.clock);
        Ok(BotReply {
            messages: vec![Content::Question(Question {
                title: format!("What would you like to do? (you said {})", input.event.content),
                buttons: vec![Button {
                    title: "Talk to a human".into(),
                    payload: "LIVECHAT_SESSION_START".into(),
                    accepts: vec!["human".into()],
                    url: None,
                }],
                quick: false,
            })],
            state: serde_json::Value::Null,
            holds: true,
            version,
            log: Vec::new(),
        })
    }
}
