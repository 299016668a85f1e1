//! What the desk holds differs from what we know: looks find it and mend it, once.

use crate::talk::{from_contact, notes};
use crate::world::{Kind, World};
use handover_core::content::Content;
use handover_core::event::How;
use handover_core::ids::SessionId;
use handover_core::port::clock::Clock;
use handover_core::port::store::Store;
use handover_core::words::{END, START};
use handover_engine::{CaughtUp, Hook};
use handover_fake::vendor::{HookMood, Mood};

/// How long a look leaves a desk to show what it has taken, and a little more, in seconds.
const SHOWN_S: i64 = 65;

fn done(looked: CaughtUp) -> (Hook, Vec<(u64, How)>) {
    let CaughtUp::Done { hook, astray, .. } = looked else { panic!("{looked:?}") };
    (hook, astray.into_iter().map(|it| (it.entry, it.how)).collect())
}

/// What a look finds that does not stand at the desk as it should: its lines.
fn astray(world: &World, session: &SessionId) -> Vec<(u64, How)> {
    done(world.look_at(session)).1
}

/// Answered, and Eve has said these; all has been there for a while.
fn talked(kind: &Kind, said: &[&str]) -> World {
    let world = World::new(kind);
    world.answered("eve");
    for text in said {
        world.says("eve", text);
        world.pass_s(2);
    }
    world.pass_s(SHOWN_S);
    world
}

/// The vendor's id of a message of Eve's.
fn message(world: &World, text: &str) -> String {
    let all = world.at_desk("eve").messages;
    all.into_iter().find(|message| message.text == text).expect("it is at the desk").id
}

/// The number of the line with this text.
fn line(world: &World, text: &str) -> u64 {
    let said = |content: &Content| handover_core::capability::plain(content) == text;
    let entries = world.transcript("eve");
    entries.iter().find(|entry| entry.content().is_some_and(said)).expect("a line").n
}

fn lose(world: &World, text: &str) {
    assert!(world.vendor().loses(&message(world, text)));
}

fn last_of(world: &World, count: usize) -> Vec<String> {
    let all = from_contact(world, "eve");
    all[all.len() - count..].to_vec()
}

pub(crate) fn what_the_desk_lost_is_brought_again_once(kind: &Kind) {
    let world = talked(kind, &["one", "two", "three"]);
    let session = world.session("eve").id;
    lose(&world, "two");
    let two = line(&world, "two");
    assert_eq!(astray(&world, &session), [(two, How::Missing)], "promise B");
    world.settle();
    assert_eq!(last_of(&world, 3), ["one", "three", "two"]);
    let troubles = world.troubles("eve");
    assert!(
        troubles.concat().contains("stands after later lines"),
        "promises D and G: {troubles:?}"
    );
    for _ in 0..3 {
        world.pass_s(SHOWN_S);
        assert_eq!(astray(&world, &session), []);
    }
    assert_eq!(last_of(&world, 3), ["one", "three", "two"], "promise C");
    lose(&world, "two");
    world.pass_s(SHOWN_S);
    assert_eq!(astray(&world, &session), [], "what is taken away again is not brought for ever");
    assert_eq!(world.troubles("eve").len(), 1);
}

pub(crate) fn a_loss_is_not_seen_too_soon(kind: &Kind) {
    let world = talked(kind, &["before"]);
    let session = world.session("eve").id;
    world.says("eve", "just now");
    world.settle();
    let id = message(&world, "just now");
    // As a list that comes to know of it later than the one who posted it.
    assert!(world.vendor().loses(&id));
    world.later_s(SHOWN_S - 10);
    assert_eq!(astray(&world, &session), []);
    world.later_s(20);
    assert_eq!(astray(&world, &session), [(line(&world, "just now"), How::Missing)]);
}

pub(crate) fn what_is_in_place_stays_as_it_is(kind: &Kind) {
    let world = talked(kind, &["one"]);
    world.sends_picture("eve");
    world.says("eve", &"long ".repeat(40_000));
    world.pass_s(SHOWN_S);
    let before = world.at_desk("eve").messages.len();
    let session = world.session("eve").id;
    assert_eq!(astray(&world, &session), [], "a file and a text in parts");
    world.act("eve", Content::payload(END));
    world.pass_s(SHOWN_S);
    assert_eq!(astray(&world, &session), [], "opening, messages and end");
    world.settle();
    assert_eq!(world.at_desk("eve").messages.len(), before + 1, "and word of the end");
    assert_eq!(world.troubles("eve"), [] as [&str; 0]);
}

/// More than a look reads: what lies before is not missing.
pub(crate) fn long_talks_look_like_no_loss(kind: &Kind) {
    let world = talked(kind, &["early"]);
    let session = world.session("eve").id;
    for n in 0..180 {
        world.says("eve", &format!("line {n}"));
        world.pass_s(2);
    }
    world.pass_s(SHOWN_S);
    lose(&world, "line 150");
    let found = astray(&world, &session);
    assert_eq!(found, [(line(&world, "line 150"), How::Missing)], "all else is there");
    world.settle();
    assert_eq!(last_of(&world, 2), ["line 179", "line 150"]);
}

pub(crate) fn what_stands_twice_is_told_once(kind: &Kind) {
    let world = talked(kind, &["one", "two"]);
    let session = world.session("eve").id;
    assert!(world.vendor().doubles(&message(&world, "one")));
    let one = line(&world, "one");
    assert_eq!(astray(&world, &session), [(one, How::Doubled)], "promise C");
    world.pass_s(SHOWN_S);
    assert_eq!(astray(&world, &session), []);
    assert_eq!(world.troubles("eve"), [format!("Line {one} stands twice at the desk.")]);
}

pub(crate) fn what_an_agent_deletes_stays_deleted(kind: &Kind) {
    let world = talked(kind, &["my card is 4111", "hello?"]);
    let (session, link) = (world.session("eve").id, world.link("eve"));
    let deleted = message(&world, "my card is 4111");
    // Gorgias keeps no trace: there only what a look has seen before is known to have been deleted.
    if kind.adapter.manifest().vendor == "gorgias" {
        assert_eq!(astray(&world, &session), []);
    }
    world.vendor().agent_deletes(&link, &deleted);
    for _ in 0..2 {
        world.pass_s(SHOWN_S);
        assert_eq!(astray(&world, &session), []);
    }
    let now: String = world.at_desk("eve").messages.into_iter().map(|m| m.text).collect();
    assert!(!now.contains("4111"), "{now}");
}

pub(crate) fn a_loss_is_mended_after_the_end_too(kind: &Kind) {
    let world = talked(kind, &["my address is 5 Elm St"]);
    let session = world.session("eve").id;
    lose(&world, "my address is 5 Elm St");
    world.act("eve", Content::payload(END));
    world.pass_s(SHOWN_S);
    let lost = line(&world, "my address is 5 Elm St");
    assert_eq!(astray(&world, &session), [(lost, How::Missing)]);
    world.settle();
    assert_eq!(last_of(&world, 1), ["my address is 5 Elm St"]);
    world.pass_s(SHOWN_S);
    assert_eq!(astray(&world, &session), []);
    assert!(!world.is_open("eve"));
}

pub(crate) fn what_was_said_at_the_end_and_lost_is_told_at_the_desk(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let (session, link) = (world.session("eve").id, world.link("eve"));
    world.mood(Mood { hooks: HookMood::Lost, ..Mood::default() });
    world.act("eve", Content::payload(END));
    world.vendor().agent_says(&link, "Ana", "Shall I send another?");
    world.settle();
    world.pass_s(SHOWN_S);
    let (hook, _) = done(world.look_at(&session));
    assert_eq!(hook.spoken, 1, "no hook had told it");
    world.settle();
    assert!(!world.is_open("eve"), "the contact had gone already");
    let transcript = format!("{:?}", world.transcript("eve"));
    assert!(transcript.contains("the session had ended when it came"), "promise G");
    assert!(format!("{:?}", world.at_desk("eve")).contains("did not"), "{}", notes(&world, "eve"));
    let (again, _) = done(world.look_at(&session));
    assert_eq!((again.spoken, world.seen("eve").len()), (0, 1), "promise C");
}

pub(crate) fn what_is_said_after_the_end_and_lost_takes_over(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let (session, link) = (world.session("eve").id, world.link("eve"));
    world.act("eve", Content::payload(END));
    world.pass_s(60);
    world.mood(Mood { hooks: HookMood::Lost, ..Mood::default() });
    world.vendor().agent_says(&link, "Ana", "I have found your parcel");
    world.settle();
    assert!(!world.is_open("eve"));
    let (hook, _) = done(world.look_at(&session));
    assert_eq!((hook.taken, hook.spoken), (1, 1));
    assert!(world.is_open("eve"), "rule 21");
    assert_eq!(world.seen("eve").last().unwrap(), "I have found your parcel");
    let next = world.session("eve");
    assert_eq!((next.ordinal, next.link.as_deref()), (2, Some(link.as_str())));
    world.pass_s(5);
    for session in [&session, &next.id] {
        assert_eq!(done(world.look_at(session)).0.spoken, 0, "promise C");
    }
    assert_eq!(world.offered("eve"), 0, "rule 15: that the first was closed closes nothing now");
}

pub(crate) fn an_older_conversation_of_the_desk(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let (first, link) = (world.session("eve").id, world.link("eve"));
    world.act("eve", Content::payload(END));
    world.pass_s(60);
    for _ in 0..2 {
        world.act("eve", Content::payload(START));
        world.pass_s(60);
        assert_ne!(world.link("eve"), link);
        world.act("eve", Content::payload(END));
        world.pass_s(60);
    }
    world.mood(Mood { hooks: HookMood::Lost, ..Mood::default() });
    world.vendor().agent_says(&link, "Ana", "About the first one");
    world.settle();
    assert_eq!(done(world.look_at(&first)).0.taken, 1);
    assert_eq!(world.seen("eve").last().unwrap(), "About the first one");
    let session = world.session("eve");
    assert_eq!((session.ordinal, session.link.as_deref()), (4, Some(link.as_str())), "rule 21");
}

pub(crate) fn closed_once_is_offered_once_though_the_agent_writes_on(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let link = world.link("eve");
    world.vendor().closes(&link, "Ana");
    world.settle();
    assert_eq!(world.offered("eve"), 1, "rule 15");
    world.later_s(5);
    world.vendor().agent_says(&link, "Ana", "PS: it is a blue box");
    world.settle();
    for _ in 0..3 {
        world.later_s(30);
        world.catch_up("eve");
        world.settle();
    }
    assert_eq!((world.offered("eve"), world.seen("eve").len()), (1, 2), "rule 15: one closing");
    world.says("eve", "Thank you");
    world.pass_s(5);
    assert_eq!(world.at_desk("eve").status, "open", "who writes on is seen by the agents");
    world.vendor().closes(&link, "Ana");
    world.settle();
    assert_eq!(world.offered("eve"), 2, "a second closing is another one");
}

/// The inbox forgets after seven days, and a session may last longer.
pub(crate) fn what_is_very_old_is_not_taken_for_new(kind: &Kind) {
    let world = World::new(kind);
    world.around.livechat.lock().unwrap().timeout_s = 6 * 24 * 3600;
    world.answered("eve");
    // It leaves no line of its own by which it could be known.
    world.vendor().agent_says(&world.link("eve"), "Ana", "LIVECHAT_SESSION_END");
    world.settle();
    assert_eq!(world.offered("eve"), 1);
    for _ in 0..2 {
        world.says("eve", "I still wait");
        world.settle();
        world.later_s(4 * 24 * 3600);
    }
    world.block_on(world.store.forget_inbox(world.around.clock.now())).unwrap();
    world.catch_up("eve");
    assert_eq!(world.offered("eve"), 1, "promise C");
}
