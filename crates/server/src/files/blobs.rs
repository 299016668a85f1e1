//! What a keeper of files has to do: one keeps them in the data folder, one in the database that many nodes share.

use crate::vault::{VaultError, random_text};
use async_trait::async_trait;
use axum::extract::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::File;

/// Where files are kept.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// The folder in which files gather while they come.
    fn parts(&self) -> &Path;

    /// Keeps a file whole, and takes the part away. It is on disk, for all who share the keeper, when this answers.
    ///
    /// # Errors
    /// When it could not be written. The part may still lie there.
    async fn keep(&self, id: &FileId, kept: &Kept, part: &Part) -> io::Result<()>;

    /// What is known about a file; none if there is no such file.
    ///
    /// # Errors
    /// When that cannot be found out now.
    async fn about(&self, id: &FileId) -> io::Result<Option<Kept>>;

    /// All of a file, and what is known about it; none if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read now.
    async fn read(&self, id: &FileId) -> io::Result<Option<(Kept, Vec<u8>)>>;

    /// Answers a request for a file: with all of it, or the part that is asked for, or that it has not changed. None if there
    /// is no such file.
    ///
    /// # Errors
    /// When it cannot be read now.
    async fn answer(&self, id: &FileId, request: Request) -> io::Result<Option<(Kept, Response)>>;
}

/// The id of a file: letters and digits, so that no path and no name can hide in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileId(String);

impl FileId {
    /// One that cannot be guessed.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub(super) fn new() -> Result<Self, VaultError> {
        random_text().map(Self)
    }

    /// Reads one that somebody has told.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_one = matches!(text.len(), 1..=64);
        (is_one && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known about a file, beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) size_bytes: u64,
}

/// A file that has come whole and is not kept yet.
#[derive(Debug)]
pub struct Part {
    pub(super) path: PathBuf,
    pub(super) file: File,
}
