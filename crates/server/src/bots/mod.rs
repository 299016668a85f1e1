//! The bots: uploaded versions, compiled once, run apart.

mod files;
mod ports;
mod program;
mod turn;

pub use files::{FilesError, from_path, texts};
pub use ports::Outside;
pub use program::{Finding, Program, TURN_MS, Talk};

use crate::settings::SettingsError;
use handover_core::ids::{AccountId, BotVersion};
use handover_core::port::clock::Clock;
use handover_core::port::http::Http;
use handover_core::port::store::{Record, Records, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use thiserror::Error;

/// The files of a bot: paths within its folder, and what they hold.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Compiled versions kept in memory: the latest of each bot and those on whose holds conversations stand.
const PROGRAMS_KEPT: usize = 256;

/// The bots.
pub struct Library {
    records: Arc<dyn Records>,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    latest: RwLock<BTreeMap<AccountId, Latest>>,
    programs: Mutex<HashMap<(AccountId, BotVersion), Arc<Program>>>,
    turn_ms: u64,
}

/// A bot's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Latest {
    name: String,
    version: BotVersion,
    flows: usize,
}

/// A version's document.
#[derive(Serialize, Deserialize)]
struct Stored {
    files: BTreeMap<String, String>,
}

/// A bot as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotSummary {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The version that new turns run.
    pub version: BotVersion,
    /// How many flows it has.
    pub flows: usize,
}

/// A version that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Uploaded {
    /// The version; the same files are the same version.
    pub version: BotVersion,
    /// What its author should look at.
    pub warnings: Vec<Finding>,
}

/// Why a version was not taken. Nothing was changed.
#[derive(Debug, Error)]
pub enum UploadError {
    /// The files are not a bot.
    #[error("{0}")]
    Files(#[from] FilesError),
    /// The bot has errors.
    #[error("the bot has {} errors; the first: {}", .0.len(), .0.first().map(|finding| finding.message.as_str()).unwrap_or_default())]
    Invalid(Vec<Finding>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Library {
    /// Reads which bots there are. Their programs are compiled when first needed.
    ///
    /// # Errors
    /// When the store fails or a document is damaged.
    pub async fn load(
        records: Arc<dyn Records>,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let latest = read(&*records).await?;
        let (latest, programs) = (RwLock::new(latest), Mutex::default());
        Ok(Self { records, http, clock, latest, programs, turn_ms: TURN_MS })
    }

    /// Reads again which bots there are, as another node may have taken a new version; says whether one has.
    ///
    /// # Errors
    /// When the store fails or a document is damaged: then all stays as it was.
    pub async fn look_again(&self) -> Result<bool, SettingsError> {
        let found = read(&*self.records).await?;
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        let has_changed = *latest != found;
        if has_changed {
            *latest = found;
        }
        Ok(has_changed)
    }

    /// With another time limit for a turn than [`TURN_MS`].
    #[must_use]
    pub fn with_turn_ms(mut self, turn_ms: u64) -> Self {
        self.turn_ms = turn_ms;
        self
    }

    /// The bots, by id.
    pub fn bots(&self) -> Vec<BotSummary> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest
            .iter()
            .map(|(id, bot)| BotSummary {
                id: id.clone(),
                name: bot.name.clone(),
                version: bot.version.clone(),
                flows: bot.flows,
            })
            .collect()
    }

    /// Takes a new version of a bot: new turns run it, conversations on a hold stay with theirs (rule 6). A single
    /// zip is unpacked.
    ///
    /// # Errors
    /// Names the flow, line and column of each error; then nothing is changed.
    pub async fn upload(&self, bot: &AccountId, files: Files) -> Result<Uploaded, UploadError> {
        let files = files::texts(files)?;
        let (program, findings) = Program::compile(&files)?;
        let Some(program) = program else {
            return Err(UploadError::Invalid(findings));
        };
        let version = version(&files);
        let latest = Latest {
            name: program.name().to_owned(),
            version: version.clone(),
            flows: program.flows(),
        };
        let body = serde_json::to_value(Stored { files }).map_err(damaged)?;
        let id = format!("{bot}/{version}");
        self.records.put(Record { kind: "bot_version".into(), id, body }).await?;
        let body = serde_json::to_value(&latest).map_err(damaged)?;
        self.records.put(Record { kind: "bot".into(), id: bot.to_string(), body }).await?;
        self.keep(bot, &version, Arc::new(program));
        self.latest.write().unwrap_or_else(PoisonError::into_inner).insert(bot.clone(), latest);
        Ok(Uploaded { version, warnings: findings })
    }

    /// The program of a version, or of the latest one.
    async fn program(
        &self,
        bot: &AccountId,
        version: Option<&BotVersion>,
    ) -> Result<(BotVersion, Arc<Program>), String> {
        let version = match version {
            Some(version) => version.clone(),
            None => self
                .latest
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .get(bot)
                .map(|bot| bot.version.clone())
                .ok_or_else(|| format!("there is no bot called {bot}"))?,
        };
        let key = (bot.clone(), version.clone());
        let kept =
            self.programs.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        if let Some(program) = kept {
            return Ok((version, program));
        }
        let record = self
            .records
            .get("bot_version", &format!("{bot}/{version}"))
            .await
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("version {version} of the bot {bot} is gone"))?;
        let stored: Stored =
            serde_json::from_value(record.body).map_err(|error| error.to_string())?;
        let (program, _) = Program::compile(&stored.files).map_err(|error| error.to_string())?;
        let program =
            Arc::new(program.ok_or_else(|| format!("version {version} no longer compiles"))?);
        self.keep(bot, &version, Arc::clone(&program));
        Ok((version, program))
    }

    fn keep(&self, bot: &AccountId, version: &BotVersion, program: Arc<Program>) {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if programs.len() >= PROGRAMS_KEPT {
            // They are compiled again when needed.
            programs.clear();
        }
        programs.insert((bot.clone(), version.clone()), program);
    }
}

async fn read(records: &dyn Records) -> Result<BTreeMap<AccountId, Latest>, SettingsError> {
    let mut latest = BTreeMap::new();
    for record in records.list("bot").await? {
        let bot = serde_json::from_value(record.body)
            .map_err(|error| SettingsError::Damaged(record.id.clone(), error.to_string()))?;
        latest.insert(AccountId::new(record.id), bot);
    }
    Ok(latest)
}

fn version(files: &BTreeMap<String, String>) -> BotVersion {
    let mut hash = Sha256::new();
    for (name, text) in files {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    BotVersion::new(hex::encode(&hash.finalize()[..8]))
}

fn damaged(error: serde_json::Error) -> UploadError {
    UploadError::Store(StoreError(error.to_string()))
}
