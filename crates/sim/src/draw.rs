//! Draws a plan: all of it follows from the seed.

use crate::chance::Chance;
use crate::plan::{Act, Deed, Fault, Kind, Plan, Setting, Weather, Wrong};
use handover_core::policy::{ExpiredAt, Livechat, OnDeskClosed};

const MINUTE: i64 = 60_000;

impl Plan {
    /// The plan that follows from a seed.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let calm = chance.permille(200);
        let desk = match chance.index(8) {
            0..=1 => Kind::Chatwoot,
            2 => Kind::OldChatwoot,
            3..=4 => Kind::Gorgias,
            5 => Kind::OtherGorgias,
            6 => Kind::Console,
            _ => Kind::Chatwoot,
        };
        let livechat = Livechat {
            timeout_s: [900, 3600, 7200][chance.index(3)],
            start_text: Some(["", "Someone will be with you shortly."][chance.index(2)].into()),
            on_desk_closed: [OnDeskClosed::OfferEnd, OnDeskClosed::End, OnDeskClosed::Ignore]
                [chance.index(3)],
            expired_at: [ExpiredAt::Once, ExpiredAt::NextMessage][chance.index(2)],
            ..Livechat::default()
        };
        let contacts = 1 + chance.index(3);
        let posted = (0..contacts).map(|_| chance.permille(500)).collect();
        let count = if calm { 1 } else { 1 + chance.index(3) };
        let nodes =
            (0..count).map(|_| if calm { 0 } else { chance.between(-3000, 3000) }).collect();
        let shared = chance.permille(400);
        let setting = Setting { desk, shared, livechat, posted, nodes, calm };
        let acts = acts(&mut chance, &setting, contacts);
        let last = acts.last().map_or(0, |act| act.at_ms);
        let faults = if calm { Vec::new() } else { faults(&mut chance, &setting, last) };
        Self { seed, setting, acts, faults }
    }
}

fn acts(chance: &mut Chance, setting: &Setting, contacts: usize) -> Vec<Act> {
    let mut acts = Vec::new();
    for contact in 0..contacts {
        let mut at_ms = chance.between(0, 5000);
        let mut asked = false;
        for _ in 0..chance.between(4, 24) {
            let deed = deed(chance, asked, setting);
            use Deed as D;
            match deed {
                D::PressesStart
                | D::PressesStartTwice
                | D::TypesStart
                | D::StartsQueue
                | D::MakesTheBotAsk => asked = true,
                D::PressesEnd | D::PressesEndTwice | D::TypesEnd => asked = chance.permille(200),
                _ => {}
            }
            acts.push(Act { at_ms, contact, n: 0, deed });
            at_ms += gap(chance, setting.calm);
        }
    }
    acts.sort_by_key(|act| act.at_ms);
    acts.iter_mut().enumerate().for_each(|(n, act)| act.n = n);
    acts
}

/// People write in bursts, think, go away and come back.
fn gap(chance: &mut Chance, calm: bool) -> i64 {
    let least = if calm { 15_000 } else { 0 };
    least
        + match chance.index(10) {
            0..=3 => chance.between(0, 600),
            4..=6 => chance.between(1000, 20_000),
            7..=8 => chance.between(MINUTE, 10 * MINUTE),
            _ => chance.between(10 * MINUTE, 150 * MINUTE),
        }
}

fn deed(chance: &mut Chance, asked: bool, setting: &Setting) -> Deed {
    use Deed as D;
    let free = &[
        (D::Says, 30),
        (D::AsksForMenu, 6),
        (D::TypesTitle, 4),
        (D::CrashesTheBot, 2),
        (D::MakesTheBotAsk, 5),
        (D::SendsFile, 3),
        (D::PressesStart, 25),
        (D::PressesStartTwice, 6),
        (D::TypesStart, 4),
        (D::StartsQueue, 2),
        (D::PressesEnd, 3),
        (D::Reads, 2),
        (D::AgentSays, 6),
        (D::AgentNotes, 2),
    ][..];
    let open = &[
        (D::Says, 30),
        (D::SendsFile, 4),
        (D::PressesStart, 2),
        (D::PressesEnd, 7),
        (D::PressesEndTwice, 3),
        (D::TypesEnd, 2),
        (D::Reads, 2),
        (D::AgentSays, 30),
        (D::AgentEnds, 5),
        (D::AgentSaysWithMarker, 3),
        (D::AgentNotes, 4),
        (D::AgentSendsFile, 2),
        (D::AgentCloses, 5),
        (D::AgentMacro, 3),
        (D::AgentReopens, 3),
        (D::AgentSnoozes, 2),
        (D::AgentAccepts, 4),
        (D::AgentHandsBack, 2),
    ][..];
    let of = if asked { open } else { free };
    let all: i64 = of.iter().map(|(_, weight)| *weight).sum();
    let mut at = chance.between(0, all);
    for (deed, weight) in of {
        at -= weight;
        let can = match deed {
            D::AgentAccepts | D::AgentHandsBack => setting.desk == Kind::Console,
            // Its parts come in any order, so that nobody can predict it.
            D::AgentMacro => !setting.calm,
            _ => true,
        };
        if at < 0 && can {
            return *deed;
        }
    }
    D::Says
}

fn faults(chance: &mut Chance, setting: &Setting, last_ms: i64) -> Vec<Fault> {
    let mut faults = Vec::new();
    for _ in 0..chance.between(1, 8) {
        let at_ms = chance.between(0, last_ms + MINUTE);
        let node = chance.index(setting.nodes.len());
        let what = match chance.index(10) {
            0..=2 => Wrong::Kill {
                node,
                calls: u32::try_from(chance.between(1, 40)).unwrap_or(1),
                down_ms: chance.between(100, 5 * MINUTE),
            },
            3 => Wrong::Stall { node, for_ms: chance.between(1000, 6 * MINUTE) },
            4 if chance.permille(200) => {
                Wrong::Sleep { for_ms: chance.between(1000, 120 * MINUTE) }
            }
            4 if chance.permille(500) => leap(chance, node),
            _ => Wrong::Bad { weather: weather(chance), for_ms: chance.between(1000, 30 * MINUTE) },
        };
        faults.push(Fault { at_ms, what });
    }
    faults.sort_by_key(|fault| fault.at_ms);
    faults
}

/// By seconds, minutes or an hour, there or back.
fn leap(chance: &mut Chance, node: usize) -> Wrong {
    let most = [20_000, 10 * MINUTE, 120 * MINUTE][chance.index(3)];
    let by_ms = chance.between(-most, most);
    let node = chance.permille(600).then_some(node);
    Wrong::Leap { node, by_ms, for_ms: chance.between(1000, 60 * MINUTE) }
}

fn weather(chance: &mut Chance) -> Weather {
    let mut some = |most: i64| {
        if chance.permille(350) { u32::try_from(chance.between(20, most)).unwrap_or(0) } else { 0 }
    };
    Weather {
        refused: some(700),
        lost: some(300),
        answer_lost: some(500),
        too_many: some(300),
        down: some(600),
        half: some(200),
        slow: some(500),
        hooks_lost: some(500),
        hooks_again: some(600),
        hooks_late: some(700),
        disk: some(150),
        disk_after: some(150),
        says_again: some(500),
        blocked: some(1000) > 900,
        desk_dead: some(1000) > 900,
    }
}
