//! Who speaks through a page, and what becomes of what they send.

use super::limits::Limits;
use super::protocol::{Cursor, ToPage};
use crate::app::App;
use crate::files;
use crate::vault::{VaultError, random_text};
use handover_adapters::channel::web::{Frame, Hello, Refusal, Said, from_page, place, pressed};
use handover_core::content::Content;
use handover_core::delivery::Side;
use handover_core::event::ContactAct;
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use handover_core::language::Language;
use handover_core::port::bus::{Bus, Envelope};
use handover_core::port::store::{Page, StoreError};
use handover_engine::conversation_id;
use serde_json::{Map, Value};

/// Entries that a page is shown of the past.
const HISTORY_ENTRIES: u32 = 200;
const PURPOSE: &str = "contact";

/// A contact on a page.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) channel: AccountId,
    pub(super) key: ContactKey,
    pub(super) conversation: ConversationId,
    metadata: Option<Map<String, Value>>,
    fresh: bool,
}

impl Visitor {
    fn new(channel: AccountId, key: ContactKey, fresh: bool) -> Self {
        let conversation = conversation_id(&channel, &key);
        Self { channel, key, conversation, metadata: None, fresh }
    }

    /// The contact to whom this program gave the token.
    pub(super) fn of_token(app: &App, channel: &AccountId, token: &str) -> Option<Self> {
        let text = app.vault.verify(PURPOSE, token)?;
        let (of, key) = text.rsplit_once('/')?;
        (of == channel.as_str()).then(|| Self::new(channel.clone(), ContactKey::new(key), false))
    }

    /// The contact who says hello: a known one by the token, or a new one.
    pub(super) fn hello(
        app: &App,
        channel: &AccountId,
        hello: &Hello,
        user_agent: Option<&str>,
    ) -> Result<Self, VaultError> {
        let known = hello.token.as_deref().and_then(|token| Self::of_token(app, channel, token));
        let mut visitor = match known {
            Some(visitor) => visitor,
            None => Self::new(channel.clone(), ContactKey::new(random_text()?), true),
        };
        visitor.metadata = Some(hello.metadata(user_agent));
        Ok(visitor)
    }

    /// The token that proves next time who this is.
    pub(super) fn token(&self, app: &App) -> String {
        app.vault.sign(PURPOSE, &format!("{}/{}", self.channel, self.key))
    }

    /// The answer to `hello`.
    pub(super) async fn welcome(&self, app: &App) -> Result<ToPage, StoreError> {
        let conversation = app.store.load(&self.conversation).await?;
        Ok(ToPage::Welcome {
            token: self.token(app),
            fresh: self.fresh,
            empty: conversation.as_ref().is_none_or(|conversation| conversation.entries == 0),
            read: conversation.map_or(0, |conversation| conversation.marks.contact_read),
        })
    }

    /// Where a page stands that says it has the entries up to `after`.
    pub(super) fn cursor(&self, after: u64) -> Cursor {
        Cursor::after(if self.fresh { 0 } else { after })
    }

    /// Reads the truth after a cursor. Hints may be lost, so nothing else is believed.
    pub(super) async fn news(
        &self,
        app: &App,
        cursor: &mut Cursor,
    ) -> Result<Vec<ToPage>, StoreError> {
        let Some(conversation) = app.store.load(&self.conversation).await? else {
            return Ok(Vec::new());
        };
        let known = self.metadata.as_ref().unwrap_or(&conversation.contact.metadata);
        let language = known.get("language").and_then(Value::as_str).and_then(Language::of_tag);
        let language = language.unwrap_or_else(|| app.settings.language());
        let mut news = Vec::new();
        loop {
            let newest = cursor.upto == 0;
            let page = Page { after: cursor.upto, limit: HISTORY_ENTRIES, newest };
            let entries = if conversation.entries > cursor.upto {
                app.store.transcript(&self.conversation, page).await?
            } else {
                Vec::new()
            };
            let more = !entries.is_empty();
            news.extend(cursor.news(&conversation, &entries, language));
            if !more || cursor.upto >= conversation.entries {
                return Ok(news);
            }
        }
    }

    /// Does what a frame asks. What has an id is answered once it is on disk.
    pub(super) async fn take(&self, app: &App, limits: &Limits, frame: Frame) -> Option<ToPage> {
        let id = frame.id().map(str::to_owned);
        let wait_s = limits.of_contact(self.conversation.as_str(), id.is_some());
        let refused = |code, message: &str, retry_after_s| {
            Some(ToPage::Refused { id: id.clone(), code, message: message.into(), retry_after_s })
        };
        if let Some(wait_s) = wait_s {
            // What has no id is a receipt or a sign of typing: the next one says it again.
            id.as_ref()?;
            return refused(
                "too_fast",
                "This is too fast. Send it again in a moment.",
                Some(wait_s),
            );
        }
        let act = match frame {
            Frame::Hello(_) => return refused("frame", "Hello was said before.", None),
            Frame::Ping => return Some(ToPage::Pong),
            Frame::Typing { on } => {
                self.typing(app, on);
                return None;
            }
            Frame::Seen { delivered, read } => ContactAct::Seen { delivered, read },
            Frame::Opened { place: at, .. } => ContactAct::Opened(at.as_deref().and_then(place)),
            Frame::Press { payload, title, .. } => {
                ContactAct::Said(pressed(&payload, title.as_deref()))
            }
            Frame::Say { content: Said::Text { text }, .. } => {
                ContactAct::Said(Content::text(text))
            }
            Frame::Say { content: Said::File { url }, .. } => match files::find(app, &url).await {
                Ok(Some(media)) => ContactAct::Said(Content::Media(media)),
                Err(problem) => {
                    // It is in the contact's language under this code (rule 11).
                    let wait_s = problem.retry_after_s.map(u64::from);
                    return refused("not_stored", &problem.message, wait_s);
                }
                Ok(None) => {
                    let words = "This file is not here. Please attach it again.";
                    return refused("file_gone", words, None);
                }
            },
        };
        // A receipt must not make a conversation of a visit that said nothing.
        let metadata = self.metadata.as_ref().filter(|_| id.is_some());
        let act = from_page(act, id.as_deref(), metadata);
        match (app.engine.from_contact(&self.channel, &self.key, act).await, id.clone()) {
            (Ok(accepted), Some(id)) => Some(ToPage::Ack { id, n: accepted.entry }),
            (Err(error), Some(_)) => {
                tracing::warn!(conversation = %self.conversation, %error, "a contact's message was not taken");
                let words =
                    "This could not be stored here; nothing was taken. Send it again in a moment.";
                refused("not_stored", words, Some(5))
            }
            (_, None) => None,
        }
    }

    fn typing(&self, app: &App, on: bool) {
        let conversation = self.conversation.clone();
        app.bus.publish(Envelope::Typing { conversation, side: Side::Contact, name: None, on });
    }
}

/// What a page reads about a frame that is none.
pub(super) fn not_taken(refusal: &Refusal, text: &str) -> ToPage {
    let id = serde_json::from_str::<Value>(text)
        .ok()
        .and_then(|frame| Some(frame.get("id")?.as_str()?.to_owned()));
    let message = refusal.message.clone();
    ToPage::Refused { id, code: refusal.field, message, retry_after_s: None }
}
