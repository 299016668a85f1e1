//! Who has the turn in a lane after something has come in at its front.

use super::writes::{Writes, rows};
use handover_core::delivery::Side;
use std::collections::BTreeSet;

/// Nobody has the turn, but for what is being tried: it comes to its end first.
pub(super) const UNSEAT: &str = "UPDATE deliveries SET wake = NULL
     WHERE conversation = ANY ($1) AND state = 'pending' AND wake IS NOT NULL AND lease IS NULL";

/// The first has the turn where nothing is being tried.
pub(super) const SEAT: &str = "UPDATE deliveries d SET wake = d.next_at
     FROM unnest($1::bigint[], $2::text[]) AS k (conversation, side)
     WHERE d.conversation = k.conversation AND d.n = (SELECT p.n FROM deliveries p
         WHERE p.conversation = k.conversation AND p.side = k.side AND p.state = 'pending' ORDER BY p.n LIMIT 1)
     AND (SELECT l.n FROM deliveries l WHERE l.conversation = k.conversation AND l.side = k.side
         AND l.state = 'pending' AND l.lease IS NOT NULL LIMIT 1) IS NULL";

/// What this asks of a hand.
pub(super) const STATEMENTS: &[&str] = &[UNSEAT, SEAT];

rows!(Lanes: SEAT, conversation: i64, side: &'static str);

/// Gives the turn anew in all lanes of these conversations. Whoever does it holds the locks of the conversations; heads are
/// locked here, so that none is leased in between.
pub(super) fn reseat(conversations: BTreeSet<i64>, writes: &mut Writes<'_>) {
    let mut lanes = Lanes::default();
    for nr in &conversations {
        for side in [Side::Contact, Side::Desk, Side::Bot] {
            lanes.push(*nr, side.as_str());
        }
    }
    if !conversations.is_empty() {
        writes.push(UNSEAT, vec![Box::new(Vec::from_iter(conversations))]);
    }
    lanes.write(writes);
}
