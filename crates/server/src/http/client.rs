//! The one HTTP client by which anything leaves: time limits, no private networks, a cap on answers, and redirections
//! for files only.

use super::guard::is_public;
use crate::files::FILE_BYTES_MAX;
use async_trait::async_trait;
use handover_core::port::http::{CallError, Http, Reply, Request};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::LOCATION;
use reqwest::{Client, Method, Response, Url, redirect};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::Instant;

/// The longest that a call may take, from its name's look-up to the last byte of its answer. What has not been handed to
/// a connection by then is never sent, even where the process stood still meanwhile, as the time is looked at before
/// anything else goes on. What has been handed over is written by the connection's own task a moment later: a process
/// that stands still just then, or a machine that sleeps (its clock for this stands still too), sends it late.
pub const TOTAL: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
/// The most that is read of an answer; what follows is cut.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// How often a file may lie elsewhere.
const REDIRECTIONS_MAX: u32 = 5;
/// Headers that go along to another host: none that could prove who asks.
const HARMLESS: [&str; 3] = ["accept", "accept-language", "user-agent"];

/// The guarded client. Cheap to clone.
#[derive(Clone)]
pub struct GuardedClient {
    client: Client,
    allow_private_networks: bool,
}

impl GuardedClient {
    /// A client; with `allow_private_networks` it reaches this machine and its neighbours too.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn new(allow_private_networks: bool) -> Result<Self, String> {
        // A second installation is refused and changes nothing: that is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("handover/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TOTAL)
            .connect_timeout(CONNECT)
            .dns_resolver(Arc::new(Resolver { allow_private_networks }))
            .build()
            .map_err(|error| words(&error))?;
        Ok(Self { client, allow_private_networks })
    }

    /// The same from a thread that may block, such as a bot's. Never call it on the runtime's own threads.
    ///
    /// # Errors
    /// As [`Http::call`].
    pub fn call_blocking(
        &self,
        runtime: &tokio::runtime::Handle,
        request: Request,
    ) -> Result<Reply, CallError> {
        runtime.block_on(self.call(request))
    }

    fn check(&self, text: &str) -> Result<Url, CallError> {
        let refused = |why: &str| CallError::Refused(why.to_owned());
        let url = Url::parse(text).map_err(|_| refused("the address is malformed"))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(refused("only https:// and http:// addresses can be called"));
        }
        let host = url.host_str().ok_or_else(|| refused("the address names no host"))?;
        // The parser has already turned octal, hexadecimal and shortened forms into the plain one. Names are judged
        // by what they resolve to, in the resolver, whose answer is the one that is then connected to.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|address| !self.allow_private_networks && !is_public(address)) {
            return Err(refused(PRIVATE));
        }
        Ok(url)
    }
}

#[async_trait]
impl Http for GuardedClient {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let limit = request.within_s.map_or(TOTAL, |s| Duration::from_secs(s.into()).min(TOTAL));
        let until = Instant::now() + limit;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| CallError::Refused("there is no such method".into()))?;
        let follows = request.file && method == Method::GET;
        let mut url = self.check(&request.url)?;
        let mut headers = request.headers;
        let mut redirections = 0;
        loop {
            let mut call = self
                .client
                .request(method.clone(), url.clone())
                .timeout(until.saturating_duration_since(Instant::now()))
                .body(request.body.clone());
            for (name, value) in &headers {
                call = call.header(name, value);
            }
            let answer = call.send().await.map_err(|error| failed(&error))?;
            let Some(next) = elsewhere(&answer, &url).filter(|_| follows) else {
                return read(answer, request.file).await;
            };
            redirections += 1;
            if redirections > REDIRECTIONS_MAX {
                return Err(CallError::Refused("the file is redirected too often".into()));
            }
            let next = self.check(&next)?;
            if !same_holder(&url, &next) {
                headers.retain(|(name, _)| HARMLESS.contains(&name.as_str()));
            }
            url = next;
        }
    }
}

/// Where an answer sends whoever wants the file.
fn elsewhere(answer: &Response, url: &Url) -> Option<String> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = String::from_utf8_lossy(answer.headers().get(LOCATION)?.as_bytes()).into_owned();
    // What cannot be joined is told as malformed by the check.
    Some(url.join(&location).map_or(location, String::from))
}

/// Whether what proves us at one address may be sent to the next: the same server, or the same host made safe.
fn same_holder(url: &Url, next: &Url) -> bool {
    let made_safe = url.scheme() == "http"
        && next.scheme() == "https"
        && url.host() == next.host()
        && url.port().is_none()
        && next.port().is_none();
    made_safe || url.origin() == next.origin()
}

async fn read(mut answer: Response, file: bool) -> Result<Reply, CallError> {
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let status = answer.status();
    // Half a file is of no use to anyone; of other answers the beginning is enough.
    let whole = file && status.is_success();
    let most = if whole { FILE_BYTES_MAX } else { ANSWER_BYTES_MAX as u64 };
    let too_long = || {
        let mb = FILE_BYTES_MAX / 1_000_000;
        CallError::Refused(format!("the file is larger than {mb} MB"))
    };
    if whole && answer.content_length().is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| CallError::Unknown(words(&error)))?
    {
        let room = usize::try_from(most).unwrap_or(usize::MAX) - body.len();
        if whole && chunk.len() > room {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if !whole && chunk.len() >= room {
            break;
        }
    }
    Ok(Reply { status: status.as_u16(), headers, body })
}

const PRIVATE: &str =
    "the address lies in a private network; an operator can allow that when the server is started";

#[derive(Debug, Error)]
#[error("{PRIVATE}")]
struct Private;

struct Resolver {
    allow_private_networks: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.allow_private_networks;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let some = !found.is_empty();
            let fine: Vec<SocketAddr> =
                found.into_iter().filter(|at| allow || is_public(at.ip())).collect();
            if some && fine.is_empty() {
                return Err(Private.into());
            }
            Ok(Box::new(fine.into_iter()) as Addrs)
        })
    }
}

fn failed(error: &reqwest::Error) -> CallError {
    if causes(error).any(|cause| cause.downcast_ref::<Private>().is_some()) {
        CallError::Refused(PRIVATE.into())
    } else if error.is_builder() {
        CallError::Refused(words(error))
    } else if error.is_connect() {
        CallError::NotSent(words(error))
    } else {
        CallError::Unknown(words(error))
    }
}

/// The innermost cause says what happened; the outer ones hold the address, which may hold a secret.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".into();
    }
    causes(error).last().map(ToString::to_string).unwrap_or_else(|| "it failed".into())
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}

#[cfg(test)]
mod tests;
