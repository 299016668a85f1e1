//! Turns per second on one core: `cargo run --release -p csml --example turns`

#![expect(clippy::print_stdout, reason = "the report of this program goes to standard output")]

use std::time::Instant;

use csml::{
    BotFile, Client, Closed, Event, FlowFile, Limits, Ports, Program, Report, SeededRandom, State,
    SystemClock, TurnInput,
};
use serde_json::json;

const SMALL: &str = "start:\n  say \"Hello\"\n  hold\n  say \"You said {{event}}\"\n  goto start\n";

const CALLS: &str = r#"
fn add(a, b) { return a + b }
start:
  do x = add(1, 2)
  do x = add(x, 2) do x = add(x, 2) do x = add(x, 2) do x = add(x, 2) do x = add(x, 2)
  do x = add(x, 2) do x = add(x, 2) do x = add(x, 2) do x = add(x, 2)
  say "sum {{add(x, 1)}}"
  hold
  goto start
"#;

fn flow(name: &str, content: String) -> FlowFile {
    FlowFile {
        id: name.to_owned(),
        name: name.to_owned(),
        commands: vec![format!("/{name}")],
        content,
    }
}

/// The small flow, alone or among thirty others of some 230 lines each.
fn bot(content: &str, others: usize) -> BotFile {
    let mut flows = vec![flow("Default", content.to_owned())];
    for number in 0..others {
        let mut text = String::from("start:\n  say \"x\"\n");
        for step in 0..58 {
            text.push_str(&format!(
                "s{step}:\n  say \"step {step}\"\n  hold\n  goto s{}\n",
                (step + 1) % 58
            ));
        }
        flows.push(flow(&format!("flow{number}"), text));
    }
    BotFile {
        id: "bot".into(),
        name: "bot".into(),
        default_flow: "Default".into(),
        flows,
        ..BotFile::default()
    }
}

fn measure(title: &str, bot: &BotFile) -> Result<(), Report> {
    let lines: usize = bot.flows.iter().map(|flow| flow.content.lines().count()).sum();
    let started = Instant::now();
    let program = Program::compile(bot)?;
    let compiled = started.elapsed();
    let random = SeededRandom::new(1);
    let ports =
        Ports { http: &Closed, app: &Closed, smtp: &Closed, clock: &SystemClock, random: &random };
    let (event, metadata, client, limits) =
        (Event::text("hi"), json!({}), Client::default(), Limits::default());
    let mut state = State::new();
    let turns = 200_000;
    let started = Instant::now();
    for _ in 0..turns {
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
        if let Ok(output) = program.run(input) {
            state = output.state;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{title}: {:.0} turns/s ({lines} lines compiled in {compiled:?})",
        f64::from(turns) / seconds
    );
    Ok(())
}

fn main() -> Result<(), Report> {
    measure("small turn", &bot(SMALL, 0))?;
    measure("small turn, 31 flows", &bot(SMALL, 30))?;
    measure("11 function calls", &bot(CALLS, 0))?;
    measure("11 function calls, 31 flows", &bot(CALLS, 30))
}
