//! What the contact says.

use super::lookup;
use super::text::{self, CHARS_MAX};
use super::walk::{Stop, Walk, reject};
use crate::desk::chatwoot::api::{encoded, failure, went_well};
use crate::kit::multipart::{self, Part};
use handover_core::capability::plain;
use handover_core::content::{Content, Media};
use handover_core::port::channel::Step;
use handover_core::port::http::{Reply, Request};
use serde_json::json;

/// Tries after which a file that lies elsewhere is no longer waited for.
const TRIES_MAX: u32 = 3;
/// The same for files that were uploaded here: they can always be had, so it is Chatwoot that was waited for.
const TRIES_HERE_MAX: u32 = 8;
const EMPTY: &str = "(a message without text)";

pub(super) fn bring(walk: &mut Walk<'_>, content: &Content) -> Result<(), Stop> {
    let Some(link) = lookup::link(walk)? else {
        return Err(reject("the session has no conversation at Chatwoot"));
    };
    let known = lookup::posted(walk, &link)?;
    match content {
        Content::Media(media) if !known.contains(&walk.source(0)) => file(walk, &link, media),
        Content::Media(_) => Ok(()),
        content => {
            let text = text::clean(&plain(content));
            let text = if text.trim().is_empty() { EMPTY } else { &text };
            for (part, text) in text::parts(text, CHARS_MAX).into_iter().enumerate() {
                if !known.contains(&walk.source(part)) {
                    words(walk, &link, part, text)?;
                }
            }
            Ok(())
        }
    }
}

fn words(walk: &mut Walk<'_>, link: &str, part: usize, text: &str) -> Result<(), Stop> {
    let body = json!({
        "content": text,
        "message_type": "incoming",
        "private": false,
        "source_id": walk.source(part),
    });
    let path = messages(link);
    let reply = walk.ask(|api| api.send("POST", &path, &body))?;
    taken(reply)
}

/// Fetches the file and brings it along; where that cannot be done the agents get its address (rule 11).
fn file(walk: &mut Walk<'_>, link: &str, media: &Media) -> Result<(), Stop> {
    let tries_max = if lies_here(&media.url) { TRIES_HERE_MAX } else { TRIES_MAX };
    if walk.job.attempts >= tries_max {
        return address(walk, link, media);
    }
    let fetched = walk.ask(|_| Request::get(&media.url).file())?;
    if matches!(fetched.status, 408 | 429 | 500..) {
        let why = format!("the file could not be fetched (its server answered {})", fetched.status);
        return Err(Box::new(Step::Retry { after_s: None, why }));
    }
    if !went_well(fetched) || fetched.body.is_empty() || is_cut(fetched, media) {
        return address(walk, link, media);
    }
    let source = walk.source(0);
    let path = messages(link);
    let reply = walk.ask(|api| {
        let parts = [
            Part::field("message_type", "incoming"),
            Part::field("private", "false"),
            Part::field("source_id", source.as_str()),
            Part::file("attachments[]", name(media), mime(media, fetched), fetched.body.clone()),
        ];
        let (content_type, body) = multipart::form(&source, &parts);
        api.form(&path, content_type, body)
    })?;
    match (reply.status, taken(reply)) {
        // Too large, or of a kind that Chatwoot does not take.
        (400 | 413 | 415 | 422, Err(stop)) if matches!(*stop, Step::Reject { .. }) => {
            address(walk, link, media)
        }
        (_, taken) => taken,
    }
}

fn address(walk: &mut Walk<'_>, link: &str, media: &Media) -> Result<(), Stop> {
    let text = text::clean(&plain(&Content::Media(media.clone())));
    words(walk, link, 0, &format!("{text}\n(This file could not be brought into Chatwoot.)"))
}

fn lies_here(url: &str) -> bool {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    path.is_some_and(|(_, path)| path.starts_with("files/"))
}

/// Whether less came than there is: the client reads files only up to a limit.
fn is_cut(fetched: &Reply, media: &Media) -> bool {
    let length = fetched.header("content-length").and_then(|text| text.trim().parse().ok());
    let came = u64::try_from(fetched.body.len()).unwrap_or(u64::MAX);
    let encoded = fetched.header("content-encoding").is_some();
    length.or(media.size_bytes).is_some_and(|whole: u64| !encoded && came < whole)
}

fn taken(reply: &Reply) -> Result<(), Stop> {
    match reply.status {
        404 => Err(reject("the conversation no longer exists at Chatwoot")),
        _ if went_well(reply) => Ok(()),
        _ => Err(Box::new(failure(reply))),
    }
}

fn messages(link: &str) -> String {
    format!("/conversations/{}/messages", encoded(link))
}

fn name(media: &Media) -> String {
    let last = media.url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    let name = media.name.as_deref().or(last).filter(|name| !name.is_empty());
    name.unwrap_or("file").to_owned()
}

fn mime(media: &Media, fetched: &Reply) -> String {
    let told = fetched.header("content-type").and_then(|text| text.split(';').next());
    let mime = media.mime.as_deref().or(told).map(str::trim).filter(|mime| !mime.is_empty());
    mime.unwrap_or("application/octet-stream").to_owned()
}
