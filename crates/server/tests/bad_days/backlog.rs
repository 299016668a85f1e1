//! The desk was down for an hour; 10,000 messages wait; those who write now must not wait behind them.

use crate::books::{Books, Sent};
use crate::world::{Kind, World};
use crate::{CHATWOOT, GORGIAS};
use handover_core::policy::Livechat;
use handover_core::port::store::Store;
use handover_fake::vendor::Mood;
use std::collections::BTreeMap;

/// Deliveries that are worked on at once: fewer than there are lanes, as on a busy day.
const AT_ONCE: u32 = 32;

/// How long someone who writes now waits: in seconds of the world's clock, and behind how many calls to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    seconds: usize,
    calls: usize,
}

struct Day {
    world: World,
    sent: Sent,
}

impl Day {
    /// `contacts` people in open sessions, and Zoe, who has said nothing yet.
    fn begin(kind: &Kind, contacts: usize) -> Self {
        let world = World::new(kind);
        let patient =
            Livechat { timeout_s: 604_799, start_text: Some(String::new()), ..Livechat::default() };
        *world.around.livechat.lock().unwrap() = patient;
        let names = (0..contacts).map(|n| format!("eve{n:04}")).chain(["zoe".to_owned()]);
        let mut sent: Sent = BTreeMap::new();
        for name in names {
            world.act(&name, handover_core::content::Content::payload(handover_core::words::START));
            world.settle();
            sent.insert(name, Vec::new());
        }
        while sent.keys().any(|name| world.session(name).link.is_none()) {
            world.later_s(5);
            world.settle();
        }
        Self { world, sent }
    }

    fn says(&mut self, who: &str, text: String) {
        self.world.says(who, &text);
        self.sent.get_mut(who).unwrap().push(text);
    }

    /// One hour in which everybody but Zoe writes and nothing arrives.
    fn desk_is_down_for_an_hour(&mut self, messages: usize) {
        self.world.mood(Mood { down: true, ..Mood::default() });
        let contacts: Vec<String> = self.sent.keys().filter(|it| *it != "zoe").cloned().collect();
        let rounds = messages / contacts.len();
        for round in 0..rounds {
            for who in &contacts {
                self.says(who, format!("{who} waits, {round}"));
            }
            self.world.later_s(3600 / rounds as i64);
            self.deliver_some(u32::MAX);
        }
        self.world.mood(Mood::default());
    }

    /// What is due now is tried once, as many as the program has hands for.
    fn deliver_some(&self, at_once: u32) -> usize {
        self.world.block_on(async {
            let leased = self.world.engine.lease(at_once).await.unwrap();
            let count = leased.len();
            for leased in leased {
                self.world.engine.deliver(leased).await.unwrap();
            }
            count
        })
    }

    fn pending(&self) -> u64 {
        self.world.block_on(self.world.store.counts()).unwrap().deliveries_pending
    }

    fn arrived(&self, who: &str) -> usize {
        use handover_core::port::store::DeliveryState::Delivered;
        let all = self.world.block_on(self.world.store.deliveries(&self.world.id(who))).unwrap();
        all.iter().filter(|record| record.state == Delivered).count()
    }

    /// Zoe writes once; the world goes on until that is at the desk.
    fn zoe_writes(&mut self, n: usize) -> Wait {
        let arrived = self.arrived("zoe");
        let calls = self.world.vendor().requests().len();
        self.says("zoe", format!("Is somebody there? {n}"));
        for seconds in 0.. {
            assert!(seconds < 7200, "promise E: Zoe waits for hours");
            // In a second a program makes a few hundred calls; the rest of them is left for the next.
            for _ in 0..4 {
                self.deliver_some(AT_ONCE);
                if self.arrived("zoe") > arrived {
                    let calls = self.world.vendor().requests().len() - calls;
                    return Wait { seconds, calls };
                }
            }
            self.world.later_s(1);
        }
        unreachable!("it waits or arrives")
    }

    /// All that waits arrives.
    fn drain(&mut self) -> usize {
        for seconds in 0..40_000 {
            while self.deliver_some(AT_ONCE) > 0 {}
            if self.pending() == 0 {
                return seconds;
            }
            self.world.later_s(1);
        }
        panic!("promise E: {} never arrive", self.pending())
    }
}

fn desk_down(kind: &Kind, contacts: usize, messages: usize, longest: Wait) {
    let began = std::time::Instant::now();
    let mut day = Day::begin(kind, contacts);

    day.desk_is_down_for_an_hour(messages);

    let waiting = day.pending();
    assert!(waiting as usize >= messages, "{waiting}");
    // The first tries after the outage are those whose time has come by then.
    day.world.later_s(400);
    let mut waits: Vec<Wait> = (0..10)
        .map(|n| {
            day.world.later_s(1);
            day.zoe_writes(n)
        })
        .collect();
    let left = day.pending();

    let drained = day.drain();
    waits.sort();
    println!(
        "{waiting} waited, {left} still did when Zoe had written ten times; her messages took {:?} at best, {:?} at worst; \
         the rest took {drained} s; {:.1} s",
        waits[0],
        waits[9],
        began.elapsed().as_secs_f64()
    );
    Books::of(&day.world, &day.sent).close("down for an hour");
    let worst = Wait {
        seconds: waits.iter().map(|it| it.seconds).max().unwrap(),
        calls: waits.iter().map(|it| it.calls).max().unwrap(),
    };
    assert!(left > 0, "nothing was left to wait behind");
    assert!(worst.seconds <= longest.seconds, "live messages waited {worst:?}");
    assert!(worst.calls <= longest.calls, "live messages waited {worst:?}");
}

#[test]
fn a_desk_without_a_limit_comes_back_to_10_000_messages() {
    desk_down(&CHATWOOT, 100, 10_000, Wait { seconds: 1, calls: 500 });
}

#[test]
fn a_desk_with_a_limit_comes_back_to_1_000_messages() {
    desk_down(&GORGIAS, 50, 1_000, Wait { seconds: 10, calls: 60 });
}
