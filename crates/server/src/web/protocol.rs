//! What the server sends to a chat page, one JSON object a frame.

use crate::render::{self, Viewer};
use handover_core::conversation::Conversation;
use handover_core::entry::Entry;
use handover_core::language::Language;
use handover_core::session::Holder;
use serde::Serialize;

/// What the server sends to a chat page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToPage {
    /// The answer to `hello`.
    Welcome {
        /// Proves next time who this is.
        token: String,
        /// Whether the server saw this contact for the first time: what the page kept is someone else's.
        fresh: bool,
        /// Whether anything was ever said.
        empty: bool,
        /// The last entry that the contact has read, on whatever page.
        read: u64,
    },
    /// New lines of the transcript.
    Entries {
        /// The lines, in order.
        entries: Vec<Line>,
        /// The last entry looked at, shown to the contact or not.
        upto: u64,
        /// Whether they are old: then nothing is paced.
        history: bool,
    },
    /// Something sent by the page is on disk.
    Ack {
        /// The page's id for it.
        id: String,
        /// The entry that it became; 0 if none.
        n: u64,
    },
    /// Something sent by the page was not taken.
    Refused {
        /// The page's id for it.
        id: Option<String>,
        /// Why, as a word that stays: `too_fast`, `not_stored`, `file_gone`, or the field that is wrong.
        code: &'static str,
        /// Why and the fix, in English.
        message: String,
        /// Seconds after which to send it again; none if it will never be taken.
        retry_after_s: Option<u64>,
    },
    /// An agent types, or no longer does.
    Typing {
        /// Whether it goes on.
        on: bool,
        /// Who.
        name: Option<String>,
    },
    /// How far the team has got.
    Marks {
        /// The last entry that reached the desk.
        delivered: u64,
        /// The last entry that an agent has read.
        read: u64,
    },
    /// Who has the floor.
    Holder {
        /// `bot`, `waiting` or `agent`.
        holder: Holder,
        /// The agent's name.
        agent: Option<String>,
    },
    /// The line stands.
    Pong,
}

/// One line of the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// Its number.
    n: u64,
    /// How it looks.
    html: String,
}

/// What a page has been sent so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cursor {
    /// The last entry that was sent or passed over.
    pub(super) upto: u64,
    started: bool,
    marks: Option<(u64, u64)>,
    holder: Option<(Holder, Option<String>)>,
}

impl Cursor {
    /// For a page that has the entries up to `after`.
    pub(super) fn after(after: u64) -> Self {
        Self { upto: after, ..Self::default() }
    }

    /// For a page that goes on asking: what it gets now is new to it.
    pub(super) fn resume(&mut self) {
        self.started = true;
    }

    /// Where it stands besides entries, as a word that a polling page gives back.
    pub(super) fn state(&self) -> String {
        let (delivered, read) = self.marks.unwrap_or_default();
        let holder = self.holder.as_ref().map(|(holder, agent)| {
            let name = agent.as_deref().unwrap_or_default();
            format!("{holder:?}.{}", name.len())
        });
        format!("{delivered}.{read}.{}", holder.unwrap_or_default())
    }

    /// What a page that has this cursor does not know yet. `entries` are those after `upto`, `language` is the contact's.
    pub(super) fn news(
        &mut self,
        conversation: &Conversation,
        entries: &[Entry],
        language: Language,
    ) -> Vec<ToPage> {
        let mut news = Vec::new();
        let upto = entries.last().map_or(self.upto, |entry| entry.n);
        if upto > self.upto || !self.started {
            let lines = entries
                .iter()
                .filter_map(|entry| {
                    Some(Line {
                        n: entry.n,
                        html: render::entry(entry, Viewer::Contact(language))?,
                    })
                })
                .collect();
            news.push(ToPage::Entries { entries: lines, upto, history: !self.started });
            self.upto = upto;
            self.started = true;
        }
        let marks = (conversation.marks.desk_delivered, conversation.marks.desk_read);
        if self.marks.replace(marks) != Some(marks) {
            news.push(ToPage::Marks { delivered: marks.0, read: marks.1 });
        }
        let agent = conversation.session.as_ref().and_then(|session| session.agent.as_ref());
        let holder = (conversation.holder(), agent.map(|agent| render::clean_name(&agent.name)));
        if self.holder.as_ref() != Some(&holder) {
            self.holder = Some(holder.clone());
            news.push(ToPage::Holder { holder: holder.0, agent: holder.1 });
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, ToPage};
    use handover_core::contact::Contact;
    use handover_core::content::Content;
    use handover_core::conversation::Conversation;
    use handover_core::entry::{Actor, Body, Cause, Entry};
    use handover_core::ids::{AccountId, ContactKey, ConversationId};
    use handover_core::language::Language;
    use handover_core::session::Holder;
    use handover_core::time::Timestamp;

    fn conversation() -> Conversation {
        Conversation::new(
            ConversationId::new("c"),
            AccountId::new("web"),
            AccountId::new("bot"),
            Contact::unknown(ContactKey::new("k")),
        )
    }

    fn entry(n: u64, for_contact: bool) -> Entry {
        Entry {
            n,
            at: Timestamp::from_ms(0),
            epoch: 1,
            session: None,
            actor: Actor::Bot,
            cause: Cause::Sent,
            body: Body::Message { content: Content::text(format!("text {n}")) },
            for_contact,
            for_desk: true,
            source: None,
        }
    }

    fn numbers(news: &[ToPage]) -> Vec<u64> {
        news.iter()
            .flat_map(|frame| match frame {
                ToPage::Entries { entries, .. } => entries.iter().map(|line| line.n).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    #[test]
    fn hidden_entries_are_passed_over_and_none_comes_twice() {
        let mut cursor = Cursor::after(0);
        let first =
            cursor.news(&conversation(), &[entry(1, true), entry(2, false)], Language::English);
        assert_eq!(numbers(&first), [1], "promise F");
        assert_eq!(cursor.upto, 2);
        let next = cursor.news(&conversation(), &[entry(3, true)], Language::English);
        assert_eq!(numbers(&next), [3], "promise C");
        assert!(cursor.news(&conversation(), &[], Language::English).is_empty());
    }

    #[test]
    fn only_what_comes_after_the_first_look_is_paced() {
        let mut cursor = Cursor::after(0);
        let history = |news: &[ToPage]| matches!(news[0], ToPage::Entries { history: true, .. });
        assert!(history(&cursor.news(&conversation(), &[], Language::English)));
        assert!(!history(&cursor.news(&conversation(), &[entry(1, true)], Language::English)));
    }

    #[test]
    fn marks_and_holder_are_told_when_they_change() {
        let mut cursor = Cursor::after(0);
        let mut conversation = conversation();
        cursor.news(&conversation, &[], Language::English);
        let before = cursor.state();
        conversation.marks.desk_read = 4;
        let news = cursor.news(&conversation, &[], Language::English);
        assert_eq!(news, [ToPage::Marks { delivered: 0, read: 4 }]);
        assert_ne!(cursor.state(), before);
    }

    #[test]
    fn frames_have_the_names_that_pages_know() {
        let json = serde_json::to_value(ToPage::Holder { holder: Holder::Waiting, agent: None });
        assert_eq!(
            json.unwrap(),
            serde_json::json!({ "type": "holder", "holder": "waiting", "agent": null })
        );
    }
}
