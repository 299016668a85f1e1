//! The rules of a session once more, as plainly as they can be said, without the product's code: it predicts who has
//! the floor and which lines a contact sees where nothing goes wrong.

use crate::chat::Chat;
use crate::people::contents;
use crate::plan::{Act, Deed, Setting};
use crate::world::{World, now};
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::entry::{Actor, Body};
use handover_core::port::store::{Page, Store};
use handover_core::session::Holder;
use std::collections::BTreeMap;

/// Moments so close to each other are not told apart, in milliseconds.
const CLOSE_MS: i64 = 13_000;

/// The naive model.
pub(crate) struct Naive {
    setting: Setting,
    chats: BTreeMap<usize, Chat>,
}

impl Naive {
    pub(crate) fn new(setting: &Setting) -> Self {
        Self { setting: setting.clone(), chats: BTreeMap::new() }
    }

    /// Follows an act that began and of which all has come to rest. False when it cannot say any more.
    pub(crate) fn follow(&mut self, act: &Act, at: i64, rest: i64) -> bool {
        let timeout = i64::from(self.setting.livechat.timeout_s) * 1000;
        for chat in self.chats.values_mut().filter(|chat| chat.is_open()) {
            let expires = chat.last_message + timeout;
            if (expires - at).abs() < CLOSE_MS || (expires - rest).abs() < CLOSE_MS {
                return false;
            }
            if expires < at {
                chat.expires(expires, self.setting.livechat.expired_at);
            }
        }
        let setting = self.setting.clone();
        let chat = self.chats.entry(act.contact).or_default();
        if chat.ended.is_some_and(|ended| at - ended < CLOSE_MS) && !chat.is_open() {
            return false;
        }
        let writes =
            matches!(act.deed, Deed::AgentSays | Deed::AgentEnds | Deed::AgentSaysWithMarker)
                || act.deed == Deed::AgentSendsFile;
        if chat.closed && writes {
            // A desk that stays closed all the same is told of as closed again at the next look.
            return false;
        }
        let window = i64::from(setting.livechat.loop_window_s) * 1000;
        if chat.starts.iter().any(|start| (at - start - window).abs() < CLOSE_MS) {
            return false;
        }
        for content in contents(act) {
            chat.contact_says(&setting, &content, at);
        }
        chat.agent_does(&setting, act, at);
        true
    }

    /// How what is differs from what was predicted.
    pub(crate) fn differs(&self, world: &World) -> Option<String> {
        for (contact, chat) in &self.chats {
            let id = world.id(*contact);
            let conversation = now(world.store.load(&id)).flatten();
            let holder = conversation.map_or(Holder::Bot, |it| it.holder());
            let page = Page { after: 0, limit: 100_000, newest: false };
            let entries = now(world.store.transcript(&id, page)).unwrap_or_default();
            let lines: Vec<(&str, String)> = entries
                .iter()
                .filter(|entry| entry.for_contact)
                .filter_map(|entry| match &entry.body {
                    Body::Message { content: Content::Media(_) } => {
                        Some((who(&entry.actor), "file".into()))
                    }
                    Body::Message { content } => Some((who(&entry.actor), plain(content))),
                    _ => None,
                })
                .collect();
            let expected = chat.holder.unwrap_or(Holder::Bot);
            if holder != expected {
                return Some(format!("c{contact}: the floor has {holder:?} and not {expected:?}"));
            }
            let at = (0..lines.len().max(chat.lines.len()))
                .find(|at| lines.get(*at) != chat.lines.get(*at));
            if let Some(at) = at {
                let (is, should) = (lines.get(at), chat.lines.get(at));
                return Some(format!("c{contact}: the contact sees {is:?} and not {should:?}"));
            }
        }
        None
    }
}

fn who(actor: &Actor) -> &'static str {
    match actor {
        Actor::Contact => "contact",
        Actor::Bot => "bot",
        Actor::Agent(_) => "agent",
        Actor::Gateway => "gateway",
    }
}
