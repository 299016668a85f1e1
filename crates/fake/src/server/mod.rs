//! A vendor as a real HTTP server, with a small page for its agents.

mod act;
mod page;
mod post;
mod serve;
#[cfg(test)]
mod tests;

pub use serve::serve;

use crate::vendor::{HookMood, Mood, Vendor};
use std::sync::{Arc, Mutex, PoisonError};

/// A vendor, where it is reached, and what its operator has set.
pub struct Desk {
    vendor: Arc<dyn Vendor>,
    /// Scheme and host by which Handover reaches it.
    base: String,
    mood: Mutex<Mood>,
}

impl Desk {
    /// A vendor that is reached at `base` (scheme and host) and treats hooks so.
    pub fn new(vendor: Arc<dyn Vendor>, base: &str, hooks: HookMood) -> Self {
        let mood = Mood { hooks, ..Mood::default() };
        vendor.set_mood(mood.clone());
        Self { vendor, base: base.trim_end_matches('/').to_owned(), mood: Mutex::new(mood) }
    }

    /// What to type into Handover's settings, a line each.
    pub fn connecting(&self) -> Vec<(&'static str, String)> {
        self.vendor.connecting(&self.base)
    }

    fn mood(&self) -> Mood {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_mood(&self, mut mood: Mood) {
        self.vendor.set_mood(mood.clone());
        // How many are still to be lost, only the vendor knows.
        mood.answers_lost = 0;
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    fn title(&self) -> String {
        let name = self.vendor.name();
        let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
        format!("{}{rest}", first.to_uppercase())
    }
}
