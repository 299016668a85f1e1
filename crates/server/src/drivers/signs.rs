//! Which signs of a contact's life are told to the desk, and when: few enough for any desk.

use handover_core::ids::ConversationId;
use handover_core::port::desk::Presence;
use handover_core::time::Timestamp;
use std::collections::HashMap;

/// The shortest time between two signs of one kind in one conversation, in milliseconds.
const APART_MS: i64 = 3_000;
/// Who has not been heard typing for so long has stopped, in milliseconds: a page that is closed does not say so.
const SILENT_MS: i64 = 8_000;

/// The signs of all conversations that show any.
#[derive(Default)]
pub(super) struct Signs(HashMap<ConversationId, Sign>);

#[derive(Default)]
struct Sign {
    /// When the contact was last heard typing, while they type.
    typing: Option<Timestamp>,
    /// Whether something was heard that the desk has not been told.
    untold: bool,
    /// Whether the desk shows that they type.
    shown: bool,
    /// Whether they have read something that the desk does not know of.
    read: bool,
    typing_told: Option<Timestamp>,
    read_told: Option<Timestamp>,
    /// Whether a call is under way: two at once might arrive in the wrong order.
    busy: bool,
}

impl Signs {
    /// The contact types, or no longer does.
    pub(super) fn typing(&mut self, id: &ConversationId, on: bool, now: Timestamp) {
        if !on && !self.0.contains_key(id) {
            return;
        }
        let sign = self.0.entry(id.clone()).or_default();
        sign.typing = on.then_some(now);
        sign.untold |= on;
    }

    /// The contact has read what was said.
    pub(super) fn read(&mut self, id: &ConversationId) {
        self.0.entry(id.clone()).or_default().read = true;
    }

    /// A call has ended.
    pub(super) fn ended(&mut self, id: &ConversationId) {
        if let Some(sign) = self.0.get_mut(id) {
            sign.busy = false;
        }
    }

    /// What the desks are to be told now, up to `limit` of it. What has nothing more to tell is forgotten.
    pub(super) fn due(&mut self, now: Timestamp, limit: usize) -> Vec<(ConversationId, Presence)> {
        let mut due = Vec::new();
        self.0.retain(|id, sign| {
            if due.len() < limit
                && let Some(presence) = sign.next(now)
            {
                due.push((id.clone(), presence));
            }
            !sign.is_over(now)
        });
        due
    }

    /// Whether there is nothing to wait for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Sign {
    fn next(&mut self, now: Timestamp) -> Option<Presence> {
        if self.typing.is_some_and(|heard| now.since_ms(heard) >= SILENT_MS) {
            self.typing = None;
        }
        if self.busy {
            return None;
        }
        let may = |told: Option<Timestamp>| told.is_none_or(|told| now.since_ms(told) >= APART_MS);
        let presence = if self.typing.is_none() && self.shown {
            self.shown = false;
            Presence::Typing(false)
        } else if self.typing.is_some() && self.untold && may(self.typing_told) {
            (self.shown, self.untold, self.typing_told) = (true, false, Some(now));
            Presence::Typing(true)
        } else if self.read && may(self.read_told) {
            (self.read, self.read_told) = (false, Some(now));
            Presence::Read
        } else {
            return None;
        };
        self.busy = true;
        Some(presence)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        let rests =
            |told: Option<Timestamp>| told.is_none_or(|told| now.since_ms(told) >= APART_MS);
        let tells = self.busy || self.shown || self.read || self.typing.is_some();
        !tells && rests(self.typing_told) && rests(self.read_told)
    }
}

#[cfg(test)]
mod tests {
    use super::Signs;
    use handover_core::ids::ConversationId;
    use handover_core::port::desk::Presence;
    use handover_core::time::Timestamp;

    const ON: Presence = Presence::Typing(true);
    const OFF: Presence = Presence::Typing(false);

    struct Played {
        signs: Signs,
        id: ConversationId,
        told: Vec<(i64, Presence)>,
    }

    impl Played {
        fn new() -> Self {
            Self { signs: Signs::default(), id: ConversationId::new("c"), told: Vec::new() }
        }

        /// What is told at a moment, its calls ending at once.
        fn at(&mut self, ms: i64) {
            for (id, presence) in self.signs.due(Timestamp::from_ms(ms), 10) {
                self.told.push((ms, presence));
                self.signs.ended(&id);
            }
        }

        fn typing(&mut self, ms: i64, on: bool) {
            self.signs.typing(&self.id, on, Timestamp::from_ms(ms));
            self.at(ms);
        }
    }

    #[test]
    fn typing_is_told_once_in_three_seconds_and_its_end_at_once() {
        let mut played = Played::new();
        for ms in (0..=4000).step_by(500) {
            played.typing(ms, true);
        }
        played.typing(4200, false);
        played.at(20_000);
        assert_eq!(played.told, [(0, ON), (3000, ON), (4200, OFF)]);
        assert!(played.signs.is_empty());
    }

    #[test]
    fn who_closes_the_page_has_stopped_typing() {
        let mut played = Played::new();
        played.typing(0, true);
        (500..=12_000).step_by(500).for_each(|ms| played.at(ms));
        assert_eq!(played.told, [(0, ON), (8000, OFF)], "promise E");
    }

    #[test]
    fn someone_who_flickers_is_not_worth_a_flood() {
        let mut played = Played::new();
        for n in 0..30 {
            played.typing(n * 100, n % 2 == 0);
        }
        assert_eq!(played.told, [(0, ON), (100, OFF)]);
        played.typing(2950, true);
        played.at(3100);
        assert_eq!(played.told.last(), Some(&(3100, ON)), "told as soon as it may be");
    }

    #[test]
    fn two_calls_are_never_under_way_at_once() {
        let mut played = Played::new();
        let now = Timestamp::from_ms(0);
        played.signs.typing(&played.id, true, now);
        assert_eq!(played.signs.due(now, 10).len(), 1);
        played.signs.typing(&played.id, false, now);
        played.signs.read(&played.id);
        assert_eq!(played.signs.due(now, 10), [], "the first has not ended");
        played.signs.ended(&played.id);
        assert_eq!(played.signs.due(now, 10), [(played.id.clone(), OFF)]);
        played.signs.ended(&played.id);
        assert_eq!(played.signs.due(now, 10), [(played.id.clone(), Presence::Read)]);
    }

    #[test]
    fn the_last_reading_is_told_and_not_each() {
        let mut played = Played::new();
        for ms in (0..=2000).step_by(500) {
            played.signs.read(&played.id);
            played.at(ms);
        }
        (2500..=9000).step_by(500).for_each(|ms| played.at(ms));
        assert_eq!(played.told, [(0, Presence::Read), (3000, Presence::Read)]);
    }

    #[test]
    fn an_end_without_a_beginning_is_nothing() {
        let mut played = Played::new();
        played.typing(0, false);
        assert!(played.told.is_empty() && played.signs.is_empty());
    }
}
