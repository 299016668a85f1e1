//! What authors are told.

mod common;

use common::bot;
use csml::{BotFile, Program};

/// Kind, line, column and a part of what is rendered.
fn finds(source: &str, kind: &str, line: u32, column: u32, words: &str) {
    let report = Program::check(&bot(&[("Default", source)]));
    let all: Vec<_> = report.errors.iter().chain(&report.warnings).collect();
    let hit = all.iter().any(|finding| {
        (finding.kind.name(), finding.line, finding.column) == (kind, line, column)
            && finding.to_string().contains(words)
    });
    assert!(hit, "{kind} at {line}:{column} with {words:?} is not in\n{report}");
}

#[test]
fn faults_have_a_kind_a_place_and_a_way_out() {
    finds("start:\n  say \"a", "syntax", 2, 7, "never closed");
    finds("start:\n  x = 1", "syntax", 2, 3, "do x = ...");
    finds("start:\n  sya \"a\"", "syntax", 2, 3, "did you mean `say`?");
    finds("start:\n  say \"a\";", "syntax", 2, 10, "no `;`");
    finds("start:\n  say 'a'", "syntax", 2, 7, "double quotes");
    finds("start:\n  if (true) {\n  say 1", "syntax", 2, 13, "add the missing `}`");
    finds("start:\n  do if = 1", "reserved_word", 2, 6, "my_if");
    finds("start:\n  say 1_000", "bad_number", 2, 7, "digits alone");
    finds("start:\n  /* x", "syntax", 2, 3, "close it");
    finds("start:\n  say Buton(\"a\")", "unknown_function", 2, 7, "did you mean `Button`?");
    finds("start:\n  say QuickReply(\"a\")", "unknown_function", 2, 7, "custom_components");
    finds("start:\n  say 1\nstart:\n  say 2", "duplicate_step", 3, 1, "another name");
    finds("strat:\n  say 1", "missing_start", 1, 1, "did you mean `start:`");
    finds(
        "start:\n  goto sumary\nsummary:\n  say 1",
        "unknown_step",
        2,
        8,
        "did you mean `summary`?",
    );
    finds("start:\n  goto @nope", "unknown_flow", 2, 9, "no flow `nope`");
    finds("start:\n  say 1\nlost:\n  say 2", "unreachable_step", 3, 1, "no goto leads");
    finds("start:\n  goto end\n  say 1", "unreachable_statement", 3, 3, "never run");
    finds("start:\n  say 1\n  goto start", "endless_step", 3, 8, "`hold`");
    finds(
        "start:\n  goto menu\nmenu:\n  say 1\n  hold\n  goto menu",
        "hold_never_left",
        3,
        1,
        "another step",
    );
    finds("start:\n  while (true) { hold say 1 }", "hold_never_left", 2, 3, "`break`");
    finds("start:\n  say Component.X()", "unknown_component", 2, 7, "no component `X`");
    finds("start:\n  break", "outside_loop", 2, 3, "no loop");
    finds("const A = 1\nstart:\n  do A = 2", "constant_assigned", 3, 6, "another name");
    finds("start:\n  use 1 as x", "deprecated_use", 2, 3, "do name");
}

#[test]
fn a_finding_shows_its_line_with_a_caret() {
    let report = Program::check(&bot(&[("Default", "start:\n\tsay nope(1)")]));
    let shown = report.errors.first().map(ToString::to_string).unwrap_or_default();
    assert_eq!(
        shown,
        "there is no function, component or closure `nope` here\n  --> Default, line 2, column 6\n   |\n 2 | \tsay nope(1)\n   | \t    ^\n  help: define it with `fn nope(..)`, or import it from the flow that does"
    );
    let json = serde_json::to_value(&report).unwrap_or_default();
    assert_eq!(json["errors"][0]["kind"], "unknown_function");
    assert_eq!(json["warnings"], serde_json::json!([]));
}

#[test]
fn all_three_forms_of_a_bot_are_read() {
    let engine = r#"{"id": "b", "name": "b", "default_flow": "Default", "fn_endpoint": null, "env": null,
        "flows": [{"id": "1", "name": "Default", "description": null, "commands": [], "content": "start:\n say 1"}]}"#;
    let studio = r#"{"id": "b", "name": "b", "organization_id": "o", "created_at": "x", "default_flow": "uuid-1",
        "flows": [{"id": "uuid-1", "name": "Main", "commands": ["/x"], "content": "start:\n say 1"}]}"#;
    let folder = [
        (
            "bot.json",
            r#"{"name": "b", "default_flow": "Default", "files": [], "flows": [{"name": "Default", "commands": null}]}"#,
        ),
        ("flows/Default.csml", "start:\n say 1"),
    ];
    let folder =
        folder.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for bot in
        [BotFile::from_json(engine), BotFile::from_json(studio), BotFile::from_folder(&folder)]
    {
        let program = bot.map(|bot| Program::compile(&bot));
        assert!(matches!(program, Ok(Ok(_))), "{program:?}");
    }
    let studio = BotFile::from_json(studio).ok().and_then(|bot| Program::compile(&bot).ok());
    let commands: Vec<(String, String)> = studio
        .iter()
        .flat_map(Program::commands)
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect();
    assert_eq!(commands, [("/x".to_owned(), "Main".to_owned())]);
}
