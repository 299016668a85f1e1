//! Puts what the configuration file says of desks and livechat in place of what was saved, and connects its desks.

use super::from_file::FromFile;
use crate::api::livechat::merged;
use crate::app::{App, Shared};
use crate::settings::connect::{Saved, save};
use crate::settings::{AccountKind, SettingsError};
use handover_core::port::directory::Account;
use handover_core::port::watch::Watch;
use std::time::Duration;

/// How long to wait before a desk that could not be reached is tried again; doubled each time up to the longest.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(300);

/// Saves the file's desks and settings. What connecting has learnt of a desk before is kept; no vendor is asked.
///
/// # Errors
/// Names file, line and fix.
pub async fn put(app: &App, file: &FromFile) -> Result<(), String> {
    for desk in &file.desks {
        let above = format!("desks.{}", desk.id);
        match save(app, AccountKind::Desk, desk.clone(), false).await {
            Ok(Saved::Done { .. }) => {}
            Ok(Saved::Choose { question, .. }) => return Err(wrong(file, &above, &question)),
            Ok(Saved::Failed { why }) => return Err(wrong(file, &above, &why)),
            Err(error) => return Err(named(file, &above, error)),
        }
    }
    if !file.livechat.is_empty() {
        let above = "livechat";
        let livechat = merged(&app.settings.livechat(), file.livechat.clone())
            .map_err(|fields| named(file, above, SettingsError::Fields(fields)))?;
        let saved = app.settings.save_livechat(&livechat).await;
        saved.map_err(|error| named(file, above, error))?;
    }
    let desks = file.desks.iter().map(|desk| desk.id.clone()).collect();
    app.settings.fix(file.path.clone(), desks, file.livechat.keys().cloned().collect());
    Ok(())
}

fn wrong(file: &FromFile, key: &str, problem: &str) -> String {
    file.wrong(key, problem).to_string()
}

fn named(file: &FromFile, above: &str, error: SettingsError) -> String {
    match error {
        SettingsError::Fields(fields) => {
            let (field, problem) = fields.into_iter().next().unwrap_or_default();
            wrong(file, &format!("{above}.{field}"), &problem)
        }
        error => wrong(file, above, &error.to_string()),
    }
}

/// Connects a desk of the file: tries again while its vendor is down, and gives up where the file must be mended.
pub async fn connect(app: Shared, desk: Account) {
    let mut pause = FIRST;
    loop {
        let why = match save(&app, AccountKind::Desk, desk.clone(), true).await {
            Ok(Saved::Done { said }) => {
                tracing::info!(desk = %desk.id, said = said.join(" "), "the desk is connected");
                return;
            }
            Ok(Saved::Choose { field, choices, question }) => {
                let values: Vec<String> =
                    choices.iter().map(|(value, name)| format!("\"{value}\" ({name})")).collect();
                let why = format!("{question} Write {field} = one of {}.", values.join(", "));
                return mend(&app, &desk, &why);
            }
            Err(error @ SettingsError::Fields(_)) => {
                return mend(&app, &desk, &error.to_string());
            }
            Ok(Saved::Failed { why }) => why,
            Err(error) => error.to_string(),
        };
        app.health.failed(&desk.id, app.clock.now(), &why);
        tracing::warn!(desk = %desk.id, why, again_in_s = pause.as_secs(), "the desk could not be connected");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

fn mend(app: &App, desk: &Account, why: &str) {
    app.health.failed(&desk.id, app.clock.now(), why);
    tracing::error!(desk = %desk.id, why, "the desk cannot be connected as the configuration file has it");
}
