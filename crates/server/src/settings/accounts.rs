//! Accounts as documents: how they are read, checked and written.

use crate::vault::{Vault, VaultError};
use handover_core::ids::AccountId;
use handover_core::port::channel::Channel;
use handover_core::port::desk::Desk;
use handover_core::port::directory::Account;
use handover_core::port::manifest::{Field, FieldKind, Manifest};
use handover_core::port::store::{Record, Records, StoreError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use thiserror::Error;

/// Shorter secrets are not looked for in texts.
const SECRET_BYTES_MIN: usize = 6;

/// Whether an account is a channel or a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountKind {
    /// Where contacts write.
    Channel,
    /// Where agents answer.
    Desk,
}

impl AccountKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Desk => "desk",
        }
    }

    /// What the adapter of this kind says about itself.
    pub(super) fn manifest(self, vendor: &str) -> Option<&'static Manifest> {
        match self {
            Self::Channel => channel_adapter(vendor).map(Channel::manifest),
            Self::Desk => desk_adapter(vendor).map(Desk::manifest),
        }
    }
}

/// Why the configuration could not be read or saved.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Fields that are wrong, each with what is wrong and the fix.
    #[error("{}", .0.iter().map(|(field, problem)| format!("{field}: {problem}")).collect::<Vec<_>>().join("; "))]
    Fields(BTreeMap<String, String>),
    /// It must stay.
    #[error("{0}")]
    Refused(String),
    /// A document does not hold what it should.
    #[error("the configuration document {0} is damaged: {1}")]
    Damaged(String, String),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) fn channel_adapter(vendor: &str) -> Option<&'static dyn Channel> {
    handover_adapters::channels()
        .iter()
        .copied()
        .find(|channel| channel.manifest().vendor == vendor)
}

/// All kinds of desks, in the order in which settings list them.
pub fn desks() -> impl Iterator<Item = &'static dyn Desk> + Clone {
    let all = handover_adapters::desks().iter().copied();
    #[cfg(test)]
    let all = all.chain([
        &super::tried::Tried as &dyn Desk,
        &crate::desks::scripted::Scripted,
        &crate::doctor::tests::desk::Looped,
    ]);
    all
}

pub(super) fn desk_adapter(vendor: &str) -> Option<&'static dyn Desk> {
    desks().find(|desk| desk.manifest().vendor == vendor)
}

/// Checks what was given by name and type. What connecting learns cannot be given.
pub(super) fn check_given(
    kind: AccountKind,
    vendor: &str,
    settings: &Map<String, Value>,
) -> Result<(), SettingsError> {
    let manifest = known(kind, vendor)?;
    let mut wrong = BTreeMap::new();
    for (name, value) in settings {
        let problem = match manifest.fields.iter().find(|field| field.name == name) {
            None => {
                let names: Vec<&str> = manifest.fields.iter().map(|field| field.name).collect();
                Some(format!("There is no such setting. There are: {}.", names.join(", ")))
            }
            Some(Field { kind: FieldKind::Bool, .. }) => {
                (!value.is_boolean()).then(|| "true or false is needed.".into())
            }
            Some(_) => (!value.is_string()).then(|| "A text is needed.".into()),
        };
        if let Some(problem) = problem {
            wrong.insert(name.clone(), problem);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(SettingsError::Fields(wrong)) }
}

/// Checks an account against its manifest, keeps secrets that were not given anew and what was learnt before, and puts
/// defaults where nothing was chosen.
pub(super) fn merge(
    kind: AccountKind,
    before: Option<&Account>,
    mut account: Account,
) -> Result<Account, SettingsError> {
    let manifest = known(kind, &account.vendor)?;
    // Another vendor must not be told the secrets of the one before.
    let before = before.filter(|before| before.vendor == account.vendor);
    for learnt in manifest.learnt {
        if !account.settings.contains_key(learnt.name)
            && let Some(value) = before.and_then(|before| before.settings.get(learnt.name))
        {
            account.settings.insert(learnt.name.into(), value.clone());
        }
    }
    let mut wrong = BTreeMap::new();
    for field in manifest.fields {
        if field.kind == FieldKind::Secret
            && account.text(field.name).is_none()
            && let Some(secret) = before.and_then(|before| before.text(field.name))
        {
            account.settings.insert(field.name.into(), secret.into());
        }
        if let FieldKind::Choice([(default, _), ..]) = field.kind
            && account.text(field.name).is_none()
        {
            account.settings.insert(field.name.into(), (*default).into());
        }
        if let Some(problem) = problem(field, &account) {
            wrong.insert(field.name.to_owned(), problem);
        }
    }
    if wrong.is_empty() { Ok(account) } else { Err(SettingsError::Fields(wrong)) }
}

fn known(kind: AccountKind, vendor: &str) -> Result<&'static Manifest, SettingsError> {
    kind.manifest(vendor).ok_or_else(|| {
        let wrong = format!("There is no {} called {vendor}.", kind.as_str());
        SettingsError::Fields([("vendor".to_owned(), wrong)].into())
    })
}

fn problem(field: &Field, account: &Account) -> Option<String> {
    let text = account.text(field.name);
    if field.required && field.kind != FieldKind::Bool && text.is_none() {
        return Some(format!("{} is needed.", field.label));
    }
    match (field.kind, text) {
        (FieldKind::Url, Some(url))
            if !(url.starts_with("https://") || url.starts_with("http://")) =>
        {
            Some("An address that begins with https:// is needed.".into())
        }
        (FieldKind::Choice(choices), Some(text))
            if !choices.iter().any(|(value, _)| *value == text) =>
        {
            let values: Vec<&str> = choices.iter().map(|(value, _)| *value).collect();
            Some(format!("It must be one of {}.", values.join(", ")))
        }
        _ => None,
    }
}

pub(super) async fn put_account(
    records: &dyn Records,
    vault: &Vault,
    kind: AccountKind,
    account: &Account,
) -> Result<(), SettingsError> {
    let mut settings = account.settings.clone();
    for field in secrets(kind, &account.vendor) {
        if let Some(secret) = account.text(field) {
            settings
                .insert(field.into(), vault.seal(&place(kind, &account.id, field), secret)?.into());
        }
    }
    let body = json!({ "vendor": account.vendor, "name": account.name, "settings": settings });
    let record = Record { kind: kind.as_str().into(), id: account.id.to_string(), body };
    Ok(records.put(record).await?)
}

pub(super) fn open(
    vault: &Vault,
    kind: AccountKind,
    record: &Record,
) -> Result<Account, SettingsError> {
    #[derive(Deserialize)]
    struct Stored {
        vendor: String,
        name: String,
        settings: Map<String, Value>,
    }
    let stored: Stored = serde_json::from_value(record.body.clone())
        .map_err(|error| SettingsError::Damaged(record.id.clone(), error.to_string()))?;
    let id = AccountId::new(record.id.as_str());
    let mut account =
        Account { id, vendor: stored.vendor, name: stored.name, settings: stored.settings };
    for field in secrets(kind, &account.vendor) {
        if let Some(sealed) = account.text(field) {
            let secret = vault.open_sealed(&place(kind, &account.id, field), sealed)?;
            account.settings.insert(field.into(), secret.into());
        }
    }
    Ok(account)
}

pub(super) async fn delete_account(
    records: &dyn Records,
    kind: AccountKind,
    id: &AccountId,
) -> Result<(), SettingsError> {
    records.delete(kind.as_str(), id.as_str()).await?;
    Ok(())
}

/// The names of settings that are sealed on disk and never shown.
fn secrets(kind: AccountKind, vendor: &str) -> impl Iterator<Item = &'static str> {
    let manifest = kind.manifest(vendor);
    let fields = manifest.map(|manifest| manifest.fields).unwrap_or_default().iter();
    let learnt = manifest.map(|manifest| manifest.learnt).unwrap_or_default().iter();
    fields
        .filter(|field| field.kind == FieldKind::Secret)
        .map(|field| field.name)
        .chain(learnt.filter(|learnt| learnt.secret).map(|learnt| learnt.name))
}

/// A text without the account's secrets: for words that come from outside.
pub(super) fn redact(kind: AccountKind, account: &Account, text: &str) -> String {
    let found = secrets(kind, &account.vendor).filter_map(|name| account.text(name));
    // A text so short hides nothing, and would be found in the middle of words.
    let found = found.filter(|secret| secret.len() >= SECRET_BYTES_MIN);
    found.fold(text.to_owned(), |text, secret| text.replace(secret, "(secret)"))
}

fn place(kind: AccountKind, id: &AccountId, field: &str) -> String {
    format!("{}/{id}/{field}", kind.as_str())
}
