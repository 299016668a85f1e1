//! How much there is of everything, where there may be millions.
//!
//! Conversations are never deleted: what was counted stays counted, and only newer ones are counted anew. A row's number is
//! drawn before it can be seen; so nothing is counted for good before all who might still bring a lower number have ended.
//! Open sessions and deliveries that wait come and go, and are counted in the indexes that hold nothing else.

use super::Postgres;
use super::columns::unsigned;
use handover_core::port::store::{Counts, Result};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::Row;

/// No transaction lasts this long.
const ALL_ENDED: Duration = Duration::from_secs(120);
/// Counting that takes less is done as often as it is asked for.
const QUICK: Duration = Duration::from_millis(200);
/// The part of the time that slower counting may take.
const PART: u32 = 20;

/// The last conversation's number.
pub(super) const LAST: &str = "SELECT coalesce(max(nr), 0) FROM conversations";

/// The conversations between two numbers.
pub(super) const BETWEEN: &str = "SELECT count(*) FROM conversations WHERE nr > $1 AND nr <= $2";

/// What comes and goes.
pub(super) const OTHERS: &str = "SELECT
    (SELECT count(*) FROM sessions WHERE state = 'waiting'),
    (SELECT count(*) FROM sessions WHERE state = 'agent'),
    (SELECT count(*) FROM deliveries WHERE state = 'pending'),
    (SELECT count(*) FROM deliveries WHERE state = 'dead')";

/// What was counted.
#[derive(Default)]
pub(super) struct Counted {
    /// Conversations with numbers up to `until`, for good.
    conversations: u64,
    until: i64,
    /// The last number at a moment.
    next: Option<(i64, Instant)>,
    last: Option<Last>,
}

struct Last {
    counts: Counts,
    at: Instant,
    took: Duration,
}

impl Last {
    /// Whether it is too early to count anew.
    fn will_do(&self, now: Instant) -> bool {
        self.took > QUICK && now - self.at < self.took * PART
    }
}

impl Postgres {
    /// Counts. On a database where that takes long it is done for a small part of the time, and the last count stands
    /// meanwhile.
    pub(super) async fn count(&self) -> Result<Counts> {
        let mut counted = self.counted.lock().await;
        let began = Instant::now();
        if let Some(last) = counted.last.as_ref().filter(|last| last.will_do(began)) {
            return Ok(last.counts);
        }
        let conversations = self.count_conversations(&mut counted, began).await?;
        let others = |row: &Row| {
            Ok(Counts {
                conversations,
                sessions_waiting: unsigned(row, 0)?,
                sessions_agent: unsigned(row, 1)?,
                deliveries_pending: unsigned(row, 2)?,
                deliveries_dead: unsigned(row, 3)?,
            })
        };
        let found = self.read(OTHERS, &[], others).await?;
        let counts = found.first().copied().unwrap_or_default();
        counted.last = Some(Last { counts, at: Instant::now(), took: began.elapsed() });
        Ok(counts)
    }

    async fn count_conversations(&self, counted: &mut Counted, now: Instant) -> Result<u64> {
        let last = self.read(LAST, &[], |row| Ok(row.try_get::<_, i64>(0)?)).await?;
        let last = last.first().copied().unwrap_or_default();
        match counted.next {
            Some((next, at)) if now - at >= ALL_ENDED => {
                counted.conversations += self.between(counted.until, next).await?;
                counted.until = next;
                counted.next = Some((last, now));
            }
            Some(_) => {}
            None => counted.next = Some((last, now)),
        }
        Ok(counted.conversations + self.between(counted.until, last).await?)
    }

    async fn between(&self, after: i64, until: i64) -> Result<u64> {
        let counts = self.read(BETWEEN, &[&after, &until], |row| unsigned(row, 0)).await?;
        Ok(counts.into_iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::server::{block_on, database, shared};

    fn add(url: &str, many: u32) {
        let name = url.rsplit('/').next().unwrap();
        shared().psql(
            name,
            &format!(
                "INSERT INTO conversations (id, revision, body)
                 SELECT gen_random_uuid()::text, 1, '{{}}' FROM generate_series(1, {many})"
            ),
        );
    }

    #[test]
    fn conversations_are_counted_exactly_and_once() {
        block_on(async {
            let url = database();
            let (store, mut counted) = (Postgres::open(&url).await.unwrap(), Counted::default());
            let begun = Instant::now();
            let count = async |counted: &mut Counted, after: Duration| {
                store.count_conversations(counted, begun + after).await.unwrap()
            };
            assert_eq!(count(&mut counted, Duration::ZERO).await, 0);
            add(&url, 3);
            assert_eq!(count(&mut counted, Duration::ZERO).await, 3);
            assert_eq!((counted.until, counted.conversations), (0, 0), "others may be under way");
            assert_eq!(count(&mut counted, ALL_ENDED).await, 3);
            add(&url, 2);
            assert_eq!(count(&mut counted, ALL_ENDED).await, 5);
            assert_eq!(count(&mut counted, ALL_ENDED * 2).await, 5);
            assert_eq!((counted.until, counted.conversations), (3, 3));
            add(&url, 1);
            assert_eq!(count(&mut counted, ALL_ENDED * 3).await, 6);
            assert_eq!((counted.until, counted.conversations), (5, 5));
        });
    }

    /// A number that was drawn and not yet written is not passed by.
    #[test]
    fn who_comes_late_with_a_low_number_is_counted() {
        block_on(async {
            let url = database();
            let store = Postgres::open(&url).await.unwrap();
            let (late, wire) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            let wire = tokio::spawn(wire);
            let begun =
                "BEGIN; INSERT INTO conversations (id, revision, body) VALUES ('late', 1, '{}')";
            late.batch_execute(begun).await.unwrap();
            add(&url, 1);
            assert_eq!(store.count().await.unwrap().conversations, 1);
            late.batch_execute("COMMIT").await.unwrap();
            assert_eq!(store.count().await.unwrap().conversations, 2);
            drop((late, wire));
        });
    }

    #[test]
    fn slow_counting_takes_a_small_part_of_the_time() {
        let at = Instant::now();
        let of = |took| Last { counts: Counts::default(), at, took };
        let (quick, slow) = (of(QUICK), of(Duration::from_secs(1)));
        assert!(!quick.will_do(at) && slow.will_do(at + Duration::from_secs(19)));
        assert!(!slow.will_do(at + Duration::from_secs(20)));
    }
}
