//! Reading JSON whose shape changed between releases.

use handover_core::time::Timestamp;
use serde_json::Value;

/// The text of a string that is not empty, or of a number: ids come as both.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A member's text, not empty.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A member's id.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(word)
}

/// A whole number, perhaps as text.
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The items of a list; of `payload`, where the list is wrapped in it.
pub(super) fn items(value: &Value) -> &[Value] {
    let list = value.as_array().or_else(|| value.get("payload").and_then(Value::as_array));
    list.map_or(&[], Vec::as_slice)
}

/// A moment: seconds since 1970, whole or not, or a date in one of the forms that releases have used. Zero is none.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    const MS_FROM: f64 = 100_000_000_000.0;
    let number = |seconds: f64| {
        let ms = if seconds.abs() < MS_FROM { seconds * 1000.0 } else { seconds };
        // No float here is near the ends of the range; a conversion that saturates is right for all of them.
        #[expect(clippy::cast_possible_truncation, reason = "a float beyond the range saturates")]
        let ms = ms.round() as i64;
        (ms > 0).then(|| Timestamp::from_ms(ms))
    };
    match value {
        Value::Number(seconds) => seconds.as_f64().and_then(number),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(seconds) => number(seconds),
            Err(_) => date(text.trim()),
        },
        _ => None,
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(" UTC").map_or_else(|| text.to_owned(), |date| format!("{date}Z"));
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_ms(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::moment;
    use serde_json::json;

    #[test]
    fn moments_are_read_in_every_form_that_releases_use() {
        for (value, ms) in [
            (json!("2023-11-14T22:13:20.250Z"), Some(1_700_000_000_250)),
            (json!("2023-11-14T22:13:20Z"), Some(1_700_000_000_000)),
            (json!("2023-11-14T23:13:20.000+01:00"), Some(1_700_000_000_000)),
            (json!("2023-11-14 22:13:20 UTC"), Some(1_700_000_000_000)),
            (json!(1_700_000_000), Some(1_700_000_000_000)),
            (json!(1_700_000_000.25), Some(1_700_000_000_250)),
            (json!(1_700_000_000_250_i64), Some(1_700_000_000_250)),
            (json!("1700000000"), Some(1_700_000_000_000)),
            (json!(0), None),
            (json!(null), None),
            (json!("soon"), None),
            (json!({}), None),
        ] {
            assert_eq!(moment(&value).map(|at| at.as_ms()), ms, "{value}");
        }
        assert!(moment(&json!(1e300)).is_some(), "no panic");
    }
}
