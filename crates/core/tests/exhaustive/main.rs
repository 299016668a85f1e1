//! The conversation machine over all sequences of events, up to a length, and with everything checked after each step.
//!
//! Sequences that lead to the same state are followed once, so that few states stand for very many sequences. What a
//! state is, is in `state`; what can happen in one, in `moves`; what must hold, in `rules`.
//! `HANDOVER_EXHAUSTIVE_DEPTH=7` goes to at least that length in every world, however long that takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod moves;
mod rules;
mod state;
mod walk;

use handover_core::capability::Capabilities;
use moves::{FEW, all};
use state::State;
use walk::walk;

/// Both sides are posted to, as with a messenger and a desk elsewhere.
fn posted() -> State {
    State::new(Capabilities::posted(), Capabilities::posted())
}

/// Both sides read the transcript, as the web chat and the console do.
fn pulling() -> State {
    State::new(Capabilities::pulling(), Capabilities::pulling())
}

/// A channel without buttons: numbers count as presses (rule 1).
fn text_only() -> State {
    State::new(Capabilities::text_only(), Capabilities::text_only())
}

#[test]
fn everything_that_can_happen_with_both_sides_posted_to() {
    walk("posted, every move", posted(), &all(), 5);
}

#[test]
fn everything_that_can_happen_with_both_sides_reading() {
    walk("pulling, every move", pulling(), &all(), 4);
}

#[test]
fn everything_that_can_happen_without_buttons() {
    walk("text only, every move", text_only(), &all(), 4);
}

#[test]
fn the_usual_moves_without_an_end() {
    let complete = walk("posted, the usual moves", posted(), FEW, 40);
    assert!(
        complete,
        "sequences of any length were covered once, with at most three turns waiting"
    );
}
