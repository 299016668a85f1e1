//! The console's one socket: the list, the open conversation and what the agent does, as JSON lines with HTML in them.
//!
//! The browser says which conversation it shows and the last entry it has; what it lacks follows, so a lost connection
//! costs nothing and doubles nothing. What the agent does is acknowledged once it is on disk, and the browser repeats it
//! under the same id until then.

use super::act::{self, Act, Outcome, Place};
use super::page::{html, queue_html};
use super::queue::{self, Known, Tab};
use super::view;
use crate::app::Shared;
use crate::auth::{SignedIn, same_origin, still_signed_in, token_fits};
use crate::bus::LOOK_WHILE_DEAF;
use crate::http::error::Problem;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use handover_core::delivery::Side;
use handover_core::ids::ConversationId;
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::store::Page;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// The largest line a browser may send.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// Several changes at once redraw the list once.
const CALM: Duration = Duration::from_millis(150);
const PING: Duration = Duration::from_secs(25);
/// A browser that says nothing, not even that it is there, is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// A browser that does not read is gone too.
const SEND: Duration = Duration::from_secs(20);
const ENTRIES_AT_ONCE: u32 = 500;

/// What a browser sends.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    /// The first line: it proves that a page of ours speaks.
    Hello { csrf: String },
    /// What is shown now.
    Watch {
        #[serde(default)]
        tab: String,
        #[serde(default)]
        conversation: Option<String>,
        #[serde(default)]
        after: u64,
    },
    /// Something to do.
    Act {
        #[serde(flatten)]
        place: Place,
        #[serde(flatten)]
        act: Act,
    },
    /// The agent types, or no longer does.
    Typing { conversation: String, on: bool },
    /// The browser is there.
    Ping,
}

/// `GET /console/socket`.
pub(super) async fn open(
    State(app): State<Shared>,
    by: SignedIn,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !same_origin(&headers) {
        return crate::auth::refused().into_response();
    }
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .on_upgrade(async move |socket| {
            let bus = app.bus.subscribe();
            let mut desk = Desk::new(app, by, socket);
            if let Err(Gone(why)) = desk.serve(bus).await {
                tracing::debug!(why, "a console left");
            }
        })
}

/// The browser is gone, or must go.
struct Gone(&'static str);

impl From<Problem> for Gone {
    fn from(_: Problem) -> Self {
        Self("something could not be read; the browser comes back and starts anew")
    }
}

impl From<handover_core::port::store::StoreError> for Gone {
    fn from(error: handover_core::port::store::StoreError) -> Self {
        Problem::from(error).into()
    }
}

/// What is shown in one browser.
struct Desk {
    app: Shared,
    by: SignedIn,
    socket: WebSocket,
    trusted: bool,
    known: Known,
    tab: Tab,
    watched: Option<ConversationId>,
    /// The last entry that was sent of the watched conversation.
    last: u64,
    /// What was last said of it, so that nothing is said twice.
    said: Option<(String, String, view::State)>,
    /// When the list is to be drawn anew.
    redraw: Option<Instant>,
}

impl Desk {
    fn new(app: Shared, by: SignedIn, socket: WebSocket) -> Self {
        let (known, tab) = (Known::default(), Tab::default());
        Self {
            app,
            by,
            socket,
            trusted: false,
            known,
            tab,
            watched: None,
            last: 0,
            said: None,
            redraw: None,
        }
    }

    async fn serve(&mut self, mut bus: Receiver<Envelope>) -> Result<(), Gone> {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deaf = interval(LOOK_WHILE_DEAF);
        deaf.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let redraw = self.redraw;
            tokio::select! {
                line = self.socket.recv() => {
                    heard = Instant::now();
                    match line {
                        Some(Ok(Message::Text(line))) => self.hear(line.as_str()).await?,
                        Some(Ok(Message::Close(_))) | None => return Ok(()),
                        Some(Ok(_)) => {}
                        Some(Err(_)) => return Err(Gone("the connection broke")),
                    }
                }
                hint = bus.recv() => self.hint(hint).await?,
                () = sleep_until(redraw.unwrap_or_else(Instant::now)), if redraw.is_some() => {
                    self.redraw = None;
                    self.send_queue().await?;
                }
                _ = deaf.tick(), if self.app.bus.has_carrier() => {
                    if self.app.bus.is_deaf() {
                        self.hint(Ok(Envelope::Lost)).await?;
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Err(Gone("it fell silent"));
                    }
                    self.check_sign_in().await?;
                    self.send(json!({ "type": "ping" })).await?;
                }
            }
        }
    }

    async fn hear(&mut self, line: &str) -> Result<(), Gone> {
        let Ok(line) = serde_json::from_str::<Line>(line) else {
            return Err(Gone("it said something that is no line of ours"));
        };
        if let Line::Hello { csrf } = &line {
            self.trusted = token_fits(&self.app.vault, &self.by.login, csrf);
        }
        if !self.trusted {
            return Err(Gone("it did not prove to be a page of ours"));
        }
        match line {
            Line::Hello { .. } | Line::Ping => Ok(()),
            Line::Watch { tab, conversation, after } => {
                self.tab = Tab::from_word(&tab);
                self.watched = conversation.map(ConversationId::new);
                self.last = after;
                self.said = None;
                self.send_entries().await?;
                self.send_state().await?;
                // What the browser still holds back is sent after this, so that it knows what has arrived.
                self.send(json!({ "type": "ready" })).await?;
                self.send_queue().await
            }
            Line::Act { place, act } => self.act(place, act).await,
            Line::Typing { conversation, on } => {
                let conversation = ConversationId::new(conversation);
                let name = Some(self.by.member.name.clone());
                if self.watched.as_ref() == Some(&conversation) {
                    self.app.bus.publish(Envelope::Typing {
                        conversation,
                        side: Side::Desk,
                        name,
                        on,
                    });
                }
                Ok(())
            }
        }
    }

    async fn act(&mut self, place: Place, act: Act) -> Result<(), Gone> {
        self.check_sign_in().await?;
        let outcome = act::run(&self.app, self.by.member.agent(), &place, act).await;
        // First what came of it, then that it is done: the browser's own copy goes when the true one is there.
        self.send_entries().await?;
        self.send_state().await?;
        if place.id.is_empty() {
            return Ok(());
        }
        let (ok, again, message) = match outcome {
            Outcome::Done(why) => (true, false, why.map(str::to_owned)),
            Outcome::Refused(why) => (false, false, Some(why)),
            Outcome::Again(why) => (false, true, Some(why)),
        };
        self.send(json!({
            "type": "ack", "id": place.id, "ok": ok, "again": again, "message": message,
        }))
        .await
    }

    async fn hint(&mut self, hint: Result<Envelope, RecvError>) -> Result<(), Gone> {
        match hint {
            Ok(Envelope::Changed { conversation, sessions, .. }) => {
                let listed = self.known.forget(&conversation);
                if listed || sessions || self.tab == Tab::Bot {
                    self.redraw.get_or_insert_with(|| Instant::now() + CALM);
                }
                if self.watched.as_ref() == Some(&conversation) {
                    self.send_entries().await?;
                    self.send_state().await?;
                }
                Ok(())
            }
            Ok(Envelope::Typing { conversation, side: Side::Contact, name, on }) => {
                if self.watched.as_ref() != Some(&conversation) {
                    return Ok(());
                }
                let line = json!({ "type": "typing", "conversation": conversation, "name": name, "on": on });
                self.send(line).await
            }
            Ok(Envelope::Typing { .. } | Envelope::Read { .. }) => Ok(()),
            Ok(Envelope::Settings) => self.send_state().await,
            Ok(Envelope::Lost) | Err(RecvError::Lagged(_)) => {
                self.known.clear();
                self.redraw.get_or_insert_with(|| Instant::now() + CALM);
                self.send_entries().await?;
                self.send_state().await
            }
            Err(RecvError::Closed) => Err(Gone("the program ends")),
        }
    }

    async fn check_sign_in(&mut self) -> Result<(), Gone> {
        match still_signed_in(&self.app, &self.by).await {
            Ok(Some(member)) => {
                self.by.member = member;
                Ok(())
            }
            Ok(None) => {
                self.send(json!({ "type": "signed_out" })).await?;
                Err(Gone("the agent is no longer signed in"))
            }
            Err(error) => Err(Problem::from(error).into()),
        }
    }

    async fn send_entries(&mut self) -> Result<(), Gone> {
        let Some(id) = self.watched.clone() else { return Ok(()) };
        loop {
            let page = Page { after: self.last, limit: ENTRIES_AT_ONCE, newest: false };
            let entries = self.app.store.transcript(&id, page).await?;
            let Some(last) = entries.last().map(|entry| entry.n) else { return Ok(()) };
            let html = view::draw(&entries);
            self.last = last;
            let line = json!({ "type": "entries", "conversation": id, "html": html, "last": last });
            self.send(line).await?;
        }
    }

    async fn send_state(&mut self) -> Result<(), Gone> {
        let Some(id) = self.watched.clone() else { return Ok(()) };
        let me = self.by.member.agent().id;
        let Some(view) = view::read(&self.app, &id, &me, &self.by.csrf).await? else {
            return Ok(());
        };
        let said = (html(&view.head)?, html(&view.context)?, view.state);
        if self.said.as_ref() == Some(&said) {
            return Ok(());
        }
        let (head, context, state) = &said;
        let line = json!({ "type": "state", "head": head, "context": context, "state": state });
        self.said = Some(said.clone());
        self.send(line).await
    }

    async fn send_queue(&mut self) -> Result<(), Gone> {
        let me = self.by.member.agent().id;
        let watched = self.watched.clone();
        let queue =
            queue::read(&self.app, &mut self.known, self.tab, &me, watched.as_ref()).await?;
        let line = json!({
            "type": "queue", "tab": self.tab.word(), "html": queue_html(&queue)?,
            "waiting": queue.waiting.len(),
        });
        self.send(line).await
    }

    async fn send(&mut self, line: Value) -> Result<(), Gone> {
        let sent = timeout(SEND, self.socket.send(Message::text(line.to_string()))).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone("the connection broke")),
            Err(_) => Err(Gone("it does not read")),
        }
    }
}
