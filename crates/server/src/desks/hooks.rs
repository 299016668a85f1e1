//! The addresses to which desks' vendors post: `/hooks/{account}/{token}`, and the one that CSML Studio had for each
//! kind of desk.

use crate::api::metrics::METRICS;
use crate::app::Shared;
use crate::config::is_loopback;
use crate::http::error::Problem;
use crate::settings::{AccountKind, Settings};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use handover_core::ids::AccountId;
use handover_core::port::channel::Call;
use handover_core::port::desk::Desk;
use handover_core::port::directory::{Account, Directory};
use handover_core::port::place::HOOK_TOKEN;
use handover_engine::{Hook, HookError};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The largest hook, in bytes.
const HOOK_BYTES_MAX: usize = 1024 * 1024;
/// After how many seconds to send a hook again that could not be stored.
const RETRY_AFTER_S: u32 = 5;
/// The vendor in the metrics where none has proved itself.
const NOBODY: &str = "unknown";

/// `/hooks/{account}/{token}` and `/v1/livechat/{vendor}/receive?key={token}`.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/hooks/{account}/{token}", get(by_path).post(by_path).put(by_path))
        .route("/v1/livechat/{vendor}/receive", get(by_key).post(by_key))
        .layer(DefaultBodyLimit::max(HOOK_BYTES_MAX))
}

/// Says so in the log when desks that post hooks are configured, and this program's own address leads nowhere for them.
pub fn warn_if_out_of_reach(settings: &Settings, public_url: &str) {
    let desks = settings.accounts(AccountKind::Desk);
    let names: Vec<&str> = desks
        .iter()
        .filter(|desk| settings.desk(&desk.id).is_some_and(|(_, adapter)| posts_hooks(adapter)))
        .map(|desk| desk.id.as_str())
        .collect();
    if !names.is_empty() && is_loopback(public_url) {
        tracing::warn!(
            desks = names.join(", "),
            public_url,
            "these desks post hooks, but only this machine can reach the public URL: set --public-url"
        );
    }
}

fn posts_hooks(adapter: &dyn Desk) -> bool {
    let manifest = adapter.manifest();
    manifest.catch_up_s.is_some() || manifest.learnt.iter().any(|learnt| learnt.name == HOOK_TOKEN)
}

async fn by_path(
    State(app): State<Shared>,
    Path((account, token)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let account = app.settings.account(AccountKind::Desk, &AccountId::new(account));
    let Some(account) = account.filter(|account| proves(account, &token)) else {
        METRICS.hook(NOBODY, "refused");
        return Err(Problem::not_found(
            "There is no such hook address. Copy it again from the desk's page in Settings → Livechat.",
        ));
    };
    take(app, account, request).await
}

async fn by_key(
    State(app): State<Shared>,
    Path(vendor): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let refused = |words: String| {
        METRICS.hook(NOBODY, "refused");
        Err(Problem::unauthorised(words))
    };
    let query = request.uri().query().unwrap_or_default();
    // A text that was not encoded may look like a second key, so any of them will do.
    let keys: Vec<&str> = query.split('&').filter_map(|pair| pair.strip_prefix("key=")).collect();
    if keys.iter().all(|key| key.is_empty()) {
        return refused(format!(
            "The parameter \"key\" is missing at the end of the address. Copy the whole address from the page of your {vendor} desk in Settings → Livechat."
        ));
    }
    let desks = app.settings.accounts(AccountKind::Desk).into_iter();
    // All are compared, so that the time taken tells nothing.
    let meant: Vec<_> = desks
        .filter(|desk| desk.vendor == vendor)
        .filter(|desk| keys.iter().fold(false, |found, key| proves(desk, key) | found))
        .collect();
    let Some(account) = meant.into_iter().next() else {
        return refused(format!(
            "The parameter \"key\" is wrong. Copy the whole address from the page of your {vendor} desk in Settings → Livechat."
        ));
    };
    take(app, account, request).await
}

/// Whether a caller knows the secret of an account's hook address.
fn proves(account: &Account, token: &str) -> bool {
    account
        .text(HOOK_TOKEN)
        .is_some_and(|known| bool::from(known.as_bytes().ct_eq(token.as_bytes())))
}

async fn take(app: Shared, account: Arc<Account>, request: Request) -> Result<Response, Problem> {
    let (method, uri, headers) =
        (request.method().clone(), request.uri().clone(), request.headers().clone());
    if method == Method::HEAD {
        return Ok(taken());
    }
    let body = Bytes::from_request(request, &app).await.map_err(|rejection| {
        METRICS.hook(&account.vendor, "refused");
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The hook is too large: at most 1 MB is taken.",
            ),
            _ => Problem::new(
                StatusCode::BAD_REQUEST,
                "broken_body",
                "The body broke off. Send it again.",
            ),
        }
    })?;
    let id = account.id.clone();
    // A task of its own: a vendor that hangs up too early must not stop it half-way.
    let task = tokio::spawn(async move {
        let headers = named(&headers);
        let call = Call {
            method: method.as_str(),
            query: uri.query().unwrap_or_default(),
            headers: &headers,
            body: &body,
            at: app.clock.now(),
        };
        app.engine.hook(&id, &call).await
    });
    match task.await {
        Ok(outcome) => answered(&account, outcome),
        Err(error) => {
            METRICS.hook(&account.vendor, "failed");
            Err(Problem::internal(error))
        }
    }
}

fn answered(account: &Account, outcome: Result<Hook, HookError>) -> Result<Response, Problem> {
    let (vendor, desk) = (account.vendor.as_str(), &account.id);
    match outcome {
        Ok(hook) => {
            for why in &hook.ignored {
                tracing::debug!(%desk, why, "a hook or a part of it was ignored");
            }
            let outcome = match hook {
                Hook { taken: 1.., .. } => "taken",
                Hook { repeated: 1.., .. } => "repeated",
                Hook { .. } => "ignored",
            };
            METRICS.hook(vendor, outcome);
            Ok(taken())
        }
        Err(HookError::Decode(error)) => {
            METRICS.hook(vendor, "refused");
            tracing::debug!(%desk, %error, "a hook was refused");
            Err(error.into())
        }
        Err(error @ (HookError::NoDesk | HookError::Engine(_))) => {
            METRICS.hook(vendor, "failed");
            tracing::warn!(%desk, %error, "a hook could not be kept; its sender is asked to repeat it");
            Err(Problem::later(
                "try_again",
                RETRY_AFTER_S,
                "The hook could not be stored; nothing was taken. Please send it again.",
            ))
        }
    }
}

/// Some vendors read the answer as JSON.
fn taken() -> Response {
    axum::Json(serde_json::json!({})).into_response()
}

fn named(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{answered, posts_hooks};
    use handover_core::ids::AccountId;
    use handover_core::port::directory::Account;
    use handover_core::port::store::StoreError;
    use handover_engine::{Error, HookError};
    use serde_json::Map;

    #[test]
    fn what_could_not_be_kept_is_to_be_sent_again() {
        let (id, settings) = (AccountId::new("a"), Map::new());
        let account = Account { id, vendor: "x".into(), name: "A".into(), settings };
        for error in [Error::Store(StoreError("the disk is full".into())), Error::Busy] {
            let problem = answered(&account, Err(HookError::Engine(error))).unwrap_err();
            assert_eq!(problem.status.as_u16(), 503, "promise B");
            assert!(problem.retry_after_s.is_some(), "promise B");
            assert!(!problem.message.contains("disk"), "{}", problem.message);
        }
    }

    #[test]
    fn desks_that_post_hooks_are_known() {
        let posting: Vec<&str> = handover_adapters::desks()
            .iter()
            .filter(|desk| posts_hooks(**desk))
            .map(|desk| desk.manifest().vendor)
            .collect();
        assert!(posting.contains(&"chatwoot") && posting.contains(&"gorgias"), "{posting:?}");
        assert!(!posting.contains(&"console") && !posting.contains(&"webhook"), "{posting:?}");
    }
}
