//! Which Chatwoot it is, and what that release can do.

use std::fmt;
use std::str::FromStr;

/// A release of Chatwoot. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    /// An old one: no secret, no signature, no account in conversation events.
    pub const V2: Self = Self::new(2, 18, 0);
    /// One between: no secret, no signature.
    pub const V3: Self = Self::new(3, 14, 0);
    /// The one that the facts were read from: everything there is.
    pub const V4_15: Self = Self::new(4, 15, 1);

    /// A release by its number.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether hooks of API inboxes are signed, with a secret that administrators can read and reset.
    pub(super) fn signs_inbox_hooks(self) -> bool {
        self >= Self::new(4, 13, 0)
    }

    /// Whether hooks of accounts are signed.
    pub(super) fn signs_account_hooks(self) -> bool {
        self >= Self::new(4, 11, 2)
    }

    /// Whether hooks carry an id of their delivery.
    pub(super) fn numbers_deliveries(self) -> bool {
        self >= Self::new(4, 11, 2)
    }

    /// Whether a message's delivery status can be set by API (pull request 11387 of April 2025).
    pub(super) fn sets_message_status(self) -> bool {
        self >= Self::new(4, 2, 0)
    }

    /// Whether a hook that fails marks its message as failed (pull request 8277 of November 2023).
    pub(super) fn marks_failed_hooks(self) -> bool {
        self >= Self::new(3, 3, 0)
    }

    /// Whether events of conversations name their account.
    pub(super) fn names_account(self) -> bool {
        self >= Self::new(3, 0, 0)
    }

    /// Whether contacts can be blocked.
    pub(super) fn blocks(self) -> bool {
        self >= Self::new(3, 0, 0)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::V4_15
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no version: write it like 4.15 or 4.15.1");
        let mut parts = text.split('.').map(str::parse::<u16>);
        let mut next = |needed: bool| match parts.next() {
            Some(part) => part.map_err(|_| wrong()),
            None if needed => Err(wrong()),
            None => Ok(0),
        };
        let version = Self::new(next(true)?, next(true)?, next(false)?);
        if parts.next().is_some() || version < Self::new(2, 0, 0) {
            return Err(wrong());
        }
        Ok(version)
    }
}
