//! Headers that keep pages safe, on every answer whose handler has not set its own.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};

/// Pages load nothing but what is ours; pictures and sounds may come from anywhere safe, as bots and agents send them.
pub const POLICY: &str = "default-src 'self'; img-src 'self' https: data: blob:; media-src 'self' https: blob:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Adds them.
pub fn protect(headers: &mut HeaderMap) {
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        set(headers, CONTENT_SECURITY_POLICY, POLICY);
        // Says the same as `frame-ancestors` to old browsers. A page with its own policy may want to be framed.
        set(headers, X_FRAME_OPTIONS, "DENY");
    }
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    // `no-referrer` would make browsers send forms with `Origin: null`, and forged forms could not be told.
    set(headers, REFERRER_POLICY, "same-origin");
    set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
