//! One contact's chat by the rules of a session, without the product's code.

use crate::bot;
use crate::people::agent_text;
use crate::plan::{Act, Deed, Kind, Setting};
use handover_core::capability::plain;
use handover_core::content::Content;
use handover_core::language::Language;
use handover_core::policy::{ExpiredAt, OnDeskClosed};
use handover_core::session::Holder;

const START: &str = "LIVECHAT_SESSION_START";
const END: &str = "LIVECHAT_SESSION_END";
const EXPIRED: &str = "LIVECHAT_SESSION_EXPIRED";
const UNAVAILABLE: &str = "LIVECHAT_SESSION_UNAVAILABLE";

/// What is predicted of one contact.
#[derive(Default)]
pub(crate) struct Chat {
    pub(crate) holder: Option<Holder>,
    pub(crate) lines: Vec<(&'static str, String)>,
    /// The titles and payloads of the last question.
    pub(crate) choices: Vec<(String, String)>,
    pub(crate) starts: Vec<i64>,
    pub(crate) last_message: i64,
    pub(crate) ended: Option<i64>,
    offered: bool,
    pub(crate) closed: bool,
    owed: bool,
    /// Whether the contact has done anything, and so can be seen at the console.
    is_known: bool,
    /// Whether the desk knows the contact.
    at_desk: bool,
}

impl Chat {
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.holder, None | Some(Holder::Bot))
    }

    fn line(&mut self, who: &'static str, text: impl Into<String>) {
        self.lines.push((who, text.into()));
    }

    pub(crate) fn contact_says(&mut self, setting: &Setting, content: &Content, at: i64) {
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

    pub(crate) fn expires(&mut self, at: i64, when: ExpiredAt) {
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

    pub(crate) fn agent_does(&mut self, setting: &Setting, act: &Act, at: i64) {
        let console = setting.desk == Kind::Console;
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
