//! A bot's turn: run outside any transaction, committed with what it said.

use crate::accept::Apply;
use crate::deliver::settle;
use crate::{Engine, Error};
use handover_core::delivery::Turn;
use handover_core::event::{Event, TurnDone, TurnOutcome};
use handover_core::port::bot::TurnInput;
use handover_core::port::store::{DeliveryState, Leased};

impl Engine {
    pub(crate) async fn take_turn(&self, leased: &Leased, turn: &Turn) -> Result<(), Error> {
        let delivery = &leased.delivery;
        let id = &delivery.id.conversation;
        let Some(conversation) = self.conversation_of(leased).await? else {
            return Err(Error::NoConversation);
        };
        let (outcome, state, note) = if conversation.epoch != delivery.epoch && !turn.terminal {
            (TurnOutcome::Skipped, DeliveryState::Skipped, "the bot no longer had the floor".into())
        } else {
            let state = || async { Ok(self.ports.store.bot_state(id).await?) };
            let input = TurnInput {
                bot: conversation.bot.clone(),
                pinned: conversation.pinned.clone(),
                conversation: id.clone(),
                channel: conversation.channel.clone(),
                contact: conversation.contact.clone(),
                state: self.insist(leased, state).await.0?,
                event: turn.event.clone(),
            };
            match self.ports.bots.turn(input).await {
                Ok(reply) => {
                    (TurnOutcome::Replied(reply), DeliveryState::Delivered, "answered".into())
                }
                Err(why) => {
                    tracing::warn!(conversation = %id, %why, "the bot's turn failed");
                    (TurnOutcome::Failed { why: why.clone() }, DeliveryState::Dead, why)
                }
            }
        };
        let now = self.ports.clock.now();
        let event = Event::Turn(TurnDone {
            delivery: delivery.id.n,
            epoch: delivery.epoch,
            turn: turn.clone(),
            outcome,
        });
        let settle = settle(leased, state, now, now, note);
        let ask = || self.apply(Apply { settle: Some(settle.clone()), ..Apply::of(id, &event) });
        self.insist(leased, ask).await.0?;
        Ok(())
    }
}
