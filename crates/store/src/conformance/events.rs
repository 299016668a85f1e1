//! What a log elsewhere is told.

use super::facts::{Deed, at, change, commit, current, id, session};
use handover_core::port::events::{Events, Happened};
use handover_core::port::store::{Committed, Page, Store};
use handover_core::session::SessionState;

async fn waiting<S: Events>(store: &S) -> Vec<Happened> {
    store.events(100).await.unwrap()
}

/// In short: `a.1`.
fn names(events: &[Happened]) -> Vec<String> {
    events.iter().map(|it| format!("{}.{}", it.at.id, it.entry.n)).collect()
}

/// Without being asked for, nothing waits.
pub async fn off_unless_asked<S: Store + Events>(store: &S) {
    commit(store, "a", 0, Deed::say).await;
    assert_eq!(waiting(store).await, []);
    store.keep_events();
    assert_eq!(waiting(store).await, [], "from now on, not from the beginning");
    commit(store, "a", 1, Deed::say).await;
    assert_eq!(names(&waiting(store).await), ["a.2"]);
}

/// What waits is the entry, and where it happened.
pub async fn whole<S: Store + Events>(store: &S) {
    store.keep_events();
    commit(store, "a", 0, |it| it.say().session(session("a", 1, SessionState::Waiting, 0))).await;
    let events = waiting(store).await;
    let page = Page { after: 0, limit: 9, newest: false };
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].entry, store.transcript(&id("a"), page).await.unwrap()[0]);
    let (at, conversation) = (&events[0].at, current(store, "a").await);
    assert_eq!((&at.id, &at.channel), (&conversation.id, &conversation.channel));
    assert_eq!((&at.bot, &at.contact.key), (&conversation.bot, &conversation.contact.key));
}

/// In the order of each conversation, up to a limit.
pub async fn in_order<S: Store + Events>(store: &S) {
    store.keep_events();
    for (now, name) in ["b", "a", "b", "a"].into_iter().enumerate() {
        commit(store, name, now as i64, |it| it.say().say()).await;
    }
    let events = waiting(store).await;
    let all = ["b.1", "b.2", "a.1", "a.2", "b.3", "b.4", "a.3", "a.4"];
    assert_eq!(names(&events), all);
    assert!(events.is_sorted_by(|one, next| one.place < next.place));
    assert_eq!(names(&store.events(3).await.unwrap()), &all[..3]);
    assert_eq!(store.events_waiting().await.unwrap(), 8);
}

/// What was told waits no more, and its place is not given again.
pub async fn told_once<S: Store + Events>(store: &S) {
    store.keep_events();
    commit(store, "a", 0, |it| it.say().say().say()).await;
    let places: Vec<u64> = waiting(store).await.iter().map(|it| it.place).collect();
    store.told(&[places[0], places[2]]).await.unwrap();
    store.told(&[places[0]]).await.unwrap();
    store.told(&[]).await.unwrap();
    assert_eq!(names(&waiting(store).await), ["a.2"]);
    store.told(&places).await.unwrap();
    assert_eq!((waiting(store).await, store.events_waiting().await.unwrap()), (Vec::new(), 0));
    commit(store, "a", 1, Deed::say).await;
    let next = waiting(store).await;
    assert_eq!(names(&next), ["a.4"]);
    assert!(places.iter().all(|place| *place < next[0].place), "{places:?}");
}

/// A change that was not written tells nothing.
pub async fn only_what_was_written<S: Store + Events>(store: &S) {
    store.keep_events();
    let before = current(store, "a").await;
    commit(store, "a", 0, |it| it.say().from("m")).await;
    let stale = store.commit(change(before, at(1)).say()).await.unwrap();
    let again = commit(store, "a", 2, |it| it.say().from("m")).await;
    assert_eq!((stale, again), (Committed::Stale, Committed::Duplicate { entry: 1 }));
    let taken = change(current(store, "a").await, at(3)).say();
    let twice = taken.entries.iter().chain(&taken.entries).cloned().collect();
    let twice = handover_core::port::store::Change { entries: twice, ..taken };
    store.commit(twice).await.unwrap_err();
    assert_eq!(names(&waiting(store).await), ["a.1"]);
}
