//! One conversation as a timeline: its lines, what went out for each, and what became of that.

use crate::app::App;
use handover_core::conversation::Conversation;
use handover_core::entry::Entry;
use handover_core::ids::ConversationId;
use handover_core::port::outbox::Attempt;
use handover_core::port::store::{DeliveryRecord, Page, Result};
use handover_core::time::Timestamp;
use std::collections::BTreeMap;

/// A part of a conversation's timeline.
pub struct Timeline {
    /// The conversation as it is now.
    pub conversation: Conversation,
    /// Lines, in order.
    pub lines: Vec<Line>,
}

/// One line of the transcript, with what went out for it.
pub struct Line {
    /// The line.
    pub entry: Entry,
    /// What went out for it, in order.
    pub sent: Vec<Sent>,
}

/// A delivery with its history.
pub struct Sent {
    /// The delivery.
    pub record: DeliveryRecord,
    /// Its tries, and what operators did.
    pub history: Vec<Attempt>,
}

impl Sent {
    /// When the first try began, as far as is known: its first call, or else its end.
    pub fn first_try(&self) -> Option<Timestamp> {
        let first = self.history.iter().find(|attempt| attempt.by.is_none())?;
        Some(first.calls.first().map_or(first.at, |call| call.at))
    }

    /// When it ended, if it has.
    pub fn ended(&self) -> Option<Timestamp> {
        self.record.state.is_final().then_some(self.record.next_at)
    }

    /// How often it was tried. A try that the program's stop broke off left no line.
    pub fn tries(&self) -> u32 {
        let deeds = self.history.iter().filter(|attempt| attempt.by.is_some()).count();
        self.record.attempts.saturating_sub(u32::try_from(deeds).unwrap_or(u32::MAX))
    }
}

impl Timeline {
    /// The number of the first line, if lines come before it.
    pub fn earlier(&self) -> Option<u64> {
        self.lines.first().map(|line| line.entry.n).filter(|first| *first > 1)
    }
}

/// Reads the last `limit` lines before line `before`, or the last ones of all. None when there is no such conversation.
///
/// # Errors
/// When the store fails.
pub async fn read(
    app: &App,
    id: &ConversationId,
    before: Option<u64>,
    limit: u32,
) -> Result<Option<Timeline>> {
    let Some(conversation) = app.store.load(id).await? else { return Ok(None) };
    let before = before.unwrap_or(u64::MAX).min(conversation.entries + 1);
    let after = before.saturating_sub(1).saturating_sub(u64::from(limit));
    let page = Page { after, limit, newest: false };
    let mut entries = app.store.transcript(id, page).await?;
    entries.retain(|entry| entry.n < before);
    let (first, last) = (after + 1, before.saturating_sub(1));
    let mut records = app.store.deliveries(id).await?;
    records.retain(|record| (first..=last).contains(&record.delivery.entry));
    let numbers = records.iter().map(|record| record.delivery.id.n);
    let (from, to) = (numbers.clone().min().unwrap_or(1), numbers.max().unwrap_or(0));
    let mut history: BTreeMap<u64, Vec<Attempt>> = BTreeMap::new();
    if from <= to {
        for attempt in app.outbox.attempts(id, from..=to).await? {
            history.entry(attempt.delivery).or_default().push(attempt);
        }
    }
    let mut sent: BTreeMap<u64, Vec<Sent>> = BTreeMap::new();
    for record in records {
        let history = history.remove(&record.delivery.id.n).unwrap_or_default();
        sent.entry(record.delivery.entry).or_default().push(Sent { record, history });
    }
    let lines = entries.into_iter().map(|entry| {
        let sent = sent.remove(&entry.n).unwrap_or_default();
        Line { entry, sent }
    });
    Ok(Some(Timeline { lines: lines.collect(), conversation }))
}
