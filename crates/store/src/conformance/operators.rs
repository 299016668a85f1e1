//! What operators see and do of deliveries.

use super::facts::{Deed as _, ada, at, call, commit, id, lease, names, outcome};
use futures_util::future::join_all;
use handover_core::delivery::Side;
use handover_core::ids::{AccountId, ConversationId, DeliveryId};
use handover_core::port::outbox::{Deed, ListPart, ListPlace, Outbox, Waiting, Which};
use handover_core::port::store::{
    AGAIN, AGAIN_BY, Change, DeliveryRecord, DeliveryState, Leased, Store,
};
use std::ops::RangeInclusive;

const ALL: RangeInclusive<u64> = 0..=u64::MAX;

fn delivery(name: &str, n: u64) -> DeliveryId {
    DeliveryId { conversation: id(name), n }
}

async fn send(store: &dyn Store, name: &str, now: i64, side: Side) {
    commit(store, name, now, |it| it.send(side)).await;
}

async fn settle(store: &dyn Store, leased: &Leased, state: DeliveryState, now: i64) {
    assert!(store.settle(outcome(leased, state, at(now))).await.unwrap());
}

/// Takes what is due and settles all of it alike.
async fn settle_all(store: &dyn Store, state: DeliveryState, now: i64) {
    for leased in lease(store, now).await {
        settle(store, &leased, state, now).await;
    }
}

/// Makes a delivery and gives it up.
async fn die(store: &dyn Store, name: &str, now: i64, side: Side) {
    send(store, name, now, side).await;
    settle_all(store, DeliveryState::Dead, now).await;
}

fn ids(records: &[DeliveryRecord]) -> Vec<String> {
    records.iter().map(|record| record.delivery.id.to_string()).collect()
}

fn some(limit: u32) -> ListPart {
    ListPart { limit, ..ListPart::default() }
}

async fn dead(store: &dyn Outbox) -> Vec<String> {
    ids(&store.dead(some(10)).await.unwrap())
}

async fn state(store: &dyn Store, name: &str, n: u64) -> DeliveryState {
    let records = store.deliveries(&id(name)).await.unwrap();
    records.into_iter().find(|record| record.delivery.id.n == n).unwrap().state
}

/// Each try is a line, in order, of the deliveries that were asked for only.
pub async fn history<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Bot).send(Side::Contact)).await;
    send(store, "b", 0, Side::Desk).await;
    assert_eq!(store.attempts(&id("a"), ALL).await.unwrap(), []);
    settle_all(store, DeliveryState::Pending, 5).await;
    settle_all(store, DeliveryState::Delivered, 9).await;
    let lines = store.attempts(&id("a"), 1..=2).await.unwrap();
    let shown: Vec<_> = lines
        .iter()
        .map(|it| (it.delivery, it.number, it.at, it.note.as_str(), it.calls.clone()))
        .collect();
    let expected = |n, number, ms, note| (n, number, at(ms), note, vec![call(number)]);
    assert_eq!(
        shown,
        [
            expected(1, 1, 5, "try 1: Pending"),
            expected(1, 2, 9, "try 2: Delivered"),
            expected(2, 1, 5, "try 1: Pending"),
            expected(2, 2, 9, "try 2: Delivered"),
        ]
    );
    assert!(lines.iter().all(|line| line.by.is_none()));
    assert_eq!(store.attempts(&id("nobody"), ALL).await.unwrap(), []);
}

/// Calls are kept of the last five tries, notes of all; a lease that ran out is a line without calls.
pub async fn calls_of_the_last_tries<S: Store + Outbox>(store: &S) {
    send(store, "a", 0, Side::Desk).await;
    lease(store, 0).await;
    for now in 1..=7 {
        settle_all(store, DeliveryState::Pending, 1000 + now).await;
    }
    let lines = store.attempts(&id("a"), ALL).await.unwrap();
    assert_eq!(lines.len(), 8);
    assert!(lines[0].note.contains("lease ran out") && lines[0].at == at(1001));
    let kept: Vec<u32> =
        lines.iter().filter(|line| !line.calls.is_empty()).map(|line| line.number).collect();
    assert_eq!(kept, [4, 5, 6, 7, 8]);
    assert!(lines.iter().all(|line| !line.note.is_empty()));
}

/// What was given up last comes first, whenever it was decided.
pub async fn dead_newest_first<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Bot).send(Side::Contact)).await;
    send(store, "b", 0, Side::Desk).await;
    let leased = lease(store, 0).await;
    for (index, now) in [(1, 30), (3, 10), (0, 20)] {
        settle(store, &leased[index], DeliveryState::Dead, now).await;
    }
    settle(store, &leased[2], DeliveryState::Delivered, 25).await;
    let records = store.dead(some(10)).await.unwrap();
    assert_eq!(ids(&records), ["a.2", "a.1", "b.1"]);
    assert_eq!((records[0].next_at, records[0].created_at), (at(30), at(0)));
    assert_eq!((records[0].note.as_str(), records[0].state), ("try 1: Dead", DeliveryState::Dead));
    assert_eq!(ids(&store.dead(some(2)).await.unwrap()), ["a.2", "a.1"]);
    assert_eq!(store.dead(some(0)).await.unwrap(), []);
}

/// Lists can be of one account and of one side.
pub async fn dead_of_one<S: Store + Outbox>(store: &S) {
    die(store, "a", 1, Side::Desk).await;
    die(store, "b", 2, Side::Contact).await;
    die(store, "c", 3, Side::Desk).await;
    let of = async |account: Option<&str>, side| {
        let which = Which { account: account.map(AccountId::new), side };
        ids(&store.dead(ListPart { which, ..some(10) }).await.unwrap())
    };
    assert_eq!(of(Some("desk"), None).await, ["c.1", "a.1"]);
    assert_eq!(of(None, Some(Side::Contact)).await, ["b.1"]);
    assert_eq!(of(Some("desk"), Some(Side::Contact)).await, Vec::<String>::new());
    assert_eq!(of(Some("nobody"), None).await, Vec::<String>::new());
}

/// What waits is listed by how long it waits; leased or not.
pub async fn queued_longest_first<S: Store + Outbox>(store: &S) {
    for (name, now) in [("c", 7), ("a", 5), ("b", 7), ("c", 9)] {
        send(store, name, now, Side::Desk).await;
    }
    lease(store, 6).await;
    let records = store.queued(some(10)).await.unwrap();
    assert_eq!(ids(&records), ["a.1", "c.1", "b.1", "c.2"]);
    assert_eq!((records[3].created_at, records[3].note.as_str()), (at(9), ""));
    settle_all(store, DeliveryState::Delivered, 2000).await;
    assert_eq!(ids(&store.queued(some(10)).await.unwrap()), ["c.2"]);
}

/// A list goes on after a place, also when what was there has left the list.
pub async fn pages_of_a_list<S: Store + Outbox>(store: &S) {
    for (name, now) in [("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 3)] {
        die(store, name, now, Side::Desk).await;
    }
    let part = async |after: Option<(&str, i64)>, limit| {
        let after = after.map(|(name, ms)| ListPlace { at: at(ms), delivery: delivery(name, 1) });
        ids(&store.dead(ListPart { after, ..some(limit) }).await.unwrap())
    };
    assert_eq!(part(None, 2).await, ["e.1", "d.1"]);
    assert_eq!(part(Some(("d", 2)), 2).await, ["c.1", "b.1"]);
    assert_eq!(part(Some(("b", 2)), 2).await, ["a.1"]);
    assert_eq!(part(Some(("a", 1)), 2).await, Vec::<String>::new());
    assert_eq!(part(Some(("nobody", 2)), 9).await, ["a.1"]);
    assert_eq!(store.repeat(&delivery("c", 1), ada(9, "")).await.unwrap(), Deed::Done);
    assert_eq!(part(Some(("c", 2)), 2).await, ["b.1", "a.1"]);
}

/// The age of the queue is told by side, and a repeated delivery is young.
pub async fn waiting_since<S: Store + Outbox>(store: &S) {
    assert_eq!(store.waiting_since().await.unwrap(), Waiting::default());
    die(store, "a", 1, Side::Desk).await;
    send(store, "b", 5, Side::Desk).await;
    send(store, "c", 4, Side::Contact).await;
    send(store, "d", 3, Side::Contact).await;
    let since = Waiting { contact: Some(at(3)), desk: Some(at(5)), bot: None };
    assert_eq!(store.waiting_since().await.unwrap(), since);
    assert_eq!(since.oldest(), Some(at(3)));
    store.repeat(&delivery("a", 1), ada(8, "")).await.unwrap();
    assert_eq!(store.waiting_since().await.unwrap(), since);
    settle_all(store, DeliveryState::Delivered, 5).await;
    let since = Waiting { desk: Some(at(8)), ..Waiting::default() };
    assert_eq!(store.waiting_since().await.unwrap(), since);
}

/// Promise B: what was given up can be repeated; its schedule begins anew, its tries are known.
pub async fn repeated_keeps_its_history<S: Store + Outbox>(store: &S) {
    die(store, "a", 1, Side::Desk).await;
    let said = ada(50, "the desk is back");
    assert_eq!(store.repeat(&delivery("a", 1), said).await.unwrap(), Deed::Done);
    assert_eq!(dead(store).await, Vec::<String>::new());
    assert_eq!(store.next_due().await.unwrap(), Some(at(50)));
    assert_eq!(lease(store, 49).await, []);
    let leased = lease(store, 50).await;
    assert_eq!((leased[0].attempts, leased[0].forgiven), (2, 2));
    assert_eq!(leased[0].created_at, at(50));
    settle(store, &leased[0], DeliveryState::Delivered, 51).await;
    let lines = store.attempts(&id("a"), ALL).await.unwrap();
    let shown: Vec<_> =
        lines.iter().map(|it| (it.number, it.by.as_deref(), it.note.as_str())).collect();
    assert_eq!(
        shown,
        [
            (1, None, "try 1: Dead"),
            (2, Some("Ada"), "the desk is back"),
            (3, None, "try 3: Delivered"),
        ]
    );
    assert_eq!(lines[1].at, at(50));
}

/// Promise D, as well as can be: the repeated one is older, so it goes before what still waits in its lane.
pub async fn repeated_goes_first<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk).send(Side::Desk)).await;
    settle_all(store, DeliveryState::Dead, 1).await;
    let second = lease(store, 1).await;
    settle(store, &second[0], DeliveryState::Pending, 90).await;
    store.repeat(&delivery("a", 1), ada(10, "")).await.unwrap();
    let first = lease(store, 95).await;
    assert_eq!(names(&first), ["a.1"]);
    settle(store, &first[0], DeliveryState::Delivered, 95).await;
    for n in [2, 3] {
        let next = lease(store, 95).await;
        assert_eq!(names(&next), [format!("a.{n}")]);
        settle(store, &next[0], DeliveryState::Delivered, 95).await;
    }
}

/// What is being tried is not overtaken: two of a lane are never under way at once.
pub async fn repeated_lets_a_try_end<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk).send(Side::Desk)).await;
    settle_all(store, DeliveryState::Dead, 1).await;
    let second = lease(store, 1).await;
    assert_eq!(names(&second), ["a.2"]);
    store.repeat(&delivery("a", 1), ada(2, "")).await.unwrap();
    assert_eq!(lease(store, 3).await, []);
    assert_eq!(store.next_due().await.unwrap(), Some(at(1001)));
    // The try failed: now the older one has its turn.
    settle(store, &second[0], DeliveryState::Pending, 50).await;
    let first = lease(store, 60).await;
    assert_eq!(names(&first), ["a.1"]);
    assert!(store.defer(&first[0].delivery.id, first[0].lease, at(70)).await.unwrap());
    assert_eq!(lease(store, 69).await, []);
    settle_all(store, DeliveryState::Delivered, 70).await;
    assert_eq!(names(&lease(store, 70).await), ["a.2"]);
}

/// What had arrived is tried once more with its history and a new schedule; what had not arrived is left as it is.
pub async fn brought_again<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Bot)).await;
    let both = lease(store, 1).await;
    settle(store, &both[0], DeliveryState::Delivered, 1).await;
    settle(store, &both[1], DeliveryState::Dead, 1).await;
    let again = |mut it: Change| {
        it.again = vec![1, 2, 9];
        it
    };
    commit(store, "a", 50, again).await;
    assert_eq!(state(store, "a", 2).await, DeliveryState::Dead);
    assert_eq!(store.next_due().await.unwrap(), Some(at(50)));
    assert_eq!(lease(store, 49).await, []);
    let leased = lease(store, 50).await;
    assert_eq!(names(&leased), ["a.1"]);
    assert_eq!((leased[0].attempts, leased[0].forgiven), (2, 2));
    assert_eq!(leased[0].created_at, at(50));
    // One that is under way has not arrived.
    commit(store, "a", 50, again).await;
    settle(store, &leased[0], DeliveryState::Delivered, 51).await;
    let lines = store.attempts(&id("a"), 1..=1).await.unwrap();
    let shown: Vec<_> =
        lines.iter().map(|it| (it.number, it.by.as_deref(), it.note.as_str())).collect();
    let expected =
        [(1, None, "try 1: Delivered"), (2, Some(AGAIN_BY), AGAIN), (3, None, "try 3: Delivered")];
    assert_eq!(shown, expected);
    assert_eq!(lines[1].at, at(50));
}

/// It goes before what waits in its lane, and lets a try that is under way end.
pub async fn brought_again_goes_first<S: Store + Outbox>(store: &S) {
    let first_again = |mut it: Change| {
        it.again = vec![1];
        it
    };
    send(store, "a", 0, Side::Desk).await;
    settle_all(store, DeliveryState::Delivered, 1).await;
    commit(store, "a", 10, |it| first_again(it.send(Side::Desk))).await;
    settle_all(store, DeliveryState::Delivered, 10).await;
    let second = lease(store, 11).await;
    assert_eq!(names(&second), ["a.2"]);
    commit(store, "a", 12, first_again).await;
    assert_eq!(lease(store, 13).await, []);
    settle(store, &second[0], DeliveryState::Pending, 14).await;
    assert_eq!(names(&lease(store, 15).await), ["a.1"]);
}

/// Several of one lane go in their order, in whichever they were repeated.
pub async fn repeated_among_its_like<S: Store + Outbox>(store: &S) {
    for now in 0..3 {
        die(store, "a", now, Side::Bot).await;
    }
    for n in [2, 3, 1] {
        store.repeat(&delivery("a", n), ada(10 - n as i64, "")).await.unwrap();
    }
    for n in 1..=3 {
        let next = lease(store, 20).await;
        assert_eq!(names(&next), [format!("a.{n}")]);
        settle(store, &next[0], DeliveryState::Delivered, 20).await;
    }
}

/// What is not dead is not repeated: nothing is sent twice by mistake (promise C).
pub async fn only_dead_is_repeated<S: Store + Outbox>(store: &S) {
    send(store, "a", 0, Side::Desk).await;
    let repeat = async |name: &str, n| store.repeat(&delivery(name, n), ada(1, "")).await.unwrap();
    assert_eq!(repeat("a", 1).await, Deed::Refused(DeliveryState::Pending));
    settle_all(store, DeliveryState::Delivered, 2).await;
    assert_eq!(repeat("a", 1).await, Deed::Refused(DeliveryState::Delivered));
    assert_eq!(repeat("a", 2).await, Deed::NoSuch);
    assert_eq!(repeat("b", 1).await, Deed::NoSuch);
    assert_eq!(store.attempts(&id("a"), ALL).await.unwrap().len(), 1);
}

/// All of a filter are repeated, however many; those given up after the deed are not.
pub async fn repeat_all_of_a_filter<S: Store + Outbox>(store: &S) {
    let lanes: Vec<String> = (0..210).map(|n| format!("l{n:03}")).collect();
    join_all(lanes.iter().map(|name| send(store, name, 0, Side::Desk))).await;
    let leased = store.lease(at(0), at(9), 500).await.unwrap();
    let dies = |leased| settle(store, leased, DeliveryState::Dead, 1);
    join_all(leased.iter().map(dies)).await;
    die(store, "b", 2, Side::Contact).await;
    die(store, "c", 90, Side::Desk).await;
    let desk = Which { account: Some(AccountId::new("desk")), side: None };
    assert_eq!(store.repeat_all(desk.clone(), ada(50, "back")).await.unwrap(), 210);
    assert_eq!(dead(store).await, ["c.1", "b.1"]);
    assert_eq!(store.counts().await.unwrap().deliveries_pending, 210);
    assert_eq!(store.repeat_all(desk, ada(60, "")).await.unwrap(), 0);
    assert_eq!(store.repeat_all(Which::default(), ada(99, "")).await.unwrap(), 2);
}

/// A delivery that holds up its lane can be skipped, with a note.
pub async fn skipped_lets_the_lane_go_on<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 0).await;
    settle(store, &first[0], DeliveryState::Pending, 5000).await;
    assert_eq!(store.skip(&delivery("a", 1), ada(9, "no use")).await.unwrap(), Deed::Done);
    assert_eq!(names(&lease(store, 9).await), ["a.2"]);
    assert_eq!(state(store, "a", 1).await, DeliveryState::Skipped);
    let record = &store.deliveries(&id("a")).await.unwrap()[0];
    assert_eq!((record.note.as_str(), record.next_at), ("no use", at(9)));
    let lines = store.attempts(&id("a"), ALL).await.unwrap();
    assert_eq!(lines[1].by.as_deref(), Some("Ada"));
}

/// A try that is under way when its delivery is skipped has no say any more.
pub async fn skipped_under_a_lease<S: Store + Outbox>(store: &S) {
    commit(store, "a", 0, |it| it.send(Side::Desk).send(Side::Desk)).await;
    let first = lease(store, 0).await;
    assert_eq!(store.skip(&delivery("a", 1), ada(1, "")).await.unwrap(), Deed::Done);
    assert!(!store.settle(outcome(&first[0], DeliveryState::Delivered, at(2))).await.unwrap());
    let second = lease(store, 2).await;
    assert_eq!(names(&second), ["a.2"]);
    // One that waits behind it is skipped without a word to the one that is being tried.
    send(store, "a", 3, Side::Desk).await;
    store.skip(&delivery("a", 3), ada(3, "")).await.unwrap();
    assert_eq!(lease(store, 4).await, []);
    settle(store, &second[0], DeliveryState::Delivered, 5).await;
    assert_eq!(store.next_due().await.unwrap(), None);
}

/// What was given up and is skipped is no longer in the list, and holds nobody up.
pub async fn skipped_is_not_dead<S: Store + Outbox>(store: &S) {
    die(store, "a", 1, Side::Desk).await;
    assert_eq!(store.skip(&delivery("a", 1), ada(2, "told by mail")).await.unwrap(), Deed::Done);
    assert_eq!(dead(store).await, Vec::<String>::new());
    assert_eq!(store.counts().await.unwrap().deliveries_dead, 0);
    assert_eq!(store.next_due().await.unwrap(), None);
    let again = store.repeat(&delivery("a", 1), ada(3, "")).await.unwrap();
    assert_eq!(again, Deed::Refused(DeliveryState::Skipped));
}

/// What arrived stays so.
pub async fn what_has_ended_is_not_skipped<S: Store + Outbox>(store: &S) {
    send(store, "a", 0, Side::Desk).await;
    settle_all(store, DeliveryState::Delivered, 1).await;
    let skipped = store.skip(&delivery("a", 1), ada(2, "")).await.unwrap();
    assert_eq!(skipped, Deed::Refused(DeliveryState::Delivered));
    assert_eq!(store.skip(&delivery("b", 1), ada(2, "")).await.unwrap(), Deed::NoSuch);
}

/// Where something came in last comes first, each conversation once.
pub async fn stirred<S: Store + Outbox>(store: &S) {
    for (name, now, source) in
        [("a", 1, Some("m1")), ("b", 2, Some("m1")), ("c", 2, Some("m1")), ("d", 3, None)]
    {
        commit(store, name, now, |it| match source {
            Some(source) => it.say().from(source),
            None => it.say(),
        })
        .await;
    }
    commit(store, "a", 4, |it| it.say().from("m2")).await;
    commit(store, "a", 5, |it| it.say().from("m3")).await;
    let stirred = async |limit| -> Vec<ConversationId> { store.stirred(limit).await.unwrap() };
    assert_eq!(stirred(9).await, [id("a"), id("c"), id("b")]);
    assert_eq!(stirred(2).await, [id("a"), id("c")]);
    assert_eq!(stirred(0).await, []);
}
