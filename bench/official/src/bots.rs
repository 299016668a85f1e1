//! The bots of the table.

use csml::{BotFile, FlowFile};

/// A question, an answer repeated, two steps.
pub const SMALL: &str =
    "start:\n  say \"Hello\"\n  hold\n  say \"You said {{event}}\"\n  goto start\n";

/// Eleven calls of a function of the bot's own.
pub const CALLS: &str = r#"
fn add(a, b):
  return a + b

start:
  do x = add(1, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  do x = add(x, 2)
  say "sum {{add(x, 1)}}"
  hold
  goto start
"#;

/// A bot whose default flow this is, alone or among others of 234 lines each.
pub fn bot(content: &str, others: usize) -> BotFile {
    let mut flows = vec![flow("Default", content.to_owned())];
    for number in 0..others {
        let mut text = String::from("start:\n  goto s0\n");
        for step in 0..58 {
            let next = (step + 1) % 58;
            text.push_str(&format!("s{step}:\n  say \"step {step}\"\n  hold\n  goto s{next}\n"));
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

fn flow(name: &str, content: String) -> FlowFile {
    FlowFile {
        id: name.to_owned(),
        name: name.to_owned(),
        commands: vec![format!("/{name}")],
        content,
    }
}
