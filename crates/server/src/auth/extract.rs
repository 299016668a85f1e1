//! What a handler asks for to be sure who calls it.

use super::agents::Member;
use super::{forged, login};
use crate::app::Shared;
use crate::http::error::Problem;
use crate::staff::Trouble;
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

/// The header that carries the token of a changing request.
const TOKEN_HEADER: &str = "x-csrf-token";

/// Someone who is signed in. A changing request must carry the token in its header; one that carries it in a form
/// asks for [`CheckedForm`].
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who it is.
    pub member: Member,
    /// The sign-in's id.
    pub login: String,
    /// The token for this sign-in's changing requests.
    pub csrf: String,
}

/// Someone who is signed in and may change the settings. The same care as [`SignedIn`].
#[derive(Debug, Clone)]
pub struct Admin(pub SignedIn);

/// Someone who is signed in and sends a form with files: the handler itself checks origin and token, which comes as
/// the form's first field.
#[derive(Debug, Clone)]
pub struct Uploader(pub SignedIn);

/// A form of a page of ours, its token checked.
#[derive(Debug, Clone)]
pub struct CheckedForm {
    /// Who sent it.
    pub by: SignedIn,
    /// What it holds.
    pub fields: Fields,
}

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Fields(pub BTreeMap<String, String>);

impl Fields {
    /// A field's text, trimmed; absent is empty.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether a box is ticked.
    pub fn is_on(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl CheckedForm {
    /// Refuses whoever may not change the settings.
    ///
    /// # Errors
    /// 403 as a page.
    pub fn admin(self) -> Result<Self, Trouble> {
        if self.by.member.is_admin() { Ok(self) } else { Err(Trouble(not_allowed())) }
    }
}

impl SignedIn {
    async fn find(app: &Shared, parts: &Parts) -> Result<Self, Response> {
        match login::find(app, &parts.headers).await {
            Ok(Some((member, login))) => {
                let csrf = forged::token(&app.vault, &login);
                Ok(Self { member, login, csrf })
            }
            Ok(None) => Err(stranger(parts)),
            Err(error) => Err(Problem::from(error).into_response()),
        }
    }
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let found = Self::find(app, parts).await?;
        if changes(&parts.method) {
            let token = parts.headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok());
            let fits =
                token.is_some_and(|token| forged::token_fits(&app.vault, &found.login, token));
            if !fits || !forged::same_origin(&parts.headers) {
                return Err(refused().into_response());
            }
        }
        Ok(found)
    }
}

impl FromRequestParts<Shared> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let found = SignedIn::from_request_parts(parts, app).await?;
        if found.member.is_admin() {
            Ok(Self(found))
        } else if wants_page(&parts.headers) {
            Err(Trouble(not_allowed()).into_response())
        } else {
            Err(not_allowed().into_response())
        }
    }
}

impl FromRequestParts<Shared> for Uploader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        SignedIn::find(app, parts).await.map(Self)
    }
}

impl FromRequest<Shared> for CheckedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let by = SignedIn::find(app, &parts).await?;
        let trouble = |problem: Problem| Trouble(problem).into_response();
        if !forged::same_origin(&parts.headers) {
            return Err(trouble(refused()));
        }
        let request = Request::from_parts(parts, body);
        let Form(fields) =
            Form::<BTreeMap<String, String>>::from_request(request, app).await.map_err(
                |error| trouble(Problem::new(error.status(), "bad_form", error.body_text())),
            )?;
        let token = fields.get("csrf").map_or("", String::as_str);
        if !forged::token_fits(&app.vault, &by.login, token) {
            return Err(trouble(refused()));
        }
        Ok(Self { by, fields: Fields(fields) })
    }
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn stranger(parts: &Parts) -> Response {
    if !wants_page(&parts.headers) {
        return Problem::unauthorised("Please sign in again.").into_response();
    }
    let path = parts.uri.path_and_query().map_or("/console", |path| path.as_str());
    let next = if changes(&parts.method) { "/console" } else { path };
    let next: String = next
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    Redirect::to(&format!("/login?next={next}")).into_response()
}

/// For a request that another site may have made.
pub(crate) fn refused() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forged",
        "This request did not come from a page of this program, or the page is too old. Please load the page again and repeat.",
    )
}

/// For whoever may not change the settings.
pub(crate) fn not_allowed() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not_allowed",
        "Only administrators may do this. Ask one of them, or have your role changed under Settings, Team.",
    )
}
