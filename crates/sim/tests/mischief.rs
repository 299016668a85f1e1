//! One who makes trouble moves the others' p99 by no more than a fifth: the same others, with and without the trouble.
#![allow(clippy::expect_used, reason = "these are tests")]

use sim::{Act, Deed, Fault, Kind, Plan, Setting, Weather, Wrong, play};

/// Contacts beside the one who makes trouble, whose number is 0.
const OTHERS: usize = 4;
const SEEDS: u64 = 3;
/// How long everyone stays after the last word, in milliseconds.
const STAYS_MS: i64 = 30_000;

struct Scene {
    desk: Kind,
    /// What the others do before anything else.
    first: Option<Deed>,
    /// How often each of the others speaks, and the milliseconds between.
    says: (i64, i64),
    to_desk: bool,
}

fn act(at_ms: i64, contact: usize, deed: Deed) -> Act {
    Act { at_ms, contact, n: 0, deed }
}

impl Scene {
    /// The 99th percentile of the others' waits, in milliseconds, over some seeds.
    fn p99(&self, trouble: &[Act], faults: &[Fault]) -> i64 {
        let mut waits = Vec::new();
        for seed in 1..=SEEDS {
            let mut acts = trouble.to_vec();
            for contact in 1..=OTHERS {
                let offset = 137 * contact as i64;
                // One after the other: an opening is five calls, and would meet a vendor's limit by itself.
                acts.extend(self.first.map(|deed| act(8000 * contact as i64, contact, deed)));
                let (times, every_ms) = self.says;
                let says = (0..times).map(|n| 60_000 + offset + every_ms * n);
                acts.extend(says.map(|at_ms| act(at_ms, contact, Deed::Says)));
            }
            let last = acts.iter().map(|act| act.at_ms).max().unwrap_or_default();
            let goes =
                |contact| act(last + STAYS_MS + 5000 * contact as i64, contact, Deed::PressesEnd);
            acts.extend((0..=OTHERS).map(goes));
            acts.sort_by_key(|act| act.at_ms);
            acts.iter_mut().enumerate().for_each(|(n, act)| act.n = n);
            let livechat =
                handover_core::policy::Livechat { timeout_s: 7200, ..Default::default() };
            let (posted, nodes) = (vec![true; OTHERS + 1], vec![0]);
            let setting =
                Setting { desk: self.desk, shared: false, livechat, posted, nodes, calm: false };
            let outcome = play(&Plan { seed, setting, acts, faults: faults.to_vec() }, None, false);
            assert_eq!(outcome.failure, None, "seed {seed}");
            let others =
                outcome.waits.iter().filter(|it| it.contact > 0 && it.to_desk == self.to_desk);
            waits.extend(others.map(|it| it.ms));
        }
        waits.sort_unstable();
        assert!(waits.len() > 300, "too few to speak of a p99: {}", waits.len());
        *waits.get(waits.len() * 99 / 100).expect("there are waits")
    }

    /// With the trouble, and with what the same contact does in peace.
    fn holds(&self, peace: &[Act], trouble: &[Act], faults: &[Fault]) {
        let (calm, troubled) = (self.p99(peace, &[]), self.p99(trouble, faults));
        assert!(troubled * 5 <= calm * 6, "p99 of the others: {calm} ms, now {troubled} ms");
    }
}

/// A hundred messages within five seconds.
fn noise() -> Vec<Act> {
    let mut acts = vec![act(0, 0, Deed::PressesStart)];
    acts.extend((0..100).map(|n| act(60_000 + 50 * n, 0, Deed::Says)));
    acts
}

#[test]
fn a_noisy_contact() {
    let first = Some(Deed::PressesStart);
    Scene { desk: Kind::Chatwoot, first, says: (30, 400), to_desk: true }.holds(
        &noise()[..1],
        &noise(),
        &[],
    );
}

#[test]
fn a_noisy_contact_at_a_desk_with_a_limit() {
    let first = Some(Deed::PressesStart);
    Scene { desk: Kind::Gorgias, first, says: (30, 10_000), to_desk: true }.holds(
        &noise()[..1],
        &noise(),
        &[],
    );
}

#[test]
fn a_dead_desk() {
    let mut acts = vec![act(0, 0, Deed::PressesStart)];
    acts.extend((0..100).map(|n| act(60_000 + 100 * n, 0, Deed::Says)));
    let weather = Weather { desk_dead: true, ..Weather::default() };
    let dead = Fault { at_ms: 30_000, what: Wrong::Bad { weather, for_ms: 600_000 } };
    Scene { desk: Kind::Chatwoot, first: None, says: (30, 2000), to_desk: false }.holds(
        &acts,
        &acts,
        &[dead],
    );
}

#[test]
fn a_bot_in_a_loop() {
    // The bot asks for a human at each turn, and the contact ends each session: round and round.
    let turn = |n| [(0, Deed::MakesTheBotAsk), (300, Deed::PressesEnd)].map(|it| (n, it));
    let acts: Vec<Act> = (0..40)
        .flat_map(turn)
        .map(|(n, (after, deed))| act(50_000 + 600 * n + after, 0, deed))
        .collect();
    let first = Some(Deed::PressesStart);
    Scene { desk: Kind::Chatwoot, first, says: (30, 400), to_desk: true }.holds(&[], &acts, &[]);
}
