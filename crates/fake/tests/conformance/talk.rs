//! Opening and talking.

use crate::world::{Kind, PICTURE, World};
use handover_core::content::{Content, Media, MediaKind};
use handover_core::delivery::Side;
use handover_core::entry::Body;
use handover_core::port::bus::Envelope;
use handover_core::port::desk::Presence;
use handover_core::session::Holder;
use handover_core::words::END;
use handover_engine::CaughtUp;
use handover_fake::vendor::{From, HookMood, Message, Mood};

pub(crate) fn texts(messages: &[Message], from: impl Fn(&From) -> bool) -> Vec<String> {
    messages.iter().filter(|message| from(&message.from)).map(|m| m.text.clone()).collect()
}

pub(crate) fn from_contact(world: &World, who: &str) -> Vec<String> {
    texts(&world.at_desk(who).messages, |from| *from == From::Contact)
}

pub(crate) fn notes(world: &World, who: &str) -> String {
    texts(&world.at_desk(who).messages, |from| *from == From::Note).join("\n")
}

pub(crate) fn opening_brings_name_metadata_and_transcript(kind: &Kind) {
    let world = World::new(kind);
    world.asks("eve");
    let at_desk = world.at_desk("eve");
    assert_eq!(at_desk.status, "open");
    assert!(at_desk.contact_name.contains("eve Example"), "{at_desk:?}");
    let data = at_desk.contact_data.to_string();
    for known in ["gold", "42.50"] {
        assert!(data.contains(known), "rule 1, metadata: {data}");
    }
    let everything: String = at_desk.messages.iter().map(|m| m.text.as_str()).collect();
    for said in ["My parcel is late", "You said: My parcel is late"] {
        assert!(everything.contains(said), "rule 1, transcript: {everything}");
    }
    let shown = texts(&at_desk.messages, |from| matches!(from, From::Agent(_) | From::Robot));
    assert_eq!(shown, [] as [&str; 0], "nothing of it looks like an agent's answer");
    assert_eq!(world.seen("eve"), [] as [&str; 0]);
    assert_eq!(world.conversation("eve").holder(), Holder::Waiting);
}

pub(crate) fn messages_in_order_both_ways(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    assert_eq!(world.conversation("eve").holder(), Holder::Agent, "rule 7");
    let before = from_contact(&world, "eve").len();
    let (mut asked, mut answered) = (Vec::new(), vec!["Hello, how can I help?".to_owned()]);
    for n in 0..8 {
        for part in 0..2 {
            asked.push(format!("question {n}.{part}"));
            world.says("eve", asked.last().unwrap());
        }
        world.settle();
        for part in 0..2 {
            answered.push(format!("answer {n}.{part}"));
            world.vendor().agent_says(&world.link("eve"), "Ana", answered.last().unwrap());
        }
        world.settle();
        world.later_s(5);
    }
    world.pass_s(60);
    assert_eq!(from_contact(&world, "eve")[before..], asked, "promise D");
    assert_eq!(world.seen("eve"), answered, "promise D, rule 8");
    assert_eq!(*world.around.turns.lock().unwrap(), ["My parcel is late"], "rule 6");
}

pub(crate) fn echoes_are_dropped(kind: &Kind) {
    let world = World::new(kind);
    world.asks("eve");
    for n in 0..5 {
        world.says("eve", &format!("Is anybody there? {n}"));
        world.pass_s(5);
    }
    assert_eq!(world.seen("eve"), [] as [&str; 0], "rule 8: our own words are no agent's");
    assert_eq!(world.conversation("eve").holder(), Holder::Waiting);
    let CaughtUp::Done { hook, .. } = world.catch_up("eve") else { panic!() };
    assert_eq!(hook.taken, 0, "nor do they look so when we look ourselves: {hook:?}");
}

pub(crate) fn hooks_twice_count_once(kind: &Kind) {
    let world = World::new(kind);
    world.mood(Mood { hooks: HookMood::Twice, ..Mood::default() });
    world.answered("eve");
    world.vendor().agent_notes(&world.link("eve"), "Ana", "difficult");
    world.settle();
    assert_eq!(world.seen("eve"), ["Hello, how can I help?"], "promise C");
    let note = |body: &Body| matches!(body, Body::Note { text } if text.contains("difficult"));
    assert_eq!(world.transcript("eve").iter().filter(|entry| note(&entry.body)).count(), 1);
}

pub(crate) fn hooks_of_long_ago_count_once(kind: &Kind) {
    let world = World::new(kind);
    world.asks("eve");
    world.vendor().agent_says(&world.link("eve"), "Ana", "Hello");
    let hooks = world.vendor().hooks();
    hooks.iter().for_each(|hook| assert_eq!(world.hook(hook), 200));
    world.says("eve", "Hello Ana");
    world.settle();
    for _ in 0..3 {
        world.later_s(600);
        // What is signed grows old; then it may be refused, and must not be believed.
        hooks.iter().for_each(|hook| assert!(matches!(world.hook(hook), 200 | 401)));
    }
    assert_eq!(world.seen("eve"), ["Hello"], "promise C");
}

pub(crate) fn hooks_in_any_order_arrive(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.mood(Mood { hooks: HookMood::OutOfOrder, ..Mood::default() });
    for n in 0..5 {
        world.vendor().agent_says(&world.link("eve"), "Ana", &format!("part {n}"));
    }
    world.settle();
    let mut seen = world.seen("eve");
    seen.sort();
    assert_eq!(seen[1..], ["part 0", "part 1", "part 2", "part 3", "part 4"], "promise B");
}

pub(crate) fn lost_hooks_are_caught_up(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.mood(Mood { hooks: HookMood::Lost, ..Mood::default() });
    let link = world.link("eve");
    for n in 0..3 {
        world.vendor().agent_says(&link, "Ana", &format!("lost {n}"));
        world.later_s(1);
    }
    world.settle();
    assert_eq!(world.seen("eve").len(), 1);
    let CaughtUp::Done { hook, cursor, .. } = world.catch_up("eve") else { panic!() };
    assert_eq!(hook.taken, 3);
    assert_eq!(world.seen("eve")[1..], ["lost 0", "lost 1", "lost 2"], "promises B and D");
    world.vendor().closes(&link, "Ana");
    world.later_s(30);
    let session = world.session("eve").id;
    let look = world.engine.catch_up(&session, cursor.as_deref());
    let CaughtUp::Done { .. } = world.block_on(look).unwrap() else { panic!() };
    assert_eq!(world.offered("eve"), 1, "rule 15 needs no hook either");
    let CaughtUp::Done { hook, .. } = world.catch_up("eve") else { panic!() };
    assert_eq!((hook.taken, world.offered("eve"), world.seen("eve").len()), (0, 1, 4));
}

pub(crate) fn late_hooks_after_a_look_count_once(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.mood(Mood { hooks: HookMood::Late, ..Mood::default() });
    world.vendor().agent_says(&world.link("eve"), "Ana", "by a look");
    world.settle();
    world.catch_up("eve");
    assert_eq!(world.seen("eve").len(), 2);
    world.mood(Mood::default());
    world.settle();
    assert_eq!(world.seen("eve").len(), 2, "promise C: hook and look agree");
}

pub(crate) fn attachments_both_ways(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.sends_picture("eve");
    world.says("eve", "That is my cat");
    world.pass_s(5);
    let at_desk = world.at_desk("eve").messages;
    let mine: Vec<&Message> = at_desk.iter().filter(|m| m.from == From::Contact).collect();
    let [.., picture, words] = mine.as_slice() else { panic!() };
    assert_eq!(picture.files, ["cat.png"], "rule 6");
    assert_eq!(words.text, "That is my cat", "promise D");
    let link = world.link("eve");
    world.vendor().agent_sends_file(&link, "Ana", "label.pdf", "application/pdf", b"%PDF-1.4");
    world.settle();
    let transcript = world.transcript("eve");
    let Some(Content::Media(media)) = transcript.last().unwrap().content() else { panic!() };
    assert_eq!(media.name.as_deref(), Some("label.pdf"));
    let prefix = "/files/desk/support/";
    let url = media.url.strip_prefix(prefix).expect("an address that contacts can reach");
    let desk = handover_core::ids::AccountId::new("support");
    let file = world.block_on(world.engine.file_at_desk(&desk, url)).unwrap();
    assert_eq!((file.status, file.body.as_slice()), (200, b"%PDF-1.4".as_slice()));
    assert!(!PICTURE.is_empty());
}

pub(crate) fn notes_never_reach_the_contact(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.vendor().agent_notes(&world.link("eve"), "Ana", "She is angry LIVECHAT_SESSION_END");
    world.settle();
    let shown = world.transcript("eve");
    let shown = shown.iter().filter(|entry| entry.for_contact);
    assert!(shown.into_iter().all(|entry| !format!("{entry:?}").contains("angry")), "rule 8");
    assert_eq!(world.offered("eve"), 0, "rule 13: a note offers nothing");
}

pub(crate) fn robots(kind: &Kind) {
    let world = World::new(kind);
    world.asks("eve");
    world.vendor().robot_says(&world.link("eve"), "We are out of office.");
    world.settle();
    // Chatwoot's robots speak to the contact; the messages of Gorgias' rules are not relayed.
    let told: &[&str] =
        if kind.adapter.manifest().vendor == "gorgias" { &[] } else { &["We are out of office."] };
    assert_eq!(world.seen("eve"), told);
    assert_eq!(
        world.conversation("eve").holder(),
        Holder::Waiting,
        "rule 7: no agent has answered"
    );
    world.act("eve", Content::payload(END));
    world.pass_s(60);
    world.vendor().robot_says(&world.link("eve"), "How did we do?");
    world.pass_s(5);
    assert!(!world.is_open("eve"), "promise A: a robot takes nothing over");
}

pub(crate) fn contacts_do_not_cross(kind: &Kind) {
    let world = World::new(kind);
    for who in ["eve", "mallory"] {
        world.asks(who);
        world.later_s(20);
    }
    assert_ne!(world.link("eve"), world.link("mallory"));
    world.vendor().agent_says(&world.link("eve"), "Ana", "for Eve");
    world.vendor().agent_says(&world.link("mallory"), "Ben", "for Mallory");
    world.says("eve", "from Eve");
    world.says("mallory", "from Mallory");
    world.pass_s(5);
    assert_eq!(world.seen("eve"), ["for Eve"], "promise F");
    assert_eq!(world.seen("mallory"), ["for Mallory"]);
    assert_eq!(from_contact(&world, "eve").last().unwrap(), "from Eve");
    assert_eq!(from_contact(&world, "mallory").last().unwrap(), "from Mallory");
    assert!(!notes(&world, "eve").contains("Mallory"));
}

pub(crate) fn what_the_contact_writes_while_opening(kind: &Kind) {
    let world = World::new(kind);
    world.mood(Mood { down: true, ..Mood::default() });
    world.asks("eve");
    world.says("eve", "Are you there?");
    world.later_s(1);
    world.says("eve", "Hello?");
    world.settle();
    world.mood(Mood::default());
    world.pass_s(120);
    let said = from_contact(&world, "eve");
    assert_eq!(said[said.len() - 2..], ["Are you there?", "Hello?"], "promise D");
    let everything: String = world.at_desk("eve").messages.iter().map(|m| m.text.clone()).collect();
    assert_eq!(everything.matches("Are you there?").count(), 1, "promise C: {everything}");
}

pub(crate) fn long_and_odd_texts(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    let odd = "<b>5 &lt; 6</b> \"quoted\" \\ {{ticket.id}} naïve 文 👩‍👩‍👧 \u{202e}";
    world.says("eve", odd);
    world.says("eve", &"long ".repeat(50_000));
    world.pass_s(5);
    let said = from_contact(&world, "eve");
    assert!(said.iter().any(|text| text.trim() == odd.trim()), "{:?}", &said[1]);
    let long: String = said.concat();
    assert_eq!(long.matches("long").count(), 50_000, "promise B");
    world.vendor().agent_says(&world.link("eve"), "Ana", "1 < 2 && \"so\" — 文 👍");
    world.settle();
    assert_eq!(world.seen("eve").last().unwrap(), "1 < 2 && \"so\" — 文 👍");
    assert_eq!(world.troubles("eve"), [] as [&str; 0]);
}

pub(crate) fn an_agent_is_shown_by_name(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    assert!(world.session("eve").agent.unwrap().name.contains("Ana"), "rule 7");
}

pub(crate) fn connecting_twice_makes_nothing_twice(kind: &Kind) {
    let world = World::new(kind);
    let made = |world: &World| {
        let posts = world.vendor().requests();
        posts.iter().filter(|request| request.starts_with("POST ")).count()
    };
    let before = made(&world);
    world.connect();
    assert_eq!(made(&world), before, "{:?}", world.vendor().requests());
    world.answered("eve");
    assert_eq!(world.seen("eve").len(), 1, "and hooks come once");
}

pub(crate) fn signs_of_life(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    // Gorgias has no such signs.
    let has = kind.adapter.manifest().vendor == "chatwoot";
    for on in [true, false] {
        let id = world.id("eve");
        let shown = world.engine.presence(&id, Presence::Typing(on));
        world.block_on(shown).unwrap();
        assert_eq!(world.at_desk("eve").contact_types, on && has);
    }
    world.block_on(world.engine.presence(&world.id("eve"), Presence::Read)).unwrap();
    assert_eq!(world.at_desk("eve").contact_has_read, has);
    world.around.hints.lock().unwrap().clear();
    world.vendor().agent_types(&world.link("eve"), "Ana", true);
    world.settle();
    let hints = world.around.hints.lock().unwrap();
    let types =
        |hint: &Envelope| matches!(hint, Envelope::Typing { side: Side::Desk, on: true, .. });
    assert_eq!(hints.iter().any(types), has);
}

pub(crate) fn files_that_may_not_be_fetched(kind: &Kind) {
    let world = World::new(kind);
    world.answered("eve");
    world.act(
        "eve",
        Content::Media(Media {
            kind: MediaKind::Image,
            url: "http://10.0.0.8/inside.png".into(),
            name: Some("inside.png".into()),
            mime: None,
            size_bytes: None,
        }),
    );
    world.says("eve", "Did you get it?");
    world.pass_s(600);
    let said = from_contact(&world, "eve");
    assert!(said[said.len() - 2].contains("inside.png"), "rule 11: {said:?}");
    assert_eq!(said.last().unwrap(), "Did you get it?");
    assert_eq!(world.troubles("eve"), [] as [&str; 0]);
}
