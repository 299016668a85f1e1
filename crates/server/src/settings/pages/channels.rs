//! Settings → Channels: where contacts write, and what to paste where.

use super::accounts::{is_ours, manifest};
use super::form::Done;
use crate::app::Shared;
use crate::auth::Admin;
use crate::settings::AccountKind;
use crate::staff::{Frame, page};
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use handover_core::port::manifest::FieldKind;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/settings/channels", get(show))
}

/// A key of ours, shown or only known to be set.
struct Key {
    field: &'static str,
    label: &'static str,
    help: &'static str,
    /// None for a secret.
    value: Option<String>,
}

struct ChannelView {
    id: String,
    name: String,
    title: &'static str,
    summary: &'static str,
    bot: String,
    is_web: bool,
    is_api: bool,
    keys: Vec<Key>,
}

#[derive(Template)]
#[template(path = "settings/channels.html")]
struct ChannelsPage {
    frame: Frame,
    origin: String,
    channels: Vec<ChannelView>,
    vendors: Vec<(&'static str, &'static str)>,
}

async fn show(
    State(app): State<Shared>,
    Admin(by): Admin,
    headers: HeaderMap,
    Query(done): Query<Done>,
) -> Response {
    let bots = app.bots.bots();
    let channels = app.settings.accounts(AccountKind::Channel);
    let channels = channels.iter().map(|account| {
        let manifest = manifest(&account.vendor);
        let fields = manifest.map(|manifest| manifest.fields).unwrap_or_default();
        let keys = fields.iter().filter(|field| is_ours(field.name));
        let bot = account.text("bot").unwrap_or(crate::settings::DEMO_BOT);
        ChannelView {
            id: account.id.to_string(),
            name: account.name.clone(),
            title: manifest.map_or("Unknown", |manifest| manifest.title),
            summary: manifest.map_or("Its kind is not known to this version.", |m| m.summary),
            bot: bots
                .iter()
                .find(|summary| summary.id.as_str() == bot)
                .map_or_else(|| bot.to_owned(), |summary| summary.name.clone()),
            is_web: account.vendor == "web",
            is_api: account.vendor == "api",
            keys: keys
                .map(|field| Key {
                    field: field.name,
                    label: field.label,
                    help: field.help,
                    value: (field.kind != FieldKind::Secret)
                        .then(|| account.text(field.name).unwrap_or_default().to_owned()),
                })
                .collect(),
        }
    });
    page(&ChannelsPage {
        frame: Frame::new(&by, "channels").done(done.sentence()),
        origin: origin(&headers),
        channels: channels.collect(),
        vendors: handover_adapters::channels()
            .iter()
            .map(|channel| (channel.manifest().vendor, channel.manifest().title))
            .collect(),
    })
}

/// The address under which the browser sees this program.
fn origin(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("x-forwarded-host").or(text(header::HOST.as_str())).unwrap_or("localhost");
    let proto = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    format!("{proto}://{host}")
}
