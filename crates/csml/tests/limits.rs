//! Every limit ends the turn, keeps the state, and has words for log and contact.

#![expect(clippy::panic, reason = "a test may stop at what should not be")]

mod common;

use common::{bot, program, short, turn};
use csml::{Event, Limit, Limits, State};

fn hits(source: &str, limits: &Limits, wanted: Limit) {
    let whole = format!(
        "start:\n  remember n = \"before\"\n  hold\n  remember n = \"after\"\n  say \"x\"\n{source}"
    );
    let program = program(&bot(&[("Default", &whole)]));
    let held = turn(&program, &State::new(), &Event::text("a"), limits);
    assert!(held.failure.is_none(), "{:?}", held.failure);
    let output = turn(&program, &held.state, &Event::text("b"), limits);
    let failure = output.failure.unwrap_or_else(|| panic!("no limit was hit by\n{source}"));
    assert_eq!(failure.limit, wanted, "{source}");
    assert!(failure.line > 0 && failure.flow == "Default", "{failure:?}");
    assert_eq!(
        output.messages.iter().map(short).collect::<Vec<_>>(),
        [limits.contact_text.as_str()]
    );
    assert_eq!(serde_json::to_string(&output.state).ok(), serde_json::to_string(&held.state).ok());
    assert!(output.memory_changes.is_empty() && !output.conversation_end);
}

#[test]
fn each_limit_is_hit_by_something() {
    let limits = Limits::default();
    hits("  while (true) {}", &limits, Limit::Fuel);
    hits("  say f(1)\nfn f(x) { return f(x) }", &limits, Limit::CallDepth);
    hits("  do s = \"ab\"\n  while (true) { do s = s + s }", &limits, Limit::ValueBytes);
    hits("  do a = [1]\n  while (true) { do a = [a] }", &limits, Limit::ValueDepth);
    hits("  do a = []\n  while (true) { do a.push(a) }", &limits, Limit::ValueBytes);
    hits("  while (true) { say \"x\" }", &limits, Limit::Messages);
    hits(
        "  while (true) { do HTTP(\"http://x\").send() }",
        &Limits { messages: 50, ..limits.clone() },
        Limit::Requests,
    );
    let few = Limits { made_bytes: 10_000, ..limits.clone() };
    hits("  do s = \"0123456789abcdef\"\n  while (true) { do t = s + s }", &few, Limit::MadeBytes);
    let short = Limits { messages_bytes: 1000, ..limits.clone() };
    hits("  while (true) { say \"0123456789abcdef\" }", &short, Limit::MessagesBytes);
    let late = Limits { turn_ms: 0, ..limits };
    let program = program(&bot(&[("Default", "start:\n  while (true) {}")]));
    let output = turn(&program, &State::new(), &Event::text("a"), &late);
    assert_eq!(output.failure.map(|failure| failure.limit), Some(Limit::Time));
}

#[test]
fn too_much_to_remember() {
    let limits = Limits { state_bytes: 1000, ..Limits::default() };
    let program =
        program(&bot(&[("Default", "start:\n  remember x = [\"0123456789\"].init(500)")]));
    let output = turn(&program, &State::new(), &Event::text("a"), &limits);
    assert_eq!(output.failure.map(|failure| failure.limit), Some(Limit::StateBytes));
    assert_eq!(output.state.memories().count(), 0);
}
