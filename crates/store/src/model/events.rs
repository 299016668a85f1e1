//! What a log elsewhere has yet to be told.

use super::Model;
use async_trait::async_trait;
use handover_core::port::events::{Events, Happened, Key, Whereabouts};
use handover_core::port::store::Result;

#[async_trait]
impl Events for Model {
    fn keep_events(&self) {
        self.state().keeps_events = true;
    }

    async fn events(&self, limit: u32) -> Result<Vec<Happened>> {
        let state = self.state();
        let happened = state.events.iter().filter_map(|(place, (id, n))| {
            let room = state.conversations.get(id)?;
            let at = Whereabouts {
                id: id.clone(),
                channel: room.conversation.channel.clone(),
                bot: room.conversation.bot.clone(),
                contact: Key { key: room.conversation.contact.key.clone() },
            };
            Some(Happened { place: *place, at, entry: room.entries.get(n)?.clone() })
        });
        Ok(happened.take(limit as usize).collect())
    }

    async fn told(&self, places: &[u64]) -> Result<()> {
        let mut state = self.state();
        places.iter().for_each(|place| drop(state.events.remove(place)));
        Ok(())
    }

    async fn events_waiting(&self) -> Result<u64> {
        Ok(self.state().events.len() as u64)
    }
}
