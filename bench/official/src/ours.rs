//! Our runtime, as a host drives it.

use crate::Talker;
use csml::{
    BotFile, Client, Closed, Event, Limits, Ports, Program, SeededRandom, State, SystemClock,
    TurnInput,
};
use serde_json::{Value, json};

/// A compiled bot and one conversation with it.
pub struct Ours {
    program: Program,
    state: State,
    event: Event,
    metadata: Value,
    client: Client,
    limits: Limits,
    random: SeededRandom,
}

impl Ours {
    pub fn new(bot: &BotFile) -> Self {
        Self {
            program: Program::compile(bot).expect("the bots of the table are valid"),
            state: State::new(),
            event: Event::text("hi"),
            metadata: json!({}),
            client: Client::default(),
            limits: Limits::default(),
            random: SeededRandom::new(1),
        }
    }
}

impl Talker for Ours {
    fn turn(&mut self) -> Vec<Value> {
        let input = TurnInput {
            state: &self.state,
            event: &self.event,
            metadata: &self.metadata,
            client: &self.client,
            step_limit: None,
            limits: &self.limits,
            ports: Ports {
                http: &Closed,
                app: &Closed,
                smtp: &Closed,
                clock: &SystemClock,
                random: &self.random,
            },
            arrival: None,
        };
        let output = self.program.run(input).expect("a text is an event");
        self.state = output.state;
        output.messages.into_iter().map(|message| message.content).collect()
    }
}
