//! Test the loop: a conversation that goes round a desk by the same road as real ones, and what came of each part of
//! the way.

mod hints;
mod hops;
mod page;
mod report;
mod run;
mod stored;
#[cfg(test)]
pub(crate) mod tests;
mod wait;

pub use page::routes;
pub use report::{HopReport, Report, State};
pub use stored::forget;

use crate::app::{App, Shared};
use crate::settings::AccountKind;
use handover_adapters::channel::probe::Probe;
use handover_core::ids::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Whether a channel is that of a test. What happens there is no contact's: lists and figures leave it out, and the
/// desk is not asked what it holds of it, so that an answer there can only have come by a hook.
pub fn is_probe(channel: &AccountId) -> bool {
    Probe::desk_of(channel).is_some()
}

type Reports = HashMap<AccountId, watch::Receiver<Report>>;

/// The tests that are followed here, whichever node runs them, and the last one of each desk. What is stored of them is for
/// other nodes, and for after a stop.
#[derive(Default)]
pub struct Doctor {
    followed: Mutex<Reports>,
}

impl Doctor {
    /// A test that goes on.
    fn running(&self, desk: &AccountId) -> Option<watch::Receiver<Report>> {
        // A test that is over or broke off has dropped its end of the channel.
        self.lock().get(desk).filter(|report| report.has_changed().is_ok()).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Reports> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the last test of a desk went, or how far it has got, at whichever node.
pub async fn last(app: &App, desk: &AccountId) -> Option<Report> {
    if let Some(report) = app.doctor.running(desk) {
        return Some(report.borrow().clone());
    }
    match stored::read(app, desk).await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%desk, %error, "the last test of a desk could not be read");
            app.doctor.lock().get(desk).map(|report| report.borrow().clone())
        }
    }
}

/// Begins a test of a desk, unless one is under way at any node: then that one is meant. None when there is no such desk.
pub async fn begin(app: &Shared, desk: &AccountId) -> Option<watch::Receiver<Report>> {
    let account = app.settings.account(AccountKind::Desk, desk)?;
    if let Some(running) = app.doctor.running(desk) {
        return Some(running);
    }
    let is_ours = stored::claim(app, desk).await.unwrap_or_else(|error| {
        tracing::warn!(%desk, %error, "other nodes cannot be told of a test");
        true
    });
    let report = Report::new(desk.clone(), account.name.clone(), app.clock.now());
    let (sender, receiver) = watch::channel(report);
    {
        let mut followed = app.doctor.lock();
        let running = followed.get(desk).filter(|report| report.has_changed().is_ok());
        if let Some(running) = running.filter(|_| !is_ours) {
            // Someone else began here at the same moment.
            return Some(running.clone());
        }
        followed.insert(desk.clone(), receiver.clone());
    }
    let (app, desk, kept) = (Shared::clone(app), desk.clone(), receiver.clone());
    // A task of its own: who asked may leave, and the session is ended all the same.
    tokio::spawn(async move {
        if !is_ours {
            return stored::follow(&app, &desk, &sender).await;
        }
        // The test is over once that is stored.
        tokio::join!(run::run(&app, &desk, &sender), stored::keep(&app, &desk, kept));
    });
    Some(receiver)
}

/// Waits until a test is over.
pub async fn end_of(mut report: watch::Receiver<Report>) -> Report {
    while report.changed().await.is_ok() {}
    report.borrow().clone()
}
