//! SQLite passes the list, and what only a file can do.
#![allow(clippy::unwrap_used, reason = "a test that cannot open its store has failed")]

use futures_executor::block_on;
use handover_core::delivery::Side;
use handover_core::port::events::Events;
use handover_core::port::store::{Committed, Page, Record, Records, Store};
use handover_core::session::SessionState;
use handover_store::Sqlite;
use handover_store::conformance::facts::{Deed, at, commit, current, id, lease, names, session};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

fn open() -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (reopen(&folder).unwrap(), folder)
}

fn reopen(folder: &TempDir) -> handover_core::port::store::Result<Sqlite> {
    Sqlite::open(folder.path().join("handover.db"))
}

handover_store::conformance!(open(), block_on);

/// What was not told when the process ended is told by the next.
#[test]
fn events_wait_for_the_next_process() {
    let (store, folder) = open();
    store.keep_events();
    block_on(commit(&store, "a", 0, |it| it.say().say()));
    let places: Vec<u64> = block_on(store.events(9)).unwrap().iter().map(|it| it.place).collect();
    block_on(store.told(&places)).unwrap();
    block_on(commit(&store, "a", 1, Deed::say));
    drop(store);
    let store = reopen(&folder).unwrap();
    let waiting = block_on(store.events(9)).unwrap();
    assert_eq!(waiting.iter().map(|it| it.entry.n).collect::<Vec<_>>(), [3]);
    block_on(store.told(&[waiting[0].place])).unwrap();
    block_on(commit(&store, "a", 2, Deed::say));
    assert_eq!(block_on(store.events_waiting()).unwrap(), 0, "it was not asked for again");
    drop(store);
    let store = reopen(&folder).unwrap();
    store.keep_events();
    block_on(commit(&store, "a", 3, Deed::say));
    assert!(block_on(store.events(9)).unwrap()[0].place > waiting[0].place);
}

/// Nothing that was answered is lost with the process (promise B).
#[test]
fn reopening_keeps_everything() {
    let (store, folder) = open();
    let before = block_on(async {
        commit(&store, "a", 0, |it| {
            let mut it = it.say().send(Side::Desk).send(Side::Desk).from("m").due(Some(at(9)));
            it.bot_state = Some(json!({ "step": "start" }));
            it.session(session("a", 1, SessionState::Waiting, 0))
        })
        .await;
        store.put(Record { kind: "bot".into(), id: "b".into(), body: json!(1) }).await.unwrap();
        assert_eq!(lease(&store, 0).await[0].lease, 1);
        current(&store, "a").await
    });
    drop(store);
    let store = reopen(&folder).unwrap();
    block_on(async {
        assert_eq!(current(&store, "a").await, before);
        let page = Page { after: 0, limit: 9, newest: false };
        assert_eq!(store.transcript(&id("a"), page).await.unwrap().len(), 1);
        assert_eq!(store.bot_state(&id("a")).await.unwrap(), Some(json!({ "step": "start" })));
        assert!(
            store.session(&session("a", 1, SessionState::Waiting, 0).id).await.unwrap().is_some()
        );
        assert_eq!(store.due(at(9), 9).await.unwrap(), [id("a")]);
        assert!(store.get("bot", "b").await.unwrap().is_some());
        // Whoever held the lease is gone: only one process can have the file.
        let anew = lease(&store, 0).await;
        assert_eq!((names(&anew), anew[0].lease, anew[0].attempts), (vec!["a.1".into()], 2, 1));
        let again = commit(&store, "a", 1, |it| it.say().from("m")).await;
        assert_eq!(again, Committed::Duplicate { entry: 1 });
    });
}

#[test]
fn a_second_handover_on_the_file_is_refused_until_the_first_has_ended() {
    let (first, folder) = open();
    let said = reopen(&folder).unwrap_err().to_string();
    assert!(said.contains("handover.db") && said.contains("another handover"), "{said}");
    drop(first);
    reopen(&folder).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("handover.db"), "shopping list: ".repeat(100)).unwrap();
    let said = reopen(&folder).unwrap_err().to_string();
    assert!(said.contains("handover.db") && said.contains("not a database"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_is_told_by_name() {
    let said = Sqlite::open("/no/such/folder/handover.db").unwrap_err().to_string();
    assert!(said.contains("/no/such/folder"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (store, folder) = open();
    block_on(commit(&store, "a", 0, Deed::say));
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn the_log_is_empty_after_a_clean_end() {
    let (store, folder) = open();
    block_on(commit(&store, "a", 0, Deed::say));
    drop(store);
    assert!(!folder.path().join("handover.db-wal").exists());
}
