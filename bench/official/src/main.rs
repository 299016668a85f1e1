//! Our CSML runtime beside the official interpreter, in one process, on one core, with the same bots:
//! `cargo run --release --manifest-path bench/official/Cargo.toml`

mod bots;
mod ours;
mod theirs;

use bots::{CALLS, SMALL, bot};
use cpu_time::ThreadTime;
use ours::Ours;
use serde_json::Value;
use std::time::{Duration, Instant};
use theirs::{Cached, Packed};

/// Rounds of each row; the middle one counts.
const ROUNDS: usize = 7;
/// How long a round takes.
const ROUND: Duration = Duration::from_millis(300);

/// One conversation with a bot.
trait Talker {
    /// The contact says "hi"; what the bot says.
    fn turn(&mut self) -> Vec<Value>;
}

fn main() {
    println!(
        "turns per second of processor time on one core; the middle of {ROUNDS} rounds in turn\n"
    );
    println!(
        "| bot | ours | official, trees kept in memory | ours is | official, its own cache | ours is |"
    );
    println!("|---|---|---|---|---|---|");
    row("a small turn", SMALL, 0);
    row("11 function calls", CALLS, 0);
    row("a small turn, 31 flows", SMALL, 30);
    row("11 function calls, 31 flows", CALLS, 30);
}

fn row(title: &str, content: &str, others: usize) {
    let bot = bot(content, others);
    let lines: usize = bot.flows.iter().map(|flow| flow.content.lines().count()).sum();
    let mut ours = Ours::new(&bot);
    let mut cached = Cached::new(&bot);
    let mut packed = Packed::new(&bot);
    for _ in 0..3 {
        let expected = texts(ours.turn());
        assert_eq!(texts(cached.turn()), expected, "both say the same");
        assert_eq!(texts(packed.turn()), expected, "both say the same");
    }
    let talkers: [&mut dyn Talker; 3] = [&mut ours, &mut cached, &mut packed];
    let [ours, cached, packed] = rates(talkers);
    let [ratio_cached, ratio_packed] = [ours / cached, ours / packed];
    println!(
        "| {title} ({lines} lines) | {ours:.0} | {cached:.0} | {ratio_cached:.1} × | {packed:.0} | {ratio_packed:.0} × |"
    );
}

fn texts(messages: Vec<Value>) -> Vec<Value> {
    messages.into_iter().map(|content| content["text"].clone()).collect()
}

/// Turns per second of this thread's own time; they take turns, so that a busy machine is busy for all.
fn rates<const N: usize>(mut talkers: [&mut dyn Talker; N]) -> [f64; N] {
    let mut rounds: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (talker, rounds) in talkers.iter_mut().zip(&mut rounds) {
            let (started, worked, mut turns) = (Instant::now(), ThreadTime::now(), 0_u32);
            while started.elapsed() < ROUND {
                talker.turn();
                turns += 1;
            }
            rounds.push(f64::from(turns) / worked.elapsed().as_secs_f64());
        }
    }
    rounds.map(|mut rounds| {
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2]
    })
}
