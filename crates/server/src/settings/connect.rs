//! Saving an account once its vendor has been asked: the one road of the pages, the API and the configuration file.

use super::{AccountKind, SettingsError, accounts};
use crate::app::App;
use crate::vault::random_text;
use handover_core::ids::AccountId;
use handover_core::port::desk::Connect;
use handover_core::port::directory::Account;
use handover_core::port::manifest::Manifest;
use handover_core::port::place::HOOK_TOKEN;
use serde_json::{Map, Value};

/// What became of saving an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// It is saved.
    Done {
        /// What was found and done at the vendor, a line each; empty where the vendor was not asked.
        said: Vec<String>,
    },
    /// Nothing is saved: the operator must choose, and save again with the field set.
    Choose {
        /// The field whose value is open.
        field: &'static str,
        /// Values, and what to call them.
        choices: Vec<(String, String)>,
        /// What is asked.
        question: String,
    },
    /// Nothing is saved: the vendor cannot be reached, or cannot do it now. The fields may be right.
    Failed {
        /// Why, in words.
        why: String,
    },
}

/// Saves an account. `account.settings` holds what a person gave, by the names of the manifest's fields; a secret that is
/// left out stays as it was, and so does what connecting has learnt. With `test`, the vendor is asked first, and only
/// what it agrees to is saved; without, the account is saved as it is and its hook's address is made all the same.
///
/// It may be done any number of times: each time the vendor's side is found or mended, not made twice.
///
/// # Errors
/// [`SettingsError::Fields`] names each wrong field and the fix, also where the vendor says what is wrong; then nothing is
/// saved. Others when the store or the vault fails.
pub async fn save(
    app: &App,
    kind: AccountKind,
    account: Account,
    test: bool,
) -> Result<Saved, SettingsError> {
    let mut account = app.settings.merged(kind, account)?;
    if has_hook(kind, &account.vendor) && account.text(HOOK_TOKEN).is_none() {
        account.settings.insert(HOOK_TOKEN.into(), random_text()?.into());
    }
    agreed(app, kind, account, test).await
}

/// Gives a desk's hook a new secret address and tells its vendor; the old one is refused from then on.
///
/// # Errors
/// As [`save`]; also when there is no such desk, or its vendor has no hook.
pub async fn new_hook(app: &App, id: &AccountId, test: bool) -> Result<Saved, SettingsError> {
    let kind = AccountKind::Desk;
    let account = app.settings.account(kind, id);
    let Some(account) = account.filter(|account| has_hook(kind, &account.vendor)) else {
        return Err(SettingsError::Refused("There is no such desk, or it has no hook.".into()));
    };
    let mut account = Account::clone(&account);
    account.settings.insert(HOOK_TOKEN.into(), random_text()?.into());
    let saved = agreed(app, kind, account, test).await?;
    if matches!(saved, Saved::Done { .. }) {
        app.health.new_hook(id);
    }
    Ok(saved)
}

/// Whether accounts of this kind have an address of their own for hooks.
pub fn has_hook(kind: AccountKind, vendor: &str) -> bool {
    let manifest = kind.manifest(vendor);
    manifest.is_some_and(|manifest| manifest.learnt.iter().any(|it| it.name == HOOK_TOKEN))
}

/// Saves what the vendor agrees to.
async fn agreed(
    app: &App,
    kind: AccountKind,
    mut account: Account,
    test: bool,
) -> Result<Saved, SettingsError> {
    let mut said = Vec::new();
    if test
        && kind == AccountKind::Desk
        && let Some(adapter) = accounts::desk_adapter(&account.vendor)
    {
        let plain = |text: String| accounts::redact(kind, &account, &text);
        match app.engine.connect(adapter, &account).await {
            Connect::Done { learnt, said: lines } => {
                said = lines.into_iter().map(plain).collect();
                if let Err(why) = learn(adapter.manifest(), &mut account, learnt) {
                    tracing::error!(vendor = account.vendor, why, "an adapter breaks its manifest");
                    return Ok(Saved::Failed { why });
                }
            }
            Connect::Choose { field, choices, question } => {
                return Ok(Saved::Choose { field, choices, question: plain(question) });
            }
            Connect::Wrong { field, problem } => {
                return Err(SettingsError::Fields([(field.to_owned(), plain(problem))].into()));
            }
            Connect::Failed { why } => {
                // Callers put it into a sentence of theirs.
                let why = plain(why).trim_end_matches('.').to_owned();
                return Ok(Saved::Failed { why });
            }
            // The engine has answered all calls.
            Connect::Call(_) => {
                return Ok(Saved::Failed { why: "it was not asked to the end".into() });
            }
        }
    }
    let id = account.id.clone();
    app.settings.save_account(kind, account).await?;
    // Where nothing was found or done, nothing was asked either.
    if !said.is_empty() {
        app.health.connected(&id, said.clone());
    }
    Ok(Saved::Done { said })
}

/// Keeps what was learnt, if the manifest names it.
fn learn(
    manifest: &Manifest,
    account: &mut Account,
    learnt: Map<String, Value>,
) -> Result<(), String> {
    for (name, value) in learnt {
        let known = manifest.learnt.iter().find(|known| known.name == name);
        let Some(known) = known else {
            return Err(format!("connecting has learnt {name}, which has no place to be kept"));
        };
        // Only text can be sealed.
        if known.secret && !value.is_string() {
            return Err(format!("connecting has learnt {name}, which cannot be sealed"));
        }
        account.settings.insert(name, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::learn;
    use handover_core::ids::AccountId;
    use handover_core::port::directory::Account;
    use handover_core::port::manifest::{Learnt, Manifest};
    use serde_json::{Map, Value, json};

    static MANIFEST: Manifest = Manifest {
        learnt: &[
            Learnt { name: "inbox_id", secret: false },
            Learnt { name: "signing_secret", secret: true },
        ],
        ..Manifest::PLAIN
    };

    fn learnt(values: Value) -> Result<Value, String> {
        let id = AccountId::new("d");
        let mut account =
            Account { id, vendor: "v".into(), name: "n".into(), settings: Map::new() };
        learn(&MANIFEST, &mut account, values.as_object().unwrap().clone())?;
        Ok(Value::Object(account.settings))
    }

    #[test]
    fn only_what_the_manifest_names_is_learnt() {
        let values = json!({ "inbox_id": 7, "signing_secret": "s3cret" });
        assert_eq!(learnt(values.clone()).unwrap(), values);
        assert!(learnt(json!({ "url": "https://x.example" })).unwrap_err().contains("url"));
        assert!(learnt(json!({ "signing_secret": 7 })).unwrap_err().contains("signing_secret"));
    }
}
