//! What can happen in a state.

use crate::state::{SHORT_TIMEOUT_S, State, TIMEOUT_S};
use handover_core::contact::Agent;
use handover_core::content::{Button, Content, Question, Trigger};
use handover_core::event::{
    BotReply, ContactAct, DeskAct, Event, FromContact, FromDesk, Outcome, Settled, SettledKind,
    TurnDone, TurnOutcome,
};
use handover_core::ids::{AccountId, BotVersion};
use handover_core::policy::{ExpiredAt, OnDeskClosed};
use handover_core::words::{END, EXPIRED, START};

/// One thing that can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Says,
    SaysNothing,
    TypesTheLabel,
    TypesANumber,
    Start,
    StartOfQueue,
    End,
    Forges,
    Opens,
    OpensAt,
    ContactReads,
    Accepts,
    AnotherAccepts,
    AgentSays,
    AgentSaysInItsConversation,
    AgentSaidBefore,
    RobotSays,
    AgentAsks,
    Marker,
    MarkerAlone,
    Notes,
    DeskReads,
    DeskReadBefore,
    Closes,
    ClosesAnother,
    ClosedBefore,
    Reopens,
    HandsBack,
    HandsBackAt,
    OperatorEnds,
    /// The bot's waiting turn of this place in its lane.
    BotAnswers(usize),
    BotAsks(usize),
    BotStarts(usize),
    BotSaysNothing(usize),
    BotFails(usize),
    ContactGot,
    ContactDidNot,
    ContactUnknown,
    DeskOpened,
    DeskOpenedNamed,
    DeskRefused,
    DeskGot,
    DeskDidNot,
    DeskUnknown,
    NoticeDied,
    Wait(i64),
    DeskComesAndGoes,
    ClosingIsSet,
    ExpiryIsSet,
    TimeoutIsSet,
}

use Move::*;

/// The moves of a usual day: few, so that their sequences can be long.
pub(crate) const FEW: &[Move] = &[
    Says,
    Start,
    End,
    Accepts,
    AgentSays,
    Marker,
    HandsBack,
    AgentSaidBefore,
    BotAnswers(0),
    BotStarts(0),
    DeskRefused,
    Closes,
    ExpiryIsSet,
    BotAnswers(1),
    Wait(60_000),
];

/// Every move.
pub(crate) fn all() -> Vec<Move> {
    vec![
        Says,
        SaysNothing,
        TypesTheLabel,
        TypesANumber,
        Start,
        StartOfQueue,
        End,
        Forges,
        Opens,
        OpensAt,
        ContactReads,
        Accepts,
        AnotherAccepts,
        AgentSays,
        AgentSaysInItsConversation,
        AgentSaidBefore,
        RobotSays,
        AgentAsks,
        Marker,
        MarkerAlone,
        Notes,
        DeskReads,
        DeskReadBefore,
        Closes,
        ClosesAnother,
        ClosedBefore,
        Reopens,
        HandsBack,
        HandsBackAt,
        OperatorEnds,
        BotAnswers(0),
        BotAsks(0),
        BotStarts(0),
        BotSaysNothing(0),
        BotFails(0),
        BotAnswers(1),
        BotStarts(1),
        BotSaysNothing(1),
        BotAnswers(2),
        ContactGot,
        ContactDidNot,
        ContactUnknown,
        DeskOpened,
        DeskOpenedNamed,
        DeskRefused,
        DeskGot,
        DeskDidNot,
        DeskUnknown,
        NoticeDied,
        Wait(6_000),
        Wait(31_000),
        Wait(60_000),
        DeskComesAndGoes,
        ClosingIsSet,
        ExpiryIsSet,
        TimeoutIsSet,
    ]
}

pub(crate) fn ada() -> Agent {
    Agent::new("ada", "Ada")
}

fn bob() -> Agent {
    Agent::new("bob", "Bob")
}

/// A question with the button that asks for a human.
pub(crate) fn question() -> Content {
    let button = |title: &str, payload: &str| Button {
        title: title.into(),
        payload: payload.into(),
        accepts: Vec::new(),
        url: None,
    };
    let buttons = vec![button("A human", START), button("Prices", "PRICES")];
    Content::Question(Question { title: "What now?".into(), buttons, quick: false })
}

impl State {
    /// The event that a move is in this state, with what it does to the surroundings; none where it cannot happen.
    pub(crate) fn prepare(&mut self, what: Move) -> Option<Event> {
        self.policy.link = None;
        let said = |content| ContactAct::Said(content);
        let payload = |word: &str| Content::payload(word);
        Some(match what {
            Says => contact(said(Content::text("hello"))),
            SaysNothing => contact(said(Content::text(" "))),
            TypesTheLabel => contact(said(Content::text("END the chat "))),
            TypesANumber => contact(said(Content::text("1"))),
            Start => contact(said(payload(START))),
            StartOfQueue => contact(said(payload("LIVECHAT_SESSION_START:billing"))),
            End => contact(said(payload(END))),
            Forges => contact(said(payload(EXPIRED))),
            Opens => contact(ContactAct::Opened(None)),
            OpensAt => contact(ContactAct::Opened(Some(place()))),
            ContactReads => {
                contact(ContactAct::Seen { delivered: u64::MAX, read: self.conversation.entries })
            }
            Accepts => desk(ada(), DeskAct::Accepted),
            AnotherAccepts => desk(bob(), DeskAct::Accepted),
            AgentSays => says("hi"),
            AgentSaysInItsConversation => {
                self.hook("7");
                says("hi again")
            }
            AgentSaidBefore => {
                self.hook("7");
                self.before(DeskAct::Said(Content::text("earlier")))
            }
            RobotSays => desk(ada(), DeskAct::Announced(Content::text("We answer soon"))),
            AgentAsks => desk(ada(), DeskAct::Said(question())),
            Marker => says("Bye LIVECHAT_SESSION_END"),
            MarkerAlone => says("LIVECHAT\\_SESSION\\_END"),
            Notes => desk(ada(), DeskAct::Noted("hm LIVECHAT_SESSION_END".into())),
            DeskReads => desk(ada(), DeskAct::SeenAt(self.now)),
            DeskReadBefore => desk(ada(), DeskAct::SeenAt(self.now.plus_ms(-1))),
            Closes => desk(ada(), DeskAct::Closed),
            ClosesAnother => {
                self.hook("8");
                desk(ada(), DeskAct::Closed)
            }
            ClosedBefore => {
                self.hook("7");
                self.before(DeskAct::Closed)
            }
            Reopens => desk(ada(), DeskAct::Reopened),
            HandsBack => desk(ada(), DeskAct::HandedBack(None)),
            HandsBackAt => desk(ada(), DeskAct::HandedBack(Some(place()))),
            OperatorEnds => desk(ada(), DeskAct::OperatorEnded),
            BotAnswers(at) => return self.answers(at, vec![Content::text("fine")]),
            BotAsks(at) => return self.answers(at, vec![question()]),
            BotStarts(at) => {
                let (before, after) = (Content::text("one moment"), Content::text("too much"));
                return self.answers(at, vec![before, payload(START), after]);
            }
            BotSaysNothing(at) => return self.answers(at, Vec::new()),
            BotFails(at) => {
                return self.turn(at, TurnOutcome::Failed { why: "boom".into() });
            }
            ContactGot => settled(self, SettledKind::ToContact, got(None)),
            ContactDidNot => settled(self, SettledKind::ToContact, died()),
            ContactUnknown => settled(self, SettledKind::ToContact, Outcome::Unknown),
            DeskOpened => settled(self, self.opening()?, got(None)),
            DeskOpenedNamed => settled(self, self.opening()?, got(Some("7"))),
            DeskRefused => settled(self, self.opening()?, died()),
            DeskGot => settled(self, SettledKind::ToDesk, got(None)),
            DeskDidNot => settled(self, SettledKind::ToDesk, died()),
            DeskUnknown => settled(self, SettledKind::ToDesk, Outcome::Unknown),
            NoticeDied => settled(self, SettledKind::DeskNotice, died()),
            Wait(ms) => {
                self.now = self.now.plus_ms(ms);
                Event::Due
            }
            DeskComesAndGoes => {
                let desk = AccountId::new("desk");
                self.policy.desk = self.policy.desk.is_none().then_some(desk);
                Event::Due
            }
            ClosingIsSet => {
                let setting = &mut self.policy.livechat.on_desk_closed;
                *setting = match setting {
                    OnDeskClosed::OfferEnd => OnDeskClosed::End,
                    OnDeskClosed::End => OnDeskClosed::Ignore,
                    OnDeskClosed::Ignore => OnDeskClosed::OfferEnd,
                };
                Event::Due
            }
            ExpiryIsSet => {
                let setting = &mut self.policy.livechat.expired_at;
                *setting = match setting {
                    ExpiredAt::Once => ExpiredAt::NextMessage,
                    ExpiredAt::NextMessage => ExpiredAt::Once,
                };
                Event::Due
            }
            TimeoutIsSet => {
                let timeout = &mut self.policy.livechat.timeout_s;
                *timeout = TIMEOUT_S + SHORT_TIMEOUT_S - *timeout;
                Event::Due
            }
        })
    }

    /// A desk elsewhere speaks: the policy is that desk's, and its own name for the conversation is known.
    fn hook(&mut self, link: &str) {
        self.policy.link = Some(link.into());
    }

    /// Something that was done at the desk a while ago and comes now.
    fn before(&self, act: DeskAct) -> Event {
        let done_at = Some(self.now.plus_ms(-15_000));
        Event::Desk(FromDesk { source: None, agent: Some(ada()), done_at, act })
    }

    /// The opening of the last session at the desk.
    fn opening(&self) -> Option<SettledKind> {
        let session = self.conversation.sessions;
        (session > 0).then_some(SettledKind::DeskOpen { session })
    }

    fn answers(&mut self, at: usize, messages: Vec<Content>) -> Option<Event> {
        let waiting = self.turns.get(at)?;
        // Such a turn is not run at all (rule 9), but for one that had begun: both can happen.
        let state = serde_json::Value::from(waiting.delivery);
        let reply = BotReply {
            messages,
            state,
            holds: at == 0,
            version: BotVersion::new("v1"),
            log: Vec::new(),
        };
        self.turn(at, TurnOutcome::Replied(reply))
    }

    fn turn(&mut self, at: usize, outcome: TurnOutcome) -> Option<Event> {
        if at >= self.turns.len() {
            return None;
        }
        let waiting = self.turns.remove(at);
        let overtaken = waiting.epoch != self.conversation.epoch && !waiting.turn.terminal;
        // What a failing bot would have been is what one that is not run becomes, where it is overtaken.
        let outcome = match outcome {
            TurnOutcome::Failed { .. } if overtaken => TurnOutcome::Skipped,
            outcome => outcome,
        };
        Some(Event::Turn(TurnDone {
            delivery: waiting.delivery,
            epoch: waiting.epoch,
            turn: waiting.turn,
            outcome,
        }))
    }
}

fn contact(act: ContactAct) -> Event {
    Event::Contact(FromContact { source: None, metadata: None, verified: false, act })
}

fn desk(agent: Agent, act: DeskAct) -> Event {
    Event::Desk(FromDesk { source: None, agent: Some(agent), done_at: None, act })
}

fn says(text: &str) -> Event {
    desk(ada(), DeskAct::Said(Content::text(text)))
}

fn place() -> Trigger {
    Trigger { flow: Some("survey".into()), step: None }
}

fn settled(state: &State, kind: SettledKind, outcome: Outcome) -> Event {
    let conversation = &state.conversation;
    let (delivery, entry) = (conversation.deliveries, conversation.entries);
    Event::Settled(Settled { delivery, entry, kind, outcome })
}

fn got(link: Option<&str>) -> Outcome {
    Outcome::Delivered { link: link.map(str::to_owned) }
}

fn died() -> Outcome {
    Outcome::Dead { why: "refused".into() }
}
