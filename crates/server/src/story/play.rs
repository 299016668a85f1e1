//! Plays a story: the core decides, the bot answers at once.

use super::parse::{Act, Story};
use super::show;
use handover_core::capability::Capabilities;
use handover_core::contact::{Agent, Contact};
use handover_core::content::Content;
use handover_core::conversation::Conversation;
use handover_core::decide::decide;
use handover_core::delivery::{Delivery, Job};
use handover_core::event::{
    BotEvent, BotReply, ContactAct, DeskAct, Event, FromContact, FromDesk, TurnDone, TurnOutcome,
};
use handover_core::ids::{AccountId, ContactKey, ConversationId};
use handover_core::policy::{Livechat, Policy};
use handover_core::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::VecDeque;

/// Turns that one act may cause; more means that bot and gateway answer each other for ever.
const TURNS_MAX: usize = 100;

/// Where a story went another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line of what happened, from 1.
    pub line: usize,
    /// What happened, what was expected (`-`), what came (`+`), and what was as expected.
    pub text: String,
}

/// A bot: given its state, an event and the contact's metadata, it answers.
pub type Bot<'a> =
    dyn FnMut(Option<&Value>, &BotEvent, &Map<String, Value>) -> Result<BotReply, String> + 'a;

struct World<'a> {
    conversation: Conversation,
    policy: Policy,
    now: Timestamp,
    state: Option<Value>,
    turns: VecDeque<Delivery>,
    seen: Vec<String>,
    bot: &'a mut Bot<'a>,
}

/// Plays a story against a bot.
///
/// # Errors
/// The first place where it went another way.
pub fn play(story: &Story, bot: &mut Bot<'_>) -> Result<(), Difference> {
    let mut contact = Contact::unknown(ContactKey::new("contact"));
    contact.metadata.clone_from(&story.metadata);
    let account = AccountId::new("story");
    let mut world = World {
        conversation: Conversation::new(
            ConversationId::new("story"),
            account.clone(),
            account.clone(),
            contact,
        ),
        policy: Policy {
            desk: Some(account),
            link: None,
            desk_can: Capabilities::pulling(),
            channel_can: Capabilities::pulling(),
            livechat: Livechat::default(),
        },
        now: Timestamp::from_ms(0),
        state: None,
        turns: VecDeque::new(),
        seen: Vec::new(),
        bot,
    };
    for block in &story.blocks {
        world.seen.clear();
        world.act(&block.act);
        let same = world.seen.len() == block.expected.len()
            && block.expected.iter().zip(&world.seen).all(|(e, a)| show::matches(e, a));
        if !same {
            let text = difference(&block.text, &block.expected, &world.seen);
            return Err(Difference { line: block.line, text });
        }
    }
    Ok(())
}

impl World<'_> {
    fn act(&mut self, act: &Act) {
        match act {
            Act::Opens => self.contact(ContactAct::Opened(None)),
            Act::Says(text) => self.contact(ContactAct::Said(Content::text(text.as_str()))),
            Act::Presses(word) => {
                let choices = &self.conversation.choices;
                let button = choices.iter().find(|b| b.title == *word || b.payload == *word);
                let payload = button.map_or(word, |button| &button.payload).clone();
                self.contact(ContactAct::Said(Content::payload(payload)));
            }
            Act::Accepts => self.desk(DeskAct::Accepted),
            Act::AgentSays(text) => self.desk(DeskAct::Said(Content::text(text.as_str()))),
            Act::AgentNotes(text) => self.desk(DeskAct::Noted(text.clone())),
            Act::AgentCloses => self.desk(DeskAct::Closed),
            Act::HandsBack => self.desk(DeskAct::HandedBack(None)),
            Act::Passes(seconds) => self.pass(*seconds),
            Act::Expires => self.pass(i64::from(self.policy.livechat.timeout_s)),
        }
    }

    fn contact(&mut self, act: ContactAct) {
        let from = FromContact { source: None, metadata: None, verified: false, act };
        self.happen(&Event::Contact(from));
    }

    fn desk(&mut self, act: DeskAct) {
        let agent = Agent::new("agent", "Ada");
        self.happen(&Event::Desk(FromDesk {
            source: None,
            agent: Some(agent),
            done_at: None,
            act,
        }));
    }

    fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_ms(seconds.saturating_mul(1000));
        self.happen(&Event::Due);
    }

    fn happen(&mut self, event: &Event) {
        self.decide(event);
        for _ in 0..TURNS_MAX {
            let Some(delivery) = self.turns.pop_front() else { return };
            let Job::Turn(turn) = delivery.job else { continue };
            let overtaken = delivery.epoch != self.conversation.epoch && !turn.terminal;
            let outcome = if overtaken {
                TurnOutcome::Skipped
            } else {
                let metadata = self.conversation.contact.metadata.clone();
                match (self.bot)(self.state.as_ref(), &turn.event, &metadata) {
                    Ok(reply) => TurnOutcome::Replied(reply),
                    Err(why) => TurnOutcome::Failed { why },
                }
            };
            let (delivery, epoch) = (delivery.id.n, delivery.epoch);
            self.decide(&Event::Turn(TurnDone { delivery, epoch, turn, outcome }));
        }
        self.seen.push("(bot and gateway answer each other for ever)".into());
    }

    fn decide(&mut self, event: &Event) {
        let decision = decide(&self.conversation, &self.policy, self.now, event);
        self.conversation = decision.conversation;
        if decision.bot_state.is_some() {
            self.state = decision.bot_state;
        }
        self.seen.extend(decision.entries.iter().filter_map(show::line));
        let turns = decision.deliveries.into_iter();
        self.turns.extend(turns.filter(|delivery| matches!(delivery.job, Job::Turn(_))));
    }
}

fn difference(act: &str, expected: &[String], actual: &[String]) -> String {
    let mut text = format!("  {act}\n");
    let mut rest = actual.iter().peekable();
    for line in expected {
        match rest.peek() {
            Some(came) if show::matches(line, came) => {
                text.push_str(&format!("  {came}\n"));
                rest.next();
            }
            Some(came) => {
                let found_later = actual.iter().any(|other| show::matches(line, other));
                text.push_str(&format!("- {line}\n"));
                if !found_later {
                    text.push_str(&format!("+ {came}\n"));
                    rest.next();
                }
            }
            None => text.push_str(&format!("- {line}\n")),
        }
    }
    for came in rest {
        text.push_str(&format!("+ {came}\n"));
    }
    text
}
