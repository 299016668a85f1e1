//! Canned responses: texts that agents write often.

use handover_core::port::store::{Record, Records, StoreError};
use handover_core::words;
use serde::{Deserialize, Serialize};

const KIND: &str = "canned";
const NAME_CHARS_MAX: usize = 60;
const TEXT_CHARS_MAX: usize = 4000;

/// The response that exists from the first start.
const SIGN_OFF: &str = "sign-off";

/// One canned response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canned {
    /// Its id.
    pub id: String,
    /// What one types after `/` to find it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Canned {
    /// Whether its text offers the end of the session (rule 13).
    pub fn offers_end(&self) -> bool {
        self.text.contains(words::END)
    }

    /// The first field that is wrong, and the fix.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let length = |text: &str| text.trim().chars().count();
        match (length(&self.name), length(&self.text)) {
            (0, _) => Some(("name", "A name is needed, to find it.".into())),
            (n, _) if n > NAME_CHARS_MAX => {
                Some(("name", format!("At most {NAME_CHARS_MAX} characters; this has {n}.")))
            }
            (_, 0) => Some(("text", "Please write the text.".into())),
            (_, n) if n > TEXT_CHARS_MAX => {
                Some(("text", format!("At most {TEXT_CHARS_MAX} characters; this has {n}.")))
            }
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    text: String,
}

/// Makes the response *sign off*, which ends with the marker.
///
/// # Errors
/// When the store fails.
pub async fn first_run(records: &dyn Records) -> Result<(), StoreError> {
    let sign_off = Canned {
        id: SIGN_OFF.into(),
        name: "sign off".into(),
        text: format!("Thank you for talking with us. Have a good day!\n{}", words::END),
    };
    put(records, &sign_off).await
}

/// All canned responses, by name.
///
/// # Errors
/// When the store fails.
pub async fn list(records: &dyn Records) -> Result<Vec<Canned>, StoreError> {
    let mut all: Vec<Canned> = records.list(KIND).await?.into_iter().filter_map(read).collect();
    all.sort_by_key(|canned| canned.name.to_lowercase());
    Ok(all)
}

/// One canned response.
///
/// # Errors
/// When the store fails.
pub async fn get(records: &dyn Records, id: &str) -> Result<Option<Canned>, StoreError> {
    Ok(records.get(KIND, id).await?.and_then(read))
}

/// Writes a canned response.
///
/// # Errors
/// When the store fails.
pub async fn put(records: &dyn Records, canned: &Canned) -> Result<(), StoreError> {
    let Canned { id, name, text } = canned.clone();
    let body = serde_json::to_value(Stored { name, text })
        .map_err(|error| StoreError(error.to_string()))?;
    records.put(Record { kind: KIND.into(), id, body }).await
}

/// Removes a canned response.
///
/// # Errors
/// When the store fails.
pub async fn delete(records: &dyn Records, id: &str) -> Result<(), StoreError> {
    records.delete(KIND, id).await?;
    Ok(())
}

fn read(record: Record) -> Option<Canned> {
    let Stored { name, text } = serde_json::from_value(record.body).ok()?;
    Some(Canned { id: record.id, name, text })
}
