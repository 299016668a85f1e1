//! Sign-ins: a random token in a cookie, its hash in the records.

use super::agents::{AgentError, Agents, Member};
use super::extract::SignedIn;
use crate::app::App;
use crate::vault::random;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use handover_core::port::store::Record;
use handover_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const KIND: &str = "login";
const COOKIE: &str = "handover_agent";
/// A sign-in that is not used ends after this long.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;
/// Each sign-in ends after this long.
const WHOLE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How exactly the last use is known: writing it down at each request would cost a commit each time.
const TOUCH_MS: i64 = 5 * 60 * 1000;

#[derive(Serialize, Deserialize)]
struct Stored {
    agent: String,
    since: Timestamp,
    seen: Timestamp,
}

impl Stored {
    fn is_over(&self, now: Timestamp) -> bool {
        now.since_ms(self.seen) >= IDLE_MS || now.since_ms(self.since) >= WHOLE_MS
    }
}

/// Signs an agent in; gives back the cookie's token. Forgets sign-ins that are over.
pub(super) async fn begin(app: &App, member: &Member) -> Result<String, AgentError> {
    let now = app.clock.now();
    for record in app.records.list(KIND).await? {
        if read(&record).is_none_or(|stored| stored.is_over(now)) {
            app.records.delete(KIND, &record.id).await?;
        }
    }
    let token = BASE64.encode(random::<32>()?);
    put(app, &id_of(&token), &Stored { agent: member.id.clone(), since: now, seen: now }).await?;
    Ok(token)
}

/// Who is signed in with these headers, and the sign-in's id.
pub(super) async fn find(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<(Member, String)>, AgentError> {
    let Some(token) = token(headers) else { return Ok(None) };
    let id = id_of(token);
    let Some(mut stored) = app.records.get(KIND, &id).await?.as_ref().and_then(read) else {
        return Ok(None);
    };
    let now = app.clock.now();
    if stored.is_over(now) {
        app.records.delete(KIND, &id).await?;
        return Ok(None);
    }
    let Some(member) = Agents::new(&*app.records).get(&stored.agent).await? else {
        return Ok(None);
    };
    if now.since_ms(stored.seen) >= TOUCH_MS {
        stored.seen = now;
        put(app, &id, &stored).await?;
    }
    Ok(Some((member, id)))
}

/// Who this sign-in belongs to now; none when it has ended. For connections that outlive a request.
pub(crate) async fn still_signed_in(
    app: &App,
    by: &SignedIn,
) -> Result<Option<Member>, AgentError> {
    let Some(stored) = app.records.get(KIND, &by.login).await?.as_ref().and_then(read) else {
        return Ok(None);
    };
    if stored.is_over(app.clock.now()) {
        return Ok(None);
    }
    Agents::new(&*app.records).get(&stored.agent).await
}

/// Ends a sign-in.
pub(super) async fn end(app: &App, id: &str) -> Result<(), AgentError> {
    app.records.delete(KIND, id).await?;
    Ok(())
}

/// Ends all sign-ins of an agent but one: after a new password.
pub(crate) async fn end_others(
    app: &App,
    agent: &str,
    but: Option<&str>,
) -> Result<(), AgentError> {
    for record in app.records.list(KIND).await? {
        let theirs = read(&record).is_some_and(|stored| stored.agent == agent);
        if theirs && but != Some(record.id.as_str()) {
            app.records.delete(KIND, &record.id).await?;
        }
    }
    Ok(())
}

/// The cookie that holds the token; without one, the cookie that removes it.
pub(super) fn cookie(token: Option<&str>, secure: bool) -> Option<HeaderValue> {
    let max_age_s = if token.is_some() { WHOLE_MS / 1000 } else { 0 };
    let secure = if secure { "; Secure" } else { "" };
    let token = token.unwrap_or_default();
    HeaderValue::from_str(&format!(
        "{COOKIE}={token}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Whether the browser spoke TLS, to us or to the proxy before us.
pub(super) fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().starts_with(b"https"))
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
}

fn id_of(token: &str) -> String {
    BASE64.encode(Sha256::digest(token))
}

fn read(record: &Record) -> Option<Stored> {
    serde_json::from_value(record.body.clone()).ok()
}

async fn put(app: &App, id: &str, stored: &Stored) -> Result<(), AgentError> {
    let body = serde_json::to_value(stored).map_err(|error| AgentError::Hash(error.to_string()))?;
    Ok(app.records.put(Record { kind: KIND.into(), id: id.to_owned(), body }).await?)
}
