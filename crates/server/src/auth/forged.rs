//! Requests that another site makes a browser send: where they come from is checked, and they lack the token.

use crate::vault::Vault;
use axum::http::{HeaderMap, header};

const PURPOSE: &str = "agent-csrf";

/// The token that each changing request of this sign-in must carry, as the field `csrf` or the header `X-CSRF-Token`.
pub(super) fn token(vault: &Vault, login: &str) -> String {
    vault.sign(PURPOSE, login)
}

/// Whether the token belongs to this sign-in.
pub fn token_fits(vault: &Vault, login: &str, token: &str) -> bool {
    vault.verify(PURPOSE, token) == Some(login)
}

/// Whether a browser says that the request comes from a page of ours. Programs, which send neither header, pass:
/// they hold no cookie that someone else could abuse.
pub fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = text(header::HeaderName::from_static("x-forwarded-host")).or(text(header::HOST));
    matches!((authority, host), (Some((_, authority)), Some(host)) if authority.eq_ignore_ascii_case(host))
}
