//! A state of one conversation and of what surrounds it, and when two of them are the same.

use handover_core::capability::Capabilities;
use handover_core::contact::Contact;
use handover_core::conversation::Conversation;
use handover_core::delivery::Turn;
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use handover_core::policy::{ExpiredAt, Livechat, OnDeskClosed, Policy};
use handover_core::session::Session;
use handover_core::time::Timestamp;
use handover_core::words::{END, START};

/// Short times, so that a few steps of the clock reach all of them.
pub(crate) const TIMEOUT_S: u32 = 60;
pub(crate) const SHORT_TIMEOUT_S: u32 = 20;
pub(crate) const LOOP_WINDOW_S: u32 = 90;
pub(crate) const LOOP_SESSIONS: u32 = 2;
/// How long after a session's end words may come late: as in the machine.
const NOTICED_MS: i64 = 10_000;

/// A turn that the bot has not taken yet.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) delivery: u64,
    pub(crate) epoch: u64,
    pub(crate) turn: Turn,
}

/// One conversation, what is set, and the bot's lane.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) conversation: Conversation,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) turns: Vec<Waiting>,
}

/// What decides how a state goes on, and nothing else.
pub(crate) type Key = Box<[i64]>;

impl State {
    pub(crate) fn new(channel_can: Capabilities, desk_can: Capabilities) -> Self {
        let contact = Contact::unknown(ContactKey::new("eve"));
        let (channel, bot) = (AccountId::new("channel"), AccountId::new("bot"));
        let livechat = Livechat {
            timeout_s: TIMEOUT_S,
            end_message: Some("Done?".into()),
            end_label: Some("End the chat".into()),
            start_text: Some("Wait.".into()),
            loop_sessions: LOOP_SESSIONS,
            loop_window_s: LOOP_WINDOW_S,
            ..Livechat::default()
        };
        Self {
            conversation: Conversation::new(ConversationId::new("c"), channel, bot, contact),
            policy: Policy {
                desk: Some(AccountId::new("desk")),
                link: None,
                desk_can,
                channel_can,
                livechat,
            },
            now: Timestamp::from_ms(1_000_000),
            turns: Vec::new(),
        }
    }

    pub(crate) fn timeout_ms(&self) -> i64 {
        i64::from(self.policy.livechat.timeout_s) * 1000
    }

    /// Counters are left out, moments count by how long ago they were, and no longer than it matters.
    pub(crate) fn key(&self) -> Key {
        let it = &self.conversation;
        let mut key = Vec::with_capacity(48);
        let longest = i64::from(TIMEOUT_S) * 1000;
        let ago = |at: Timestamp, most: i64| self.now.since_ms(at).min(most);
        key.extend([i64::from(it.entries > 0), i64::from(it.sessions > 0)]);
        match &it.session {
            None => key.push(-1),
            Some(session) => {
                key.push(ago(session.last_message_at, longest));
                // Only compared with moments that lie well before or at the present.
                key.push(ago(session.started_at, 30_000));
                push_session(&mut key, session);
            }
        }
        match &it.last {
            None => key.push(-1),
            Some(last) => {
                key.push(ago(last.ended_at, NOTICED_MS + 30_000));
                key.push(i64::from(last.session.link.is_some()));
                // Sessions that could not begin have come since (rule 5).
                key.push(i64::from(last.session.ordinal == it.sessions));
            }
        }
        // The guard looks only at whether the last few are in its window.
        let window = i64::from(LOOP_WINDOW_S) * 1000;
        let recent = it.recent_starts.iter().rev().take(LOOP_SESSIONS as usize);
        key.extend(recent.map(|&start| ago(start, window)).filter(|&ago| ago < window));
        key.push(-2);
        key.extend(it.choices.iter().map(|button| match button.payload.as_str() {
            START => 1,
            END => 2,
            _ => 3,
        }));
        key.push(-3);
        key.push(i64::from(it.pinned.is_some()));
        key.push(i64::from(it.owed.is_some()));
        key.push(it.due.map_or(i64::MAX, |due| due.since_ms(self.now).max(0)));
        let marks = &it.marks;
        key.extend(
            [marks.contact_delivered, marks.contact_read, marks.desk_delivered, marks.desk_read]
                .map(|mark| i64::from(mark == it.entries)),
        );
        key.push(i64::from(marks.desk_delivered == marks.desk_read));
        key.push(ago(it.updated_at, 1));
        let livechat = &self.policy.livechat;
        key.push(i64::from(self.policy.desk.is_some()));
        key.push(match livechat.on_desk_closed {
            OnDeskClosed::OfferEnd => 0,
            OnDeskClosed::End => 1,
            OnDeskClosed::Ignore => 2,
        });
        key.push(i64::from(livechat.expired_at == ExpiredAt::Once));
        key.push(i64::from(livechat.timeout_s));
        for waiting in &self.turns {
            key.push(i64::from(waiting.epoch == it.epoch));
            key.push(i64::from(waiting.turn.terminal));
            key.push(i64::from(waiting.turn.event.content["cause"] == "loop_guard"));
        }
        key.into_boxed_slice()
    }
}

fn push_session(key: &mut Vec<i64>, session: &Session) {
    let name = |word: Option<&str>| match word {
        None => 0,
        Some("7" | "ada") => 1,
        Some(_) => 2,
    };
    key.push(name(session.agent.as_ref().map(|agent| agent.id.as_str())));
    key.push(name(session.link.as_deref()));
    key.push(name(session.earlier_link.as_deref()));
    key.push(i64::from(session.offered));
    key.push(i64::from(session.closed_at_desk));
}
