//! The network between nodes, the vendor and the posted channel's program: slow, lossy, and now and then lying. A request
//! leaves within its client's patience or never; what has left arrives whatever becomes of its node.

use crate::plan::Weather;
use crate::shared::{Mail, Post, Shared, lock};
use crate::world::World;
use async_trait::async_trait;
use handover_core::port::http::{CallError, Http, Reply, Request};
use serde_json::Value;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

/// Where the product is reached.
pub(crate) const BASE: &str = "https://handover.test";
/// Where the posted channel's program listens.
pub(crate) const CALLBACK: &str = "https://shop.test/chat";
/// A small picture.
pub(crate) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
/// How long the product's HTTP client takes for a call at most, in milliseconds. It looks at this before it goes on with
/// anything, so that a node which stood still meanwhile sends nothing.
const PATIENCE_MS: i64 = 15_000;
/// How long it tries to connect.
const CONNECT_MS: i64 = 5_000;
/// How long anything that moves slowly takes on one way.
const SLOW_MS: i64 = 12_000;

/// The network as one node sees it.
pub(crate) struct Net {
    pub(crate) node: usize,
    pub(crate) shared: Arc<Shared>,
}

/// A request that has left.
pub(crate) struct Flight {
    node: usize,
    request: Request,
    fate: Fate,
    back_ms: i64,
    /// When the answer, or the end of the connection, is there.
    answer: Option<(i64, Result<Reply, CallError>)>,
    waker: Option<Waker>,
}

/// What becomes of a request that has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It never arrives.
    Lost,
    /// It is answered 503, or 429 with or without a hint, and not obeyed.
    Turned(u16, bool),
    /// It is obeyed.
    Obeyed(Answered),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Whole,
    Half,
    /// The connection ends without an answer.
    Closed,
    /// Nothing ever comes.
    Never,
}

fn status(status: u16, hint: bool) -> Reply {
    let headers = hint.then(|| ("retry-after".to_owned(), "7".to_owned()));
    Reply { status, headers: headers.into_iter().collect(), body: b"<h1>Not now</h1>".to_vec() }
}

fn too_long<T>() -> Result<T, CallError> {
    Err(CallError::Unknown("it took too long".into()))
}

fn closed<T>() -> Result<T, CallError> {
    Err(CallError::Unknown("the connection was closed".into()))
}

#[async_trait]
impl Http for Net {
    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let shared = &self.shared;
        let patience = request.within_s.map_or(PATIENCE_MS, |s| i64::from(s) * 1000);
        let until = shared.now() + patience.min(PATIENCE_MS);
        let words = words(&request);
        let say = |what: &str| shared.say(|| format!("node {}: {words} {what}", self.node));
        let slow = lock(&shared.weather).slow;
        let connect_ms = shared.takes(slow, CONNECT_MS + 500);
        shared.pause(connect_ms.min(CONNECT_MS).min(patience)).await;
        if shared.now() >= until {
            say("does not leave in time");
            return too_long();
        }
        let weather = lock(&shared.weather).clone();
        if connect_ms > CONNECT_MS || shared.permille(weather.refused) {
            say("is not sent");
            return Err(CallError::NotSent("connection refused".into()));
        }
        let flight = self.leaves(request, &weather);
        let answer = poll_fn(|cx| {
            let now = shared.now();
            if now >= until {
                return Poll::Ready(too_long());
            }
            let mut flights = lock(&shared.flights);
            let Some(flight) = flights.get_mut(flight) else { return Poll::Ready(too_long()) };
            match &flight.answer {
                Some((at, answer)) if *at <= now => Poll::Ready(answer.clone()),
                waits => {
                    shared.sleep_until(waits.as_ref().map_or(until, |(at, _)| until.min(*at)));
                    flight.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
        if let Err(error) = &answer {
            say(&format!("has no answer: {error}"));
        }
        answer
    }
}

impl Net {
    /// From here on it is on its way, and its node has no say any more.
    fn leaves(&self, request: Request, weather: &Weather) -> usize {
        let shared = &self.shared;
        let dead = weather.desk_dead && request.url != CALLBACK;
        let fate = if dead { Fate::Lost } else { fate(shared, weather) };
        let way_ms = shared.takes(weather.slow, SLOW_MS);
        let back_ms = shared.takes(weather.slow, SLOW_MS);
        // Something between here and there may give up before the receiver does.
        let cut = fate == Fate::Obeyed(Answered::Closed) && shared.permille(200);
        let at = shared.now() + shared.chance().between(0, way_ms.max(1));
        let answer = cut.then(|| (at, closed()));
        let mut flights = lock(&shared.flights);
        flights.push(Flight { node: self.node, request, fate, back_ms, answer, waker: None });
        if fate != Fate::Lost {
            shared.post(Mail::Left(flights.len() - 1, way_ms));
        }
        flights.len() - 1
    }
}

fn fate(shared: &Shared, weather: &Weather) -> Fate {
    if shared.permille(weather.lost) {
        Fate::Lost
    } else if shared.permille(weather.down) {
        Fate::Turned(503, false)
    } else if shared.permille(weather.too_many) {
        Fate::Turned(429, shared.permille(500))
    } else if shared.permille(weather.answer_lost) {
        Fate::Obeyed(if shared.permille(500) { Answered::Closed } else { Answered::Never })
    } else if shared.permille(weather.half) {
        Fate::Obeyed(Answered::Half)
    } else {
        Fate::Obeyed(Answered::Whole)
    }
}

impl Shared {
    /// How long something takes: hardly any time, or up to `most_ms` where it is slow.
    fn takes(&self, slow: u32, most_ms: i64) -> i64 {
        let is_slow = self.permille(slow);
        let mut chance = self.chance();
        if is_slow { chance.between(most_ms / 12, most_ms) } else { chance.between(0, 60) }
    }
}

impl World {
    /// A request that has left arrives.
    pub(crate) fn arrives(&mut self, index: usize) {
        let Some((node, request, fate, back_ms)) = lock(&self.shared.flights)
            .get(index)
            .map(|it| (it.node, it.request.clone(), it.fate, it.back_ms))
        else {
            return;
        };
        let answer = match fate {
            Fate::Lost => return,
            Fate::Turned(code, hint) => Ok(status(code, hint)),
            Fate::Obeyed(_) => self.obeyed(&request),
        };
        if request.method != "GET" || answer.as_ref().is_ok_and(|reply| reply.status >= 300) {
            let said = answer.as_ref().map(|reply| reply.status);
            let words = words(&request);
            self.shared.say(|| format!("{words} of node {node} arrives: {said:?}, {fate:?}"));
        }
        let answer = match (fate, answer) {
            (Fate::Obeyed(Answered::Never), _) => return,
            (Fate::Obeyed(Answered::Closed), _) => closed(),
            (Fate::Obeyed(Answered::Half), Ok(mut reply)) => {
                let half = reply.body.len().div_ceil(2);
                reply.body.truncate(half);
                Ok(reply)
            }
            (_, answer) => answer,
        };
        let at = self.shared.now() + back_ms;
        let mut flights = lock(&self.shared.flights);
        if let Some(flight) = flights.get_mut(index) {
            flight.answer.get_or_insert((at, answer));
            if let Some(waker) = flight.waker.take() {
                waker.wake();
            }
        }
    }

    /// What the receiver does.
    fn obeyed(&self, request: &Request) -> Result<Reply, CallError> {
        if request.url.starts_with(&format!("{BASE}/files/")) {
            let headers = vec![("content-type".to_owned(), "image/png".to_owned())];
            return Ok(Reply { status: 200, headers, body: PICTURE.to_vec() });
        }
        if request.url == CALLBACK {
            return Ok(self.received(request));
        }
        let Some(vendor) = &self.vendor else {
            return Err(CallError::Refused("nobody lives there".into()));
        };
        self.shared.touched.store(true, Ordering::Relaxed);
        let reply = vendor.call(request)?;
        match reply.header("location") {
            Some(place) if request.file && (300..400).contains(&reply.status) => {
                vendor.call(&Request::get(place).file())
            }
            _ => Ok(reply),
        }
    }

    /// The posted channel's program.
    fn received(&self, request: &Request) -> Reply {
        if lock(&self.shared.weather).blocked {
            return status(403, false);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let post = Post {
            user: text(&body["client"]["user_id"]),
            request_id: text(&body["request_id"]),
            entry: body["messages"][0]["n"].as_u64().unwrap_or_default(),
            text: body["messages"][0]["payload"]["content"].to_string(),
        };
        self.shared.say(|| format!("the contact's program got {}: {}", post.request_id, post.text));
        lock(&self.shared.posts).push(post);
        Reply { status: 200, headers: Vec::new(), body: b"{}".to_vec() }
    }
}

fn words(request: &Request) -> String {
    let path =
        request.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    format!("{} {}", request.method, path.unwrap_or(&request.url))
}
