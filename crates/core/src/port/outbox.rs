//! What operators see of deliveries, and what they may do about them. Nothing that decides needs any of it.

use crate::delivery::Side;
use crate::ids::{AccountId, ConversationId, DeliveryId};
use crate::port::store::{DeliveryRecord, DeliveryState, Result};
use crate::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Tries of a delivery whose calls are kept: the last ones. Of older ones only the note stays.
pub const TRIES_WITH_CALLS: u32 = 5;

/// One HTTP call of a try, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCall {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The address without its query and what in it may be a secret.
    pub url: String,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The answer's status; none when there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The beginning of the answer, or why there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// A line of a delivery's history: a try, or what an operator did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery's number in its conversation.
    pub delivery: u64,
    /// Its place in the history, from 1. A try that nobody ended (the program was stopped) leaves a gap.
    pub number: u32,
    /// When it ended.
    pub at: Timestamp,
    /// What it came to, in words.
    pub note: String,
    /// The operator, where it was no try.
    pub by: Option<String>,
    /// The calls that were made, of the last tries only.
    pub calls: Vec<SeenCall>,
}

/// Since when the delivery that waits longest waits, on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// For the contact's channel.
    pub contact: Option<Timestamp>,
    /// For the desk.
    pub desk: Option<Timestamp>,
    /// For the bot.
    pub bot: Option<Timestamp>,
}

impl Waiting {
    /// Of one side.
    pub const fn of(&self, side: Side) -> Option<Timestamp> {
        match side {
            Side::Contact => self.contact,
            Side::Desk => self.desk,
            Side::Bot => self.bot,
        }
    }

    /// Of all sides.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.contact.into_iter().chain(self.desk).chain(self.bot).min()
    }
}

/// Which deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    /// Only those of this account.
    pub account: Option<AccountId>,
    /// Only those to this side.
    pub side: Option<Side>,
}

/// A place in a list, to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPlace {
    /// The moment by which the list is ordered.
    pub at: Timestamp,
    /// The delivery.
    pub delivery: DeliveryId,
}

/// A part of a list of deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPart {
    /// Which deliveries.
    pub which: Which,
    /// Only those that come after this place. A place in a conversation that is not there is before all others.
    pub after: Option<ListPlace>,
    /// At most this many.
    pub limit: u32,
}

/// Who does something to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// When.
    pub at: Timestamp,
    /// The operator's name.
    pub who: String,
    /// What to keep in the history, in words.
    pub note: String,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is on disk.
    Done,
    /// There is no such delivery.
    NoSuch,
    /// The delivery is in a state in which that cannot be done: nothing was changed.
    Refused(DeliveryState),
}

/// Deliveries as operators see and treat them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The history of the deliveries of these numbers in a conversation, in order.
    async fn attempts(&self, id: &ConversationId, of: RangeInclusive<u64>) -> Result<Vec<Attempt>>;

    /// Deliveries that were given up, the last one first. Their place is when they were given up.
    async fn dead(&self, part: ListPart) -> Result<Vec<DeliveryRecord>>;

    /// Deliveries to be tried, the one that waits longest first. Their place is since when they wait.
    async fn queued(&self, part: ListPart) -> Result<Vec<DeliveryRecord>>;

    /// Since when the delivery that waits longest waits, on each side.
    async fn waiting_since(&self) -> Result<Waiting>;

    /// Lets a delivery that was given up be tried again: its history stays, its schedule begins anew, and it waits since
    /// now. It goes before what waits in its lane, but not before what is being tried at this moment; what was
    /// delivered while it was dead stays before it.
    async fn repeat(&self, delivery: &DeliveryId, by: By) -> Result<Deed>;

    /// Lets all deliveries be tried again that were given up until `by.at`; says how many.
    async fn repeat_all(&self, which: Which, by: By) -> Result<u64>;

    /// Gives up for good what was given up or is still to be tried; what waits behind it goes on. A try that is under way
    /// loses its lease.
    async fn skip(&self, delivery: &DeliveryId, by: By) -> Result<Deed>;

    /// Conversations in which something with an id of its sender came in, the last one first: of the days for which
    /// the inbox remembers.
    async fn stirred(&self, limit: u32) -> Result<Vec<ConversationId>>;
}
