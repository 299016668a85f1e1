//! What is configured: accounts, adapters and policy, from a snapshot in memory.

use crate::ids::AccountId;
use crate::policy::Policy;
use crate::port::channel::Channel;
use crate::port::desk::Desk;
use crate::port::place::Place;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One configured channel, desk or bot, its secrets opened.
#[derive(Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whose adapter it uses.
    pub vendor: String,
    /// The name that the operator gave it.
    pub name: String,
    /// Its settings, by the manifest's field names.
    pub settings: Map<String, Value>,
}

impl std::fmt::Debug for Account {
    /// Settings may hold secrets, so they are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// A setting's text, if it is there and not empty.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.settings.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A yes-or-no setting; absent is no.
    pub fn flag(&self, field: &str) -> bool {
        self.settings.get(field).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// Looks up what is configured.
pub trait Directory: Send + Sync {
    /// The policy for a channel, with the capabilities of `desk` (the open session's) or, without one, of the desk
    /// that takes new sessions.
    fn policy(&self, channel: &AccountId, desk: Option<&AccountId>) -> Policy;

    /// The bot that answers on a channel.
    fn bot_of(&self, channel: &AccountId) -> AccountId;

    /// Whether there are no real contacts on a channel, only tests.
    fn is_rehearsal(&self, channel: &AccountId) -> bool {
        let _ = channel;
        false
    }

    /// A channel account and its adapter.
    fn channel(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Channel)>;

    /// A desk account and its adapter.
    fn desk(&self, id: &AccountId) -> Option<(Arc<Account>, &'static dyn Desk)>;

    /// Where this program is reached from outside.
    fn place(&self) -> Place;

    /// An address under which contacts can fetch a file that lies at the desk: most desks give their files only to those
    /// who know the account.
    fn file_of(&self, desk: &AccountId, url: &str) -> String;
}
