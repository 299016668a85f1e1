//! What an adapter says about itself: the settings form, the configuration and the reference are made from it.

use crate::capability::Capabilities;

/// What an adapter says about itself.
#[derive(Debug, Clone, Copy)]
pub struct Manifest {
    /// The word in configuration and addresses: `console`, `webhook`, `web`, `api`.
    pub vendor: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Its settings, in the order of the form.
    pub fields: &'static [Field],
    /// What it can show.
    pub capabilities: Capabilities,
}

/// One setting of an account.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key in the account's settings.
    pub name: &'static str,
    /// What is written beside it.
    pub label: &'static str,
    /// What it does and where to find the value.
    pub help: &'static str,
    /// What it may hold.
    pub kind: FieldKind,
    /// Whether it must be given.
    pub required: bool,
}

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A secret: write-only, sealed on disk.
    Secret,
    /// An `https://` address (`http://` too, where private networks are allowed).
    Url,
    /// Yes or no.
    Bool,
}
