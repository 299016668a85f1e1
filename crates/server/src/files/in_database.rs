//! Files in PostgreSQL, where every node finds them. While they come they gather in a folder, so that none takes up memory
//! or a connection for as long as its sender needs.

use super::blobs::{Blobs, FileId, Kept, Part};
use super::folder::uploads;
use super::wound::{Body, Facts};
use async_trait::async_trait;
use axum::extract::Request;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use handover_core::time::Timestamp;
use handover_store::Postgres;
use std::future::{Ready, ready};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::fs;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tower_http::services::ServeDir;
use tower_http::services::fs::Backend;

/// Files that are held in memory at once, to be written or read whole.
const AT_ONCE: usize = 4;

/// How long a file waits for those before it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps files in a database. All nodes that share it can reach them.
#[derive(Debug)]
pub struct InDatabase {
    database: Arc<Postgres>,
    parts: PathBuf,
    places: Semaphore,
}

impl InDatabase {
    /// In this database; while they come, files gather in the data folder at `data`, which is this node's own.
    pub fn new(database: Arc<Postgres>, data: &Path) -> Self {
        Self { database, parts: uploads(data), places: Semaphore::new(AT_ONCE) }
    }

    async fn place(&self) -> io::Result<SemaphorePermit<'_>> {
        let place = timeout(PATIENCE, self.places.acquire()).await;
        place.map_err(|_| io::ErrorKind::TimedOut)?.map_err(io::Error::other)
    }

    async fn find(&self, id: &FileId) -> io::Result<Option<(Kept, Timestamp)>> {
        let found = self.database.file(id.as_str()).await.map_err(io::Error::other)?;
        let Some(about) = found else { return Ok(None) };
        Ok(Some((serde_json::from_str(&about.kept)?, about.created_at)))
    }
}

#[async_trait]
impl Blobs for InDatabase {
    fn parts(&self) -> &Path {
        &self.parts
    }

    async fn keep(&self, id: &FileId, kept: &Kept, part: &Part) -> io::Result<()> {
        let about = serde_json::to_string(kept)?;
        let _place = self.place().await?;
        let body = fs::read(&part.path).await?;
        self.database.keep_file(id.as_str(), &about, &body).await.map_err(io::Error::other)?;
        if let Err(error) = fs::remove_file(&part.path).await {
            tracing::warn!(path = %part.path.display(), %error, "a part of a file is left over; it can be deleted");
        }
        Ok(())
    }

    async fn about(&self, id: &FileId) -> io::Result<Option<Kept>> {
        Ok(self.find(id).await?.map(|(kept, _)| kept))
    }

    async fn read(&self, id: &FileId) -> io::Result<Option<(Kept, Vec<u8>)>> {
        let Some((kept, _)) = self.find(id).await? else { return Ok(None) };
        let _place = self.place().await?;
        let body = self.database.file_part(id.as_str(), 0, u32::MAX).await;
        Ok(body.map_err(io::Error::other)?.map(|body| (kept, body)))
    }

    async fn answer(
        &self,
        id: &FileId,
        mut request: Request,
    ) -> io::Result<Option<(Kept, Response)>> {
        let Some((kept, created_at)) = self.find(id).await? else { return Ok(None) };
        let facts = Facts { size_bytes: kept.size_bytes, created_at };
        let one = One { database: Arc::clone(&self.database), id: id.clone(), facts };
        // There is one file only, whatever its address.
        *request.uri_mut() = Uri::from_static("/file");
        let answer = ServeDir::with_backend("/", one).try_call(request).await?;
        Ok(Some((kept, answer.into_response())))
    }
}

/// The one file that a request is for, at any path.
#[derive(Clone)]
struct One {
    database: Arc<Postgres>,
    id: FileId,
    facts: Facts,
}

impl Backend for One {
    type File = Body;
    type Metadata = Facts;
    type OpenFuture = Ready<io::Result<Body>>;
    type MetadataFuture = Ready<io::Result<Facts>>;

    fn open(&self, _: PathBuf) -> Self::OpenFuture {
        ready(Ok(Body::new(Arc::clone(&self.database), self.id.clone(), self.facts)))
    }

    fn metadata(&self, _: PathBuf) -> Self::MetadataFuture {
        ready(Ok(self.facts))
    }
}
