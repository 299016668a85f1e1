//! A false world with one seed around the real core, engine and adapters: people, desks, faults, and checks of every
//! promise of a session. Needed by nothing of the product.

mod bot;
mod chance;
mod check;
mod disk;
mod exec;
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
pub use run::{Outcome, play};
pub use shrink::{shrink, story};
