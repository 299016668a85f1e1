//! How our words stand in columns.

use super::failure::{Failure, Tried};
use handover_core::port::store::{DeliveryRecord, DeliveryState, Result, StoreError};
use handover_core::session::SessionState;
use handover_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use tokio_postgres::Row;

/// Stands for the sign with the number 0, which PostgreSQL's texts cannot hold and a sender may put into an id. It is no
/// character, so nobody else has a use for it.
const ESCAPE: char = '\u{10FFFF}';

/// An index holds about 2,700 bytes in a row; a key that somebody else made up may be longer.
const KEY_BYTES_MAX: usize = 800;

/// A text as a column can hold it.
pub(super) fn to_text(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(ESCAPE, "\u{10FFFF}1").replace('\0', "\u{10FFFF}0"))
}

/// The text that was given to [`to_text`].
pub(super) fn from_text(text: &str) -> String {
    text.replace("\u{10FFFF}0", "\0").replace("\u{10FFFF}1", "\u{10FFFF}")
}

/// A text that is only looked for, never read back.
pub(super) fn to_key(text: &str) -> String {
    if text.len() <= KEY_BYTES_MAX {
        return to_text(text).into_owned();
    }
    let digest = hex::encode(Sha256::digest(text));
    format!("\u{10FFFF}sha256:{digest}")
}

/// PostgreSQL's integers have a sign.
pub(super) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError(format!("{number} is too large a number")))
}

/// How many tries there were; nobody tries that often.
pub(super) fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
}

/// Reads a JSON column.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Tried<T> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text)
        .map_err(|error| Failure::Refused(format!("column {column} holds other things: {error}")))
}

pub(super) fn text(row: &Row, column: usize) -> Tried<String> {
    Ok(from_text(row.try_get(column)?))
}

pub(super) fn time(row: &Row, column: usize) -> Tried<Timestamp> {
    Ok(Timestamp::from_ms(row.try_get(column)?))
}

/// Reads a column that never holds less than 0.
pub(super) fn unsigned(row: &Row, column: usize) -> Tried<u64> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| Failure::Refused(format!("column {column} holds {number}")))
}

/// The same for a column of small numbers.
pub(super) fn count(row: &Row, column: usize) -> Tried<u32> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| Failure::Refused(format!("column {column} holds {number}")))
}

pub(super) fn delivery_state(row: &Row, column: usize) -> Tried<DeliveryState> {
    let word: &str = row.try_get(column)?;
    [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead, DeliveryState::Skipped]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| Failure::Refused(format!("a delivery cannot be {word:?}")))
}

/// A delivery as lists show it: body, state, attempts, created_at, next_at, note.
pub(super) fn delivery_record(row: &Row) -> Tried<DeliveryRecord> {
    Ok(DeliveryRecord {
        delivery: json(row, 0)?,
        state: delivery_state(row, 1)?,
        attempts: count(row, 2)?,
        created_at: time(row, 3)?,
        next_at: time(row, 4)?,
        note: text(row, 5)?,
    })
}

pub(super) const fn session_word(state: SessionState) -> &'static str {
    match state {
        SessionState::Waiting => "waiting",
        SessionState::Agent => "agent",
        SessionState::Ended => "ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back_and_none_holds_the_sign_0() {
        let texts =
            ["", "Zoë", "a\0b", "\0", "\u{10FFFF}", "\u{10FFFF}0", "\u{10FFFF}1\0\u{10FFFF}"];
        for text in texts {
            let kept = to_text(text);
            assert!(!kept.contains('\0'));
            assert_eq!(from_text(&kept), text);
        }
        let kept: std::collections::BTreeSet<_> = texts.into_iter().map(to_text).collect();
        assert_eq!(kept.len(), texts.len(), "no two become one");
    }

    #[test]
    fn a_long_key_is_short_and_still_its_own() {
        let (long, longer) = ("x".repeat(5000), "x".repeat(5001));
        assert!(to_key(&long).len() < KEY_BYTES_MAX);
        assert_ne!(to_key(&long), to_key(&longer));
        assert_eq!(to_key("short"), "short");
    }
}
