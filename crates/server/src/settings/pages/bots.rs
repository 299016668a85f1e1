//! Settings → Bots: the list, and uploading a version.

use super::form::{Done, id_for};
use crate::app::Shared;
use crate::auth::{Admin, SignedIn, same_origin, token_fits};
use crate::bots::{BotSummary, Files, Finding, UploadError};
use crate::staff::{Frame, Trouble, page, page_with};
use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use handover_core::ids::AccountId;
use handover_core::port::bus::{Bus, Envelope};

/// An upload as it is sent.
const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/settings/bots", get(show).post(upload))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "settings/bots.html")]
struct BotsPage {
    frame: Frame,
    bots: Vec<BotSummary>,
    /// The chosen bot and the new one's name, as they were sent.
    bot: String,
    name: String,
    problem: Option<String>,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

fn view(app: &Shared, by: &SignedIn, done: Option<&'static str>) -> BotsPage {
    BotsPage {
        frame: Frame::new(by, "bots").done(done),
        bots: app.bots.bots(),
        bot: String::new(),
        name: String::new(),
        problem: None,
        errors: Vec::new(),
        warnings: Vec::new(),
    }
}

async fn show(State(app): State<Shared>, Admin(by): Admin, Query(done): Query<Done>) -> Response {
    page(&view(&app, &by, done.sentence()))
}

#[derive(Default)]
struct Sent {
    bot: String,
    name: String,
    files: Files,
}

async fn upload(
    State(app): State<Shared>,
    headers: HeaderMap,
    by: crate::auth::Uploader,
    form: Multipart,
) -> Result<Response, Trouble> {
    let crate::auth::Uploader(by) = by;
    if !by.member.is_admin() {
        return Err(Trouble(crate::auth::not_allowed()));
    }
    let mut shown = view(&app, &by, None);
    if !same_origin(&headers) {
        return Err(Trouble(crate::auth::refused()));
    }
    let sent = match read(&app, &by, form).await {
        Ok(sent) => sent,
        Err(Wrong::Forged) => return Err(Trouble(crate::auth::refused())),
        Err(Wrong::Files(problem)) => {
            shown.problem = Some(problem);
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
        }
    };
    (shown.bot, shown.name) = (sent.bot.clone(), sent.name.clone());
    let problem = if sent.files.is_empty() {
        Some("Choose a bot.json, a zip, or a folder first.")
    } else if sent.bot.is_empty() && sent.name.is_empty() {
        Some("Give the new bot a name, or choose the bot that this is a version of.")
    } else {
        None
    };
    if let Some(problem) = problem {
        shown.problem = Some(problem.into());
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    let id = if sent.bot.is_empty() {
        AccountId::new(id_for(&sent.name, |id| shown.bots.iter().any(|bot| bot.id.as_str() == id)))
    } else {
        AccountId::new(sent.bot)
    };
    match app.bots.upload(&id, sent.files).await {
        Ok(uploaded) => {
            app.bus.publish(Envelope::Settings);
            let mut shown =
                view(&app, &by, Some("Uploaded. Conversations that start now use this version."));
            shown.warnings = uploaded.warnings;
            Ok(page(&shown))
        }
        Err(UploadError::Invalid(findings)) => {
            (shown.errors, shown.warnings) =
                findings.into_iter().partition(|finding| finding.is_error);
            shown.problem = Some(match shown.errors.len() {
                0 | 1 => {
                    "The bot has an error, so nothing was changed. Mend it and upload again.".into()
                }
                n => format!(
                    "The bot has {n} errors, so nothing was changed. Mend them and upload again."
                ),
            });
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(UploadError::Files(error)) => {
            shown.problem = Some(sentence(&error.to_string()));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(UploadError::Store(error)) => Err(Trouble(error.into())),
    }
}

enum Wrong {
    Forged,
    Files(String),
}

impl From<MultipartError> for Wrong {
    fn from(error: MultipartError) -> Self {
        Self::Files(if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            format!("The upload is larger than {} MB.", UPLOAD_BYTES_MAX / 1024 / 1024)
        } else {
            format!("The upload broke off: {}. Please try again.", error.body_text())
        })
    }
}

/// Reads the form. The token comes first: without it no file is looked at.
async fn read(app: &Shared, by: &SignedIn, mut form: Multipart) -> Result<Sent, Wrong> {
    let mut sent = Sent::default();
    let mut trusted = false;
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "csrf" => trusted = token_fits(&app.vault, &by.login, &field.text().await?),
            _ if !trusted => return Err(Wrong::Forged),
            "bot" => sent.bot = field.text().await?,
            "name" => sent.name = field.text().await?.trim().chars().take(80).collect(),
            "files" => {
                let path = field.file_name().unwrap_or_default().to_owned();
                let bytes = field.bytes().await?;
                if !path.is_empty() {
                    sent.files.insert(path.replace('\\', "/"), bytes.to_vec());
                }
            }
            _ => {}
        }
    }
    if trusted { Ok(sent) } else { Err(Wrong::Forged) }
}

/// An error's words as a sentence for a page.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
