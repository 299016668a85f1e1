//! A decision is written whole or not at all, once, on what it was decided on.

use super::facts::{Deed, at, change, commit, current, entry, fresh, id, lease, outcome, session};
use futures_util::future::join_all;
use handover_core::delivery::Side;
use handover_core::port::store::{Committed, DeliveryState, Page, SessionFilter, Store};
use handover_core::session::SessionState;
use serde_json::json;

const ALL: Page = Page { after: 0, limit: 1000, newest: false };

/// An empty store knows nothing and says so.
pub async fn begins_with_nothing(store: &dyn Store) {
    assert_eq!(store.load(&id("a")).await.unwrap(), None);
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.due(at(0), 10).await.unwrap(), []);
    assert_eq!(store.transcript(&id("a"), ALL).await.unwrap(), []);
    assert_eq!(store.bot_state(&id("a")).await.unwrap(), None);
    assert_eq!(store.deliveries(&id("a")).await.unwrap(), []);
    assert_eq!(store.pending(&id("a"), Side::Desk).await.unwrap(), 0);
    assert_eq!(store.counts().await.unwrap(), Default::default());
    assert_eq!(lease(store, 0).await, []);
}

/// The first commit makes the conversation; what is read back is what was written, one revision on.
pub async fn create(store: &dyn Store) {
    let decided = change(fresh("a"), at(0)).say().send(Side::Desk).due(Some(at(5)));
    assert_eq!(store.commit(decided.clone()).await.unwrap(), Committed::Done);
    let mut expected = decided.conversation;
    expected.revision = 1;
    assert_eq!(store.load(&id("a")).await.unwrap(), Some(expected));
    assert_eq!(store.transcript(&id("a"), ALL).await.unwrap(), decided.entries);
    assert_eq!(store.deliveries(&id("a")).await.unwrap()[0].delivery, decided.deliveries[0]);
    assert_eq!(store.load(&id("b")).await.unwrap(), None);
}

/// Of two decisions on one revision the second is refused and leaves nothing.
pub async fn stale(store: &dyn Store) {
    commit(store, "a", 0, Deed::say).await;
    let base = current(store, "a").await;
    let one = change(base.clone(), at(1)).say();
    let other = change(base, at(2)).say().send(Side::Desk).from("m").due(Some(at(9)));
    assert_eq!(store.commit(one).await.unwrap(), Committed::Done);
    assert_eq!(store.commit(other).await.unwrap(), Committed::Stale);
    let now = current(store, "a").await;
    assert_eq!((now.revision, now.entries, now.due), (2, 2, None));
    assert_eq!(store.deliveries(&id("a")).await.unwrap(), []);
    assert_eq!(commit(store, "a", 3, |it| it.say().from("m")).await, Committed::Done);
}

/// A conversation that is not there has revision 0 and no other.
pub async fn stale_before_the_first_commit(store: &dyn Store) {
    let mut conversation = fresh("a");
    conversation.revision = 1;
    assert_eq!(store.commit(change(conversation, at(0))).await.unwrap(), Committed::Stale);
    assert_eq!(store.load(&id("a")).await.unwrap(), None);
    commit(store, "a", 0, Deed::say).await;
    assert_eq!(store.commit(change(fresh("a"), at(1))).await.unwrap(), Committed::Stale);
}

/// A fact that arrives twice changes nothing the second time, and its first entry is named (promise C).
pub async fn repeats_are_duplicates(store: &dyn Store) {
    commit(store, "a", 0, Deed::say).await;
    assert_eq!(commit(store, "a", 1, |it| it.say().say().from("m")).await, Committed::Done);
    let before = current(store, "a").await;
    let again = commit(store, "a", 2, |it| it.say().send(Side::Desk).from("m")).await;
    assert_eq!(again, Committed::Duplicate { entry: 2 });
    assert_eq!(current(store, "a").await, before);
    assert_eq!(store.transcript(&id("a"), ALL).await.unwrap().len(), 3);
    assert_eq!(store.deliveries(&id("a")).await.unwrap(), []);
}

/// Two contacts' ids, or two accounts', cannot meet (promise F).
pub async fn repeats_elsewhere_are_not(store: &dyn Store) {
    assert_eq!(commit(store, "a", 0, |it| it.say().from("m")).await, Committed::Done);
    assert_eq!(commit(store, "b", 1, |it| it.say().from("m")).await, Committed::Done);
    assert_eq!(commit(store, "a", 2, |it| it.say().from("n")).await, Committed::Done);
    let desk = commit(store, "a", 3, |it| {
        let mut it = it.say().from("m");
        it.inbox
            .iter_mut()
            .for_each(|key| key.account = handover_core::ids::AccountId::new("desk"));
        it
    });
    assert_eq!(desk.await, Committed::Done);
}

/// A repeat is told as one, even if it was decided on an old revision.
pub async fn duplicate_before_stale(store: &dyn Store) {
    let first = change(fresh("a"), at(0)).say().from("m");
    assert_eq!(store.commit(first.clone()).await.unwrap(), Committed::Done);
    assert_eq!(store.commit(first).await.unwrap(), Committed::Duplicate { entry: 1 });
}

/// A fact that made no entry is remembered too.
pub async fn duplicate_of_no_entry(store: &dyn Store) {
    assert_eq!(commit(store, "a", 0, |it| it.from("m")).await, Committed::Done);
    assert_eq!(commit(store, "a", 1, |it| it.from("m")).await, Committed::Duplicate { entry: 0 });
}

/// What a try came to and what follows from it are one.
pub async fn settles_and_commits_as_one(store: &dyn Store) {
    commit(store, "a", 0, |it| it.say().send(Side::Desk)).await;
    let leased = lease(store, 1).await;
    let settle = outcome(&leased[0], DeliveryState::Delivered, at(2));
    let done = commit(store, "a", 2, |it| it.say().send(Side::Desk).settling(settle)).await;
    assert_eq!(done, Committed::Done);
    let records = store.deliveries(&id("a")).await.unwrap();
    assert_eq!(records[0].state, DeliveryState::Delivered);
    assert_eq!((records[0].attempts, records[0].note.as_str()), (1, "try 1: Delivered"));
    assert_eq!(super::facts::names(&lease(store, 3).await), ["a.2"]);
}

/// A settle under a lost lease takes nothing with it.
pub async fn lost_lease_is_stale_and_writes_nothing(store: &dyn Store) {
    commit(store, "a", 0, |it| it.say().send(Side::Desk)).await;
    let lost = lease(store, 1).await;
    let held = lease(store, 1001).await;
    let before = (current(store, "a").await, store.deliveries(&id("a")).await.unwrap());
    for settle in [
        outcome(&lost[0], DeliveryState::Delivered, at(1002)),
        outcome(&lost[0], DeliveryState::Pending, at(1002)),
    ] {
        let late = commit(store, "a", 1002, |it| it.say().from("m").settling(settle)).await;
        assert_eq!(late, Committed::Stale);
    }
    assert_eq!((current(store, "a").await, store.deliveries(&id("a")).await.unwrap()), before);
    let settle = outcome(&held[0], DeliveryState::Dead, at(1003));
    let again = settle.clone();
    let done = commit(store, "a", 1003, |it| it.say().from("m").settling(settle)).await;
    assert_eq!(done, Committed::Done);
    let twice = commit(store, "a", 1004, |it| it.say().settling(again)).await;
    assert_eq!(twice, Committed::Stale);
}

/// When one part cannot be written, no part is (promise B: what is not answered with success left no trace).
pub async fn all_or_nothing(store: &dyn Store) {
    commit(store, "a", 0, |it| it.say().send(Side::Desk)).await;
    let leased = lease(store, 1).await;
    let before = current(store, "a").await;
    let mut broken = change(before.clone(), at(2)).say().send(Side::Bot).from("m").due(Some(at(9)));
    broken = broken.session(session("a", 1, SessionState::Waiting, 2));
    broken = broken.settling(outcome(&leased[0], DeliveryState::Delivered, at(2)));
    broken.bot_state = Some(json!({ "step": "end" }));
    for taken in ["entry", "delivery"] {
        let mut broken = broken.clone();
        match taken {
            "entry" => broken.entries.push(entry(1)),
            _ => broken.deliveries.extend(broken.deliveries.clone()),
        }
        assert!(store.commit(broken).await.is_err(), "the number of the {taken} is taken");
        assert_eq!(current(store, "a").await, before);
        assert_eq!(store.transcript(&id("a"), ALL).await.unwrap(), [entry(1)]);
        let records = store.deliveries(&id("a")).await.unwrap();
        assert_eq!((records.len(), records[0].state), (1, DeliveryState::Pending));
        let sessions = SessionFilter { limit: 9, ..Default::default() };
        assert_eq!(store.sessions(sessions).await.unwrap(), []);
        assert_eq!(store.bot_state(&id("a")).await.unwrap(), None);
        assert_eq!(store.due(at(10), 9).await.unwrap(), []);
    }
    // Not even the inbox remembers it, and the lease is still held.
    assert_eq!(store.commit(broken).await.unwrap(), Committed::Done);
}

/// A change that reaches into another conversation is refused (promise F).
pub async fn nothing_crosses(store: &dyn Store) {
    commit(store, "b", 0, |it| it.say().send(Side::Desk)).await;
    let leased = lease(store, 0).await;
    let settle = outcome(&leased[0], DeliveryState::Delivered, at(1));
    let clean = change(fresh("a"), at(1)).say();
    let delivery = change(fresh("b"), at(1)).send(Side::Desk).deliveries;
    let inbox = change(fresh("b"), at(1)).from("m").inbox;
    for crossing in [
        clean.clone().settling(settle),
        clean.clone().session(session("b", 1, SessionState::Waiting, 1)),
        handover_core::port::store::Change { deliveries: delivery, ..clean.clone() },
        handover_core::port::store::Change { inbox, ..clean },
    ] {
        assert!(store.commit(crossing).await.is_err());
        assert_eq!(store.load(&id("a")).await.unwrap(), None);
    }
}

/// The bot's memories are replaced when a change brings some, and kept when it brings none.
pub async fn bot_state_stays_until_replaced(store: &dyn Store) {
    for (brought, kept) in [
        (None, None),
        (Some(json!({ "hold": 1 })), Some(json!({ "hold": 1 }))),
        (None, Some(json!({ "hold": 1 }))),
        (Some(json!([])), Some(json!([]))),
    ] {
        let change = |mut it: handover_core::port::store::Change| {
            it.bot_state = brought;
            it
        };
        commit(store, "a", 0, change).await;
        assert_eq!(store.bot_state(&id("a")).await.unwrap(), kept);
        assert_eq!(store.bot_state(&id("b")).await.unwrap(), None);
    }
}

/// Of 200 that decide at once exactly one wins each revision, and all get their turn: entries without gaps (promise D).
pub async fn one_wins_a_revision(store: &dyn Store) {
    let first = join_all((0..200).map(|_| store.commit(change(fresh("a"), at(0)).say()))).await;
    let won = first.into_iter().filter(|it| *it.as_ref().unwrap() == Committed::Done).count();
    assert_eq!(won, 1);
    let wins = join_all((0..200).map(|n: u32| async move {
        let mut tries = 1;
        while commit(store, "a", 1, |it| it.say().from(&n.to_string())).await != Committed::Done {
            tries += 1;
        }
        tries
    }))
    .await;
    assert!(
        wins.iter().all(|tries| *tries <= 200),
        "one wins each time, so the last waits for 199"
    );
    let now = current(store, "a").await;
    assert_eq!((now.revision, now.entries), (201, 201));
    let numbers = store.transcript(&id("a"), ALL).await.unwrap().into_iter().map(|entry| entry.n);
    assert!(numbers.eq(1..=201));
}

/// The inbox remembers for 7 days, and not less (promise C).
pub async fn forgets_the_inbox_after_7_days(store: &dyn Store) {
    const WEEK: i64 = 7 * 24 * 60 * 60 * 1000;
    commit(store, "a", 0, |it| it.say().from("old")).await;
    commit(store, "a", 1, |it| it.say().from("young")).await;
    commit(store, "b", 0, |it| it.say().from("old")).await;
    assert_eq!(store.forget_inbox(at(WEEK)).await.unwrap(), 0);
    assert_eq!(store.forget_inbox(at(WEEK + 1)).await.unwrap(), 2);
    assert_eq!(store.forget_inbox(at(WEEK + 1)).await.unwrap(), 0);
    let young = commit(store, "a", WEEK, |it| it.say().from("young")).await;
    assert_eq!(young, Committed::Duplicate { entry: 2 });
    assert_eq!(commit(store, "a", WEEK, |it| it.say().from("old")).await, Committed::Done);
}
