//! Plays a conversation against the machine, with a clock that the test moves.

use crate::capability::{Capabilities, plain};
use crate::contact::{Agent, Contact};
use crate::content::{Button, Content, Question};
use crate::conversation::Conversation;
use crate::decide::decide;
use crate::decision::{Decision, Ignored};
use crate::delivery::{Delivery, Job, Side, ToDeskAct, Turn};
use crate::entry::{Body, Entry};
use crate::event::{
    BotReply, ContactAct, DeskAct, Event, FromContact, FromDesk, Outcome, Settled, SettledKind,
    TurnDone, TurnOutcome,
};
use crate::ids::{AccountId, BotVersion, ContactKey, ConversationId};
use crate::policy::{Livechat, Policy};
use crate::session::Holder;
use crate::time::Timestamp;
use crate::words::START;
use serde_json::json;

pub(super) struct Story {
    pub(super) conversation: Conversation,
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
    pub(super) transcript: Vec<Entry>,
    pub(super) outbox: Vec<Delivery>,
    pub(super) bot_state: Option<serde_json::Value>,
    pub(super) ignored: Option<Ignored>,
}

pub(super) fn ada() -> Agent {
    Agent::new("ada", "Ada")
}

pub(super) fn human_question() -> Content {
    Content::Question(Question {
        title: "What can I do?".into(),
        buttons: vec![Button {
            title: "Talk to a human".into(),
            payload: START.into(),
            accepts: vec!["agent".into()],
            url: None,
        }],
        quick: false,
    })
}

impl Story {
    /// A conversation with the console as its desk: both sides read the transcript themselves.
    pub(super) fn new() -> Self {
        let contact = Contact::unknown(ContactKey::new("eve"));
        let id = ConversationId::new("c");
        let conversation =
            Conversation::new(id, AccountId::new("web"), AccountId::new("demo"), contact);
        let policy = Policy {
            desk: Some(AccountId::new("console")),
            link: None,
            desk_can: Capabilities::pulling(),
            channel_can: Capabilities::pulling(),
            livechat: Livechat::default(),
        };
        Self {
            conversation,
            policy,
            now: Timestamp::from_ms(1_000_000),
            transcript: Vec::new(),
            outbox: Vec::new(),
            bot_state: None,
            ignored: None,
        }
    }

    /// The same with a desk and a channel that are posted to.
    pub(super) fn posted() -> Self {
        let mut story = Self::new();
        story.policy.desk_can = Capabilities::posted();
        story.policy.channel_can = Capabilities::posted();
        story
    }

    /// The contact has asked for a human and waits.
    pub(super) fn waiting() -> Self {
        let mut story = Self::new();
        story.contact(Content::payload(START));
        story
    }

    /// Ada has accepted.
    pub(super) fn accepted() -> Self {
        let mut story = Self::waiting();
        story.desk(DeskAct::Accepted);
        story
    }

    pub(super) fn event(&mut self, event: &Event) -> Decision {
        let decision = decide(&self.conversation, &self.policy, self.now, event);
        assert_eq!(decision.conversation.revision, self.conversation.revision);
        self.conversation = decision.conversation.clone();
        self.conversation.revision += 1;
        self.transcript.extend(decision.entries.iter().cloned());
        self.outbox.extend(decision.deliveries.iter().cloned());
        if let Some(state) = &decision.bot_state {
            self.bot_state = Some(state.clone());
        }
        self.ignored = decision.ignored;
        decision
    }

    pub(super) fn contact(&mut self, content: Content) -> Decision {
        self.act(ContactAct::Said(content))
    }

    pub(super) fn says(&mut self, text: &str) -> Decision {
        self.contact(Content::text(text))
    }

    pub(super) fn act(&mut self, act: ContactAct) -> Decision {
        self.event(&Event::Contact(FromContact {
            source: None,
            metadata: None,
            verified: false,
            act,
        }))
    }

    pub(super) fn desk(&mut self, act: DeskAct) -> Decision {
        self.desk_by(ada(), act)
    }

    pub(super) fn desk_by(&mut self, agent: Agent, act: DeskAct) -> Decision {
        self.event(&Event::Desk(FromDesk { source: None, agent: Some(agent), done_at: None, act }))
    }

    pub(super) fn agent_says(&mut self, text: &str) -> Decision {
        self.desk(DeskAct::Said(Content::text(text)))
    }

    pub(super) fn later_s(&mut self, seconds: i64) -> Decision {
        self.now = self.now.plus_ms(seconds * 1000);
        self.event(&Event::Due)
    }

    /// The bot's turns that wait.
    pub(super) fn turns(&self) -> Vec<(Delivery, Turn)> {
        self.outbox
            .iter()
            .filter_map(|delivery| match &delivery.job {
                Job::Turn(turn) => Some((delivery.clone(), turn.clone())),
                _ => None,
            })
            .collect()
    }

    /// Lets the bot answer its first waiting turn.
    pub(super) fn bot(&mut self, messages: Vec<Content>) -> Decision {
        self.bot_outcome(TurnOutcome::Replied(BotReply {
            messages,
            state: json!({ "turn": self.conversation.revision }),
            holds: true,
            version: BotVersion::new("v1"),
            log: Vec::new(),
        }))
    }

    pub(super) fn bot_outcome(&mut self, outcome: TurnOutcome) -> Decision {
        let (delivery, turn) = self.turns().into_iter().next().expect("a turn waits");
        self.outbox.retain(|other| other.id != delivery.id);
        let done = TurnDone { delivery: delivery.id.n, epoch: delivery.epoch, turn, outcome };
        self.event(&Event::Turn(done))
    }

    pub(super) fn settle(&mut self, kind: SettledKind, outcome: Outcome) -> Decision {
        let entry = self.conversation.entries;
        self.event(&Event::Settled(Settled { delivery: 1, entry, kind, outcome }))
    }

    pub(super) fn holder(&self) -> Holder {
        self.conversation.holder()
    }

    /// The payloads of the terminal events given to the bot, with their causes.
    pub(super) fn terminals(&self) -> Vec<(String, String)> {
        let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        self.turns()
            .iter()
            .filter(|(_, turn)| turn.terminal)
            .map(|(_, turn)| {
                (word(&turn.event.content["payload"]), word(&turn.event.content["cause"]))
            })
            .collect()
    }

    /// What the contact sees, as plain text.
    pub(super) fn seen_by_contact(&self) -> Vec<String> {
        self.transcript
            .iter()
            .filter(|entry| entry.for_contact)
            .filter_map(|entry| entry.content().map(plain))
            .collect()
    }

    /// What is posted to the desk, in words.
    pub(super) fn posted_to_desk(&self) -> Vec<String> {
        self.outbox
            .iter()
            .filter(|delivery| delivery.side == Side::Desk)
            .filter_map(|delivery| match &delivery.job {
                Job::ToDesk(job) => Some(match &job.act {
                    ToDeskAct::Open => "open".to_owned(),
                    ToDeskAct::Message { content } => plain(content),
                    ToDeskAct::Ended { cause } => format!("ended {}", cause.as_str()),
                    ToDeskAct::Trouble { .. } => "trouble".to_owned(),
                }),
                _ => None,
            })
            .collect()
    }

    pub(super) fn count(&self, wanted: impl Fn(&Body) -> bool) -> usize {
        self.transcript.iter().filter(|entry| wanted(&entry.body)).count()
    }
}
