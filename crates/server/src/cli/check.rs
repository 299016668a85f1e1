//! `handover check`: says what is wrong, changes nothing.

use crate::clock::SystemClock;
use crate::config::{Config, Given, is_loopback};
use crate::settings::{AccountKind, Settings};
use crate::start::vault_of;
use crate::storage::Storage;
use handover_core::ids::AccountId;
use std::process::ExitCode;
use std::sync::Arc;

/// Looks at configuration and data folder.
pub fn run(given: Given) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let found = match runtime {
        Ok(runtime) => runtime.block_on(check(given)),
        Err(error) => Err(error.to_string()),
    };
    match found {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The configuration, and what is to be said of it.
pub(super) fn configuration(given: Given) -> Result<(Config, Vec<String>), String> {
    let file = given.file.clone();
    let config = Config::load(given).map_err(|error| error.to_string())?;
    let mut lines = vec![match file {
        Some(file) => format!("configuration  {} is good", file.display()),
        None => "configuration  no file given: defaults and environment".to_owned(),
    }];
    lines.extend(config.from_file.notes.iter().map(|note| format!("               {note}")));
    Ok((config, lines))
}

async fn check(given: Given) -> Result<Vec<String>, String> {
    let (config, mut lines) = configuration(given)?;
    lines.push(match tokio::net::TcpListener::bind(config.listen).await {
        Ok(_) => format!("listen         {} is free", config.listen),
        Err(error) => format!("listen         {} cannot be used now: {error}", config.listen),
    });
    lines.push(if is_loopback(&config.public_url) {
        let url = &config.public_url;
        format!("public url     {url} leads here from this machine only: set --public-url for desks that post hooks")
    } else {
        format!("public url     {}", config.public_url)
    });
    if config.database.is_none() && !config.data.join("handover.db").exists() {
        lines.push(format!(
            "data           {} is empty: the first run will fill it",
            config.data.display()
        ));
        return Ok(lines);
    }
    let storage = Storage::open(&config, &SystemClock).await.map_err(|error| error.to_string())?;
    let records = storage.records;
    crate::moving::mark::refuse(&*records).await?;
    let vault = vault_of(&config, &*records).await.map_err(|error| error.to_string())?;
    let settings = Settings::load(records, Arc::new(vault), Arc::default(), config.public_url)
        .await
        .map_err(|error| error.to_string())?;
    let file = &config.from_file;
    if let Some(desk) = file.livechat.get("desk").and_then(serde_json::Value::as_str)
        && !file.desks.iter().any(|it| it.id.as_str() == desk)
        && settings.account(AccountKind::Desk, &AccountId::new(desk)).is_none()
    {
        let words =
            "There is no such desk. Name one of the file or of the settings, or \"\" for none.";
        return Err(file.wrong("livechat.desk", words).to_string());
    }
    lines.push(match config.database {
        Some(_) => "database       is good".into(),
        None => format!("data           {} is good", config.data.display()),
    });
    Ok(lines)
}
