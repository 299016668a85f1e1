//! A contact's file: fetched where it lies, brought to Gorgias.

use super::{Talk, is_passing, refusal};
use crate::desk::gorgias::api;
use crate::kit::multipart::{self, Part};
use handover_core::content::{Media, MediaKind};
use handover_core::delivery::ToDesk;
use handover_core::port::channel::{Outgoing, Step};
use handover_core::port::http::Request;
use serde_json::{Value, json};

/// Tries after which a file that cannot be had is no longer waited for.
const TRIES: u32 = 3;

/// The file as an attachment; none when it cannot be had or is refused: then its address has to do (rule 11).
pub(super) fn bring(
    talk: &mut Talk<'_>,
    job: &Outgoing<'_, ToDesk>,
    media: &Media,
) -> Result<Option<Value>, Step> {
    if job.attempts >= TRIES {
        return Ok(None);
    }
    let file = talk.call(|| Request::get(&media.url).file())?;
    if is_passing(file) {
        return Err(Step::Retry {
            after_s: api::retry_after_s(file),
            why: format!(
                "the contact's file could not be fetched: its server answered {}",
                file.status
            ),
        });
    }
    if !api::is_fine(file) || file.body.is_empty() {
        return Ok(None);
    }
    let name = name(media);
    let mime = media
        .mime
        .as_deref()
        .or_else(|| file.header("content-type").and_then(|mime| mime.split(';').next()))
        .map(str::trim)
        .filter(|mime| mime.contains('/'))
        .unwrap_or("application/octet-stream");
    let parts = [Part::file(&name, &name, mime, file.body.clone())];
    let settings = talk.settings;
    let reply =
        talk.call(|| api::upload(&settings, multipart::form(&job.id.to_string(), &parts)))?;
    if is_passing(reply) || reply.status == 401 {
        return Err(refusal(reply));
    }
    if !api::is_fine(reply) {
        return Ok(None);
    }
    let body = api::body(reply);
    let uploaded =
        if body["url"].is_string() { Some(body) } else { api::list(reply).into_iter().next() };
    Ok(uploaded.filter(|uploaded| uploaded["url"].is_string()).map(|uploaded| {
        json!({
            "url": uploaded["url"],
            "name": uploaded["name"].as_str().unwrap_or(&name),
            "content_type": uploaded["content_type"].as_str().unwrap_or(mime),
            "size": uploaded["size"].as_u64().unwrap_or(file.body.len() as u64),
        })
    }))
}

fn name(media: &Media) -> String {
    let from_url = || {
        let path = media.url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().map(str::to_owned).filter(|name| name.contains('.'))
    };
    let kind = match media.kind {
        MediaKind::Image => "picture",
        MediaKind::Video => "video",
        MediaKind::Audio => "sound",
        MediaKind::File => "file",
    };
    media
        .name
        .clone()
        .filter(|name| !name.trim().is_empty())
        .or_else(from_url)
        .unwrap_or_else(|| kind.to_owned())
}
