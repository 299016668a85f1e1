//! What operators see and do.

use super::{Model, Room, Row, State};
use async_trait::async_trait;
use handover_core::delivery::Side;
use handover_core::ids::{ConversationId, DeliveryId};
use handover_core::port::outbox::{Attempt, By, Deed, ListPart, Outbox, Waiting, Which};
use handover_core::port::store::{DeliveryRecord, DeliveryState, Result};
use handover_core::time::Timestamp;
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// Where a delivery stands in a list: its moment, its conversation's place among all (from 1), its number.
type Place = (Timestamp, usize, u64);

impl Row {
    pub(super) fn record(&self) -> DeliveryRecord {
        DeliveryRecord {
            delivery: self.delivery.clone(),
            state: self.state,
            attempts: self.attempts,
            created_at: self.created_at,
            next_at: self.next_at,
            note: self.note.clone(),
        }
    }

    pub(super) fn repeat(&mut self, by: By) {
        self.line(by.at, by.note, Some(by.who));
        self.state = DeliveryState::Pending;
        (self.created_at, self.next_at) = (by.at, by.at);
        self.forgiven = self.attempts;
    }

    fn is_of(&self, which: &Which) -> bool {
        which.side.is_none_or(|side| self.delivery.side == side)
            && which.account.as_ref().is_none_or(|account| self.delivery.account == *account)
    }
}

impl State {
    fn row(&mut self, id: &DeliveryId) -> Option<&mut Row> {
        self.conversations.get_mut(&id.conversation)?.deliveries.get_mut(&id.n)
    }

    /// The deliveries in a state, each with its place by that moment, in order.
    fn placed(
        &self,
        state: DeliveryState,
        which: &Which,
        at: impl Fn(&Row) -> Timestamp,
    ) -> Vec<(Place, &Row)> {
        let mut found: Vec<(Place, &Row)> = self
            .conversations
            .values()
            .flat_map(|room| room.deliveries.values().map(move |row| (room.nr + 1, row)))
            .filter(|(_, row)| row.state == state && row.is_of(which))
            .map(|(nr, row)| ((at(row), nr, row.delivery.id.n), row))
            .collect();
        found.sort_by_key(|(place, _)| *place);
        found
    }

    fn after(&self, part: &ListPart) -> Option<Place> {
        let after = part.after.as_ref()?;
        let nr = self.conversations.get(&after.delivery.conversation).map_or(0, |room| room.nr + 1);
        Some((after.at, nr, after.delivery.n))
    }
}

#[async_trait]
impl Outbox for Model {
    async fn attempts(&self, id: &ConversationId, of: RangeInclusive<u64>) -> Result<Vec<Attempt>> {
        let lines = |room: &Room| {
            let rows = room.deliveries.iter().filter(|(n, _)| of.contains(n));
            rows.flat_map(|(_, row)| row.history.iter().cloned()).collect()
        };
        Ok(self.room(id, lines).unwrap_or_default())
    }

    async fn dead(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        let state = self.state();
        let after = state.after(&part);
        let found = state.placed(DeliveryState::Dead, &part.which, |row| row.next_at);
        let found = found.iter().rev().filter(|(place, _)| after.is_none_or(|it| *place < it));
        Ok(found.take(part.limit as usize).map(|(_, row)| row.record()).collect())
    }

    async fn queued(&self, part: ListPart) -> Result<Vec<DeliveryRecord>> {
        let state = self.state();
        let after = state.after(&part);
        let found = state.placed(DeliveryState::Pending, &part.which, |row| row.created_at);
        let found = found.iter().filter(|(place, _)| after.is_none_or(|it| *place > it));
        Ok(found.take(part.limit as usize).map(|(_, row)| row.record()).collect())
    }

    async fn waiting_since(&self) -> Result<Waiting> {
        let state = self.state();
        let since = |side| {
            let which = Which { side: Some(side), account: None };
            let found = state.placed(DeliveryState::Pending, &which, |row| row.created_at);
            found.first().map(|((at, ..), _)| *at)
        };
        Ok(Waiting {
            contact: since(Side::Contact),
            desk: since(Side::Desk),
            bot: since(Side::Bot),
        })
    }

    async fn repeat(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let mut state = self.state();
        let Some(row) = state.row(delivery) else { return Ok(Deed::NoSuch) };
        if row.state != DeliveryState::Dead {
            return Ok(Deed::Refused(row.state));
        }
        row.repeat(by);
        Ok(Deed::Done)
    }

    async fn repeat_all(&self, which: Which, by: By) -> Result<u64> {
        let mut state = self.state();
        let rows = state.conversations.values_mut().flat_map(|room| room.deliveries.values_mut());
        let dead = |row: &&mut Row| {
            row.state == DeliveryState::Dead && row.next_at <= by.at && row.is_of(&which)
        };
        Ok(rows.filter(dead).map(|row| row.repeat(by.clone())).count() as u64)
    }

    async fn skip(&self, delivery: &DeliveryId, by: By) -> Result<Deed> {
        let mut state = self.state();
        let Some(row) = state.row(delivery) else { return Ok(Deed::NoSuch) };
        if !matches!(row.state, DeliveryState::Dead | DeliveryState::Pending) {
            return Ok(Deed::Refused(row.state));
        }
        row.line(by.at, by.note, Some(by.who));
        (row.state, row.next_at, row.lease) = (DeliveryState::Skipped, by.at, None);
        Ok(Deed::Done)
    }

    async fn stirred(&self, limit: u32) -> Result<Vec<ConversationId>> {
        let state = self.state();
        let last = |id: &ConversationId| {
            let keys = state.inbox.iter().filter(|(key, _)| key.conversation == *id);
            keys.map(|(_, (at, _))| *at).max()
        };
        let rooms = state.conversations.iter();
        let mut found: Vec<_> =
            rooms.filter_map(|(id, room)| Some((Reverse((last(id)?, room.nr)), id))).collect();
        found.sort();
        Ok(found.into_iter().take(limit as usize).map(|(_, id)| id.clone()).collect())
    }
}
