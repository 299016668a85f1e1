//! Desks are brought files by address, and some of these addresses are our own: such a file is read where it is kept.
//! Over the network it might not be reachable from here, and would take a way around.

use super::address::opened;
use super::blobs::{Blobs, FileId};
use super::serve::disposition;
use crate::settings::Settings;
use crate::vault::Vault;
use async_trait::async_trait;
use handover_core::ids::AccountId;
use handover_core::port::directory::Directory;
use handover_core::port::http::{CallError, Http, Reply, Request};
use std::sync::Arc;

/// Answers calls for our own files, and passes on all others. Not for bots: what they read, their authors read.
pub struct OwnFiles {
    inner: Arc<dyn Http>,
    files: Arc<dyn Blobs>,
    settings: Arc<Settings>,
    vault: Arc<Vault>,
}

impl OwnFiles {
    /// Answers for these files; `inner` has all other calls.
    pub fn new(
        inner: Arc<dyn Http>,
        files: Arc<dyn Blobs>,
        settings: Arc<Settings>,
        vault: Arc<Vault>,
    ) -> Self {
        Self { inner, files, settings, vault }
    }

    /// What follows `/files/`, if it is a file of ours that is asked for.
    fn own<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let base_url = self.settings.place().base_url;
        let path = request.url.strip_prefix(base_url.as_str()).unwrap_or(&request.url);
        let path = path.strip_prefix("/files/").filter(|_| request.method == "GET")?;
        path.split(['?', '#']).next()
    }

    async fn kept(&self, id: &str) -> Result<Reply, CallError> {
        let Some(id) = FileId::read(id) else { return Ok(none()) };
        let read = self.files.read(&id).await;
        let read = read.map_err(|error| CallError::NotSent(format!("the file: {error}")))?;
        let Some((kept, body)) = read else { return Ok(none()) };
        let headers = vec![
            ("content-type".to_owned(), kept.mime),
            ("content-disposition".to_owned(), disposition(&kept.name, false)),
        ];
        Ok(Reply { status: 200, headers, body })
    }

    /// A file of a desk, perhaps asked for by another one that shows the transcript.
    async fn at_desk(&self, desk: &str, token: &str) -> Result<Reply, CallError> {
        let desk = AccountId::new(desk);
        let (Some(url), Some((account, adapter))) =
            (opened(&self.vault, &desk, token), self.settings.desk(&desk))
        else {
            return Ok(none());
        };
        self.inner.call(adapter.file(&account, &url)).await
    }
}

#[async_trait]
impl Http for OwnFiles {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let Some(path) = self.own(&request) else { return self.inner.call(request).await };
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["desk", desk, token, _] => self.at_desk(desk, token).await,
            [id, _] => self.kept(id).await,
            _ => Ok(none()),
        }
    }
}

fn none() -> Reply {
    Reply { status: 404, headers: Vec::new(), body: Vec::new() }
}
