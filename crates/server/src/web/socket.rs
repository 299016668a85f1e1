//! `GET /v1/web/{channel}/socket`: the page's line to the server.

use super::limits::Limits;
use super::protocol::{Cursor, ToPage};
use super::visitor::{Visitor, not_taken};
use super::web_channel;
use crate::app::Shared;
use crate::bus::LOOK_WHILE_DEAF;
use crate::http::error::Problem;
use axum::Extension;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use handover_adapters::channel::web::{Frame, Hello};
use handover_core::delivery::Side;
use handover_core::ids::AccountId;
use handover_core::port::bus::Envelope;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// The largest frame that is taken.
const FRAME_BYTES_MAX: usize = 64 * 1024;
/// What an open page holds to be read into: most of what pages send is smaller.
const READ_BUFFER_BYTES: usize = 1024;
/// How long a page may stay silent before it says hello.
const HELLO: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 10_000 });
/// How often the store is looked at though no hint came.
const LOOK: Duration = Duration::from_secs(20);
/// How long nothing at all may come, not even an answer to a ping.
const SILENCE: Duration = Duration::from_secs(65);
/// How long a page may take to read what it is sent.
const SEND: Duration = Duration::from_secs(20);
/// Frames that are none, before the line is cut.
const NONSENSE_MAX: u32 = 20;

pub(super) async fn socket(
    State(app): State<Shared>,
    Extension(limits): Extension<Arc<Limits>>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let channel = web_channel(&app, &channel)?.id.clone();
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let agent = agent.map(str::to_owned);
    Ok(upgrade
        // The default buffers take 128 kB for each open page. What is larger than this is read piece by piece.
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(async move |socket| {
            let mut line = Line { socket, app, limits, nonsense: 0 };
            // However it ends, the page connects again and resumes.
            if let Err(why) = line.serve(&channel, agent.as_deref()).await {
                line.close(why).await;
            }
        }))
}

/// Why a line ends.
enum End {
    /// The page has gone.
    Gone,
    /// The page broke a rule.
    Cut(&'static str),
    /// Something failed here.
    Failed,
}

struct Line {
    socket: WebSocket,
    app: Shared,
    limits: Arc<Limits>,
    nonsense: u32,
}

impl Line {
    async fn serve(&mut self, channel: &AccountId, agent: Option<&str>) -> Result<(), End> {
        let hello = timeout(HELLO, self.hello())
            .await
            .map_err(|_| End::Cut("say hello within 10 seconds"))??;
        let visitor = Visitor::hello(&self.app, channel, &hello, agent).map_err(|_| End::Failed)?;
        // Listening begins before the first look, so that nothing falls between.
        let mut hints = self.app.bus.subscribe_to(&visitor.conversation);
        let welcome = Box::pin(visitor.welcome(&self.app)).await.map_err(|_| End::Failed)?;
        self.send(&welcome).await?;
        let mut cursor = visitor.cursor(hello.after);
        self.news(&visitor, &mut cursor).await?;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        let mut deaf = interval(LOOK_WHILE_DEAF);
        deaf.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.take(&visitor, &mut cursor, &text).await?,
                        Some(Ok(Message::Binary(_))) => return Err(End::Cut("frames are text")),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    }
                }
                hint = hints.recv() => match hint {
                    Ok(Envelope::Typing { side: Side::Desk, name, on, .. }) => {
                        let name = name.as_deref().map(crate::render::clean_name);
                        self.send(&ToPage::Typing { on, name }).await?;
                    }
                    Ok(Envelope::Typing { .. } | Envelope::Read { .. } | Envelope::Settings) => {}
                    Ok(Envelope::Changed { .. } | Envelope::Lost) | Err(RecvError::Lagged(_)) => {
                        self.news(&visitor, &mut cursor).await?;
                    }
                    Err(RecvError::Closed) => return Err(End::Failed),
                },
                _ = deaf.tick(), if self.app.bus.has_carrier() => {
                    if self.app.bus.is_deaf() {
                        self.news(&visitor, &mut cursor).await?;
                    }
                }
                _ = looks.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Err(End::Gone);
                    }
                    self.news(&visitor, &mut cursor).await?;
                    self.raw(Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }

    async fn hello(&mut self) -> Result<Hello, End> {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => match Frame::parse(&text) {
                    Ok(Frame::Hello(hello)) => return Ok(hello),
                    Ok(_) => return Err(End::Cut("say hello first")),
                    Err(refusal) => {
                        self.send(&not_taken(&refusal, &text)).await?;
                        return Err(End::Cut("this is not a hello"));
                    }
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(End::Cut("frames are text")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
            }
        }
    }

    async fn take(
        &mut self,
        visitor: &Visitor,
        cursor: &mut Cursor,
        text: &str,
    ) -> Result<(), End> {
        let frame = match Frame::parse(text) {
            Ok(frame) => frame,
            Err(refusal) => {
                self.nonsense += 1;
                if self.nonsense > NONSENSE_MAX {
                    return Err(End::Cut("too many broken frames"));
                }
                return self.send(&not_taken(&refusal, text)).await;
            }
        };
        // What this needs for a moment, each idle page would hold all the time.
        let taking = Box::pin(visitor.take(&self.app, &self.limits, frame));
        if let Some(answer) = taking.await {
            self.send(&answer).await?;
            // The hint may be late or lost; the page that just spoke should not wait for it.
            if matches!(answer, ToPage::Ack { .. }) {
                self.news(visitor, cursor).await?;
            }
        }
        Ok(())
    }

    async fn news(&mut self, visitor: &Visitor, cursor: &mut Cursor) -> Result<(), End> {
        let news = Box::pin(visitor.news(&self.app, cursor)).await.map_err(|error| {
            tracing::warn!(conversation = %visitor.conversation, %error, "a page could not be told");
            End::Failed
        })?;
        for frame in &news {
            self.send(frame).await?;
        }
        Ok(())
    }

    async fn send(&mut self, frame: &ToPage) -> Result<(), End> {
        let text = serde_json::to_string(frame).map_err(|_| End::Failed)?;
        self.raw(Message::Text(Utf8Bytes::from(text))).await
    }

    async fn raw(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Cut(reason) => (close_code::POLICY, reason),
            End::Failed => (close_code::ERROR, "try again"),
        };
        let frame = CloseFrame { code, reason: reason.into() };
        // The page may be gone by now; then it needs no reason.
        let _ = timeout(SEND, self.socket.send(Message::Close(Some(frame)))).await;
    }
}
