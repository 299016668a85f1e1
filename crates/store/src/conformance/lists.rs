//! What pages and timers ask for.

use super::facts::{Deed, at, commit, id, lease, outcome, session};
use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::store::{Counts, DeliveryState, Page, SessionFilter, Store};
use handover_core::session::SessionState::{Agent, Ended, Waiting};

async fn numbers(store: &dyn Store, after: u64, limit: u32, newest: bool) -> Vec<u64> {
    let page = Page { after, limit, newest };
    let entries = store.transcript(&id("a"), page).await.unwrap();
    entries.into_iter().map(|entry| entry.n).collect()
}

async fn listed(store: &dyn Store, filter: SessionFilter) -> Vec<String> {
    let sessions = store.sessions(filter).await.unwrap();
    sessions.into_iter().map(|session| session.id.to_string()).collect()
}

/// Entries come back by their number, each conversation's its own (promise F).
pub async fn entries_in_order(store: &dyn Store) {
    for _ in 0..6 {
        commit(store, "a", 0, |it| it.say().say()).await;
        commit(store, "b", 0, Deed::say).await;
    }
    assert_eq!(numbers(store, 0, 100, false).await, Vec::from_iter(1..=12));
    assert_eq!(numbers(store, 0, 100, true).await, Vec::from_iter(1..=12));
}

/// A page begins after a number, or ends at the newest, and is in order.
pub async fn pages(store: &dyn Store) {
    commit(store, "a", 0, |it| it.say().say().say().say().say()).await;
    assert_eq!(numbers(store, 0, 2, false).await, [1, 2]);
    assert_eq!(numbers(store, 2, 2, false).await, [3, 4]);
    assert_eq!(numbers(store, 4, 2, false).await, [5]);
    assert_eq!(numbers(store, 5, 2, false).await, [0; 0]);
    assert_eq!(numbers(store, 0, 2, true).await, [4, 5]);
    assert_eq!(numbers(store, 3, 9, true).await, [4, 5]);
    assert_eq!(numbers(store, 4, 2, true).await, [5]);
    assert_eq!(numbers(store, 0, 0, true).await, [0; 0]);
    assert_eq!(numbers(store, 0, 0, false).await, [0; 0]);
}

async fn five_sessions(store: &dyn Store) {
    for (name, ordinal, state, started) in [
        ("a", 1, Ended, 1),
        ("b", 1, Waiting, 3),
        ("c", 1, Agent, 2),
        ("d", 1, Ended, 5),
        ("a", 2, Waiting, 4),
        ("e", 1, Agent, 6),
    ] {
        let session = session(name, ordinal, state, started);
        commit(store, name, started, |it| it.session(session)).await;
    }
}

/// Who waits longest comes first; the others newest first.
pub async fn sessions_in_order(store: &dyn Store) {
    five_sessions(store).await;
    let all = SessionFilter { limit: 10, ..Default::default() };
    let open = SessionFilter { open: Some(true), ..all.clone() };
    let ended = SessionFilter { open: Some(false), ..all.clone() };
    assert_eq!(listed(store, all.clone()).await, ["b-1", "a-2", "e-1", "d-1", "c-1", "a-1"]);
    assert_eq!(listed(store, open.clone()).await, ["b-1", "a-2", "e-1", "c-1"]);
    assert_eq!(listed(store, ended.clone()).await, ["d-1", "a-1"]);
    assert_eq!(
        listed(store, SessionFilter { limit: 4, ..all }).await,
        ["b-1", "a-2", "e-1", "d-1"]
    );
    assert_eq!(listed(store, SessionFilter { limit: 1, ..open }).await, ["b-1"]);
    assert_eq!(listed(store, SessionFilter { limit: 1, ..ended }).await, ["d-1"]);
}

/// A conversation's own sessions.
pub async fn sessions_of_a_conversation(store: &dyn Store) {
    five_sessions(store).await;
    let of = |name| SessionFilter { conversation: Some(id(name)), limit: 10, open: None };
    assert_eq!(listed(store, of("a")).await, ["a-2", "a-1"]);
    assert_eq!(listed(store, of("nobody")).await, Vec::<String>::new());
    let ended = SessionFilter { open: Some(false), ..of("a") };
    assert_eq!(listed(store, ended).await, ["a-1"]);
    assert_eq!(listed(store, SessionFilter { limit: 1, ..of("a") }).await, ["a-2"]);
}

/// A session's record is replaced as the session goes on.
pub async fn sessions_are_replaced(store: &dyn Store) {
    for state in [Waiting, Agent, Ended] {
        let record = session("a", 1, state, 0);
        commit(store, "a", 0, |it| it.session(record.clone())).await;
        assert_eq!(store.session(&record.id).await.unwrap(), Some(record.clone()));
        let all = SessionFilter { limit: 10, ..Default::default() };
        assert_eq!(store.sessions(all).await.unwrap(), [record]);
    }
    assert_eq!(store.session(&session("a", 2, Ended, 0).id).await.unwrap(), None);
}

/// What ended lately, the last ended first, however long ago it began.
pub async fn ended_since(store: &dyn Store) {
    for (name, ordinal, state, started, ended) in [
        ("a", 1, Ended, 1, Some(9)),
        ("a", 2, Ended, 5, Some(7)),
        ("b", 1, Waiting, 3, None),
        ("c", 1, Ended, 2, Some(4)),
        ("d", 1, Ended, 6, Some(7)),
    ] {
        let mut session = session(name, ordinal, state, started);
        session.ended_at = ended.map(at);
        commit(store, name, started, |it| it.session(session)).await;
    }
    let ended = async |since, limit| {
        let found = store.ended_since(at(since), limit).await.unwrap();
        found.into_iter().map(|session| session.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ended(0, 10).await, ["a-1", "d-1", "a-2", "c-1"]);
    assert_eq!(ended(7, 10).await, ["a-1", "d-1", "a-2"]);
    assert_eq!(ended(10, 10).await, [""; 0]);
    assert_eq!(ended(0, 2).await, ["a-1", "d-1"]);
}

/// Conversations whose time has come, the earliest first (promise E).
pub async fn due_conversations(store: &dyn Store) {
    for (name, due) in [("a", 30), ("b", 10), ("c", 20), ("d", 10)] {
        commit(store, name, 0, |it| it.due(Some(at(due)))).await;
    }
    commit(store, "e", 0, Deed::say).await;
    assert_eq!(store.due(at(9), 10).await.unwrap(), []);
    assert_eq!(store.due(at(20), 10).await.unwrap(), [id("b"), id("d"), id("c")]);
    assert_eq!(store.due(at(99), 3).await.unwrap(), [id("b"), id("d"), id("c")]);
    commit(store, "b", 1, |it| it.due(None)).await;
    commit(store, "d", 1, Deed::say).await;
    commit(store, "c", 1, |it| it.due(Some(at(40)))).await;
    assert_eq!(store.due(at(99), 10).await.unwrap(), [id("d"), id("a"), id("c")]);
}

/// The next moment to look counts timers and deliveries.
pub async fn next_due_of_timers(store: &dyn Store) {
    commit(store, "a", 0, |it| it.due(Some(at(30)))).await;
    commit(store, "b", 0, |it| it.due(Some(at(20)))).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(20)));
    commit(store, "b", 10, |it| it.due(None).send(Side::Desk)).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(10)));
    lease(store, 10).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(30)));
    commit(store, "a", 11, |it| it.due(None)).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(1010)));
}

/// Numbers for metrics.
pub async fn counts(store: &dyn Store) {
    five_sessions(store).await;
    commit(store, "a", 7, |it| it.send(Side::Desk).send(Side::Desk).send(Side::Bot)).await;
    let leased = lease(store, 7).await;
    store.settle(outcome(&leased[0], DeliveryState::Dead, at(8))).await.unwrap();
    let expected = Counts {
        conversations: 5,
        sessions_waiting: 2,
        sessions_agent: 2,
        deliveries_pending: 2,
        deliveries_dead: 1,
    };
    assert_eq!(store.counts().await.unwrap(), expected);
}

/// A desk's link finds the last session that has it, and no other desk's.
pub async fn linked(store: &dyn Store) {
    for (name, ordinal, started, link) in
        [("a", 1, 1, Some("7")), ("a", 2, 2, Some("7")), ("b", 1, 3, Some("8")), ("c", 1, 4, None)]
    {
        let mut session = session(name, ordinal, Ended, started);
        session.link = link.map(str::to_owned);
        commit(store, name, started, |it| it.session(session)).await;
    }
    let desk = session("a", 1, Ended, 1).desk;
    let found = async |desk: &AccountId, link| {
        store.linked(desk, link).await.unwrap().map(|session| session.id.to_string())
    };
    assert_eq!(found(&desk, "7").await.as_deref(), Some("a-2"));
    assert_eq!(found(&desk, "8").await.as_deref(), Some("b-1"));
    assert_eq!(found(&desk, "9").await, None);
    assert_eq!(found(&AccountId::new("another"), "7").await, None, "promise F");
}
