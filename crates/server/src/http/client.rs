//! The one HTTP client by which anything leaves: time limits, no redirects, no private networks, a cap on answers.

use super::guard::is_public;
use async_trait::async_trait;
use handover_core::port::http::{CallError, Http, Reply, Request};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, Url, redirect};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// The longest that a call may take, from its name's look-up to the last byte of its answer.
pub const TOTAL: Duration = Duration::from_secs(15);
const CONNECT: Duration = Duration::from_secs(5);
/// The most that is read of an answer; what follows is cut.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

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
        let url = self.check(&request.url)?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| CallError::Refused("there is no such method".into()))?;
        let mut call = self.client.request(method, url).body(request.body);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let mut answer = call.send().await.map_err(|error| failed(&error))?;
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|error| CallError::Unknown(words(&error)))?
        {
            let room = ANSWER_BYTES_MAX - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() >= room {
                break;
            }
        }
        Ok(Reply { status, headers, body })
    }
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
mod tests {
    use super::{ANSWER_BYTES_MAX, GuardedClient};
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use handover_core::port::http::{CallError, Http, Reply, Request};

    async fn call(allow: bool, url: &str) -> Result<Reply, CallError> {
        let request = Request { body: b"x".into(), ..Request::new("POST", url) };
        GuardedClient::new(allow).unwrap().call(request).await
    }

    #[tokio::test]
    async fn private_networks_are_refused_in_every_spelling() {
        for url in [
            "http://127.0.0.1/",
            "http://localhost:8080/",
            "http://0177.0.0.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.8/",
            "https://192.168.0.1:8443/",
            "http://0/",
            "http://user:secret@127.0.0.1/",
            "http://１２７.0.0.1/",
        ] {
            assert!(matches!(call(false, url).await, Err(CallError::Refused(_))), "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_of_the_web_is_refused() {
        for url in ["file:///etc/passwd", "ftp://x.example/", "x.example", "", "http://"] {
            assert!(matches!(call(true, url).await, Err(CallError::Refused(_))), "{url}");
        }
    }

    #[tokio::test]
    async fn answers_are_read_up_to_the_cap_and_redirects_are_not_followed() {
        let router = Router::new()
            .route("/big", post(|| async { vec![b'x'; ANSWER_BYTES_MAX + 5] }))
            .route("/away", post(|| async { Redirect::temporary("/big") }))
            .route("/echo", post(|body: String| async { ([("x-kind", "echo")], body) }))
            .route("/get", get(|| async {}));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        assert_eq!(call(true, &format!("{base}/big")).await.unwrap().body.len(), ANSWER_BYTES_MAX);
        assert_eq!(call(true, &format!("{base}/away")).await.unwrap().status, 307);
        assert_eq!(call(true, &format!("{base}/get")).await.unwrap().status, 405);
        let echo = call(true, &format!("{base}/echo")).await.unwrap();
        assert_eq!((echo.header("x-kind"), echo.body.as_slice()), (Some("echo"), b"x".as_slice()));
    }

    #[tokio::test]
    async fn whether_it_may_have_been_obeyed_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?token=secret", listener.local_addr().unwrap());
        let closer = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            socket.readable().await.unwrap();
        });
        let unknown = call(true, &url).await.unwrap_err();
        closer.await.unwrap();
        assert!(matches!(unknown, CallError::Unknown(_)), "{unknown}");
        let not_sent = call(true, &url).await.unwrap_err();
        assert!(matches!(not_sent, CallError::NotSent(_)), "{not_sent}");
        assert!(!format!("{unknown}{not_sent}").contains("secret"));
    }
}
