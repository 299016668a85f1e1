//! A desk's page: its form, how it is doing, what is to be done by hand.

use super::fields::{FieldView, Keeper};
use super::form::Errors;
use super::moment::Moment;
use crate::app::App;
use crate::auth::SignedIn;
use crate::desks::health::State;
use crate::settings::connect::has_hook;
use crate::settings::glance::Glance;
use crate::settings::{AccountKind, desks};
use crate::staff::Frame;
use askama::Template;
use handover_core::ids::AccountId;
use handover_core::port::desk::Desk;
use handover_core::port::directory::{Account, Directory};
use handover_core::port::manifest::{FieldKind, Manifest};
use handover_core::port::place::HOOK_TOKEN;
use handover_core::time::Timestamp;
use reqwest::Url;
use std::net::IpAddr;

/// How a desk is doing, in words.
pub(super) struct HealthView {
    /// `good`, `warn` or `danger`: never told by its colour alone.
    pub(super) tone: &'static str,
    pub(super) words: String,
    pub(super) last_hook: Option<Moment>,
    pub(super) last_success: Option<Moment>,
    pub(super) last_error: Option<(Moment, String)>,
    /// What was found not to stand there as it should, and when last.
    pub(super) drift: Option<(Moment, String)>,
    /// `12 of 40`.
    pub(super) limit: Option<String>,
    pub(super) open_sessions: usize,
}

impl HealthView {
    pub(super) fn of(glance: &Glance, now: Timestamp) -> Self {
        let kept = &glance.kept;
        let (tone, words) = match &glance.state {
            State::Works => ("good", "works".to_owned()),
            State::NotProved => ("warn", "not yet proved".to_owned()),
            State::Trouble { why } => ("danger", format!("trouble: {why}")),
        };
        let moment = |at| Moment::of(at, now);
        Self {
            tone,
            words,
            last_hook: kept.last_hook_at.map(moment),
            last_success: kept.last_success_at.map(moment),
            last_error: kept.last_error.as_ref().map(|it| (moment(it.at), it.why.clone())),
            drift: kept.drift.as_ref().map(|it| (moment(it.at), it.words())),
            limit: glance.limit.map(|limit| match glance.usage {
                Some(usage) => format!("{} of {}", usage.used, usage.limit),
                None => format!("at most {} in {} s", limit.requests, limit.window_s),
            }),
            open_sessions: glance.open_sessions,
        }
    }
}

/// A value to copy.
pub(super) struct Copy {
    label: String,
    value: String,
    /// Whether it holds the hook's secret address.
    secret: bool,
}

/// Something to be done at the vendor.
pub(super) struct Step {
    what: String,
    copies: Vec<Copy>,
    seen_by_hook: bool,
}

/// What is only there for a desk that is saved.
pub(super) struct Saved {
    id: String,
    health: HealthView,
    first_hook: Option<Moment>,
    connected: Option<(Moment, Vec<String>)>,
    steps: Vec<Step>,
    /// The hook's secret address.
    hook: Option<String>,
    /// Whether new sessions go there.
    chosen: bool,
    /// The configuration file that sets it: then it is changed there only.
    fixed_in: Option<String>,
}

/// Why nothing was saved, where no field is wrong.
pub(super) struct Failed {
    pub(super) why: String,
    /// Whether a new address for the hook was wanted; else the form was to be saved.
    pub(super) hook: bool,
}

#[derive(Template)]
#[template(path = "settings/desk.html")]
pub(super) struct DeskPage {
    frame: Frame,
    errors: Errors,
    failed: Option<Failed>,
    title: &'static str,
    summary: &'static str,
    vendor: &'static str,
    name: String,
    fields: Vec<FieldView>,
    /// This program's own address, where the desk cannot reach it.
    unreachable: Option<String>,
    saved: Option<Saved>,
}

/// What the page is made from.
pub(super) struct Shown<'a> {
    pub(super) app: &'a App,
    pub(super) by: &'a SignedIn,
    pub(super) manifest: &'static Manifest,
    /// What the form shows.
    pub(super) account: &'a Account,
    /// The account as it is saved, and how it is doing.
    pub(super) saved: Option<(&'a Account, Glance)>,
    pub(super) done: Option<&'static str>,
    pub(super) errors: Errors,
    pub(super) failed: Option<Failed>,
    /// A field of which one value must be chosen.
    pub(super) choose: Option<(&'static str, Vec<(String, String)>)>,
}

impl DeskPage {
    /// The configuration file that sets the desk.
    fn fixed_in(&self) -> Option<&str> {
        self.saved.as_ref()?.fixed_in.as_deref()
    }
}

impl Shown<'_> {
    /// The page.
    pub(super) fn page(self) -> DeskPage {
        let Self { app, by, manifest, account, saved, .. } = self;
        let all = manifest.fields.iter();
        let known = saved.as_ref().map(|(saved, _)| *saved);
        let mut fields: Vec<_> = all.map(|field| FieldView::of(field, account, known)).collect();
        Keeper::new(&app.vault, &*app.clock, by).keep(account, known, &mut fields);
        if let Some((name, choices)) = self.choose
            && let Some(field) = fields.iter_mut().find(|field| field.name == name)
        {
            field.choose(choices);
        }
        DeskPage {
            frame: Frame::new(by, "livechat").done(self.done),
            errors: self.errors,
            failed: self.failed,
            title: manifest.title,
            summary: manifest.summary,
            vendor: manifest.vendor,
            name: account.name.clone(),
            fields,
            unreachable: unreachable(&app.settings.place().base_url, manifest, account),
            saved: saved.map(|(account, glance)| of_saved(app, account, &glance)),
        }
    }
}

fn of_saved(app: &App, account: &Account, glance: &Glance) -> Saved {
    let (place, now) = (app.settings.place(), app.clock.now());
    let token = account.text(HOOK_TOKEN);
    let adapter = desks().find(|desk| Desk::manifest(*desk).vendor == account.vendor);
    let steps = adapter.map(|adapter| adapter.by_hand(account, &place)).unwrap_or_default();
    let steps = steps.into_iter().map(|step| Step {
        what: step.what,
        copies: step
            .copy
            .into_iter()
            .map(|(label, value)| {
                let secret = token.is_some_and(|token| value.contains(token));
                Copy { label, value, secret }
            })
            .collect(),
        seen_by_hook: step.seen_by_hook,
    });
    let chosen = app.settings.livechat().desk;
    let connected = glance.kept.connected.as_ref();
    Saved {
        id: account.id.to_string(),
        health: HealthView::of(glance, now),
        first_hook: glance.kept.first_hook_at.map(|at| Moment::of(at, now)),
        connected: connected.map(|it| (Moment::of(it.at, now), it.said.clone())),
        steps: steps.collect(),
        hook: token.map(|_| place.hook(account)),
        chosen: chosen.map(AccountId::new).as_ref() == Some(&account.id),
        fixed_in: app.settings.fixed_in(AccountKind::Desk, &account.id).map(str::to_owned),
    }
}

/// Our own address, where it means this machine only and the desk is elsewhere.
fn unreachable(base_url: &str, manifest: &Manifest, account: &Account) -> Option<String> {
    let mut addresses = manifest.fields.iter().filter(|field| field.kind == FieldKind::Url);
    let elsewhere = addresses
        .any(|field| account.text(field.name).is_some_and(|url| is_loopback(url) == Some(false)));
    (has_hook(AccountKind::Desk, manifest.vendor)
        && elsewhere
        && is_loopback(base_url) == Some(true))
    .then(|| base_url.to_owned())
}

/// Whether an address means the machine itself; none when it is no address.
fn is_loopback(url: &str) -> Option<bool> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    })
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn this_machine_is_known_by_all_its_names() {
        for url in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "http://0.0.0.0"]
        {
            assert_eq!(is_loopback(url), Some(true), "{url}");
        }
        assert_eq!(is_loopback("https://app.chatwoot.com"), Some(false));
        assert_eq!(is_loopback("http://192.168.1.5"), Some(false));
        assert_eq!(is_loopback("chatwoot"), None);
    }
}
