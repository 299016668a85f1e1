//! What is asked all the time is answered from an index, however much waits: also by a plan that was made when the tables
//! were empty.

use super::address::Address;
use super::connection::Connection;
use super::failure::PATIENCE;
use super::migrate::migrate;
use super::{commit, counts, events, files, lease, outbox, seat, sessions, store, treat};
use crate::conformance::server::{self, block_on};
use tokio::time::Instant;

/// 100,000 deliveries in 20,000 lanes, and as many conversations with timers.
const CROWD: &str = "
    INSERT INTO conversations (id, revision, due, body) SELECT 'c' || i, 1, 1000 + i, '{}' FROM generate_series(1, 20000) i;
    INSERT INTO deliveries (conversation, n, side, account, created_at, next_at, wake, body)
    SELECT 1 + i % 20000, 1 + i / 20000, 'desk', 'desk', i, i, CASE WHEN i < 20000 THEN i END, '{}'
    FROM generate_series(0, 99999) i;
    INSERT INTO attempts (conversation, delivery, attempt, at, note)
    SELECT 1 + i % 20000, 1, 1, i, '' FROM generate_series(0, 19999) i;
    INSERT INTO inbox (conversation, account, source, at, entry)
    SELECT 1 + i % 20000, 'web', i::text, i, 0 FROM generate_series(0, 19999) i;
    INSERT INTO entries (conversation, n, body) SELECT 1 + i % 20000, 1 + i / 20000, '{}' FROM generate_series(0, 99999) i;
    INSERT INTO events (conversation, n) SELECT 1 + i % 20000, 1 + i / 20000 FROM generate_series(0, 99999) i;
    ANALYZE";

fn forever(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The plan that is kept for a statement, in lines.
async fn plan(connection: &Connection, name: &str, sql: &str) -> String {
    let values = (1..=9).take_while(|n| sql.contains(&format!("${n}"))).count();
    let nulls = vec!["NULL"; values].join(", ");
    let with = if values == 0 { String::new() } else { format!("({nulls})") };
    connection.run(&format!("PREPARE {name} AS {sql}")).await.unwrap();
    let explain = forever(format!("EXPLAIN EXECUTE {name} {with}"));
    let rows = connection.query(explain, &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

async fn open() -> Connection {
    let address = Address::read(&server::database()).unwrap();
    let connection = Connection::open(&address, Instant::now() + PATIENCE).await.unwrap();
    migrate(&connection).await.unwrap();
    connection
}

/// What is asked of all that there is, and the index in whose order it is answered, up to a limit.
const LISTS: &[(&str, &str)] = &[
    (lease::LEASE, "deliveries_wake"),
    (lease::FREE, "deliveries_wake"),
    (store::NEXT_DUE, "deliveries_wake"),
    (store::NEXT_DUE, "conversations_due"),
    (store::DUE, "conversations_due"),
    (store::FORGET, "inbox_at"),
    (counts::LAST, "conversations_pkey"),
    (counts::BETWEEN, "conversations_pkey"),
    (counts::OTHERS, "deliveries_"),
    (store::LINKED, "sessions_link"),
    (store::ENTRIES, "entries_pkey"),
    (store::LAST_ENTRIES, "entries_pkey"),
    (outbox::HISTORY, "attempts_pkey"),
    (outbox::DEAD, "deliveries_dead"),
    (outbox::STIRRED, "inbox_at"),
    (events::WAITING, "events_pkey"),
    (events::WAITING, "conversations_pkey"),
    (events::WAITING, "entries_pkey"),
    (treat::SOME_DEAD, "deliveries_dead"),
    (sessions::OF_ALL, "sessions_state"),
    (sessions::OF_ONE, "sessions_conversation"),
    (sessions::ENDED_SINCE, "sessions_ended"),
];

/// What is asked of some rows, and the index that finds each of them.
const LOOKUPS: &[(&str, &str)] = &[
    (lease::PROMOTE, "deliveries_lane"),
    (lease::PROMOTE, "deliveries_pkey"),
    (lease::ENQUEUE, "deliveries_lane"),
    (lease::HELD, "conversations_id_key"),
    (lease::HELD, "deliveries_pkey"),
    (lease::END_TRY, "deliveries_pkey"),
    (lease::FORGET_CALLS, "attempts_pkey"),
    (commit::LOCK, "conversations_id_key"),
    (commit::KNOWN, "conversations_id_key"),
    (commit::KNOWN, "inbox_pkey"),
    (commit::REVISE, "conversations_pkey"),
    (treat::TARGETS, "deliveries_pkey"),
    (treat::REPEAT, "deliveries_pkey"),
    (seat::UNSEAT, "deliveries_"),
    (seat::SEAT, "deliveries_pkey"),
    (seat::SEAT, "deliveries_lane"),
    (commit::BRING_AGAIN, "deliveries_pkey"),
    (events::FORGET, "events_pkey"),
    (files::ABOUT, "files_pkey"),
    (files::PART, "files_pkey"),
];

#[test]
fn what_is_asked_is_found_in_an_index() {
    block_on(async {
        let connection = open().await;
        for (round, filling) in ["", CROWD].into_iter().enumerate() {
            connection.run(filling).await.unwrap();
            for (number, (sql, index)) in LISTS.iter().chain(LOOKUPS).enumerate() {
                let plan = plan(&connection, &format!("asked_{number}_{round}"), sql).await;
                assert!(plan.contains(index), "{sql}\n{plan}");
                assert!(!plan.contains("Seq Scan"), "{sql}\n{plan}");
                if number < LISTS.len() {
                    assert!(!plan.contains("Sort"), "{sql} sorts:\n{plan}");
                } else {
                    assert!(!walks_all(&plan), "{sql} walks a whole index:\n{plan}");
                }
            }
        }
    });
}

/// Whether some scan of an index is not told where to look.
fn walks_all(plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    lines.iter().enumerate().any(|(at, line)| {
        let is_told = lines.get(at + 1).is_some_and(|next| next.contains("Index Cond"));
        line.contains("Index") && line.contains(" using ") && !is_told
    })
}

#[test]
fn a_lease_costs_the_same_however_many_wait() {
    block_on(async {
        let connection = open().await;
        connection.run(CROWD).await.unwrap();
        let explain = forever(format!(
            "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {}",
            lease::LEASE
                .replace("$1", "50000")
                .replace("$2", "60000")
                .replace("$3", "10")
                .replace("$4", "1")
                .replace("$5", "''")
                .replace("$6", "49700")
        ));
        let rows = connection.query(explain, &[]).await.unwrap();
        let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let touched = lines.iter().find(|line| line.contains("Buffers: shared hit=")).unwrap();
        let pages: u32 = touched
            .split(|sign: char| !sign.is_ascii_digit())
            .filter_map(|number| number.parse::<u32>().ok())
            .sum();
        assert!(pages < 400, "{}", lines.join("\n"));
    });
}

/// A message that moves no timer writes no index of the conversation's row.
#[test]
fn a_timer_that_stays_leaves_its_index_alone() {
    block_on(async {
        let connection = open().await;
        connection.run(CROWD).await.unwrap();
        // What is counted is told to others now and then, and counted from 0 then: not within a transaction.
        connection.run("BEGIN").await.unwrap();
        let counted = async || {
            let count = "SELECT pg_stat_get_xact_tuples_hot_updated('conversations'::regclass)";
            let rows = connection.query(count, &[]).await.unwrap();
            rows[0].get::<_, i64>(0)
        };
        let hot = async |due: i64| {
            let before = counted().await;
            let (nr, revision, due, body) =
                (vec![7_i64], vec![2_i64], vec![Some(due)], vec!["{}".to_owned()]);
            connection.query(commit::REVISE, &[&nr, &revision, &due, &body]).await.unwrap();
            counted().await - before
        };
        assert_eq!(hot(1007).await, 1);
        assert_eq!(hot(9999).await, 0);
    });
}
