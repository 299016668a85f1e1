//! In a lane one goes after the other; lanes go side by side (promise D).

use super::facts::{Deed, at, commit, id, lease, names, outcome};
use handover_core::delivery::Side;
use handover_core::ids::DeliveryId;
use handover_core::port::store::{DeliveryState, Leased, Settle, Store};

async fn send(store: &dyn Store, name: &str, now: i64, side: Side) {
    commit(store, name, now, |it| it.send(side)).await;
}

async fn settle(store: &dyn Store, leased: &Leased, state: DeliveryState, next: i64) -> bool {
    store.settle(outcome(leased, state, at(next))).await.unwrap()
}

/// Only the first of a lane is leased; the next when it has ended.
pub async fn heads_only(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    send(store, "a", 0, Side::Desk).await;
    for n in 1..=3 {
        let leased = lease(store, n).await;
        assert_eq!(names(&leased), [format!("a.{n}")]);
        assert_eq!((leased[0].attempts, leased[0].created_at), (0, at(0)));
        assert_eq!(lease(store, n).await, []);
        assert!(settle(store, &leased[0], DeliveryState::Delivered, n).await);
    }
    assert_eq!(lease(store, 9).await, []);
}

/// A lease tells how far its conversation has come.
pub async fn revisions_of_leases(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    send(store, "b", 0, Side::Desk).await;
    send(store, "a", 0, Side::Contact).await;
    let leased = lease(store, 1).await;
    assert_eq!(names(&leased), ["a.1", "a.3", "b.1"]);
    let revisions = |leased: &[Leased]| leased.iter().map(|it| it.revision).collect::<Vec<_>>();
    assert_eq!(revisions(&leased), [2, 2, 1]);
    commit(store, "a", 2, |it| it).await;
    assert!(settle(store, &leased[0], DeliveryState::Delivered, 2).await);
    assert_eq!(revisions(&lease(store, 3).await), [3]);
}

/// Lanes do not wait for each other.
pub async fn lanes_side_by_side(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Contact).send(Side::Desk)).await;
    send(store, "b", 0, Side::Desk).await;
    send(store, "a", 0, Side::Bot).await;
    assert_eq!(names(&lease(store, 0).await), ["a.1", "a.2", "a.4", "b.1"]);
}

/// The oldest is leased first; of those of one moment the one whose conversation is older.
pub async fn oldest_first(store: &dyn Store) {
    send(store, "c", 7, Side::Desk).await;
    send(store, "b", 5, Side::Desk).await;
    send(store, "a", 7, Side::Desk).await;
    send(store, "d", 6, Side::Desk).await;
    assert_eq!(lease(store, 4).await, []);
    assert_eq!(names(&lease(store, 6).await), ["b.1", "d.1"]);
    assert_eq!(names(&lease(store, 8).await), ["c.1", "a.1"]);
}

/// A lane in which much waits goes on behind what is due by then: nobody waits for the whole of it.
pub async fn a_long_lane_holds_up_no_other(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 5).await;
    send(store, "b", 6, Side::Desk).await;
    send(store, "c", 9, Side::Desk).await;
    assert!(settle(store, &first[0], DeliveryState::Delivered, 8).await);
    assert_eq!(names(&lease(store, 10).await), ["b.1", "a.2", "c.1"]);
    let record = &store.deliveries(&id("a")).await.unwrap()[1];
    assert_eq!(record.next_at, at(8));
}

/// No more are leased than asked for.
pub async fn limit_of_a_lease(store: &dyn Store) {
    for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
        send(store, name, index as i64, Side::Desk).await;
    }
    assert_eq!(store.lease(at(9), at(99), 0).await.unwrap(), []);
    assert_eq!(names(&store.lease(at(9), at(99), 2).await.unwrap()), ["a.1", "b.1"]);
    assert_eq!(names(&store.lease(at(9), at(99), 2).await.unwrap()), ["c.1"]);
}

/// A lease has a number of its own.
pub async fn leased_once(store: &dyn Store) {
    let mut seen = std::collections::BTreeSet::new();
    for name in ["a", "b", "c", "a", "b"] {
        send(store, name, 0, Side::Desk).await;
        for leased in lease(store, 0).await {
            assert!(seen.insert(leased.lease));
            settle(store, &leased, DeliveryState::Delivered, 0).await;
        }
    }
    assert_eq!(seen.len(), 5);
}

/// A lease that runs out is taken anew, and counts as a try.
pub async fn lease_runs_out(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 0).await;
    assert_eq!(lease(store, 999).await, []);
    let second = lease(store, 1000).await;
    assert_eq!(names(&second), ["a.1"]);
    assert_eq!((first[0].attempts, second[0].attempts), (0, 1));
    assert_eq!((first[0].until, second[0].until), (at(1000), at(2000)));
    assert_eq!((first[0].interrupted, second[0].interrupted), (false, true));
    assert_ne!(first[0].lease, second[0].lease);
    let third = lease(store, 2000).await;
    assert_eq!((third[0].attempts, third[0].created_at), (2, at(0)));
    let record = &store.deliveries(&id("a")).await.unwrap()[0];
    assert_eq!((record.attempts, record.state), (2, DeliveryState::Pending));
    assert!(record.note.contains("lease ran out"), "{}", record.note);
    assert!(settle(store, &third[0], DeliveryState::Delivered, 2001).await);
    assert_eq!(store.deliveries(&id("a")).await.unwrap()[0].attempts, 3);
}

/// Who lost the lease has no say any more.
pub async fn settle_under_a_lost_lease(store: &dyn Store) {
    send(store, "a", 0, Side::Desk).await;
    let lost = lease(store, 0).await;
    let held = lease(store, 1000).await;
    for state in [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Dead] {
        assert!(!settle(store, &lost[0], state, 1001).await);
    }
    assert_eq!(lease(store, 1001).await, []);
    assert!(settle(store, &held[0], DeliveryState::Delivered, 1001).await);
}

/// A lease is lost to another lease, not to the clock: what was done need not be done again.
pub async fn settle_before_it_is_taken_anew(store: &dyn Store) {
    send(store, "a", 0, Side::Desk).await;
    let late = lease(store, 0).await;
    assert!(settle(store, &late[0], DeliveryState::Delivered, 5000).await);
    assert_eq!(lease(store, 9000).await, []);
}

/// What has ended stays as it ended.
pub async fn settle_twice(store: &dyn Store) {
    send(store, "a", 0, Side::Desk).await;
    let leased = lease(store, 0).await;
    assert!(settle(store, &leased[0], DeliveryState::Dead, 1).await);
    assert!(!settle(store, &leased[0], DeliveryState::Delivered, 2).await);
    let record = &store.deliveries(&id("a")).await.unwrap()[0];
    assert_eq!((record.state, record.attempts), (DeliveryState::Dead, 1));
}

/// A try that failed holds its lane until its time comes again.
pub async fn retry_waits(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 0).await;
    assert!(settle(store, &first[0], DeliveryState::Pending, 50).await);
    let record = &store.deliveries(&id("a")).await.unwrap()[0];
    assert_eq!((record.next_at, record.attempts), (at(50), 1));
    assert_eq!(record.note, "try 1: Pending");
    assert_eq!(lease(store, 49).await, []);
    let second = lease(store, 50).await;
    assert_eq!(names(&second), ["a.1"]);
    assert_eq!(second[0].attempts, 1);
    assert!(!settle(store, &first[0], DeliveryState::Delivered, 51).await);
    assert!(settle(store, &second[0], DeliveryState::Delivered, 51).await);
    assert_eq!(names(&lease(store, 51).await), ["a.2"]);
}

/// One that was given up lets the next go on.
pub async fn dead_frees_the_lane(store: &dyn Store) {
    frees_the_lane(store, DeliveryState::Dead).await;
}

/// So does one that was skipped.
pub async fn skipped_frees_the_lane(store: &dyn Store) {
    frees_the_lane(store, DeliveryState::Skipped).await;
}

async fn frees_the_lane(store: &dyn Store, state: DeliveryState) {
    commit(store, "a", 0, |it| it.send(Side::Bot).send(Side::Bot)).await;
    let first = lease(store, 0).await;
    assert!(settle(store, &first[0], state, 1).await);
    assert_eq!(names(&lease(store, 1).await), ["a.2"]);
    assert_eq!(store.deliveries(&id("a")).await.unwrap()[0].state, state);
}

/// The next moment to look: a head's, or the end of its lease.
pub async fn next_due_of_deliveries(store: &dyn Store) {
    commit(store, "a", 10, |it| it.send(Side::Desk)).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(10)));
    send(store, "a", 12, Side::Desk).await;
    let leased = lease(store, 20).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(1020)));
    send(store, "b", 30, Side::Desk).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(30)));
    let other = lease(store, 30).await;
    settle(store, &other[0], DeliveryState::Delivered, 31).await;
    settle(store, &leased[0], DeliveryState::Pending, 500).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(500)));
    let leased = lease(store, 500).await;
    settle(store, &leased[0], DeliveryState::Dead, 501).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(501)), "the next of its lane, from now on");
    let leased = lease(store, 501).await;
    settle(store, &leased[0], DeliveryState::Delivered, 502).await;
    assert_eq!(store.next_due().await.unwrap(), None);
}

/// A settle of what was never leased, or is not there, is refused.
pub async fn settle_of_nothing(store: &dyn Store) {
    send(store, "a", 0, Side::Desk).await;
    for (name, n, lease) in [("a", 1, 0), ("a", 1, 1), ("a", 2, 0), ("b", 1, 0)] {
        let settle = Settle {
            delivery: DeliveryId { conversation: id(name), n },
            lease,
            state: DeliveryState::Delivered,
            next_at: at(0),
            at: at(0),
            note: String::new(),
            calls: Vec::new(),
        };
        assert!(!store.settle(settle).await.unwrap());
    }
    assert_eq!(names(&lease(store, 0).await), ["a.1"]);
}

/// What waits on one side, leased or not, is counted.
pub async fn pending_counts_a_lane(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk).send(Side::Bot)).await;
    send(store, "b", 1, Side::Desk).await;
    let leased = lease(store, 0).await;
    assert_eq!(store.pending(&id("a"), Side::Desk).await.unwrap(), 2);
    assert_eq!(store.pending(&id("a"), Side::Bot).await.unwrap(), 1);
    assert_eq!(store.pending(&id("a"), Side::Contact).await.unwrap(), 0);
    settle(store, &leased[0], DeliveryState::Dead, 1).await;
    assert_eq!(store.pending(&id("a"), Side::Desk).await.unwrap(), 1);
}

/// A lease that is given back untried counts as no try, holds its lane, and is no lease any more.
pub async fn deferred_counts_nothing(store: &dyn Store) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 0).await;
    let (delivery, number) = (&first[0].delivery.id, first[0].lease);
    assert!(!store.defer(delivery, number + 1, at(70)).await.unwrap());
    assert!(store.defer(delivery, number, at(70)).await.unwrap());
    assert!(!store.defer(delivery, number, at(80)).await.unwrap());
    assert!(!settle(store, &first[0], DeliveryState::Delivered, 1).await);
    assert_eq!(lease(store, 69).await, []);
    let second = lease(store, 70).await;
    assert_eq!((names(&second), second[0].attempts), (vec!["a.1".to_owned()], 0));
    assert!(settle(store, &second[0], DeliveryState::Delivered, 71).await);
    assert_eq!(names(&lease(store, 71).await), ["a.2"]);
}
