//! A file in the database as something that can be read on and wound: a chunk at a time, so that who reads slowly takes up
//! neither much memory nor a connection.

use super::blobs::FileId;
use axum::body::Bytes;
use handover_core::time::Timestamp;
use handover_store::Postgres;
use std::future::{Ready, ready};
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tokio::task::JoinHandle;
use tower_http::services::fs::{File, Metadata};

/// How much is asked of the database in one go.
pub(super) const CHUNK_BYTES: u32 = 256 * 1024;

/// What there is to know of a file before it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) size_bytes: u64,
    pub(super) created_at: Timestamp,
}

impl Metadata for Facts {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        let ms = u64::try_from(self.created_at.as_ms()).unwrap_or(0);
        Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
    }

    fn len(&self) -> u64 {
        self.size_bytes
    }
}

/// The body of a file, at some place in it.
pub(super) struct Body {
    database: Arc<Postgres>,
    id: FileId,
    facts: Facts,
    at: u64,
    /// What has come and was not read yet.
    chunk: Bytes,
    /// What has been asked for.
    coming: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Body {
    pub(super) fn new(database: Arc<Postgres>, id: FileId, facts: Facts) -> Self {
        Self { database, id, facts, at: 0, chunk: Bytes::new(), coming: None }
    }

    fn ask(&self) -> JoinHandle<io::Result<Bytes>> {
        let (database, id, at) = (Arc::clone(&self.database), self.id.clone(), self.at);
        tokio::spawn(async move {
            let part = database.file_part(id.as_str(), at, CHUNK_BYTES).await;
            match part.map_err(io::Error::other)? {
                Some(part) if !part.is_empty() => Ok(part.into()),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        })
    }
}

impl AsyncRead for Body {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.chunk.is_empty() {
            if self.at >= self.facts.size_bytes {
                return Poll::Ready(Ok(()));
            }
            let mut coming = self.coming.take().unwrap_or_else(|| self.ask());
            let Poll::Ready(come) = Pin::new(&mut coming).poll(context) else {
                self.coming = Some(coming);
                return Poll::Pending;
            };
            self.chunk = come.map_err(io::Error::other)??;
        }
        let bytes = self.chunk.len().min(room.remaining());
        let read = self.chunk.split_to(bytes);
        room.put_slice(&read);
        self.at += bytes as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for Body {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(on) => self.facts.size_bytes.checked_add_signed(on),
            SeekFrom::Current(on) => self.at.checked_add_signed(on),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.chunk = Bytes::new();
        self.coming = None;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.at))
    }
}

impl File for Body {
    type Metadata = Facts;
    type MetadataFuture<'a> = Ready<io::Result<Facts>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.facts))
    }
}
