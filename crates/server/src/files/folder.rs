//! Files in the data folder: each under its id, and beside it what is known about it.

use super::blobs::{Blobs, FileId, Kept, Part};
use async_trait::async_trait;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tower_http::services::ServeFile;

/// Keeps files in the folder `uploads`. Only what shares this folder can reach them.
#[derive(Debug)]
pub struct Folder {
    folder: PathBuf,
}

impl Folder {
    /// In the data folder at `data`.
    pub fn new(data: &Path) -> Self {
        Self { folder: uploads(data) }
    }
}

/// The folder for files.
pub(super) fn uploads(data: &Path) -> PathBuf {
    data.join("uploads")
}

#[async_trait]
impl Blobs for Folder {
    fn parts(&self) -> &Path {
        &self.folder
    }

    async fn keep(&self, id: &FileId, kept: &Kept, part: &Part) -> io::Result<()> {
        part.file.sync_all().await?;
        let about = serde_json::to_vec(kept).map_err(io::Error::other)?;
        let mut file = File::create_new(self.folder.join(format!("{id}.json"))).await?;
        file.write_all(&about).await?;
        file.flush().await?;
        file.sync_all().await?;
        fs::rename(&part.path, self.folder.join(id.as_str())).await?;
        // The names themselves must be on disk too.
        File::open(&self.folder).await?.sync_all().await
    }

    async fn about(&self, id: &FileId) -> io::Result<Option<Kept>> {
        match fs::read(self.folder.join(format!("{id}.json"))).await {
            // One that cannot be read belongs to a file that did not come to be, as the power went.
            Ok(about) => Ok(serde_json::from_slice(&about).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, id: &FileId) -> io::Result<Option<(Kept, Vec<u8>)>> {
        let Some(kept) = self.about(id).await? else { return Ok(None) };
        Ok(Some((kept, fs::read(self.folder.join(id.as_str())).await?)))
    }

    async fn answer(&self, id: &FileId, request: Request) -> io::Result<Option<(Kept, Response)>> {
        let Some(kept) = self.about(id).await? else { return Ok(None) };
        let answer = ServeFile::new(self.folder.join(id.as_str())).try_call(request).await?;
        Ok(Some((kept, answer.into_response())))
    }
}
