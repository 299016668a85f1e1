//! One test from its beginning to its end.

use super::hints::hint;
use super::hops::{Passed, Trip};
use super::report::{HOPS, Report, State};
use crate::app::App;
use handover_core::ids::AccountId;
use handover_core::port::desk::{Desk, Hop};
use handover_core::port::directory::Directory;
use std::time::Duration;
use tokio::sync::watch::Sender;
use tokio::time::Instant;

/// The longest that the way to the end of the session may take.
const WAY: Duration = Duration::from_secs(24);
/// What is left for ending it even then.
const END: Duration = Duration::from_secs(5);
/// The longest that one part of the way may take.
const HOP: Duration = if cfg!(test) { Duration::from_secs(9) } else { Duration::from_secs(12) };
/// How much later a part is broken off that does not keep its time itself.
const GRACE: Duration = Duration::from_millis(200);

/// Takes the way round a desk, and reports each part as it is done. The session is ended whatever happens.
pub(super) async fn run(app: &App, desk: &AccountId, report: &Sender<Report>) {
    match Trip::prepare(app, desk).await {
        Ok(mut trip) => {
            go(app, desk, report, &mut trip).await;
            trip.end_at_any_rate().await;
        }
        Err(why) => {
            set(report, Hop::Credentials, State::Failed, Duration::ZERO, &why, None);
            for hop in HOPS.into_iter().skip(1) {
                set(report, hop, State::Skipped, Duration::ZERO, NOT_BEGUN, None);
            }
        }
    }
    report.send_modify(Report::close);
}

const NOT_BEGUN: &str = "Not tried: something before it failed.";

async fn go(app: &App, desk: &AccountId, report: &Sender<Report>, trip: &mut Trip<'_>) {
    let over = Instant::now() + WAY;
    let (mut failed, mut opened) = (false, false);
    let mut left: Option<String> = None;
    for hop in HOPS {
        let way_back = matches!(hop, Hop::Answer | Hop::Hook | Hop::Reached | Hop::Marker);
        // What was opened is ended, whatever failed in between.
        if failed && !(hop == Hop::Ended && opened) {
            set(report, hop, State::Skipped, Duration::ZERO, NOT_BEGUN, None);
            continue;
        }
        if let Some(why) = left.as_ref().filter(|_| way_back) {
            set(report, hop, State::Skipped, Duration::ZERO, why, None);
            continue;
        }
        set(report, hop, State::Running, Duration::ZERO, "", None);
        let began = Instant::now();
        // The end may take all that the way has left: it waits its turn where the account's limit is used up.
        let deadline = if hop == Hop::Ended { over + END } else { over.min(began + HOP) };
        let came = tokio::time::timeout_at(deadline + GRACE, trip.take(hop, deadline)).await;
        let came = came.unwrap_or_else(|_| Err("It took too long.".into()));
        let took = began.elapsed();
        match came {
            Ok(Passed::Done(detail)) => {
                opened |= hop == Hop::Opened;
                let detail = app.settings.redact(desk, &detail);
                set(report, hop, State::Passed, took, &detail, None);
            }
            Ok(Passed::Left(why)) => {
                set(report, hop, State::Skipped, took, &why, None);
                left = Some(why);
            }
            Err(why) => {
                failed = true;
                let why = app.settings.redact(desk, &why);
                let mut hint = general(app, trip.adapter(), hop, &why);
                if let Some(more) = trip.adapter().hint(hop, &why) {
                    hint = format!("{hint} {more}");
                }
                set(report, hop, State::Failed, took, &why, Some(hint));
            }
        }
    }
}

fn general(app: &App, adapter: &dyn Desk, hop: Hop, why: &str) -> String {
    hint(hop, why, &app.settings.place().base_url, adapter.manifest().title)
}

fn set(
    report: &Sender<Report>,
    hop: Hop,
    state: State,
    took: Duration,
    detail: &str,
    hint: Option<String>,
) {
    report.send_modify(|report| {
        if let Some(hop) = report.hop_mut(hop) {
            hop.state = state;
            hop.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            hop.detail = detail.to_owned();
            hop.hint = hint;
        }
    });
}
