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
    /// What connecting an account finds out or makes, kept with its settings and shown in no form.
    pub learnt: &'static [Learnt],
    /// How many requests the vendor allows an account.
    pub limit: Option<Limit>,
    /// Whether a delivery whose outcome is unknown is looked up at the receiver before it is sent again (promise C).
    pub looks_up: bool,
    /// How often the desk is asked what it holds of an open session, in seconds.
    pub catch_up_s: Option<u32>,
}

impl Manifest {
    /// What most have: nothing learnt, no limit, nothing to ask.
    pub const PLAIN: Self = Self {
        vendor: "",
        title: "",
        summary: "",
        fields: &[],
        capabilities: Capabilities::text_only(),
        learnt: &[],
        limit: None,
        looks_up: false,
        catch_up_s: None,
    };
}

/// Something that connecting an account finds out or makes.
#[derive(Debug, Clone, Copy)]
pub struct Learnt {
    /// Its key in the account's settings.
    pub name: &'static str,
    /// Whether it is sealed on disk and never shown.
    pub secret: bool,
}

/// How many requests a vendor allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests in a window.
    pub requests: u32,
    /// The window, in seconds.
    pub window_s: u32,
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
    /// One of these values, each with what to call it; the first is the default.
    Choice(&'static [(&'static str, &'static str)]),
}
