//! Who calls: a key alone is public, a signature or the secret itself is private.

use super::rate::{Rates, TooMany};
use crate::app::{App, Shared};
use crate::http::error::Problem;
use crate::settings::AccountKind;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use handover_adapters::channel::api::{Api, admit};
use handover_adapters::kit::studio::Credentials;
use handover_core::port::channel::Channel;
use handover_core::port::directory::Account;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const SIGN: &str = "This call is private. Send X-Api-Key: <key>|<unix seconds> and X-Api-Signature: sha256=<hex HMAC-SHA256 of that value with the channel's secret>, or Authorization: Bearer <secret>.";

/// A call that brings at least a key, within the key's rate.
#[derive(Debug)]
pub(super) struct Public {
    /// The channel whose key it is.
    pub account: Arc<Account>,
    /// Whether it proved that it comes from the holder of the secret.
    pub verified: bool,
}

/// A call that proved that it comes from the holder of a channel's secret, within the key's rate.
#[derive(Debug)]
pub(super) struct Private {
    /// The channel whose secret it is.
    pub account: Arc<Account>,
}

/// A call that is not let in.
#[derive(Debug)]
pub(super) enum Denied {
    /// It is wrong.
    Problem(Problem),
    /// It came too soon.
    TooMany(TooMany),
}

impl From<Problem> for Denied {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<TooMany> for Denied {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::TooMany(too_many) => too_many.into_response(),
        }
    }
}

impl FromRequestParts<Shared> for Public {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Denied> {
        let caller = caller(parts, app)?;
        within_rate(parts, &caller)?;
        Ok(caller)
    }
}

impl FromRequestParts<Shared> for Private {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Denied> {
        let Public { account, verified } = Public::from_request_parts(parts, app).await?;
        if verified { Ok(Self { account }) } else { Err(Problem::unauthorised(SIGN).into()) }
    }
}

fn caller(parts: &Parts, app: &App) -> Result<Public, Problem> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let accounts = app.settings.accounts(AccountKind::Channel);
    let vendor = Api.manifest().vendor;
    let mut accounts = accounts.into_iter().filter(|account| account.vendor == vendor);
    if let Some(secret) = header(AUTHORIZATION.as_str()) {
        let secret = secret.strip_prefix("Bearer ").map(str::trim).ok_or_else(|| {
            Problem::unauthorised("Authorization must be: Bearer <secret of an API channel>.")
        })?;
        // All are compared, each in constant time, so that the time taken tells nothing.
        let matching: Vec<_> = accounts
            .filter(|account| {
                account
                    .text("secret")
                    .is_some_and(|known| bool::from(known.as_bytes().ct_eq(secret.as_bytes())))
            })
            .collect();
        let account = matching.into_iter().next().ok_or_else(|| {
            Problem::unauthorised("The secret in Authorization is not that of an API channel.")
        })?;
        return Ok(Public { account, verified: true });
    }
    let credentials = Credentials::read(header("x-api-key"), header("x-api-signature"))?;
    let account = accounts
        .find(|account| account.text("key") == Some(credentials.key))
        .ok_or_else(|| Problem::unauthorised("The key in X-Api-Key is not known here."))?;
    let verified = admit(&account, &credentials, app.clock.now())?;
    Ok(Public { account, verified })
}

fn within_rate(parts: &Parts, caller: &Public) -> Result<(), TooMany> {
    match parts.extensions.get::<Arc<Rates>>() {
        Some(rates) => rates.of_key(&caller.account, caller.verified),
        None => Ok(()),
    }
}
