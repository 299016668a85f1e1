//! What an empty data folder is filled with: one channel for the web and one for programs, the console, the demo
//! bot, and the first agent.

use crate::bots::Library;
use crate::config::Presets;
use crate::settings::{API_CHANNEL, AccountKind, CONSOLE, DEMO_BOT, Settings, WEB_CHANNEL};
use crate::start::StartError;
use crate::vault::random_text;
use handover_core::ids::AccountId;
use handover_core::port::directory::Account;
use handover_core::port::store::{Record, Records};
use rust_embed::Embed;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The demo bot, as it lies in the repository.
#[derive(Embed)]
#[folder = "../../bots/livechat-demo"]
struct DemoBot;

/// What was made up, to be printed once.
pub struct Made {
    /// The first agent's password; none when it was preset.
    pub admin_password: Option<String>,
    /// The Chat API's key.
    pub api_key: String,
    /// The Chat API's secret; none when it was preset.
    pub api_secret: Option<String>,
}

/// How long another node may take to fill the database.
const OTHERS: Duration = Duration::from_secs(15);

/// Fills an empty data folder; gives none when it was not empty. A run that was cut short is made whole.
///
/// # Errors
/// When the store fails.
pub async fn first_run(
    records: &Arc<dyn Records>,
    settings: &Settings,
    bots: &Library,
    presets: &Presets,
) -> Result<Option<Made>, StartError> {
    if records.get("settings", "first_run").await?.is_some() {
        return Ok(None);
    }
    let admin_password = crate::auth::first_run(&**records, presets.admin_password.clone())
        .await
        .map_err(|error| StartError::Other(error.to_string()))?;
    let api_key = match &presets.api_key {
        Some(key) => key.clone(),
        None => random_text()?,
    };
    let api_secret = match &presets.api_secret {
        Some(secret) => secret.clone(),
        None => random_text()?,
    };
    account(settings, AccountKind::Desk, CONSOLE, "Console", json!({})).await?;
    account(settings, AccountKind::Channel, WEB_CHANNEL, "Web chat", json!({ "bot": DEMO_BOT }))
        .await?;
    let api = json!({ "bot": DEMO_BOT, "key": api_key, "secret": api_secret });
    account(settings, AccountKind::Channel, API_CHANNEL, "Chat API", api).await?;
    let files = DemoBot::iter()
        .filter_map(|name| Some((name.to_string(), DemoBot::get(&name)?.data.into_owned())))
        .collect();
    bots.upload(&AccountId::new(DEMO_BOT), files)
        .await
        .map_err(|error| StartError::Other(format!("the demo bot: {error}")))?;
    records
        .put(Record {
            kind: "settings".into(),
            id: "first_run".into(),
            body: json!({ "done": true }),
        })
        .await?;
    let api_secret = presets.api_secret.is_none().then_some(api_secret);
    Ok(Some(Made { admin_password, api_key, api_secret }))
}

/// The same where nodes may start together: one fills the database, the others wait for it.
///
/// # Errors
/// When the store fails.
pub async fn of_many(
    records: &Arc<dyn Records>,
    settings: &Settings,
    bots: &Library,
    presets: &Presets,
) -> Result<Option<Made>, StartError> {
    let begun = Record { kind: "settings".into(), id: "first_run_begun".into(), body: json!({}) };
    if records.create(begun).await? {
        return first_run(records, settings, bots, presets).await;
    }
    let until = Instant::now() + OTHERS;
    while records.get("settings", "first_run").await?.is_none() {
        if Instant::now() >= until {
            // Whoever began is gone; it is made whole.
            return first_run(records, settings, bots, presets).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    settings.look_again().await?;
    bots.look_again().await?;
    Ok(None)
}

async fn account(
    settings: &Settings,
    kind: AccountKind,
    id: &str,
    name: &str,
    values: Value,
) -> Result<(), StartError> {
    let settings_of = match values {
        Value::Object(values) => values,
        _ => serde_json::Map::new(),
    };
    let account = Account {
        id: AccountId::new(id),
        vendor: id.into(),
        name: name.into(),
        settings: settings_of,
    };
    Ok(settings.save_account(kind, account).await?)
}
