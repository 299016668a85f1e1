//! What authors are told of the commonest slips, by `handover bot validate`, as text and as JSON.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A slip, and what has to be said of it.
struct Case {
    source: &'static str,
    kind: &'static str,
    is_error: bool,
    place: (u32, u32),
    message: &'static str,
    help: &'static str,
    /// The line of the source, and the line with the caret below it.
    shown: [&'static str; 2],
}

const CASES: &[Case] = &[
    Case {
        source: "start:\n  say \"hi\"\n  goto sumary\nsummary:\n  say \"all\"\n",
        kind: "unknown_step",
        is_error: false,
        place: (3, 8),
        message: "flow `Default` has no step `sumary`: who comes here hears nothing more, and the conversation ends",
        help: "did you mean `summary`?",
        shown: [" 3 |   goto sumary", "   |        ^"],
    },
    Case {
        source: "start:\n  say \"hi\"\n  goto checkout\n",
        kind: "unknown_step",
        is_error: false,
        place: (3, 8),
        message: "flow `Default` has no step `checkout`",
        help: "its steps are `start`; to end the conversation, write `goto end`",
        shown: [" 3 |   goto checkout", "   |        ^"],
    },
    Case {
        source: "start:\n  goto pay@Orders\n",
        kind: "unknown_step",
        is_error: false,
        place: (2, 8),
        message: "flow `Orders` has no step `pay`",
        help: "its steps are `start`, `list`",
        shown: [" 2 |   goto pay@Orders", "   |        ^"],
    },
    Case {
        source: "start:\n  goto flow Order\n",
        kind: "unknown_flow",
        is_error: false,
        place: (2, 13),
        message: "there is no flow `Order`: who comes here hears nothing more",
        help: "did you mean `Orders`?",
        shown: [" 2 |   goto flow Order", "   |             ^"],
    },
    Case {
        source: "start:\n  goto @Returns\n",
        kind: "unknown_flow",
        is_error: false,
        place: (2, 9),
        message: "there is no flow `Returns`",
        help: "the bot's flows are `Default`, `Orders`",
        shown: [" 2 |   goto @Returns", "   |         ^"],
    },
    Case {
        source: "\nstrat:\n  say \"hi\"\n",
        kind: "missing_start",
        is_error: false,
        place: (2, 1),
        message: "flow `Default` has no step `start`: it cannot greet, and what no command takes gets no answer",
        help: "did you mean `start:` where it says `strat:`?",
        shown: [" 2 | strat:", "   | ^"],
    },
    Case {
        source: "start:\n  say \"hi\"\nlost:\n  say \"never\"\n",
        kind: "unreachable_step",
        is_error: false,
        place: (3, 1),
        message: "no goto leads to step `lost`",
        help: "a flow trigger can still start it; if none does, remove it",
        shown: [" 3 | lost:", "   | ^"],
    },
    Case {
        source: "start:\n  say Component.Crad(\"a\")\n",
        kind: "unknown_component",
        is_error: false,
        place: (2, 7),
        message: "the bot defines no component `Crad`: here the bot fails",
        help: "did you mean `Component.Card2`?",
        shown: [" 2 |   say Component.Crad(\"a\")", "   |       ^"],
    },
    Case {
        source: "start:\n  say Component.Button(\"a\")\n",
        kind: "unknown_component",
        is_error: false,
        place: (2, 7),
        message: "the bot defines no component `Button`",
        help: "`Button` is built in: write `Button(..)`",
        shown: [" 2 |   say Component.Button(\"a\")", "   |       ^"],
    },
    Case {
        source: "start:\n  say Buton(\"a\")\n",
        kind: "unknown_function",
        is_error: true,
        place: (2, 7),
        message: "there is no function, component or closure `Buton` here",
        help: "did you mean `Button`?",
        shown: [" 2 |   say Buton(\"a\")", "   |       ^"],
    },
    Case {
        source: "start:\n  do price = vat(3)\n",
        kind: "unknown_function",
        is_error: true,
        place: (2, 14),
        message: "there is no function, component or closure `vat` here",
        help: "define it with `fn vat(..)`, or import it from the flow that does",
        shown: [" 2 |   do price = vat(3)", "   |              ^"],
    },
    Case {
        source: "start:\n  while (true) {\n    say \"Well?\"\n    hold\n  }\n",
        kind: "hold_never_left",
        is_error: false,
        place: (2, 3),
        message: "no event leads out of this loop and its hold",
        help: "add a `break` or a `goto` under some condition",
        shown: [" 2 |   while (true) {", "   |   ^"],
    },
    Case {
        source: "start:\n  sya \"hi\"\n",
        kind: "syntax",
        is_error: true,
        place: (2, 3),
        message: "",
        help: "did you mean `say`?",
        shown: [" 2 |   sya \"hi\"", "   |   ^"],
    },
];

/// Whether it exits with 0, and what it prints.
fn validate(bot: &Path, json: bool) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    command.args(["bot", "validate"]).arg(bot);
    if json {
        command.arg("--json");
    }
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_slip_is_named_with_its_place_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    for (number, case) in CASES.iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        let orders = "start:\n  goto list\nlist:\n  say \"none\"\n";
        let bot = json!({
            "id": "b", "name": "b", "default_flow": "Default",
            "custom_components": { "Card2": { "params": [{ "title": { "type": "String" } }] } },
            "flows": [
                { "id": "1", "name": "Default", "commands": [], "content": case.source },
                { "id": "2", "name": "Orders", "commands": ["orders"], "content": orders },
            ],
        });
        std::fs::write(&path, bot.to_string()).unwrap();
        let (runs, text) = validate(&path, false);
        assert_eq!(runs, !case.is_error, "{text}");
        let (line, column) = case.place;
        let word = if case.is_error { "error: " } else { "warning: " };
        for part in [
            &format!("{word}{}", case.message),
            &format!("  --> Default, line {line}, column {column}\n"),
            &format!("\n{}\n{}\n", case.shown[0], case.shown[1]),
            &format!("\n  help: {}", case.help),
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }

        let (runs, text) = validate(&path, true);
        assert_eq!(runs, !case.is_error, "{text}");
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["valid"], !case.is_error);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|found| found["kind"] == case.kind).unwrap();
        assert_eq!(
            [&found["flow"], &found["line"], &found["column"], &found["is_error"]],
            [&json!("Default"), &json!(line), &json!(column), &json!(case.is_error)],
            "{found}"
        );
        for (field, part) in
            [("message", case.message), ("help", case.help), ("excerpt", case.shown[1])]
        {
            assert!(found[field].as_str().unwrap().contains(part), "{part:?}: {found}");
        }
    }
}

#[test]
fn a_flow_without_a_start_is_an_error_at_its_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    let bot = json!({
        "id": "b", "name": "b", "default_flow": "Default",
        "flows": [
            { "id": "1", "name": "Default", "commands": [], "content": "start:\n  say \"hi\"\n" },
            { "id": "2", "name": "Orders", "commands": [], "content": "list:\n  say \"none\"\n" },
        ],
    });
    std::fs::write(&path, bot.to_string()).unwrap();
    let (runs, text) = validate(&path, false);
    let expected = "error: flow `Orders` has no step `start`\n  --> Orders, line 1, column 1\n   |\n 1 | list:\n   | ^\n  \
                    help: begin the flow with a step `start:`\n";
    assert!(!runs && text.starts_with(expected), "{text}");
}

#[test]
fn a_sound_bot_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    let bot = json!({
        "id": "b", "name": "b", "default_flow": "Default",
        "flows": [{ "id": "1", "name": "Default", "commands": [], "content": "start:\n  say \"hi\"\n" }],
    });
    std::fs::write(&path, bot.to_string()).unwrap();
    assert_eq!(validate(&path, false), (true, "0 errors, 0 warnings\n".into()));
    let (runs, text) = validate(&path, true);
    assert_eq!((runs, text.trim()), (true, "{\"findings\":[],\"valid\":true}"));
}
