//! Test the loop: a conversation that goes round a desk by the same road as real ones, and what came of each part of
//! the way.

mod hints;
mod hops;
mod page;
mod report;
mod run;
#[cfg(test)]
pub(crate) mod tests;
mod wait;

pub use page::routes;
pub use report::{HopReport, Report, State};

use crate::app::Shared;
use crate::settings::AccountKind;
use handover_adapters::channel::probe::Probe;
use handover_core::ids::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Whether a channel is that of a test. What happens there is no contact's: lists and figures leave it out, and the
/// desk is not asked what it holds of it, so that an answer there can only have come by a hook.
pub fn is_probe(channel: &AccountId) -> bool {
    Probe::desk_of(channel).is_some()
}

/// The tests that run, and the last one of each desk. Forgotten at a stop.
#[derive(Default)]
pub struct Doctor {
    last: Mutex<HashMap<AccountId, watch::Receiver<Report>>>,
}

impl Doctor {
    /// How the last test of a desk went, or how far it has got.
    pub fn last(&self, desk: &AccountId) -> Option<Report> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(desk).map(|report| report.borrow().clone())
    }
}

/// Begins a test of a desk, unless one is under way: then that one is meant. None when there is no such desk.
pub fn begin(app: &Shared, desk: &AccountId) -> Option<watch::Receiver<Report>> {
    let account = app.settings.account(AccountKind::Desk, desk)?;
    let mut last = app.doctor.last.lock().unwrap_or_else(PoisonError::into_inner);
    // A test that broke off has dropped its end of the channel.
    if let Some(report) = last.get(desk).filter(|report| report.has_changed().is_ok()) {
        return Some(report.clone());
    }
    let report = Report::new(desk.clone(), account.name.clone(), app.clock.now());
    let (sender, receiver) = watch::channel(report);
    last.insert(desk.clone(), receiver.clone());
    let (app, desk) = (Shared::clone(app), desk.clone());
    // A task of its own: who asked may leave, and the session is ended all the same.
    tokio::spawn(async move { run::run(&app, &desk, &sender).await });
    Some(receiver)
}

/// Waits until a test is over.
pub async fn end_of(mut report: watch::Receiver<Report>) -> Report {
    while report.changed().await.is_ok() {}
    report.borrow().clone()
}
