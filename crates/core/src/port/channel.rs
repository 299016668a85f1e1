//! What a channel's adapter offers: pure functions, no I/O.

use crate::capability::Capabilities;
use crate::delivery::ToContact;
use crate::event::FromContact;
use crate::ids::{ContactKey, DeliveryId};
use crate::port::directory::Account;
use crate::port::http::{Reply, Request};
use crate::port::manifest::Manifest;
use crate::time::Timestamp;
use thiserror::Error;

/// A hook or request as it came in.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// `GET`, `POST`, ...
    pub method: &'a str,
    /// What stands after the `?` of the address, as it came; empty without.
    pub query: &'a str,
    /// Header names in lower case, and values.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
    /// When it came.
    pub at: Timestamp,
}

impl Call<'_> {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why a hook was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// It does not prove that it comes from its sender.
    #[error("{0}")]
    Unauthorised(String),
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field's path in the body.
        field: String,
        /// What is wrong and how to mend it.
        problem: String,
    },
}

/// What to do next about a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this and step again with its answer.
    Call(Request),
    /// It has arrived.
    Done {
        /// What the receiver calls its conversation, when it was just made.
        link: Option<String>,
    },
    /// Not now.
    Retry {
        /// The receiver's own wish, in seconds.
        after_s: Option<u32>,
        /// Why, in words fit for a person.
        why: String,
    },
    /// Never.
    Reject {
        /// Why, in words fit for a person.
        why: String,
    },
}

/// One delivery's job, with what its adapter needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a, J> {
    /// The delivery's id: the same at each try, so that the receiver can tell a repeat.
    pub id: &'a DeliveryId,
    /// The entry that it carries.
    pub entry: u64,
    /// Tries before this one: any of them may have been obeyed.
    pub attempts: u32,
    /// Now.
    pub at: Timestamp,
    /// What to bring.
    pub job: &'a J,
}

/// A channel's adapter.
pub trait Channel: Send + Sync {
    /// What it is.
    fn manifest(&self) -> &'static Manifest;

    /// What this account can show: what the manifest says, unless its settings change it.
    fn capabilities(&self, account: &Account) -> Capabilities {
        let _ = account;
        self.manifest().capabilities
    }

    /// Turns a hook into what the contacts did.
    ///
    /// # Errors
    /// Names the field and the fix.
    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
    ) -> Result<Vec<(ContactKey, FromContact)>, DecodeError>;

    /// The next step of a delivery, given the answers so far.
    fn step(&self, account: &Account, job: Outgoing<'_, ToContact>, so_far: &[Reply]) -> Step;
}
