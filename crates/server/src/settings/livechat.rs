//! Settings → Livechat as a document.

use super::accounts::{AccountKind, SettingsError};
use super::snapshot::Snapshot;
use handover_core::ids::AccountId;
use handover_core::policy;
use handover_core::port::store::{Record, Records};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest timeout, in seconds: one second less than 168 hours.
pub(super) const TIMEOUT_S_MAX: u32 = 604_799;
/// The longest text that the settings take, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 2000;

/// Settings → Livechat: the policy's texts and times, and which desk takes new sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Livechat {
    /// The desk that takes new sessions; none means that no human can be had.
    pub desk: Option<String>,
    /// Texts and times.
    #[serde(flatten)]
    pub policy: policy::Livechat,
}

impl Default for Livechat {
    fn default() -> Self {
        Self { desk: Some(super::CONSOLE.into()), policy: policy::Livechat::default() }
    }
}

impl Livechat {
    /// Names each field that cannot be as it is.
    pub(super) fn check(&self, snapshot: &Snapshot) -> Result<(), SettingsError> {
        let mut wrong = self.wrong_values();
        if let Some(desk) = &self.desk
            && snapshot.account(AccountKind::Desk, &AccountId::new(desk.as_str())).is_none()
        {
            wrong.insert(
                "desk".to_owned(),
                "There is no such desk. Choose one of the list, or none.".into(),
            );
        }
        if wrong.is_empty() { Ok(()) } else { Err(SettingsError::Fields(wrong)) }
    }

    /// Names each text and time that cannot be as it is.
    pub(crate) fn wrong_values(&self) -> BTreeMap<String, String> {
        let mut wrong = BTreeMap::new();
        if !(1..=TIMEOUT_S_MAX).contains(&self.policy.timeout_s) {
            wrong.insert(
                "timeout_s".to_owned(),
                format!("The timeout must be more than 0 and less than 168 hours: whole seconds from 1 to {TIMEOUT_S_MAX}."),
            );
        }
        for (field, text, needed) in [
            ("end_message", &self.policy.end_message, true),
            ("end_label", &self.policy.end_label, true),
            ("start_text", &self.policy.start_text, false),
        ] {
            // Ours, in the contact's language.
            let Some(text) = text else { continue };
            let chars_max = if field == "end_label" { 40 } else { TEXT_CHARS_MAX };
            if needed && text.trim().is_empty() {
                wrong.insert(
                    field.to_owned(),
                    "The contact needs words here to end the chat. Write some, or leave it out (null in the API) for ours."
                        .into(),
                );
            } else if text.chars().count() > chars_max {
                wrong.insert(
                    field.to_owned(),
                    format!("At most {chars_max} characters; this has {}.", text.chars().count()),
                );
            }
        }
        wrong
    }
}

pub(super) async fn put_livechat(
    records: &dyn Records,
    livechat: &Livechat,
) -> Result<(), SettingsError> {
    let body = serde_json::to_value(livechat)
        .map_err(|error| SettingsError::Damaged("livechat".into(), error.to_string()))?;
    Ok(records.put(Record { kind: "settings".into(), id: "livechat".into(), body }).await?)
}
