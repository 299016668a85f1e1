//! The conversation machine: one file a kind of event.
