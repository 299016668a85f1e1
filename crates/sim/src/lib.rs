//! A false world with one seed around the real core, engine and adapters: people, desks, faults, and checks of every
//! promise of a session. Needed by nothing of the product.

mod bot;
mod brought;
mod chance;
mod chat;
mod check;
mod disk;
mod draw;
mod exec;
mod faults;
mod looks;
mod mail;
mod mutant;
mod naive;
mod net;
mod people;
mod plan;
mod run;
mod settings;
mod shared;
mod shrink;
mod steps;
mod wire;
mod world;

pub use chance::Chance;
pub use mutant::Bug;
pub use plan::{Act, Deed, Fault, Kind, Plan, Setting, Weather, Wrong};
pub use run::{Outcome, Wait, play};
pub use shrink::{shrink, story};
