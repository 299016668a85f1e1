//! Which account is meant.

use super::{Stop, failed, not_administrator, wrong};
use crate::desk::chatwoot::json;
use handover_core::port::desk::Connect;
use serde_json::Value;

/// The id of the account that is meant; the token's owner must administer it.
pub(super) fn account_of(wanted: Option<&str>, profile: &Value) -> Result<String, Stop> {
    let accounts = profile.get("accounts").map(json::items).unwrap_or_default();
    let id = |account: &Value| json::id(account, "id");
    if accounts.is_empty() {
        // Old releases name only one.
        let only = json::id(profile, "account_id").or_else(|| wanted.map(str::to_owned));
        return only.ok_or_else(|| wrong("token", "Its owner belongs to no Chatwoot account."));
    }
    let chosen = match (wanted.map(str::trim), accounts) {
        (Some(wanted), _) => accounts
            .iter()
            .find(|account| {
                id(account).as_deref() == Some(wanted)
                    || json::text(account, "name") == Some(wanted)
            })
            .ok_or_else(|| {
                wrong(
                    "account",
                    "The token's owner does not belong to it. Leave it empty to be asked.",
                )
            })?,
        (None, [only]) => only,
        (None, several) => {
            let choice = |account: &Value| {
                let id = id(account)?;
                let name = json::text(account, "name").map_or_else(|| id.clone(), str::to_owned);
                Some((id, name))
            };
            return Err(Box::new(Connect::Choose {
                field: "account",
                choices: several.iter().filter_map(choice).collect(),
                question: "The token belongs to several Chatwoot accounts. In which one do your agents answer?".into(),
            }));
        }
    };
    match json::text(chosen, "role") {
        Some("administrator") | None => {
            id(chosen).ok_or_else(|| failed("Chatwoot did not say which account it is."))
        }
        Some(_) => Err(not_administrator()),
    }
}
