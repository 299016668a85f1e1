//! The sign-in page and signing out.

use super::agents::Agents;
use super::extract::{CheckedForm, refused};
use super::limit::Limits;
use super::{forged, login};
use crate::app::Shared;
use crate::staff::{Trouble, page};
use askama::Template;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;

/// Sign-in and sign-out.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/logout", post(sign_out))
        .layer(Extension(Arc::new(Limits::default())))
}

#[derive(Template)]
#[template(path = "auth/login.html")]
struct LoginPage<'a> {
    next: &'a str,
    login: &'a str,
    problem: Option<&'a str>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn show(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<Next>,
) -> Result<Response, Trouble> {
    if login::find(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(safe_next(&query.next)).into_response());
    }
    Ok(page(&LoginPage { next: safe_next(&query.next), login: "", problem: None }))
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(app): State<Shared>,
    Extension(limits): Extension<Arc<Limits>>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Trouble> {
    if !forged::same_origin(&headers) {
        return Err(Trouble(refused()));
    }
    let next = safe_next(&form.next);
    let again = |status: StatusCode, problem: &str| {
        let shown = LoginPage { next, login: &form.login, problem: Some(problem) };
        (status, page(&shown)).into_response()
    };
    let address = from.map(|Extension(ConnectInfo(address))| address.ip());
    if !limits.allow(address, &form.login) {
        let problem = "Too many tries. Please wait a minute, then try again.";
        return Ok(again(StatusCode::TOO_MANY_REQUESTS, problem));
    }
    let Some(member) = Agents::new(&*app.records).sign_in(&form.login, &form.password).await?
    else {
        tracing::info!(?address, "a sign-in was refused");
        let problem = "Login and password do not fit together. Please check both.";
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, problem));
    };
    let token = login::begin(&app, &member).await?;
    let mut response = Redirect::to(next).into_response();
    if let Some(cookie) = login::cookie(Some(&token), login::is_https(&headers)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn sign_out(
    State(app): State<Shared>,
    headers: HeaderMap,
    form: CheckedForm,
) -> Result<Response, Trouble> {
    login::end(&app, &form.by.login).await?;
    let mut response = Redirect::to("/login").into_response();
    if let Some(cookie) = login::cookie(None, login::is_https(&headers)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where to go after signing in: a path on this site, or the console.
pub fn safe_next(next: &str) -> &str {
    let odd = |c: char| c.is_control() || c == '\\';
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains(odd);
    if local { next } else { "/console" }
}
