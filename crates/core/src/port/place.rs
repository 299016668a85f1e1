//! Where this program is reached from outside.

use crate::port::directory::Account;

/// The learnt setting that holds the secret of an account's hook address.
pub const HOOK_TOKEN: &str = "hook_token";

/// Where this program is reached from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `https://chat.example.com`, without a slash at its end.
    pub base_url: String,
}

impl Place {
    /// The address to which a vendor posts its hooks. It holds a secret.
    pub fn hook(&self, account: &Account) -> String {
        let token = account.text(HOOK_TOKEN).unwrap_or_default();
        format!("{}/hooks/{}/{token}", self.base_url, account.id)
    }
}
