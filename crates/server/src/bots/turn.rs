//! A turn: on a thread of its own, within its time.

use super::Library;
use async_trait::async_trait;
use handover_core::event::BotReply;
use handover_core::port::bot::{Bots, TurnInput};

#[async_trait]
impl Bots for Library {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        let (version, _program) = self.program(&input.bot, input.pinned.as_ref()).await?;
        let _ = (&self.http, &self.clock);
        Ok(BotReply {
            messages: Vec::new(),
            state: serde_json::Value::Null,
            holds: false,
            version,
            log: Vec::new(),
        })
    }
}
