//! A record: a JSON object under the vendor's field names.

use handover_core::time::Timestamp;
use serde_json::{Map, Value};

/// A record.
pub(super) type Record = Map<String, Value>;

/// A field's text; none when it is not there, null or no text.
pub(super) fn text<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    record.get(field).and_then(Value::as_str)
}

/// A field's whole number, also when it is written as text.
pub(super) fn number(record: &Record, field: &str) -> Option<u64> {
    record.get(field).and_then(as_number)
}

/// A whole number, also when it is written as text.
pub(super) fn as_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Whether a field is true.
pub(super) fn flag(record: &Record, field: &str) -> bool {
    record.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// Sets a field.
pub(super) fn set(record: &mut Record, field: &str, value: impl Into<Value>) {
    record.insert(field.to_owned(), value.into());
}

/// The object in a JSON value; empty when it is something else.
pub(super) fn record(value: Value) -> Record {
    match value {
        Value::Object(record) => record,
        _ => Record::new(),
    }
}

/// A moment as the vendor writes it: microseconds and `+00:00`. Such texts sort by time.
pub(super) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_ms())
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string())
        .unwrap_or_default()
}

/// Reads a moment; one without an offset is UTC.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let at = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Some(Timestamp::from_ms(at.as_millisecond()))
}

/// Puts a moment that a request gave into the vendor's own form.
pub(super) fn tidy_time(value: &Value) -> Value {
    match value.as_str().and_then(read_time) {
        Some(at) => Value::String(time(at)),
        None => Value::Null,
    }
}
