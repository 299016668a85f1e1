//! A turn: on a thread of its own, within its time. A bot that panics or runs too long costs its own turn only.

use super::Library;
use super::ports::Outside;
use super::program::Talk;
use crate::vault::random;
use async_trait::async_trait;
use handover_adapters::channel::probe;
use handover_core::event::BotReply;
use handover_core::ids::BotVersion;
use handover_core::port::bot::{Bots, TurnInput};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How much later than the runtime's own limit a turn is given up.
const GRACE_MS: u64 = 5_000;

/// What the bot of a test says.
fn nothing() -> BotReply {
    BotReply {
        messages: Vec::new(),
        state: serde_json::Value::Null,
        holds: false,
        version: BotVersion::new(probe::SILENT),
        log: Vec::new(),
    }
}

#[async_trait]
impl Bots for Library {
    async fn turn(&self, input: TurnInput) -> Result<BotReply, String> {
        if input.bot.as_str() == probe::SILENT {
            return Ok(nothing());
        }
        let (version, program) = self.program(&input.bot, input.pinned.as_ref()).await?;
        let (http, clock) = (Arc::clone(&self.http), Arc::clone(&self.clock));
        let seed = u64::from_be_bytes(random().map_err(|error| error.to_string())?);
        let (runtime, turn_ms) = (Handle::current(), self.turn_ms);
        let turn = tokio::task::spawn_blocking(move || {
            let talk = Talk {
                bot: &input.bot,
                channel: &input.channel,
                contact: &input.contact,
                version: &version,
            };
            let outside = Outside { http: Some((&*http, &runtime)), clock: &*clock, seed, turn_ms };
            program.turn(talk, input.state.as_ref(), &input.event, &outside)
        });
        match tokio::time::timeout(Duration::from_millis(turn_ms + GRACE_MS), turn).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err("the bot's turn broke off".into()),
            Err(_) => Err("the bot's turn took too long".into()),
        }
    }
}
