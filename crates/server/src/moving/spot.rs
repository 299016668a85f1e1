//! A place by its name: a data folder, or a database's address.

use super::files::Shelf;
use crate::config::Config;
use handover_core::port::store::StoreError;
use handover_store::moving::{Opening, Place};
use handover_store::postgres::DatabasePlace;
use handover_store::sqlite::FilePlace;
use std::path::{Path, PathBuf};

/// A place.
#[derive(Clone)]
pub enum Spot {
    /// A data folder.
    Folder(PathBuf),
    /// The address of a PostgreSQL database. It holds a password: never show it.
    Database(String),
}

impl Spot {
    /// Where the configuration points.
    pub fn of(config: &Config) -> Self {
        match &config.database {
            Some(url) => Self::Database(url.clone()),
            None => Self::Folder(config.data.clone()),
        }
    }

    /// Reads what was given for a flag.
    pub(super) fn read(text: &str, flag: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err(format!(
                "{flag} is empty. Give a data folder, or postgres://user:password@host/database."
            ));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Database(text.to_owned()));
        }
        if text.contains("://") {
            return Err(format!("{flag}: only postgres:// is known. Give that, or a data folder."));
        }
        Ok(Self::Folder(text.into()))
    }

    /// How it is called, without a password.
    pub(super) fn name(&self) -> Result<String, String> {
        match self {
            Self::Folder(folder) => {
                let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
                Ok(whole.canonicalize().unwrap_or(whole).display().to_string())
            }
            Self::Database(url) => match DatabasePlace::name(url) {
                Ok(name) => Ok(format!("the database {name}")),
                Err(StoreError(why)) => Err(why),
            },
        }
    }

    /// How Handover is started on it.
    pub fn start(&self, data: &Path) -> String {
        match self {
            Self::Folder(folder) => format!("handover serve --data {}", folder.display()),
            Self::Database(_) => {
                format!("HANDOVER_DATABASE=postgres://... handover serve --data {}", data.display())
            }
        }
    }

    pub(super) async fn open(&self, opening: Opening) -> Result<Box<dyn Place>, String> {
        let told = |StoreError(why): StoreError| why;
        match self {
            Self::Folder(folder) => {
                if opening == Opening::Target {
                    crate::start::folder(folder).map_err(|error| error.to_string())?;
                }
                let place = FilePlace::open(&folder.join("handover.db"), opening).map_err(told)?;
                Ok(Box::new(place))
            }
            Self::Database(url) => {
                Ok(Box::new(DatabasePlace::open(url, opening).await.map_err(told)?))
            }
        }
    }

    /// Where its files are. The place itself has to be open.
    pub(super) async fn shelf(&self) -> Result<Shelf, StoreError> {
        Ok(match self {
            Self::Folder(folder) => Shelf::Folder(folder.join("uploads")),
            Self::Database(url) => {
                Shelf::Database(Box::new(DatabasePlace::open(url, Opening::Beside).await?))
            }
        })
    }
}
