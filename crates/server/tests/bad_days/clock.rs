//! The clock is set back by an hour, and by a day, in the middle of everything.

use crate::books::{Books, Sent};
use crate::world::World;
use crate::{CHATWOOT, Steady};
use handover_core::entry::Body;
use handover_core::port::store::Store;
use handover_core::session::Holder;
use handover_core::words::{END, START};
use handover_engine::CaughtUp;
use handover_fake::chatwoot::{Chatwoot, Version};
use handover_fake::vendor::Mood;
use std::sync::Arc;

const HOUR_S: i64 = 3600;

fn world() -> World {
    let vendor = Chatwoot::new(Arc::new(Steady), Version::V4_15);
    World::around(&CHATWOOT, serde_json::json!({}), Arc::default(), Arc::new(vendor))
}

/// Everybody writes and is answered; the clock goes back while some deliveries wait, are retried, or are done.
#[test]
fn nothing_is_lost_doubled_or_mixed_up_when_the_clock_goes_back() {
    let world = world();
    world.around.livechat.lock().unwrap().timeout_s = 604_799;
    let names: Vec<String> = (0..20).map(|n| format!("eve{n}")).collect();
    let mut sent = Sent::new();
    for name in &names {
        world.answered(name);
        sent.insert(name.clone(), Vec::new());
    }
    let (mut answers, mut behind_s) = (0, 0);
    for round in 0..30_i64 {
        let phase = round % 6;
        match phase {
            1 => world.mood(Mood { down: true, ..Mood::default() }),
            2 => behind_s = HOUR_S,
            3 => world.mood(Mood { answers_lost: 5, ..Mood::default() }),
            4 => behind_s = 25 * HOUR_S,
            _ => world.mood(Mood::default()),
        }
        if matches!(phase, 2 | 4) {
            world.later_s(if phase == 2 { -HOUR_S } else { -24 * HOUR_S });
        }
        for (index, name) in names.iter().enumerate() {
            let text = format!("{name} says {round}");
            world.says(name, &text);
            sent.get_mut(name).unwrap().push(text);
            if phase != 5 && (index as i64 + round) % 3 == 0 {
                let answer = format!("{name}, answer {round}");
                world.vendor().agent_says(&world.link(name), "Ana", &answer);
                answers += 1;
            }
        }
        world.later_s(30);
        world.settle();
        if phase == 5 {
            // The clock is right again. Hooks whose signature seemed to lie in the future were refused: a look finds them.
            world.later_s(behind_s + 600);
            behind_s = 0;
            world.settle();
            for name in &names {
                let found = world.catch_up(name);
                assert!(matches!(found, CaughtUp::Done { .. }), "{name}: {found:?}");
            }
            world.settle();
        }
    }
    assert_eq!(world.block_on(world.store.counts()).unwrap().deliveries_pending, 0, "promise E");
    Books::of(&world, &sent).close("clock set back");
    let mut seen = 0;
    for name in &names {
        let entries = world.transcript(name);
        let whole: Vec<u64> = (1..=entries.len() as u64).collect();
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.n).collect();
        assert_eq!(numbers, whole, "promise D");
        let theirs: Vec<String> =
            world.seen(name).into_iter().filter(|text| text.contains("answer")).collect();
        let mut in_order = theirs.clone();
        in_order.sort_by_key(|text| text.rsplit(' ').next().unwrap().parse::<u32>().unwrap());
        in_order.dedup();
        assert_eq!(theirs, in_order, "promises C and D");
        seen += theirs.len();
    }
    assert_eq!(seen, answers, "promise B: every answer of an agent was shown once");
}

/// E: a clock that was set back makes a wait longer by so much, and not endless.
#[test]
fn sessions_still_expire_and_begin_when_the_clock_goes_back() {
    let world = world();
    world.answered("eve");
    world.later_s(-HOUR_S);
    world.says("eve", "still here?");
    world.settle();
    assert_eq!(world.conversation("eve").holder(), Holder::Agent);
    world.later_s(HOUR_S + 1);
    world.settle();
    assert_eq!(
        world.conversation("eve").holder(),
        Holder::Bot,
        "rule 16: an hour after the last word"
    );
    // The loop guard forgets what lies in a future that did not come.
    for _ in 0..3 {
        world.act("eve", handover_core::content::Content::payload(START));
        world.act("eve", handover_core::content::Content::payload(END));
        world.settle();
    }
    world.later_s(-HOUR_S);
    world.act("eve", handover_core::content::Content::payload(START));
    world.settle();
    assert!(world.is_open("eve"), "three sessions are no loop");
    let terminals = |body: &Body| matches!(body, Body::Terminal { .. });
    let given = world.transcript("eve").iter().filter(|entry| terminals(&entry.body)).count();
    assert_eq!(given, 4, "rule 18");
}
