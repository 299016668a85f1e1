//! The configuration as it was read, and what follows from it for a conversation.

use super::accounts::{AccountKind, SettingsError, channel_adapter, desk_adapter, open};
use super::livechat::Livechat;
use crate::vault::Vault;
use handover_adapters::channel::probe::Probe;
use handover_core::capability::Capabilities;
use handover_core::ids::AccountId;
use handover_core::policy::{self, Policy};
use handover_core::port::directory::Account;
use handover_core::port::store::Records;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The timeout of a test of the loop, in seconds.
const PROBE_TIMEOUT_S: u32 = 120;

/// The configuration as it was read.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    pub(super) livechat: Livechat,
    accounts: BTreeMap<(AccountKind, AccountId), Arc<Account>>,
}

impl Snapshot {
    pub(super) async fn read(records: &dyn Records, vault: &Vault) -> Result<Self, SettingsError> {
        let livechat = match records.get("settings", "livechat").await? {
            None => Livechat::default(),
            Some(record) => serde_json::from_value(record.body)
                .map_err(|error| SettingsError::Damaged("livechat".into(), error.to_string()))?,
        };
        let mut accounts = BTreeMap::new();
        for kind in [AccountKind::Channel, AccountKind::Desk] {
            for record in records.list(kind.as_str()).await? {
                let account = open(vault, kind, &record)?;
                accounts.insert((kind, account.id.clone()), Arc::new(account));
            }
        }
        Ok(Self { livechat, accounts })
    }

    pub(super) fn accounts(&self, kind: AccountKind) -> Vec<Arc<Account>> {
        self.accounts.iter().filter(|((k, _), _)| *k == kind).map(|(_, a)| Arc::clone(a)).collect()
    }

    pub(super) fn account(&self, kind: AccountKind, id: &AccountId) -> Option<Arc<Account>> {
        self.accounts.get(&(kind, id.clone())).map(Arc::clone)
    }

    pub(super) fn policy(&self, channel: &AccountId, desk: Option<&AccountId>) -> Policy {
        let probed = Probe::desk_of(channel);
        let chosen = self.livechat.desk.as_ref().map(|id| AccountId::new(id.as_str()));
        let chosen = probed.clone().or(chosen);
        let desk_account =
            desk.or(chosen.as_ref()).and_then(|id| self.account(AccountKind::Desk, id));
        Policy {
            desk_can: desk_account
                .and_then(|account| Some(desk_adapter(&account.vendor)?.manifest().capabilities))
                .unwrap_or(Capabilities::pulling()),
            channel_can: self
                .account(AccountKind::Channel, channel)
                .and_then(|account| Some(channel_adapter(&account.vendor)?.capabilities(&account)))
                .unwrap_or(Capabilities::pulling()),
            desk: chosen,
            link: None,
            livechat: match probed {
                None => self.livechat.policy.clone(),
                // A test that broke off is over soon, and may be repeated as often as it takes.
                Some(_) => policy::Livechat {
                    timeout_s: PROBE_TIMEOUT_S,
                    start_text: Some(String::new()),
                    loop_sessions: u32::MAX,
                    ..self.livechat.policy.clone()
                },
            },
        }
    }

    pub(super) fn bot_of(&self, channel: &AccountId) -> AccountId {
        let account = self.account(AccountKind::Channel, channel);
        let bot = account.as_deref().and_then(|account| account.text("bot"));
        AccountId::new(bot.unwrap_or(super::DEMO_BOT))
    }
}
