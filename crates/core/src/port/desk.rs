//! What a desk's adapter offers: pure functions, no I/O.

use crate::delivery::ToDesk;
use crate::entry::Entry;
use crate::event::FromDesk;
use crate::ids::SessionId;
use crate::port::channel::{Call, DecodeError, Outgoing, Step};
use crate::port::directory::Account;
use crate::port::http::Reply;
use crate::port::manifest::Manifest;

/// A desk's adapter.
pub trait Desk: Send + Sync {
    /// What it is.
    fn manifest(&self) -> &'static Manifest;

    /// Turns a hook into what happened at the desk.
    ///
    /// # Errors
    /// Names the field and the fix.
    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
    ) -> Result<Vec<(SessionId, FromDesk)>, DecodeError>;

    /// The next step of a delivery, given the answers so far. `transcript` is what the desk may see up to the
    /// delivery's entry when a session is opened, else empty.
    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        transcript: &[Entry],
        so_far: &[Reply],
    ) -> Step;
}
