//! The rules of a session once more, as plainly as they can be said, without the product's code: it predicts who has
//! the floor and which lines a contact sees where nothing goes wrong.

use crate::bot;
use crate::people::{agent_text, contents};
use crate::plan::{Act, Deed, Setting};
use crate::world::{World, now};
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::entry::{Actor, Body};
use handover_core::language::Language;
use handover_core::policy::{ExpiredAt, OnDeskClosed};
use handover_core::port::store::{Page, Store};
use handover_core::session::Holder;
use std::collections::BTreeMap;

const START: &str = "LIVECHAT_SESSION_START";
const END: &str = "LIVECHAT_SESSION_END";
const EXPIRED: &str = "LIVECHAT_SESSION_EXPIRED";
const UNAVAILABLE: &str = "LIVECHAT_SESSION_UNAVAILABLE";
/// Moments so close to each other are not told apart, in milliseconds.
const CLOSE_MS: i64 = 13_000;

/// What is predicted of one contact.
#[derive(Default)]
struct Chat {
    holder: Option<Holder>,
    lines: Vec<(&'static str, String)>,
    /// The titles and payloads of the last question.
    choices: Vec<(String, String)>,
    starts: Vec<i64>,
    last_message: i64,
    ended: Option<i64>,
    offered: bool,
    closed: bool,
    owed: bool,
    /// Whether the contact has done anything, and so can be seen at the console.
    is_known: bool,
    /// Whether the desk knows the contact.
    at_desk: bool,
}

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

impl Chat {
    fn is_open(&self) -> bool {
        !matches!(self.holder, None | Some(Holder::Bot))
    }

    fn line(&mut self, who: &'static str, text: impl Into<String>) {
        self.lines.push((who, text.into()));
    }

    fn contact_says(&mut self, setting: &Setting, content: &Content, at: i64) {
        self.is_known = true;
        let (text, payload) = match content {
            Content::Payload { payload, .. } => {
                let title = self.choices.iter().find(|(_, of)| of == payload);
                (title.map_or(payload.clone(), |(title, _)| title.clone()), payload.clone())
            }
            Content::Media(_) => ("file".to_owned(), String::new()),
            other => {
                let text = plain(other);
                let typed = text.trim().to_owned();
                // Rule 1: a text counts as pressing the button that it names.
                let lower = typed.to_lowercase();
                let button = self.choices.iter().find(|(title, of)| {
                    title.to_lowercase() == lower || of.to_lowercase() == lower
                });
                let payload = button.map_or(typed, |(_, payload)| payload.clone());
                (text, payload)
            }
        };
        let asks = payload == START || payload.starts_with(&format!("{START}:"));
        match (self.is_open(), asks, payload == END) {
            // Rule 2 and rule 19: a line for the agents at most.
            (true, true, _) | (false, _, true) => {}
            (false, true, _) => {
                self.line("contact", text);
                self.asks(setting, at);
            }
            (true, _, true) => {
                self.line("contact", text);
                self.ends(END, at);
            }
            (true, ..) => {
                self.line("contact", text);
                self.touch(at);
            }
            (false, ..) => {
                self.line("contact", text);
                self.pays();
                let named = match content {
                    Content::Media(media) => media.name.clone().unwrap_or_default(),
                    other => plain(other),
                };
                self.bot_answers(setting, &named, at);
            }
        }
    }

    fn bot_answers(&mut self, setting: &Setting, word: &str, at: i64) {
        let Ok(said) = bot::replies(word, false) else {
            return self.line(
                "gateway",
                "Sorry, something went wrong on our side. Please try again in a moment.",
            );
        };
        for content in said {
            if matches!(content, Content::Payload { .. }) {
                // Rule 4: what comes after it is fenced.
                return self.asks(setting, at);
            }
            let buttons: Vec<_> = content
                .buttons()
                .into_iter()
                .map(|it| (it.title.clone(), it.payload.clone()))
                .collect();
            if !buttons.is_empty() {
                self.choices = buttons;
            }
            self.line("bot", plain(&content));
        }
    }

    /// Rules 1 and 5.
    fn asks(&mut self, setting: &Setting, at: i64) {
        self.owed_by_now();
        let window = i64::from(setting.livechat.loop_window_s) * 1000;
        self.starts.retain(|start| at - start < window);
        let many = self.starts.len() >= setting.livechat.loop_sessions as usize;
        self.starts.push(at);
        if many {
            return self.line("bot", format!("Back from {UNAVAILABLE}"));
        }
        self.begins(Holder::Waiting, at);
        let text = setting.livechat.start_text(Language::English);
        if !text.is_empty() {
            self.line("gateway", text.to_owned());
        }
    }

    fn begins(&mut self, holder: Holder, at: i64) {
        self.holder = Some(holder);
        self.at_desk = true;
        (self.last_message, self.offered, self.closed) = (at, false, false);
    }

    fn ends(&mut self, payload: &str, at: i64) {
        self.holder = Some(Holder::Bot);
        self.ended = Some(at);
        self.choices.retain(|(_, payload)| payload != END);
        self.line("bot", format!("Back from {payload}"));
    }

    fn expires(&mut self, at: i64, when: ExpiredAt) {
        match when {
            ExpiredAt::Once => self.ends(EXPIRED, at),
            ExpiredAt::NextMessage => {
                self.choices.retain(|(_, payload)| payload != END);
                (self.holder, self.ended, self.owed) = (Some(Holder::Bot), Some(at), true);
            }
        }
    }

    /// Rule 16: what the bot is owed comes before anything else.
    fn pays(&mut self) {
        if std::mem::take(&mut self.owed) {
            self.line("bot", format!("Back from {EXPIRED}"));
        }
    }

    fn touch(&mut self, at: i64) {
        (self.last_message, self.offered, self.closed) = (at, false, false);
    }

    /// Rule 13.
    fn offer(&mut self, setting: &Setting) {
        if !std::mem::replace(&mut self.offered, true) {
            let message = setting.livechat.end_message(Language::English);
            let label = setting.livechat.end_label(Language::English);
            self.choices = vec![(label.to_owned(), END.into())];
            self.line("gateway", format!("{message}\n1. {label}"));
        }
    }

    fn agent_does(&mut self, setting: &Setting, act: &Act, at: i64) {
        let console = setting.desk == crate::plan::Kind::Console;
        let open = self.is_open();
        match act.deed {
            Deed::AgentSays | Deed::AgentAccepts if console && !open && self.is_known => {
                self.begins(Holder::Agent, at);
                self.owed_by_now();
            }
            Deed::AgentSays
            | Deed::AgentEnds
            | Deed::AgentSaysWithMarker
            | Deed::AgentSendsFile => {
                self.agent_writes(setting, act, at, console);
            }
            Deed::AgentAccepts if open => self.holder = Some(Holder::Agent),
            Deed::AgentHandsBack if open => self.ends(END, at),
            Deed::AgentCloses if open && !self.closed => {
                self.closed = true;
                match setting.livechat.on_desk_closed {
                    OnDeskClosed::OfferEnd => self.offer(setting),
                    OnDeskClosed::End => self.ends(END, at),
                    OnDeskClosed::Ignore => {}
                }
            }
            Deed::AgentReopens => self.closed = false,
            _ => {}
        }
    }

    fn agent_writes(&mut self, setting: &Setting, act: &Act, at: i64, console: bool) {
        if !self.at_desk || console && (!self.is_open() || act.deed == Deed::AgentSendsFile) {
            return;
        }
        if !self.is_open() {
            // Rule 21.
            self.begins(Holder::Agent, at);
            self.owed_by_now();
        }
        self.holder = Some(Holder::Agent);
        let text = agent_text(act).unwrap_or_else(|| "file".into());
        let marked = matches!(act.deed, Deed::AgentEnds | Deed::AgentSaysWithMarker);
        let was_offered = self.offered;
        self.touch(at);
        self.offered = was_offered && marked;
        if act.deed != Deed::AgentSaysWithMarker {
            self.line("agent", text.split("\n\n").next().unwrap_or_default());
        }
        if marked {
            self.offer(setting);
        }
    }

    /// An owed event is fenced when people have taken the floor before the bot could answer it.
    fn owed_by_now(&mut self) {
        self.owed = false;
    }
}
