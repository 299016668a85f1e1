//! How sessions end, and what comes after.

use crate::talk::{from_contact, notes};
use crate::world::{Kind, World};
use handover_core::content::Content;
use handover_core::policy::OnDeskClosed;
use handover_core::session::Holder;
use handover_core::words::{END, START};
use handover_fake::vendor::{HookMood, Mood};
use serde_json::json;

const CLOSED: [&str; 2] = ["resolved", "closed"];

pub(crate) fn the_marker_offers_the_end(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let link = world.link("eve");
    world.vendor().agent_says(&link, "Ana", "Goodbye!\n\nLIVECHAT\\_SESSION\\_END");
    world.settle();
    assert_eq!(world.seen("eve").last().unwrap(), "Goodbye!", "rule 13");
    assert_eq!(world.offered("eve"), 1);
    world.vendor().agent_says(&link, "Ana", "LIVECHAT_SESSION_END");
    world.settle();
    assert_eq!(world.offered("eve"), 1, "rule 13: once in a row");
    world.says("eve", "One more thing");
    world.settle();
    assert!(world.is_open("eve"), "rule 14");
    world.vendor().agent_says(&link, "Ana", "<p>Bye <strong>LIVECHAT_SESSION_END</strong></p>");
    world.settle();
    assert_eq!(world.offered("eve"), 2);
}

pub(crate) fn closing_offers_the_end(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.vendor().closes(&world.link("eve"), "Ana");
    world.settle();
    assert_eq!((world.offered("eve"), world.is_open("eve")), (1, true), "rule 15");
    world.says("eve", "Wait, one more thing");
    world.pass_s(5);
    let at_desk = world.at_desk("eve");
    assert_eq!(at_desk.status, "open", "who writes on is seen by the agents");
    assert_eq!(from_contact(&world, "eve").last().unwrap(), "Wait, one more thing");
    assert!(world.is_open("eve"));
    world.vendor().closes(&world.link("eve"), "Ana");
    world.settle();
    assert_eq!(world.offered("eve"), 2, "a second closing is another one");
    world.act("eve", Content::payload(END));
    world.pass_s(5);
    assert_eq!(world.conversation("eve").holder(), Holder::Bot);
}

pub(crate) fn closing_ends_by_setting(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().on_desk_closed = OnDeskClosed::End;
    world.answered("eve");
    world.vendor().closes(&world.link("eve"), "Ana");
    world.pass_s(5);
    assert!(!world.is_open("eve"), "rule 15");
    assert_eq!(world.around.turns.lock().unwrap().last().unwrap(), END, "rule 18");
    world.mood(Mood { hooks: HookMood::Twice, ..Mood::default() });
    world.vendor().closes(&world.link("eve"), "Ana");
    world.settle();
    let ends = world.around.turns.lock().unwrap().iter().filter(|turn| *turn == END).count();
    assert_eq!(ends, 1, "rule 18");
}

pub(crate) fn reopened_and_snoozed_go_on(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let link = world.link("eve");
    world.vendor().snoozes(&link, "Ana");
    world.settle();
    assert_eq!((world.offered("eve"), world.is_open("eve")), (0, true));
    world.vendor().closes(&link, "Ana");
    world.later_s(2);
    world.settle();
    world.vendor().reopens(&link, "Ana");
    world.later_s(2);
    world.settle();
    assert!(world.is_open("eve") && !world.session("eve").closed_at_desk);
    world.vendor().agent_says(&link, "Ana", "I am back");
    world.settle();
    assert_eq!(world.seen("eve").last().unwrap(), "I am back");
}

pub(crate) fn the_contacts_end_closes_the_desks_conversation(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.act("eve", Content::payload(END));
    world.pass_s(5);
    let at_desk = world.at_desk("eve");
    assert!(CLOSED.contains(&at_desk.status.as_str()), "rule 12: {}", at_desk.status);
    assert!(!notes(&world, "eve").is_empty(), "rule 12: the desk is told");
    assert!(!world.is_open("eve"));
    let turns = world.around.turns.lock().unwrap().clone();
    assert_eq!(
        turns,
        ["My parcel is late", END],
        "rules 12 and 18: our own closing is no second end"
    );
}

pub(crate) fn the_tenth_session(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().loop_sessions = 100;
    for n in 1..=10 {
        world.act("eve", Content::payload(START));
        world.pass_s(10);
        let hello = format!("session {n}");
        world.vendor().agent_says(&world.link("eve"), "Ana", &hello);
        world.settle();
        assert_eq!(world.seen("eve").last(), Some(&hello), "rule 20");
        world.says("eve", &format!("question {n}"));
        world.settle();
        assert_eq!(from_contact(&world, "eve").last(), Some(&format!("question {n}")));
        world.act("eve", Content::payload(END));
        world.pass_s(30);
    }
    let ends = world.around.turns.lock().unwrap().iter().filter(|turn| *turn == END).count();
    assert_eq!(ends, 10, "rule 18");
}

pub(crate) fn one_conversation_for_all_sessions(kind: &Kind) {
    for (setting, conversations) in [("session", 2), ("contact", 1)] {
        let world = World::with(kind, json!({ "keep": setting }));
        for n in 0..2 {
            world.answered("eve");
            world.act("eve", Content::payload(END));
            world.pass_s(30);
            assert_eq!(world.seen("eve").len(), n + 1);
        }
        assert_eq!(world.vendor().conversations().len(), conversations, "rule 20, {setting}");
    }
}

pub(crate) fn writing_after_the_end_takes_over(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let link = world.link("eve");
    world.act("eve", Content::payload(END));
    world.pass_s(60);
    world.says("eve", "Hello bot");
    world.settle();
    world.vendor().agent_says(&link, "Ana", "I have found your parcel!");
    world.pass_s(5);
    assert_eq!(world.conversation("eve").holder(), Holder::Agent, "rule 21");
    assert_eq!(world.seen("eve").last().unwrap(), "I have found your parcel!");
    assert_eq!(world.link("eve"), link, "on the same conversation");
    world.says("eve", "Great, thank you");
    world.pass_s(5);
    assert_eq!(from_contact(&world, "eve").last().unwrap(), "Great, thank you");
    assert_eq!(world.vendor().conversations().len(), 1);
}

pub(crate) fn what_came_too_late_is_told_at_the_desk(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.mood(Mood { hooks: HookMood::Late, ..Mood::default() });
    world.vendor().agent_says(&world.link("eve"), "Ana", "Are you still there?");
    world.later_s(2);
    world.act("eve", Content::payload(END));
    world.pass_s(30);
    world.mood(Mood::default());
    world.pass_s(5);
    assert!(
        !world.is_open("eve"),
        "promise A: no session begins by what was meant for the last one"
    );
    assert_eq!(world.seen("eve").len(), 1);
    let told = told(&world, "eve");
    assert!(told.contains("had ended"), "rule 11: {told}");
}

pub(crate) fn what_did_not_reach_the_contact_is_told_at_the_desk(kind: &Kind) {
    let mut world = World::new(kind);
    world.channel = "posted";
    world.answered("eve");
    *world.around.channel_refuses.lock().unwrap() = true;
    world.vendor().agent_says(&world.link("eve"), "Ana", "Can you hear me?");
    world.pass_s(5);
    let told = told(&world, "eve");
    assert!(told.contains("blocked"), "promise B: {told}");
}

/// What the agents are told of troubles: in notes, and at the messages.
fn told(world: &World, who: &str) -> String {
    let failed = world.at_desk(who).messages.into_iter().filter_map(|message| message.failed);
    failed.chain([notes(world, who)]).collect::<Vec<_>>().join("\n")
}

pub(crate) fn a_late_closing_of_the_session_before_closes_nothing(kind: &Kind) {
    for setting in ["session", "contact"] {
        let world = World::with(kind, json!({ "keep": setting }));
        world.answered("eve");
        world.later_s(5);
        world.mood(Mood { hooks: HookMood::Late, ..Mood::default() });
        world.act("eve", Content::payload(END));
        world.pass_s(5);
        world.act("eve", Content::payload(START));
        world.pass_s(5);
        world.mood(Mood::default());
        world.pass_s(5);
        assert_eq!((world.is_open("eve"), world.offered("eve")), (true, 0), "rule 15, {setting}");
    }
}
