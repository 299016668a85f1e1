//! One template draws an entry, wherever it is seen.

use handover_core::entry::Entry;

/// Who looks at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// The contact: only what is for them.
    Contact,
    /// An agent: the whole transcript, notes and ignored lines included.
    Agent,
}

/// An entry as an HTML fragment, safe to insert as it is; none when this viewer may not see it.
pub fn entry(entry: &Entry, viewer: Viewer) -> Option<String> {
    let _ = (entry, viewer);
    None
}
