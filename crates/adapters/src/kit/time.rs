//! Times as other programs read them.

use handover_core::time::Timestamp;

/// RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.250Z`.
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms()).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// Whole seconds since 1970.
pub const fn unix_s(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::{rfc3339, unix_s};
    use handover_core::time::Timestamp;

    #[test]
    fn milliseconds_are_always_written() {
        assert_eq!(rfc3339(Timestamp::from_ms(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(Timestamp::from_ms(1_700_000_000_250)), "2023-11-14T22:13:20.250Z");
    }

    #[test]
    fn seconds_are_rounded_down() {
        assert_eq!(unix_s(Timestamp::from_ms(1_999)), 1);
        assert_eq!(unix_s(Timestamp::from_ms(-1)), -1);
    }
}
