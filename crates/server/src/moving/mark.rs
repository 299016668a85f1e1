//! A document by which a place knows that it was moved, or that it is being moved to: Handover does not start on either.

use handover_core::port::store::{Records, Result, StoreError};
use handover_core::time::Timestamp;
use handover_store::moving::{Document, Place};
use serde::{Deserialize, Serialize};

/// The document's kind. It stays where it is.
pub(super) const KIND: &str = "moving";
const ID: &str = "mark";

/// What a move has left at a place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(super) enum Mark {
    /// Everything went elsewhere, or is on its way.
    MovedTo {
        /// Where to.
        place: String,
        /// Which system.
        of: String,
        /// When.
        at: Timestamp,
    },
    /// What is here came from elsewhere, and more may have to come.
    ComesFrom {
        /// Where from.
        place: String,
        /// Which system.
        of: String,
        /// Whether a pass has come to its end, so that all of it is here as it was then.
        is_whole: bool,
    },
}

impl Mark {
    pub(super) async fn put(&self, place: &mut dyn Place) -> Result<()> {
        let body = serde_json::to_string(self).map_err(|error| StoreError(error.to_string()))?;
        place.put_document(&Document { kind: KIND.into(), id: ID.into(), body }).await
    }

    /// Why Handover does not run on `name`, and nothing is moved from there.
    pub(super) fn words(&self, name: &str) -> String {
        match self {
            Self::MovedTo { place, at, .. } => {
                let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
                format!(
                    "{name} was moved to {place} ({at:.0}). Start Handover there. If the move did not come to its end, run the same \
                     export or import again. To go on here, without what has happened there since, run handover reopen first."
                )
            }
            Self::ComesFrom { place, .. } => format!(
                "{name} is being filled from {place}. Run the same export or import again with --finish. To use it as the copy that it \
                 is, run handover reopen first."
            ),
        }
    }
}

pub(super) async fn read(place: &mut dyn Place) -> Result<Option<Mark>> {
    let body = place.document(KIND, ID).await?;
    let read =
        |body: String| serde_json::from_str(&body).map_err(|error| StoreError(error.to_string()));
    body.map(read).transpose()
}

pub(super) async fn take_away(place: &mut dyn Place) -> Result<()> {
    place.delete_document(KIND, ID).await
}

/// Refuses to run on a place that was moved, or is being moved to.
///
/// # Errors
/// Says where to start instead, and how to start here all the same.
pub async fn refuse(records: &dyn Records) -> std::result::Result<(), String> {
    let found = records.get(KIND, ID).await.map_err(|error| error.to_string())?;
    let Some(record) = found else { return Ok(()) };
    let mark: Mark = serde_json::from_value(record.body).map_err(|error| error.to_string())?;
    Err(mark.words("this place"))
}
