//! Which of our deliveries do not stand at the desk as they should.

use handover_core::delivery::{Job, ToDeskAct};
use handover_core::event::{Astray, How};
use handover_core::port::desk::Held;
use handover_core::port::store::{DeliveryRecord, DeliveryState};
use handover_core::session::Session;
use handover_core::time::Timestamp;

/// How long a desk may take to show what it has taken, in milliseconds.
const SHOWN_MS: i64 = 60_000;
/// How far the desk's clock may be from ours, in milliseconds.
const CLOCKS_MS: i64 = 60_000;

/// The last delivery of the session that can be judged now, and what is not as it should be of those that were not judged
/// before. `records` are the conversation's, in order; `now` is when the look began.
pub(crate) fn judge(
    records: &[DeliveryRecord],
    session: &Session,
    held: &Held,
    now: Timestamp,
) -> (u64, Vec<Astray>) {
    let (mut until, mut astray) = (session.looked_for, Vec::new());
    for (record, decided_at) in records.iter().zip(decided(records)) {
        let Job::ToDesk(job) = &record.delivery.job else { continue };
        let n = record.delivery.id.n;
        if job.session.id != session.id || n <= session.looked_for {
            continue;
        }
        // `next_at` is when it ended. What comes behind it waits, so that each is judged once and none is left out.
        if !record.state.is_final() || now.since_ms(record.next_at) < SHOWN_MS {
            break;
        }
        until = n;
        if record.state != DeliveryState::Delivered {
            continue;
        }
        let was_read = held.since.is_none_or(|since| decided_at >= since.plus_ms(CLOCKS_MS));
        let how = match (held.times.get(&n).copied().unwrap_or(0), &job.act) {
            // An opening may have nothing to leave; an end that is told again could close what was opened since.
            (0, ToDeskAct::Message { .. } | ToDeskAct::Trouble { .. }) if was_read => How::Missing,
            (2.., _) => How::Doubled,
            _ => continue,
        };
        astray.push(Astray { delivery: n, entry: record.delivery.entry, how });
    }
    (until, astray)
}

/// When each was decided, or somewhat later: a repeat sets `created_at` anew, but none was decided after those behind it.
fn decided(records: &[DeliveryRecord]) -> Vec<Timestamp> {
    let created = records.iter().rev().map(|record| record.created_at);
    let mut decided: Vec<Timestamp> = created
        .scan(None, |least: &mut Option<Timestamp>, at| {
            *least = Some(least.map_or(at, |it| it.min(at)));
            *least
        })
        .collect();
    decided.reverse();
    decided
}

#[cfg(test)]
mod tests;
