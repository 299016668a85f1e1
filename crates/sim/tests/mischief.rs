//! Who makes trouble moves the others' p99 by no more than a fifth: the same others, with and without the trouble.
//!
//! The false world has no pages of agents: a console with a huge list is left to the bench.
#![allow(clippy::expect_used, reason = "these are tests")]

use sim::{Act, Deed, Fault, Kind, Plan, Setting, Weather, Wrong, play};

/// When the others begin to speak, in milliseconds after the beginning: what they did before is over by then.
const SPEAK_MS: i64 = 100_000;
/// When the trouble begins: before that, so that there is something in their way.
const TROUBLE_MS: i64 = 95_000;
/// When everyone leaves.
const LEAVE_MS: i64 = 400_000;
/// Waits that a p99 is taken of. A wait is a sum of a few steps of at most 60 ms each, so that its p99 is sharp: over
/// other seeds it moves by a twentieth.
const ENOUGH: usize = 300;

/// The others, and what they wait for. They are numbered after those who make trouble.
struct Scene {
    desk: Kind,
    others: usize,
    /// What each does before anything else.
    first: Option<Deed>,
    /// How often each speaks, in milliseconds: seldom enough that nobody waits for his own words before.
    every_ms: i64,
    /// For how long, in milliseconds.
    for_ms: i64,
    to_desk: bool,
}

/// Who makes trouble, and with what.
#[derive(Default)]
struct Trouble {
    contacts: usize,
    acts: Vec<Act>,
    faults: Vec<Fault>,
}

/// What those who make trouble had brought, in one seed, by when the others have spoken.
#[derive(Debug, Clone, Copy, Default)]
struct Brought {
    to_desk: usize,
    to_contacts: usize,
}

fn act(at_ms: i64, contact: usize, deed: Deed) -> Act {
    Act { at_ms, contact, n: 0, deed }
}

fn ms(number: usize) -> i64 {
    i64::try_from(number).expect("a small number")
}

impl Scene {
    fn plan(&self, seed: u64, trouble: &Trouble) -> Plan {
        let all = trouble.contacts + self.others;
        let mut acts = trouble.acts.clone();
        for (n, contact) in (trouble.contacts..all).enumerate() {
            // One after the other: an opening is five calls, and would meet a vendor's limit by itself.
            acts.extend(self.first.map(|deed| act(8000 * ms(n), contact, deed)));
            let mut after_ms = self.every_ms * ms(n) / ms(self.others);
            while after_ms < self.for_ms {
                acts.push(act(SPEAK_MS + after_ms, contact, Deed::Says));
                after_ms += self.every_ms;
            }
        }
        acts.extend((0..all).map(|contact| act(LEAVE_MS, contact, Deed::PressesEnd)));
        acts.sort_by_key(|act| act.at_ms);
        acts.iter_mut().enumerate().for_each(|(n, act)| act.n = n);
        let livechat = handover_core::policy::Livechat { timeout_s: 7200, ..Default::default() };
        let (posted, nodes) = (vec![true; all], vec![0]);
        let setting =
            Setting { desk: self.desk, shared: false, livechat, posted, nodes, calm: false };
        Plan { seed, setting, acts, faults: trouble.faults.clone() }
    }

    /// The 99th percentile of the others' waits over as many seeds as it takes, in milliseconds.
    fn play(&self, trouble: &Trouble) -> (i64, Brought) {
        let (mut waits, mut brought) = (Vec::new(), Brought::default());
        let spoken = SPEAK_MS..SPEAK_MS + self.for_ms + 1000;
        for seed in 1.. {
            let outcome = play(&self.plan(seed, trouble), None, false);
            assert_eq!(outcome.failure, None, "seed {seed}");
            let in_time = outcome.waits.iter().filter(|it| spoken.contains(&it.at_ms));
            let of_others = in_time.filter(|it| it.contact >= trouble.contacts);
            let before = waits.len();
            waits.extend(of_others.filter(|it| it.to_desk == self.to_desk).map(|it| it.ms));
            assert!(waits.len() > before, "nobody waited for anything");
            let of_trouble = |to_desk| {
                let of = outcome.waits.iter().filter(|it| it.contact < trouble.contacts);
                let of = of.filter(|it| it.to_desk == to_desk && it.at_ms >= TROUBLE_MS);
                of.filter(|it| it.at_ms + it.ms <= spoken.end).count()
            };
            brought = Brought { to_desk: of_trouble(true), to_contacts: of_trouble(false) };
            if waits.len() >= ENOUGH {
                break;
            }
        }
        waits.sort_unstable();
        (*waits.get(waits.len() * 99 / 100).expect("there are waits"), brought)
    }

    /// Compares; gives what those who make trouble had brought, in peace and not.
    fn holds(&self, peace: &Trouble, trouble: &Trouble) -> (Brought, Brought) {
        let ((before, calm), (now, troubled)) = (self.play(peace), self.play(trouble));
        assert!(now * 5 <= before * 6, "p99 of the others: {before} ms, now {now} ms");
        (calm, troubled)
    }
}

/// Twenty messages a second.
fn noise(count: usize) -> Trouble {
    let mut acts = vec![act(64_000, 0, Deed::PressesStart)];
    acts.extend((0..count).map(|n| act(TROUBLE_MS + 50 * ms(n), 0, Deed::Says)));
    Trouble { contacts: 1, acts, faults: Vec::new() }
}

fn at_chatwoot() -> Scene {
    let first = Some(Deed::PressesStart);
    Scene { desk: Kind::Chatwoot, others: 7, first, every_ms: 1400, for_ms: 8400, to_desk: true }
}

#[test]
fn a_noisy_contact() {
    let (calm, noisy) = at_chatwoot().holds(&noise(0), &noise(80));
    assert!(calm.to_desk == 0 && noisy.to_desk >= 60, "it was no noise: {noisy:?}");
}

#[test]
fn a_noisy_contact_at_a_desk_with_a_limit() {
    let first = Some(Deed::PressesStart);
    let scene = Scene {
        desk: Kind::Gorgias,
        others: 4,
        first,
        every_ms: 10_000,
        for_ms: 80_000,
        to_desk: true,
    };
    let (calm, noisy) = scene.holds(&noise(0), &noise(80));
    assert!(calm.to_desk == 0 && noisy.to_desk > 40, "it has its share: {noisy:?}");
}

#[test]
fn a_dead_desk() {
    // Ten contacts wait for it. The others talk to the bot, whose answers are looked at.
    let starts = (0..10).map(|contact| act(1000 * ms(contact), contact, Deed::PressesStart));
    let says = (0..100).map(|n| act(TROUBLE_MS + 400 * ms(n), n % 10, Deed::Says));
    let peace = Trouble { contacts: 10, acts: starts.chain(says).collect(), faults: Vec::new() };
    let weather = Weather { desk_dead: true, ..Weather::default() };
    let dead = Fault { at_ms: TROUBLE_MS, what: Wrong::Bad { weather, for_ms: 120_000 } };
    let trouble = Trouble { acts: peace.acts.clone(), faults: vec![dead], ..peace };
    let desk = Kind::Chatwoot;
    let scene =
        Scene { desk, others: 30, first: None, every_ms: 21_000, for_ms: 40_000, to_desk: false };
    let (calm, dead) = scene.holds(&peace, &trouble);
    assert!(calm.to_desk >= 100 && dead.to_desk == 0, "alive {calm:?}, dead {dead:?}");
}

#[test]
fn a_bot_in_a_loop() {
    // With whoever talks to it, it asks for a human at each turn, and they end each session: round and round.
    let acts: Vec<Act> = (0..40)
        .flat_map(|n| {
            let (at_ms, contact) = (TROUBLE_MS + 250 * ms(n), n % 2);
            [act(at_ms, contact, Deed::MakesTheBotAsk), act(at_ms + 250, contact, Deed::PressesEnd)]
        })
        .collect();
    let looping = Trouble { contacts: 2, acts, faults: Vec::new() };
    let peace = Trouble { contacts: 2, ..Trouble::default() };
    let (calm, round) = at_chatwoot().holds(&peace, &looping);
    assert!(calm.to_contacts == 0 && round.to_contacts > 60, "it did not go round: {round:?}");
}
