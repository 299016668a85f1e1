//! A desk at a glance: how it is doing, how much of its limit is used, how many sessions are open there.

use super::connect::has_hook;
use super::{AccountKind, accounts};
use crate::app::App;
use crate::desks::health::{Kept, Proof, State};
use handover_core::port::desk::{Desk, Usage};
use handover_core::port::directory::Account;
use handover_core::port::manifest::Limit;
use handover_core::session::SessionRecord;

/// A desk at a glance.
#[derive(Debug, Clone)]
pub struct Glance {
    /// In a word.
    pub state: State,
    /// What is known of it.
    pub kept: Kept,
    /// What its vendor allows.
    pub limit: Option<Limit>,
    /// How much of that was used within the last window, where the vendor has told.
    pub usage: Option<Usage>,
    /// Sessions that are open there.
    pub open_sessions: usize,
}

/// Looks at a desk; `open` holds all sessions that are open anywhere.
pub fn look_at(app: &App, account: &Account, open: &[SessionRecord]) -> Glance {
    let manifest = accounts::desk_adapter(&account.vendor).map(Desk::manifest);
    let kept = app.health.of(&account.id);
    let proof = match manifest {
        Some(manifest) if manifest.capabilities.pulls => Proof::Ours,
        _ if has_hook(AccountKind::Desk, &account.vendor) => Proof::Hook,
        _ => Proof::Success,
    };
    let limit = manifest.and_then(|manifest| manifest.limit);
    Glance {
        state: match manifest {
            Some(_) => kept.state(proof),
            None => State::Trouble { why: "its kind is not known to this version".into() },
        },
        limit,
        usage: limit.and_then(|limit| app.health.usage(&account.id, limit)),
        open_sessions: open.iter().filter(|session| session.desk == account.id).count(),
        kept,
    }
}
