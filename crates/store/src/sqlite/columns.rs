//! How our words stand in columns.

use handover_core::port::store::{DeliveryState, Result, StoreError};
use handover_core::session::SessionState;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The port has one error: what went wrong, in words.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    StoreError(error.to_string())
}

/// SQLite's integers have a sign.
pub(super) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| StoreError(format!("{number} is too large a number")))
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError(error.to_string()))
}

/// Reads a JSON column.
pub(super) fn json<T: DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// Reads a column that never holds less than 0.
pub(super) fn unsigned(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(super) fn delivery_state(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<DeliveryState> {
    let word = row.get_ref(column)?.as_str()?;
    [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead, DeliveryState::Skipped]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or_else(|| {
            let error = format!("a delivery cannot be {word:?}");
            rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
        })
}

pub(super) const fn session_word(state: SessionState) -> &'static str {
    match state {
        SessionState::Waiting => "waiting",
        SessionState::Agent => "agent",
        SessionState::Ended => "ended",
    }
}
