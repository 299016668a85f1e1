//! Moments as pages write them; a script writes them anew in the reader's own clock.

use handover_core::time::Timestamp;

/// A moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// For `<time datetime>`.
    pub(crate) iso: String,
    /// For people: the time of day, with the day where it is not today's.
    pub(crate) words: String,
}

impl Moment {
    /// A moment as it is told at `now`.
    pub(crate) fn of(at: Timestamp, now: Timestamp) -> Self {
        let utc = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
            at.to_zoned(jiff::tz::TimeZone::UTC)
        };
        let (at, now) = (utc(at), utc(now));
        let form = if at.date() == now.date() { "%H:%M UTC" } else { "%-d %b %Y, %H:%M UTC" };
        Self { iso: at.timestamp().to_string(), words: at.strftime(form).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;
    use handover_core::time::Timestamp;

    #[test]
    fn the_day_is_told_where_it_is_not_today() {
        let at = Timestamp::from_ms(1_700_000_000_000);
        assert_eq!(Moment::of(at, at).words, "22:13 UTC");
        let tomorrow = at.plus_ms(86_400_000);
        assert_eq!(Moment::of(at, tomorrow).words, "14 Nov 2023, 22:13 UTC");
        assert_eq!(Moment::of(at, tomorrow).iso, "2023-11-14T22:13:20Z");
    }
}
