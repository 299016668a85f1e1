//! What is asked all the time is answered from an index, however much waits.

use super::columns::session_word;
use super::open::plan_once;
use super::{commit, events, lease, migrate::migrate, outbox, sessions, store};
use handover_core::session::SessionState;
use handover_core::time::Timestamp;
use rusqlite::{Connection, StatementStatus, params};

const PENDING: &str = "SELECT count(*) FROM deliveries WHERE state = 'pending'";

/// 100,000 deliveries in 20,000 lanes, and as many conversations with timers.
fn crowded() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    plan_once(&connection).unwrap();
    migrate(&mut connection).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < 19999)
             INSERT INTO conversations (nr, id, revision, due, body)
             SELECT i + 1, 'c' || i, 1, 1000 + i, '{}' FROM i;
             WITH RECURSIVE i (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM i WHERE i < 99999)
             INSERT INTO deliveries (conversation, n, side, created_at, next_at, wake, body)
             SELECT 1 + i % 20000, 1 + i / 20000, 'desk', i, i, CASE WHEN i < 20000 THEN i END, '{}' FROM i;",
        )
        .unwrap();
    connection
}

fn plan(connection: &Connection, sql: &str) -> String {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let none = vec![rusqlite::types::Null; explain.parameter_count()];
    let lines =
        explain.query_map(rusqlite::params_from_iter(none), |row| row.get::<_, String>(3)).unwrap();
    lines.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

#[test]
fn polls_walk_an_index_in_its_order() {
    let connection = crowded();
    for (sql, index) in [
        (lease::HEADS, "deliveries_wake"),
        (lease::PROMOTE, "deliveries_lane"),
        (store::NEXT_WAKE, "deliveries_wake"),
        (store::NEXT_TIMER, "conversations_due"),
        (store::DUE, "conversations_due"),
        (store::FORGET, "inbox_at"),
        (store::LINKED, "sessions_link"),
        (sessions::ENDED_SINCE, "sessions_ended"),
        (PENDING, "deliveries_lane"),
        (lease::FORGET_CALLS, "PRIMARY KEY"),
        (outbox::HISTORY, "PRIMARY KEY"),
        (outbox::DEAD, "deliveries_dead"),
        (outbox::SOME_DEAD, "deliveries_dead"),
        (outbox::WAITING_SINCE, "deliveries_lane"),
        (outbox::STIRRED, "inbox_at"),
        (events::WAITING, "PRIMARY KEY"),
    ] {
        let plan = plan(&connection, sql);
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql} sorts: {plan}");
        assert!(
            plan.split("; ").all(|it| !it.starts_with("SCAN") || it.contains("INDEX")),
            "{plan}"
        );
    }
}

#[test]
fn session_lists_walk_an_index_in_its_order() {
    let connection = crowded();
    for state in [SessionState::Waiting, SessionState::Agent, SessionState::Ended] {
        for (of_one, index) in [(false, "sessions_state"), (true, "sessions_conversation")] {
            let plan = plan(&connection, &super::sessions::of_state_sql(state, of_one));
            assert!(plan.contains(index), "{}: {plan}", session_word(state));
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}

#[test]
fn a_lease_costs_the_same_however_many_wait() {
    let connection = crowded();
    let mut heads = connection.prepare(lease::HEADS).unwrap();
    let found = heads.query_map(params![50_000, 10], |_| Ok(())).unwrap().count();
    assert_eq!(found, 10);
    assert!(heads.get_status(StatementStatus::VmStep) < 500);
    let mut promote = connection.prepare(lease::PROMOTE).unwrap();
    assert_eq!(promote.execute(params![7, "desk", 0]).unwrap(), 1);
    assert!(promote.get_status(StatementStatus::VmStep) < 500);
}

#[test]
fn a_statement_is_planned_once_whatever_it_is_asked() {
    let connection = crowded();
    for sql in [
        lease::HEADS,
        lease::PROMOTE,
        lease::ENQUEUE,
        store::DUE,
        store::FORGET,
        store::LINKED,
        sessions::ENDED_SINCE,
        outbox::HISTORY,
        outbox::DEAD,
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        for round in 0..5_i64 {
            let values: Vec<i64> = (0..statement.parameter_count() as i64)
                .map(|parameter| 1_000_000 + round * 10 + parameter)
                .collect();
            let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
    }
}

fn opcodes(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let none = vec![rusqlite::types::Null; explain.parameter_count()];
    let rows = explain.query_map(rusqlite::params_from_iter(none), |row| row.get(1)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn what_each_message_asks_makes_no_table_of_its_own() {
    let connection = crowded();
    let made: Vec<&str> = [
        commit::FIND,
        commit::BY_SOURCE,
        commit::UPDATE,
        commit::ADD_ENTRY,
        commit::REMEMBER,
        lease::ENQUEUE,
        lease::HEADS,
        lease::NUMBERS,
        lease::TAKE,
        lease::HELD,
        lease::END,
        lease::NOTE,
        lease::PROMOTE,
    ]
    .into_iter()
    .filter(|sql| opcodes(&connection, sql).iter().any(|it| it == "OpenEphemeral"))
    .collect();
    assert!(made.is_empty(), "{made:#?}");
}

#[test]
fn a_timer_that_stays_leaves_its_index_alone() {
    let connection = crowded();
    let writes = |sql| opcodes(&connection, sql).iter().any(|opcode| opcode.starts_with("Idx"));
    assert!(!writes(commit::UPDATE));
    assert!(writes(commit::UPDATE_DUE));
    let now = Timestamp::from_ms(0);
    assert!(lease::lease(&connection, now, now, 0).unwrap().is_empty());
}
