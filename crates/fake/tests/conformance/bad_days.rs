//! The vendor's bad days.

use crate::talk::from_contact;
use crate::world::{Kind, World};
use handover_core::content::Content;
use handover_core::words::{EXPIRED, START, UNAVAILABLE};
use handover_fake::vendor::{HookMood, Mood};

/// Every single call of an opening is obeyed and its answer lost, in turn.
pub(crate) fn lost_answers_while_opening_double_nothing(kind: &Kind) {
    for lost in 1..=8 {
        let world = World::new(kind);
        world.says("eve", "My parcel is late");
        world.settle();
        world.act("eve", Content::payload(START));
        // Lets some calls through, then loses one answer: by losing several in a row, try by try.
        world.mood(Mood { answers_lost: lost, ..Mood::default() });
        world.pass_s(3000);
        assert_eq!(world.vendor().conversations().len(), 1, "promise C, {lost} lost");
        let everything: String =
            world.at_desk("eve").messages.iter().map(|m| m.text.clone()).collect();
        assert_eq!(everything.matches("You said: My parcel").count(), 1, "{lost}: {everything}");
        assert_eq!(world.troubles("eve"), [] as [&str; 0], "it was looked up: nothing is in doubt");
    }
}

pub(crate) fn lost_answers_of_messages_double_nothing(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let before = from_contact(&world, "eve").len();
    world.mood(Mood { answers_lost: 3, ..Mood::default() });
    let said: Vec<String> = (0..4).map(|n| format!("message {n}")).collect();
    said.iter().for_each(|text| world.says("eve", text));
    world.sends_picture("eve");
    world.pass_s(600);
    let arrived = from_contact(&world, "eve");
    assert_eq!(arrived[before..before + 4], said, "promises B, C and D");
    let files = world.at_desk("eve").messages.iter().filter(|m| !m.files.is_empty()).count();
    assert_eq!((arrived.len() - before, files), (5, 1));
    assert_eq!(world.troubles("eve"), [] as [&str; 0]);
}

pub(crate) fn down_for_an_hour_and_back(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().timeout_s = 4 * 3600;
    world.answered("eve");
    let before = from_contact(&world, "eve").len();
    world.mood(Mood { down: true, ..Mood::default() });
    let said: Vec<String> = (0..20).map(|n| format!("still here {n}")).collect();
    for text in &said {
        world.says("eve", text);
        world.pass_s(180);
    }
    world.mood(Mood::default());
    world.pass_s(400);
    assert_eq!(from_contact(&world, "eve")[before..], said, "promises B, C and D");
}

pub(crate) fn overloaded_and_back(kind: &Kind) {
    let world = World::new(kind);
    world.mood(Mood { overloaded: true, ..Mood::default() });
    world.asks("eve");
    world.pass_s(100);
    world.mood(Mood::default());
    world.pass_s(200);
    assert_eq!(world.vendor().conversations().len(), 1);
    assert!(world.is_open("eve"));
}

pub(crate) fn credentials_revoked_in_mid_session(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let before = from_contact(&world, "eve").len();
    world.mood(Mood { revoked: true, ..Mood::default() });
    world.says("eve", "Can you read me?");
    world.pass_s(120);
    assert!(world.is_open("eve"), "an operator can mend it");
    world.mood(Mood::default());
    world.pass_s(400);
    assert_eq!(from_contact(&world, "eve")[before..], ["Can you read me?"], "promise B");
}

pub(crate) fn credentials_revoked_before_the_opening(kind: &Kind) {
    let world = World::new(kind);
    world.mood(Mood { revoked: true, ..Mood::default() });
    world.asks("eve");
    world.pass_s(30);
    assert!(!world.is_open("eve"), "rule 5: the contact is never left in silence");
    assert_eq!(world.around.turns.lock().unwrap().last().unwrap(), UNAVAILABLE);
}

pub(crate) fn limit_hit(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let before = from_contact(&world, "eve").len();
    world.mood(Mood { limit_hit: true, ..Mood::default() });
    for n in 0..3 {
        world.says("eve", &format!("message {n}"));
    }
    world.pass_s(40);
    world.mood(Mood::default());
    world.pass_s(200);
    let arrived = from_contact(&world, "eve");
    assert_eq!(arrived[before..], ["message 0", "message 1", "message 2"], "promises B and D");
}

pub(crate) fn a_crowd_stays_within_the_limit(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().timeout_s = 100_000;
    world.asks("eve");
    world.later_s(60);
    for n in 0..30 {
        let who = format!("contact {n}");
        world.says(&who, "Hello");
        world.act(&who, Content::payload(START));
    }
    for n in 0..10 {
        world.says("eve", &format!("and I {n}"));
    }
    world.settle();
    world.pass_s(10);
    let live = from_contact(&world, "eve");
    assert_eq!(live.last().unwrap(), "and I 9", "live messages come before transcripts");
    world.pass_s(900);
    assert_eq!(world.vendor().conversations().len(), 31, "promise B");
    let statuses = world.around.statuses.lock().unwrap().clone();
    assert!(!statuses.contains(&429), "the limit is respected, not run into");
}

pub(crate) fn the_session_expires_while_the_desk_is_down(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.mood(Mood { down: true, ..Mood::default() });
    world.says("eve", "Hello?");
    world.pass_s(2 * 3600);
    assert_eq!(world.around.turns.lock().unwrap().last().unwrap(), EXPIRED, "rule 16");
    world.mood(Mood::default());
    world.pass_s(600);
    assert_eq!(from_contact(&world, "eve").last().unwrap(), "Hello?", "promise B");
    assert!(["resolved", "closed"].contains(&world.at_desk("eve").status.as_str()));
    let terminals = world.around.turns.lock().unwrap();
    assert_eq!(terminals.iter().filter(|turn| *turn == EXPIRED).count(), 1, "rule 18");
}

pub(crate) fn wrong_hooks_are_refused(kind: &Kind) {
    let world = World::new(kind);
    world.asks("eve");
    world.mood(Mood { hooks: HookMood::Prompt, ..Mood::default() });
    world.vendor().agent_says(&world.link("eve"), "Ana", "I am Ana");
    let mut hooks = world.vendor().hooks();
    let hook =
        hooks.iter_mut().find(|hook| String::from_utf8_lossy(&hook.body).contains("I am Ana"));
    let hook = hook.unwrap();
    let signs = hook.headers.iter().any(|(name, _)| name.to_lowercase().ends_with("-signature"));
    let forged = String::from_utf8_lossy(&hook.body).replace("I am Ana", "I am Eve");
    hook.body = forged.into_bytes();
    if signs {
        assert_eq!(world.hook(hook), 401, "what is signed must fit its signature");
        hook.headers.retain(|(name, _)| !name.to_lowercase().ends_with("-signature"));
        assert_eq!(world.hook(hook), 401, "and a desk that signs always signs");
        assert_eq!(world.seen("eve"), [] as [&str; 0]);
    }
    world.operator_ends("eve");
    world.pass_s(5);
}

pub(crate) fn who_writes_now_does_not_wait_behind_a_bad_hour(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().timeout_s = 100_000;
    world.answered("eve");
    let others: Vec<String> = (0..15).map(|n| format!("contact {n}")).collect();
    for who in &others {
        world.asks(who);
        world.pass_s(20);
    }
    world.mood(Mood { down: true, ..Mood::default() });
    for who in &others {
        for n in 0..6 {
            world.says(who, &format!("left over {n}"));
        }
    }
    world.pass_s(1800);
    world.mood(Mood::default());
    world.pass_s(20);
    world.says("eve", "And now?");
    world.pass_s(10);
    assert_eq!(from_contact(&world, "eve").last().unwrap(), "And now?");
    world.pass_s(600);
    for who in &others {
        let said = from_contact(&world, who);
        let left_over: Vec<String> = (0..6).map(|n| format!("left over {n}")).collect();
        assert_eq!(said[said.len() - 6..], left_over, "promises B and D");
    }
    assert!(!world.around.statuses.lock().unwrap().contains(&429));
}
