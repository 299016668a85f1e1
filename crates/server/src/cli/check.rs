//! `handover check`: says what is wrong, changes nothing.

use crate::clock::SystemClock;
use crate::config::{Config, Given, is_loopback};
use crate::settings::{AccountKind, Settings};
use crate::start::{key_path, vault_of};
use crate::storage::{Storage, compare_clocks};
use handover_core::ids::AccountId;
use handover_core::port::store::Records;
use handover_store::Postgres;
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
    let records = match &config.database {
        Some(url) => in_database(&config, url, &mut lines).await?,
        None => in_folder(&config, &mut lines).await?,
    };
    if let Some(records) = records {
        settings(config, records).await?;
    }
    Ok(lines)
}

/// The documents in the data folder; none where the first run is still to come.
async fn in_folder(
    config: &Config,
    lines: &mut Vec<String>,
) -> Result<Option<Arc<dyn Records>>, String> {
    let data = config.data.display();
    if !config.data.join("handover.db").exists() {
        lines.push(format!("data           {data} is empty: the first run will fill it"));
        return Ok(None);
    }
    let storage = Storage::open(config, &SystemClock).await.map_err(|error| error.to_string())?;
    lines.push(format!("data           {data} is good"));
    Ok(Some(storage.records))
}

/// The documents in a database that is only looked at; none where they, or the key to them, are still to come.
async fn in_database(
    config: &Config,
    url: &str,
    lines: &mut Vec<String>,
) -> Result<Option<Arc<dyn Records>>, String> {
    let looked = Postgres::look(url).await.map_err(|error| error.to_string())?;
    let clocks = compare_clocks(&SystemClock, &looked.store).await;
    clocks.map_err(|error| error.to_string())?;
    let state = match looked.lacks {
        None => "is empty: the first start makes its tables",
        Some(0) => "is good",
        Some(_) => "was made by an earlier version: the first start brings it up to this one",
    };
    lines.push(format!("database       PostgreSQL {}, {state}", looked.version));
    let key = key_path(config);
    if looked.lacks.is_none() {
        return Ok(None);
    }
    if !key.exists() {
        return Err(format!(
            "{} is not there, and the secrets in this database are sealed with a key. Give the first node's key with --key-file.",
            key.display()
        ));
    }
    lines.push(format!("key            {} fits", key.display()));
    Ok(Some(Arc::new(looked.store)))
}

/// Looks at what was saved, with the key that must open it.
async fn settings(config: Config, records: Arc<dyn Records>) -> Result<(), String> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::config::{Config, Given};
    use crate::start::start;
    use handover_store::conformance::server::{database, shared};
    use std::path::Path;

    fn given(folder: &Path, database: &str) -> Given {
        let listen = Some("127.0.0.1:0".into());
        let (data, database) = (Some(folder.to_owned()), Some(database.to_owned()));
        Given { listen, data, database, ..Given::default() }
    }

    #[tokio::test]
    async fn a_database_is_only_looked_at() {
        let (folder, url) = (tempfile::tempdir().unwrap(), database());
        let told = check(given(folder.path(), &url)).await.unwrap().join("\n");
        assert!(told.contains("database       PostgreSQL ") && told.contains("is empty"), "{told}");
        let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        assert_eq!(shared().psql(url.rsplit('/').next().unwrap(), tables).trim(), "0");
        assert!(
            folder.path().read_dir().unwrap().next().is_none(),
            "nothing is left in the folder"
        );

        let running = start(&Config::load(given(folder.path(), &url)).unwrap()).await.unwrap();
        running.stop().await;
        let told = check(given(folder.path(), &url)).await.unwrap().join("\n");
        assert!(told.contains("is good") && told.contains("fits"), "{told}");
        let elsewhere = tempfile::tempdir().unwrap();
        let told = check(given(elsewhere.path(), &url)).await.unwrap_err();
        assert!(told.contains("--key-file"), "{told}");
        assert!(elsewhere.path().read_dir().unwrap().next().is_none(), "no key is made");
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_used_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let url = database().rsplit_once('/').unwrap().0.to_owned() + "/nowhere";
        let told = check(given(folder.path(), &url)).await.unwrap_err();
        assert!(told.contains("nowhere"), "{told}");
    }
}
