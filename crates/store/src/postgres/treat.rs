//! What operators do to deliveries: repeat what was given up, or give up for good.

use super::columns::{count, delivery_state, small, to_key, to_text};
use super::connection::Connection;
use super::failure::Tried;
use super::hand::Work;
use super::lease::{EndedTries, Lines};
use super::seat::reseat;
use super::writes::{Writes, rows};
use async_trait::async_trait;
use futures_util::future::join;
use handover_core::ids::DeliveryId;
use handover_core::port::outbox::{By, Deed, Which};
use handover_core::port::store::DeliveryState;
use std::borrow::Cow;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Deliveries repeated in one go, so that leases need not wait for all of them.
pub(super) const REPEAT_AT_ONCE: usize = 200;

/// The number that stands for a conversation.
pub(super) const NUMBER: &str = "SELECT nr FROM conversations WHERE id = $1";

/// Some of those that were given up.
pub(super) const SOME_DEAD: &str = "SELECT conversation, n FROM deliveries
     WHERE state = 'dead' AND next_at <= $3 AND ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR side = $2)
     ORDER BY next_at, conversation, n LIMIT $4";

const LOCK: &str = "SELECT 1 FROM conversations WHERE nr = ANY ($1) ORDER BY id FOR UPDATE";

pub(super) const TARGETS: &str = "SELECT d.conversation, d.n, d.state, d.attempts
     FROM unnest($1::bigint[], $2::bigint[]) AS k (conversation, n)
     JOIN deliveries d ON d.conversation = k.conversation AND d.n = k.n ORDER BY d.conversation, d.n FOR UPDATE OF d";

pub(super) const REPEAT: &str = "UPDATE deliveries d SET state = 'pending', attempts = k.lines, forgiven = k.lines,
         created_at = k.at, next_at = k.at, lease = NULL, wake = NULL
     FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[]) AS k (conversation, n, lines, at)
     WHERE d.conversation = k.conversation AND d.n = k.n";

/// What operators ask of a hand.
pub(super) const STATEMENTS: &[&str] = &[NUMBER, SOME_DEAD, LOCK, TARGETS, REPEAT];

rows!(Repeated: REPEAT, conversation: i64, n: i64, lines: i32, at: i64);

/// What is done to which deliveries.
pub(super) struct Treat {
    pub(super) what: What,
    pub(super) by: By,
}

pub(super) enum What {
    Repeat(DeliveryId, i64),
    Skip(DeliveryId, i64),
    RepeatSome(Which),
}

/// How many were found, and what became of the last of them.
pub(super) struct Treated {
    pub(super) found: usize,
    pub(super) repeated: u64,
    pub(super) deed: Deed,
}

/// A delivery that something is to be done to.
struct Target {
    conversation: i64,
    n: i64,
    state: DeliveryState,
    attempts: u32,
}

#[async_trait]
impl Work for Treat {
    type Answer = Treated;

    async fn decide(&self, connection: &Connection) -> Tried<(Treated, Writes<'_>)> {
        let places = self.find(connection).await?;
        let targets = look(connection, &places).await?;
        let mut treated = Treated { found: places.len(), repeated: 0, deed: Deed::NoSuch };
        let (mut lines, mut ended) = (Lines::default(), EndedTries::default());
        let mut repeated = Repeated::default();
        let mut moved = BTreeSet::new();
        let at = self.by.at.as_ms();
        for target in &targets {
            let Target { conversation, n, state, attempts } = target;
            let (nr, line) = (*conversation, small(attempts + 1));
            match (&self.what, state) {
                (What::Skip(..), DeliveryState::Dead | DeliveryState::Pending) => {
                    ended.push(nr, *n, DeliveryState::Skipped.as_str(), line, at);
                }
                (What::Repeat(..) | What::RepeatSome(_), DeliveryState::Dead) => {
                    repeated.push(nr, *n, line, at);
                    treated.repeated += 1;
                }
                _ => {
                    treated.deed = Deed::Refused(*state);
                    continue;
                }
            }
            treated.deed = Deed::Done;
            let (note, who) = (to_text(&self.by.note), to_text(&self.by.who));
            lines.push(nr, *n, line, at, note, Some(who), None);
            moved.insert(nr);
        }
        let mut writes = Writes::default();
        lines.write(&mut writes);
        ended.write(&mut writes);
        repeated.write(&mut writes);
        reseat(moved, &mut writes);
        Ok((treated, writes))
    }
}

impl Treat {
    /// The deliveries that are meant: conversation and number.
    async fn find(&self, connection: &Connection) -> Tried<Vec<(i64, i64)>> {
        let rows = match &self.what {
            What::Repeat(delivery, n) | What::Skip(delivery, n) => {
                let id: Cow<'_, str> = to_text(delivery.conversation.as_str());
                let rows = connection.query(NUMBER, &[&id]).await?;
                return rows.iter().map(|row| Ok((row.try_get(0)?, *n))).collect();
            }
            What::RepeatSome(which) => {
                let account = which.account.as_ref().map(|account| to_key(account.as_str()));
                let side = which.side.map(handover_core::delivery::Side::as_str);
                let (at, limit) = (self.by.at.as_ms(), REPEAT_AT_ONCE as i64);
                connection.query(SOME_DEAD, &[&account, &side, &at, &limit]).await?
            }
        };
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}

/// Locks the conversations and the deliveries, and reads them as they are then.
async fn look(connection: &Connection, places: &[(i64, i64)]) -> Tried<Vec<Target>> {
    let all: Vec<i64> = places.iter().map(|(nr, _)| *nr).collect();
    let ns: Vec<i64> = places.iter().map(|(_, n)| *n).collect();
    let (locked, targets) =
        join(connection.query(LOCK, &[&all]), connection.query(TARGETS, &[&all, &ns])).await;
    locked?;
    let target = |row: &Row| {
        Ok(Target {
            conversation: row.try_get(0)?,
            n: row.try_get(1)?,
            state: delivery_state(row, 2)?,
            attempts: count(row, 3)?,
        })
    };
    targets?.iter().map(target).collect()
}
