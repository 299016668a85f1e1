//! A desk as programs read it.

use crate::desks::health::{Connected, Failure, State};
use crate::settings::desks;
use crate::settings::glance::Glance;
use handover_adapters::kit::time::rfc3339;
use handover_core::port::directory::Account;
use handover_core::port::manifest::FieldKind;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A desk's account as it is kept; secrets are never told.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeskView {
    /// Your id for it.
    id: String,
    /// Which kind of desk.
    vendor: String,
    /// Its name in your own lists.
    name: String,
    /// Whether new sessions go there.
    chosen: bool,
    /// What the kind of desk asks for, but for secrets.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// How it is doing.
    health: HealthView,
}

/// How a desk is doing.
#[derive(Debug, Serialize, ToSchema)]
struct HealthView {
    /// `works`, `not_yet_proved` (nothing has come from it yet) or `trouble`.
    #[schema(example = "works")]
    state: &'static str,
    /// What the trouble is, in words.
    why: Option<String>,
    /// When the first hook came in at its present address, RFC 3339.
    first_hook_at: Option<String>,
    /// When the last hook came in.
    last_hook_at: Option<String>,
    /// When it last took or answered something.
    last_success_at: Option<String>,
    /// What last went wrong.
    last_error: Option<FailureView>,
    /// How many requests its vendor allows.
    limit: Option<LimitView>,
    /// Sessions that are open there.
    open_sessions: usize,
    /// When it was last connected, and what was found and done.
    connected: Option<ConnectedView>,
}

/// Something that went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct FailureView {
    /// When, RFC 3339.
    at: String,
    /// Why, in words.
    why: String,
}

/// How many requests a vendor allows.
#[derive(Debug, Serialize, ToSchema)]
struct LimitView {
    /// Used in the window that runs now; null where the vendor has not told.
    used: Option<u32>,
    /// Allowed in a window.
    requests: u32,
    /// The window, in seconds.
    window_s: u32,
}

/// What was found and done at the vendor.
#[derive(Debug, Serialize, ToSchema)]
struct ConnectedView {
    /// When, RFC 3339.
    at: String,
    /// A line each.
    said: Vec<String>,
}

impl DeskView {
    /// A desk, its secrets and what was learnt of it left out.
    pub(in crate::api) fn of(account: &Account, glance: Glance, chosen: bool) -> Self {
        let manifest = desks().map(|desk| desk.manifest()).find(|it| it.vendor == account.vendor);
        let fields = manifest.map(|manifest| manifest.fields).unwrap_or_default();
        let mut settings = account.settings.clone();
        settings.retain(|name, _| {
            fields.iter().any(|field| field.name == name && field.kind != FieldKind::Secret)
        });
        Self {
            id: account.id.to_string(),
            vendor: account.vendor.clone(),
            name: account.name.clone(),
            chosen,
            settings,
            health: HealthView::of(glance),
        }
    }
}

impl HealthView {
    fn of(glance: Glance) -> Self {
        let kept = glance.kept;
        let state = glance.state.as_str();
        let why = match glance.state {
            State::Trouble { why } => Some(why),
            _ => None,
        };
        Self {
            state,
            why,
            first_hook_at: kept.first_hook_at.map(rfc3339),
            last_hook_at: kept.last_hook_at.map(rfc3339),
            last_success_at: kept.last_success_at.map(rfc3339),
            last_error: kept.last_error.map(|Failure { at, why }| {
                let at = rfc3339(at);
                FailureView { at, why }
            }),
            limit: glance.limit.map(|limit| LimitView {
                used: glance.usage.map(|usage| usage.used),
                requests: glance.usage.map_or(limit.requests, |usage| usage.limit),
                window_s: limit.window_s,
            }),
            open_sessions: glance.open_sessions,
            connected: kept.connected.map(|Connected { at, said }| {
                let at = rfc3339(at);
                ConnectedView { at, said }
            }),
        }
    }
}
