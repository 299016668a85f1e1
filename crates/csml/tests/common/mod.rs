//! A bot and a contact who talks to it.

#![allow(dead_code, reason = "every test file uses a part of this")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what should not be")]

use csml::{
    BotFile, Client, Clock, Closed, Event, FlowFile, Limits, Message, Ports, Program, SeededRandom,
    State, TurnInput, TurnOutput,
};
use serde_json::{Value, json};

/// Noon of the first day of 2024.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now_ms(&self) -> i64 {
        1_704_110_400_000
    }
}

pub(crate) fn flow(name: &str, content: &str) -> FlowFile {
    FlowFile {
        id: format!("id-{name}"),
        name: name.to_owned(),
        commands: Vec::new(),
        content: content.to_owned(),
    }
}

pub(crate) fn bot(flows: &[(&str, &str)]) -> BotFile {
    BotFile {
        id: "bot".to_owned(),
        name: "bot".to_owned(),
        default_flow: "Default".to_owned(),
        flows: flows.iter().map(|(name, content)| flow(name, content)).collect(),
        ..BotFile::default()
    }
}

pub(crate) fn program(bot: &BotFile) -> Program {
    Program::compile(bot).unwrap_or_else(|report| panic!("{report}"))
}

pub(crate) fn turn(program: &Program, state: &State, event: &Event, limits: &Limits) -> TurnOutput {
    let random = SeededRandom::new(5);
    program
        .run(TurnInput {
            state,
            event,
            metadata: &json!({"name": "Ann"}),
            client: &Client::default(),
            step_limit: None,
            limits,
            ports: Ports {
                http: &Closed,
                app: &Closed,
                smtp: &Closed,
                clock: &Noon,
                random: &random,
            },
            arrival: None,
        })
        .unwrap()
}

/// A message in short: the text, or the type and the content.
pub(crate) fn short(message: &Message) -> String {
    match (message.content_type.as_str(), &message.content) {
        ("text", content) => match &content["text"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        ("error", _) => "error".to_owned(),
        (content_type, content) => format!("{content_type} {content}"),
    }
}

/// Talks to a bot of one flow, and compares what it says to each text. Errors show their kind.
pub(crate) fn check(source: &str, talk: &[(&str, &[&str])]) {
    let program = program(&bot(&[("Default", source)]));
    let mut state = State::new();
    for (text, wanted) in talk {
        let output = turn(&program, &state, &Event::text(text), &Limits::default());
        let mut given: Vec<String> = output.messages.iter().map(short).collect();
        for error in &output.errors {
            given[error.message_index] = format!("error {}", error.kind.name());
        }
        assert_eq!(given, *wanted, "to {text:?} in\n{source}");
        state = serde_json::from_str(&serde_json::to_string(&output.state).unwrap()).unwrap();
    }
}

/// What an expression shows.
pub(crate) fn value(expression: &str, wanted: &str) {
    check(&format!("start:\n  do r = {expression}\n  say \"{{{{r}}}}\""), &[("hi", &[wanted])]);
}
