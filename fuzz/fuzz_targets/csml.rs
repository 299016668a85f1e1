//! A bot of one flow, and after each zero byte a message to it: no text may panic, hang or take memory without end.
#![no_main]

use csml::{
    BotFile, Client, Closed, Event, FlowFile, Limits, Ports, Program, SeededRandom, State,
    SystemClock, TurnInput,
};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Messages of one talk.
const TEXTS_MAX: usize = 5;

fuzz_target!(|data: &[u8]| {
    let data = String::from_utf8_lossy(data);
    let mut parts = data.split('\0');
    let content = parts.next().unwrap_or_default().to_owned();
    let flow =
        FlowFile { id: "Default".into(), name: "Default".into(), commands: Vec::new(), content };
    let bot = BotFile {
        id: "bot".into(),
        name: "bot".into(),
        default_flow: "Default".into(),
        flows: vec![flow],
        env: json!({ "key": [1, 2.5, "x"] }),
        ..BotFile::default()
    };
    let Ok(program) = Program::compile(&bot) else { return };
    let (metadata, client, random) =
        (json!({ "name": "Ann" }), Client::default(), SeededRandom::new(3));
    let limits = Limits { fuel: 20_000, turn_ms: 3_000, made_bytes: 4 << 20, ..Limits::default() };
    let mut state = State::new();
    for text in parts.chain([""]).take(TEXTS_MAX) {
        let ports = Ports {
            http: &Closed,
            app: &Closed,
            smtp: &Closed,
            clock: &SystemClock,
            random: &random,
        };
        let event = Event::text(text);
        let input = TurnInput {
            state: &state,
            event: &event,
            metadata: &metadata,
            client: &client,
            step_limit: None,
            limits: &limits,
            ports,
            arrival: None,
        };
        let Ok(output) = program.run(input) else { return };
        let stored = serde_json::to_string(&output.state).unwrap_or_default();
        state = match serde_json::from_str(&stored) {
            Ok(state) => state,
            Err(error) => panic!("a state that cannot be read again: {error}: {stored}"),
        };
    }
});
