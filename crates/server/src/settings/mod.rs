//! What is configured: livechat, accounts. Read from a snapshot in memory, written through to the records.

pub mod close;
pub mod connect;
pub mod glance;
pub mod look;
pub mod pages;

mod accounts;
mod livechat;
mod snapshot;
#[cfg(test)]
pub(crate) mod tried;

pub use accounts::{AccountKind, SettingsError, desks};
pub use livechat::Livechat;

use handover_adapters::channel::probe::{self, Probe};
use handover_core::ids::AccountId;
use handover_core::language::Language;
use handover_core::policy::Policy;
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::channel::Channel;
use handover_core::port::desk::Desk;
use handover_core::port::directory::{Account, Directory};
use handover_core::port::place::Place;
use handover_core::port::store::Records;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::bus::LocalBus;
use crate::vault::Vault;
use snapshot::Snapshot;

/// The web channel that exists from the first start.
pub const WEB_CHANNEL: &str = "web";
/// The Chat API channel that exists from the first start.
pub const API_CHANNEL: &str = "api";
/// The built-in desk.
pub const CONSOLE: &str = "console";
/// The bot that exists from the first start.
pub const DEMO_BOT: &str = "livechat-demo";

/// What is configured.
pub struct Settings {
    records: Arc<dyn Records>,
    vault: Arc<Vault>,
    bus: Arc<LocalBus>,
    base_url: String,
    snapshot: RwLock<Arc<Snapshot>>,
    fixed: OnceLock<Fixed>,
}

/// What the configuration file sets: it can be changed there only.
#[derive(Debug, Default)]
struct Fixed {
    path: String,
    desks: Vec<AccountId>,
    livechat: Vec<String>,
}

impl Settings {
    /// Reads the configuration. `base_url` is where this program is reached from outside.
    ///
    /// # Errors
    /// When the store fails or a secret cannot be opened.
    pub async fn load(
        records: Arc<dyn Records>,
        vault: Arc<Vault>,
        bus: Arc<LocalBus>,
        base_url: String,
    ) -> Result<Self, SettingsError> {
        let snapshot = Snapshot::read(&*records, &vault).await?;
        Ok(Self {
            records,
            vault,
            bus,
            base_url,
            snapshot: RwLock::new(Arc::new(snapshot)),
            fixed: OnceLock::new(),
        })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn reload(&self) -> Result<(), SettingsError> {
        let snapshot = Arc::new(Snapshot::read(&*self.records, &self.vault).await?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.bus.publish(Envelope::Settings);
        Ok(())
    }

    /// Reads the configuration again, as another node may have changed it; says whether it has.
    ///
    /// # Errors
    /// When the store fails or a secret cannot be opened: then all stays as it was.
    pub async fn look_again(&self) -> Result<bool, SettingsError> {
        let snapshot = Snapshot::read(&*self.records, &self.vault).await?;
        let mut known = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let has_changed = **known != snapshot;
        if has_changed {
            *known = Arc::new(snapshot);
        }
        Ok(has_changed)
    }

    /// Settings → Livechat as they are.
    pub fn livechat(&self) -> Livechat {
        self.snapshot().livechat.clone()
    }

    /// The language of agents, and of contacts whose own is not known or has no words.
    pub fn language(&self) -> Language {
        self.snapshot().livechat.policy.language
    }

    /// Saves Settings → Livechat.
    ///
    /// # Errors
    /// Names each wrong field and the fix; then nothing is saved.
    pub async fn save_livechat(&self, livechat: &Livechat) -> Result<(), SettingsError> {
        livechat.check(&self.snapshot())?;
        self.may_change_livechat(livechat)?;
        livechat::put_livechat(&*self.records, livechat).await?;
        self.reload().await
    }

    /// From now on these desks and these settings of livechat are those of a configuration file, and stay as they are.
    pub fn fix(&self, path: String, desks: Vec<AccountId>, livechat: Vec<String>) {
        // A second file is not read while the program runs.
        let _ = self.fixed.set(Fixed { path, desks, livechat });
    }

    /// The configuration file that sets an account, if one does: then it can be changed there only.
    pub fn fixed_in(&self, kind: AccountKind, id: &AccountId) -> Option<&str> {
        let fixed = self.fixed.get().filter(|_| kind == AccountKind::Desk)?;
        fixed.desks.contains(id).then_some(fixed.path.as_str())
    }

    /// Whether pages and the API may change an account.
    ///
    /// # Errors
    /// When the configuration file sets it: says which.
    pub fn may_change(&self, kind: AccountKind, id: &AccountId) -> Result<(), SettingsError> {
        match self.fixed_in(kind, id) {
            None => Ok(()),
            Some(path) => Err(SettingsError::Refused(format!(
                "This desk is set in the configuration file {path}. Change it there and start again."
            ))),
        }
    }

    fn may_change_livechat(&self, livechat: &Livechat) -> Result<(), SettingsError> {
        let Some(fixed) = self.fixed.get().filter(|fixed| !fixed.livechat.is_empty()) else {
            return Ok(());
        };
        let fields = |livechat: &Livechat| serde_json::to_value(livechat).unwrap_or_default();
        let (before, after) = (fields(&self.livechat()), fields(livechat));
        let words = format!(
            "This is set in the configuration file {}. Change it there and start again.",
            fixed.path
        );
        let wrong: BTreeMap<_, _> = fixed
            .livechat
            .iter()
            .filter(|name| before.get(name) != after.get(name))
            .map(|name| (name.clone(), words.clone()))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(SettingsError::Fields(wrong)) }
    }

    /// All accounts of a kind, by id; secrets are open in them, so never show `settings` of a secret field.
    pub fn accounts(&self, kind: AccountKind) -> Vec<Arc<Account>> {
        self.snapshot().accounts(kind)
    }

    /// One account.
    pub fn account(&self, kind: AccountKind, id: &AccountId) -> Option<Arc<Account>> {
        self.snapshot().account(kind, id)
    }

    /// Saves an account; secret fields that are absent keep what they were, as they are never shown.
    ///
    /// # Errors
    /// Names each wrong field and the fix; then nothing is saved.
    pub async fn save_account(
        &self,
        kind: AccountKind,
        account: Account,
    ) -> Result<(), SettingsError> {
        let before = self.account(kind, &account.id);
        let account = accounts::merge(kind, before.as_deref(), account)?;
        accounts::put_account(&*self.records, &self.vault, kind, &account).await?;
        self.reload().await
    }

    /// A text from outside without a desk's secrets.
    pub fn redact(&self, desk: &AccountId, text: &str) -> String {
        match self.account(AccountKind::Desk, desk) {
            Some(account) => accounts::redact(AccountKind::Desk, &account, text),
            None => text.to_owned(),
        }
    }

    /// An account as it would be saved: checked, with the secrets and learnt values of before. What connecting learns
    /// cannot be given.
    fn merged(&self, kind: AccountKind, account: Account) -> Result<Account, SettingsError> {
        accounts::check_given(kind, &account.vendor, &account.settings)?;
        let before = self.account(kind, &account.id);
        if let Some(before) = before.as_ref().filter(|before| before.vendor != account.vendor) {
            let words = format!(
                "This account is of the kind {}. Give another id for one of the kind {}.",
                before.vendor, account.vendor
            );
            return Err(SettingsError::Fields([("vendor".to_owned(), words)].into()));
        }
        accounts::merge(kind, before.as_deref(), account)
    }

    /// Refuses to delete what must stay.
    fn may_delete(&self, kind: AccountKind, id: &AccountId) -> Result<(), SettingsError> {
        self.may_change(kind, id)?;
        let refused = |why: &str| Err(SettingsError::Refused(why.into()));
        if kind == AccountKind::Desk && id.as_str() == CONSOLE {
            return refused("The console is part of the program and stays.");
        }
        let chosen = self.snapshot().livechat.desk.clone();
        if kind == AccountKind::Desk && chosen.as_deref() == Some(id.as_str()) {
            return refused("This desk takes the sessions. Choose another one first.");
        }
        Ok(())
    }

    /// Removes an account.
    ///
    /// # Errors
    /// When the store fails, or it is one that must stay.
    pub async fn delete_account(
        &self,
        kind: AccountKind,
        id: &AccountId,
    ) -> Result<(), SettingsError> {
        self.may_delete(kind, id)?;
        accounts::delete_account(&*self.records, kind, id).await?;
        self.reload().await
    }
}

/// An account that stands alone, checked by its manifest: unknown names, wrong types, what is missing. Defaults are put in.
///
/// # Errors
/// Names each wrong field and the fix.
pub fn checked(kind: AccountKind, account: Account) -> Result<Account, SettingsError> {
    accounts::check_given(kind, &account.vendor, &account.settings)?;
    accounts::merge(kind, None, account)
}

impl Directory for Settings {
    fn policy(&self, channel: &AccountId, desk: Option<&AccountId>) -> Policy {
        self.snapshot().policy(channel, desk)
    }

    fn bot_of(&self, channel: &AccountId) -> AccountId {
        if Probe::desk_of(channel).is_some() {
            return AccountId::new(probe::SILENT);
        }
        self.snapshot().bot_of(channel)
    }

    fn is_rehearsal(&self, channel: &AccountId) -> bool {
        Probe::desk_of(channel).is_some()
    }

    fn channel(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Channel)> {
        if let Some(desk) = Probe::desk_of(id) {
            return Some((Arc::new(Probe::account(&desk)), &Probe));
        }
        let account = self.account(AccountKind::Channel, id)?;
        let adapter = accounts::channel_adapter(&account.vendor)?;
        Some((account, adapter))
    }

    fn desk(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Desk)> {
        let account = self.account(AccountKind::Desk, id)?;
        let adapter = accounts::desk_adapter(&account.vendor)?;
        Some((account, adapter))
    }

    fn place(&self) -> Place {
        Place { base_url: self.base_url.clone() }
    }

    fn file_of(&self, desk: &AccountId, url: &str) -> String {
        crate::files::address_of(&self.vault, &self.base_url, desk, url)
    }
}
