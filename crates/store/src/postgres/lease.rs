//! Lanes: deliveries wait in line, and only the first of a line is tried.
//!
//! Any node leases any head: the ones that are due first, passing by rows that another node is leasing or settling at this
//! moment (`SKIP LOCKED`). Shares of all conversations that each belong to one node for a while would do too; but they have
//! to be shared out anew when a node comes, goes or is only slow, and what lies in a dead node's share waits for that. Here
//! nobody has to know who else is there: a node that dies leaves nothing behind but its leases, which run out, or are freed
//! by whoever is sure that it is gone. What fences a node that wakes up too late is the lease's number, which is never
//! given twice.

use super::columns::{count, json, small, time, to_json, to_text, unsigned};
use super::connection::Connection;
use super::failure::Tried;
use super::hand::Work;
use super::writes::{Writes, rows};
use crate::change::LEASE_RAN_OUT;
use async_trait::async_trait;
use handover_core::port::outbox::TRIES_WITH_CALLS;
use handover_core::port::store::{Leased, Result, Settle};
use handover_core::time::Timestamp;
use std::borrow::Cow;
use tokio_postgres::types::ToSql;

/// How long a new delivery is left to the node that wrote it, in milliseconds. That node is most likely the one that goes on
/// writing the conversation, and remembers it: where another settled meanwhile, each of the two would be refused again and
/// again because the other was faster. A node that is busier than that, or gone, is helped. A lease that has run out is
/// anybody's at once.
const OWN_MS: i64 = 300;

/// Takes the heads that are due, in order: the numbers are given in that order, and tell it.
pub(super) const LEASE: &str = "WITH heads AS MATERIALIZED (
         SELECT conversation, n, attempts, lease FROM deliveries
         WHERE wake <= $1 AND (created_at <= $6 OR node = $4 OR lease IS NOT NULL) ORDER BY wake, conversation, n LIMIT $3 FOR UPDATE SKIP LOCKED
     ), numbered AS MATERIALIZED (
         SELECT conversation, n, attempts, lease IS NOT NULL AS ran_out, nextval('leases') AS lease FROM heads
     ), noted AS (
         INSERT INTO attempts (conversation, delivery, attempt, at, note)
         SELECT conversation, n, attempts + 1, $1, $5 FROM numbered WHERE ran_out
     )
     UPDATE deliveries d SET lease = k.lease, wake = $2, node = $4, attempts = d.attempts + k.ran_out::int
     FROM numbered k WHERE d.conversation = k.conversation AND d.n = k.n
     RETURNING d.lease, d.body, d.attempts, d.forgiven, d.created_at, k.ran_out,
         (SELECT c.revision FROM conversations c WHERE c.nr = d.conversation)";

/// Lets the leases of some holders run out that have not yet, but for those that are being settled at this moment. They stay, for whoever
/// takes them anew to know that nobody knows what the tries came to.
pub(super) const FREE: &str = "UPDATE deliveries d SET wake = d.next_at FROM (
         SELECT conversation, n FROM deliveries
         WHERE wake > $2 AND wake > next_at AND lease IS NOT NULL AND node = ANY ($1) FOR UPDATE SKIP LOCKED
     ) k WHERE d.conversation = k.conversation AND d.n = k.n RETURNING 1";

/// The deliveries that are under a lease, locked against another. What has ended is under none.
pub(super) const HELD: &str =
    "SELECT k.i, d.conversation, d.side, d.attempts, d.lease FROM unnest($1::int[], $2::text[], $3::bigint[]) AS k (i, id, n)
     JOIN conversations c ON c.id = k.id JOIN deliveries d ON d.conversation = c.nr AND d.n = k.n
     WHERE d.lease IS NOT NULL ORDER BY d.conversation, d.n FOR UPDATE OF d";

pub(super) const END_TRY: &str = "UPDATE deliveries d
     SET state = k.state, attempts = k.attempts, next_at = k.next_at, lease = NULL, wake = NULL
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::bigint[])
         AS k (conversation, n, state, attempts, next_at)
     WHERE d.conversation = k.conversation AND d.n = k.n";

const NOTE: &str = "INSERT INTO attempts (conversation, delivery, attempt, at, note, by, calls)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[])";

/// Forgets the calls of tries that are no longer among the last.
pub(super) const FORGET_CALLS: &str = "UPDATE attempts a SET calls = NULL
     FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS k (conversation, delivery, attempt)
     WHERE a.conversation = k.conversation AND a.delivery = k.delivery AND a.attempt <= k.attempt
     AND a.calls IS NOT NULL";

/// Gives the next delivery of a lane its turn: behind what is due by then, so that a long lane holds up no other.
pub(super) const PROMOTE: &str = "UPDATE deliveries d
     SET next_at = greatest(d.next_at, k.at), wake = greatest(d.next_at, k.at)
     FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS k (conversation, side, at)
     WHERE d.conversation = k.conversation AND d.n = (SELECT p.n FROM deliveries p
         WHERE p.conversation = k.conversation AND p.side = k.side AND p.state = 'pending' ORDER BY p.n LIMIT 1)";

/// Puts deliveries at the end of their lanes; one may be leased at once if it is alone there.
pub(super) const ENQUEUE: &str =
    "INSERT INTO deliveries (conversation, n, side, account, node, created_at, next_at, wake, body)
     SELECT k.conversation, k.n, k.side, k.account, k.node, k.at, k.at, CASE WHEN k.is_first AND (
         SELECT p.n FROM deliveries p WHERE p.conversation = k.conversation AND p.side = k.side AND p.state = 'pending'
         LIMIT 1
     ) IS NULL THEN k.at END, k.body
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bool[], $8::text[])
         AS k (conversation, n, side, account, node, at, is_first, body)";

/// What leases and lanes ask of a hand.
pub(super) const STATEMENTS: &[&str] =
    &[LEASE, FREE, HELD, END_TRY, NOTE, FORGET_CALLS, PROMOTE, ENQUEUE];

rows!(
    /// Tries that have ended.
    EndedTries: END_TRY,
    conversation: i64,
    n: i64,
    state: &'static str,
    attempts: i32,
    next_at: i64,
);

rows!(
    /// Lines of deliveries' histories.
    Lines: NOTE,
    conversation: i64,
    n: i64,
    number: i32,
    at: i64,
    note: Cow<'a, str>,
    by: Option<Cow<'a, str>>,
    calls: Option<&'a str>,
);

rows!(
    /// Tries whose calls are forgotten, with those before them.
    OldCalls: FORGET_CALLS,
    conversation: i64,
    n: i64,
    number: i32,
);

rows!(
    /// Lanes whose first gets its turn, and since when.
    Turns: PROMOTE,
    conversation: i64,
    side: String,
    at: i64,
);

rows!(
    /// New deliveries. `is_first` is whether no other of the same change is before it in its lane.
    Queued: ENQUEUE,
    conversation: i64,
    n: i64,
    side: &'static str,
    account: Cow<'a, str>,
    node: i64,
    at: i64,
    is_first: bool,
    body: &'a str,
);

/// Takes the heads of lanes that are due.
pub(super) struct Take {
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
    pub(super) limit: u32,
    pub(super) holder: i64,
}

#[async_trait]
impl Work for Take {
    type Answer = Vec<Leased>;

    async fn decide(&self, connection: &Connection) -> Tried<(Vec<Leased>, Writes<'_>)> {
        let (now, until) = (self.now.as_ms(), self.until.as_ms());
        let limit = i64::from(self.limit);
        let anyones = now - OWN_MS;
        let values: [&(dyn ToSql + Sync); 6] =
            [&now, &until, &limit, &self.holder, &LEASE_RAN_OUT, &anyones];
        let taken = connection.query(LEASE, &values).await?;
        let mut leased = Vec::with_capacity(taken.len());
        for row in &taken {
            leased.push(Leased {
                lease: unsigned(row, 0)?,
                delivery: json(row, 1)?,
                attempts: count(row, 2)?,
                forgiven: count(row, 3)?,
                created_at: time(row, 4)?,
                interrupted: row.try_get(5)?,
                until: self.until,
                revision: unsigned(row, 6)?,
            });
        }
        leased.sort_by_key(|leased| leased.lease);
        Ok((leased, Writes::made(!taken.is_empty())))
    }
}

/// What a try came to, in the form in which it is stored.
pub(super) struct Settled {
    pub(super) settle: Settle,
    pub(super) n: i64,
    calls: Option<String>,
}

impl Settled {
    pub(super) fn new(settle: Settle) -> Result<Self> {
        let calls = (!settle.calls.is_empty()).then(|| to_json(&settle.calls)).transpose()?;
        let n = super::columns::signed(settle.delivery.n)?;
        Ok(Self { settle, n, calls })
    }
}

/// A delivery that is under a lease.
pub(super) struct Held {
    pub(super) conversation: i64,
    pub(super) side: String,
    pub(super) attempts: u32,
    pub(super) lease: u64,
}

/// Everything that tries which have ended change.
#[derive(Default)]
pub(super) struct Settling<'a> {
    ended: EndedTries<'a>,
    lines: Lines<'a>,
    old_calls: OldCalls<'a>,
    turns: Turns<'a>,
}

impl<'a> Settling<'a> {
    /// Writes what a try came to.
    pub(super) fn settle(&mut self, held: Held, settled: &'a Settled) {
        let Settled { settle, n, calls } = settled;
        let (nr, attempt) = (held.conversation, held.attempts + 1);
        let (next_at, from) = if settle.state.is_final() {
            (settle.at, settle.at)
        } else {
            (settle.next_at, Timestamp::default())
        };
        let state = settle.state.as_str();
        self.ended.push(nr, *n, state, small(attempt), next_at.as_ms());
        let note = to_text(&settle.note);
        let at = settle.at.as_ms();
        self.lines.push(nr, *n, small(attempt), at, note, None, calls.as_deref());
        if calls.is_some() && attempt > TRIES_WITH_CALLS {
            self.old_calls.push(nr, *n, small(attempt - TRIES_WITH_CALLS));
        }
        self.turns.push(nr, held.side, from.as_ms());
    }

    /// Gives a lease back untried.
    pub(super) fn defer(&mut self, held: Held, n: i64, next_at: Timestamp) {
        let nr = held.conversation;
        self.ended.push(nr, n, "pending", small(held.attempts), next_at.as_ms());
        self.turns.push(nr, held.side, Timestamp::default().as_ms());
    }

    pub(super) fn write(self, writes: &mut Writes<'a>) {
        self.ended.write(writes);
        self.lines.write(writes);
        self.old_calls.write(writes);
        self.turns.write(writes);
    }
}

/// Lets all leases of these holders run out; says how many.
pub(super) struct Free<'a> {
    pub(super) holders: &'a [i64],
    pub(super) now: Timestamp,
}

#[async_trait]
impl Work for Free<'_> {
    type Answer = u64;

    async fn decide(&self, connection: &Connection) -> Tried<(u64, Writes<'_>)> {
        let freed = connection.query(FREE, &[&self.holders, &self.now.as_ms()]).await?;
        Ok((freed.len() as u64, Writes::made(!freed.is_empty())))
    }
}
