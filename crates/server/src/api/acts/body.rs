//! What these calls bring, checked field by field.

use crate::api::shape::AgentRef;
use crate::http::error::Problem;
use axum::http::HeaderMap;
use handover_adapters::channel::api::decode::TEXT_CHARS_MAX;
use handover_core::contact::Agent;
use handover_core::content::{Media, MediaKind};
use handover_core::ids::SourceId;
use serde::Deserialize;
use utoipa::ToSchema;

const ID_CHARS_MAX: usize = 200;
const URL_CHARS_MAX: usize = 4096;

/// Accept a session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Accept {
    /// Who accepts.
    pub(super) agent: Option<AgentRef>,
}

/// Say something to the contact: `text` or `media`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "text": "Hello, how can I help?", "agent": { "id": "7", "name": "Bob" }, "id": "m1" }))]
pub(in crate::api) struct Say {
    /// The words, Markdown allowed. With `LIVECHAT_SESSION_END` as a word in it, the end is offered.
    pub(super) text: Option<String>,
    /// A picture or file.
    pub(super) media: Option<SayMedia>,
    /// Who says it; by default the session's agent.
    pub(super) agent: Option<AgentRef>,
    /// Your id for it: the same id again says nothing twice. The header `Idempotency-Key` does the same.
    pub(super) id: Option<String>,
}

/// A picture or file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SayMedia {
    /// Where it is, `https://...`.
    url: String,
    /// Its name.
    name: Option<String>,
    /// `image`, `video`, `audio` or `file`; by default what the media type or the name suggests.
    #[schema(value_type = Option<String>)]
    kind: Option<MediaKind>,
    /// Its media type.
    mime: Option<String>,
}

/// Write a note that the contact never sees.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Note {
    /// The note.
    pub(super) text: String,
    /// Who writes it.
    pub(super) agent: Option<AgentRef>,
    /// Your id for it: the same id again writes nothing twice.
    pub(super) id: Option<String>,
}

/// End a session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct End {
    /// The agent who hands back to the bot; without one, an operator ends the session.
    pub(super) agent: Option<AgentRef>,
    /// The flow at which the bot goes on.
    pub(super) flow: Option<String>,
    /// The step of that flow.
    pub(super) step: Option<String>,
}

pub(super) fn named(agent: AgentRef) -> Result<Agent, Problem> {
    for (field, text) in [("agent.id", &agent.id), ("agent.name", &agent.name)] {
        if text.trim().is_empty() || text.chars().count() > ID_CHARS_MAX {
            return Err(Problem::field(
                field,
                format!("1 to {ID_CHARS_MAX} characters are needed."),
            ));
        }
    }
    Ok(Agent::new(agent.id, agent.name))
}

pub(super) fn words(text: String) -> Result<String, Problem> {
    let chars = text.chars().count();
    if text.trim().is_empty() {
        return Err(Problem::field("text", "It is empty."));
    }
    if chars > TEXT_CHARS_MAX {
        return Err(Problem::field(
            "text",
            format!("At most {TEXT_CHARS_MAX} characters; this has {chars}."),
        ));
    }
    Ok(text)
}

/// The caller's id, from the body or the header. Kept apart from the ids of other desks.
pub(super) fn source(id: Option<String>, headers: &HeaderMap) -> Result<Option<SourceId>, Problem> {
    let header = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let id = match (id, header) {
        (Some(id), Some(header)) if id != header => {
            return Err(Problem::field(
                "id",
                "It differs from the header Idempotency-Key. Send one.",
            ));
        }
        (id, header) => id.or_else(|| header.map(str::to_owned)),
    };
    match id {
        Some(id) if id.is_empty() || id.chars().count() > ID_CHARS_MAX => {
            Err(Problem::field("id", format!("1 to {ID_CHARS_MAX} characters are needed.")))
        }
        id => Ok(id.map(|id| SourceId::new(format!("api:{id}")))),
    }
}

impl SayMedia {
    /// The file, if it can be passed on.
    pub(super) fn check(self) -> Result<Media, Problem> {
        let fine = self.url.starts_with("https://") || self.url.starts_with("http://");
        if !fine || self.url.chars().count() > URL_CHARS_MAX {
            return Err(Problem::field(
                "media.url",
                format!(
                    "An address that begins with https://, of at most {URL_CHARS_MAX} characters, is needed."
                ),
            ));
        }
        for (field, text) in [("media.name", &self.name), ("media.mime", &self.mime)] {
            if text.as_ref().is_some_and(|text| text.chars().count() > ID_CHARS_MAX) {
                return Err(Problem::field(field, format!("At most {ID_CHARS_MAX} characters.")));
            }
        }
        let kind = self.kind.unwrap_or_else(|| self.guess());
        Ok(Media { kind, url: self.url, name: self.name, mime: self.mime, size_bytes: None })
    }

    fn guess(&self) -> MediaKind {
        let mime = self.mime.as_deref().unwrap_or_default();
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or(path).to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if mime.starts_with("image/") || ends(&[".png", ".jpg", ".jpeg", ".gif", ".webp"]) {
            MediaKind::Image
        } else if mime.starts_with("video/") || ends(&[".mp4", ".webm"]) {
            MediaKind::Video
        } else if mime.starts_with("audio/") || ends(&[".mp3", ".ogg", ".wav", ".m4a"]) {
            MediaKind::Audio
        } else {
            MediaKind::File
        }
    }
}
