//! No text and no event may panic, exhaust the stack, or run for ever.
//!
//! The inputs are random but have the language's words in them. `CSML_FUZZ_CASES` sets how many of each are tried:
//! the default takes a few seconds. Everything runs on a thread with 2 MiB of stack, as a server's threads have.

#![expect(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use csml::{
    BotFile, Client, Closed, Event, FlowFile, Limits, Ports, Program, SeededRandom, State,
    SystemClock, TurnInput, TurnOutput,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

const STACK_BYTES: usize = 2 << 20;

fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap();
    thread.join().unwrap();
}

fn bot(source: &str) -> BotFile {
    let lib = "fn twice(x) { return x + x }\nstart:\n  say \"lib\"\n  hold\n  goto start";
    let flow = |name: &str, content: &str, commands: &[&str]| FlowFile {
        id: name.to_owned(),
        name: name.to_owned(),
        commands: commands.iter().map(ToString::to_string).collect(),
        content: content.to_owned(),
    };
    BotFile {
        id: "bot".to_owned(),
        name: "bot".to_owned(),
        default_flow: "Default".to_owned(),
        flows: vec![flow("Default", source, &[]), flow("lib", lib, &["lib"])],
        env: json!({"key": [1, 2.5, "x"]}),
        ..BotFile::default()
    }
}

fn turn(program: &Program, state: &State, event: &Event) -> Option<TurnOutput> {
    let random = SeededRandom::new(3);
    let limits = Limits { fuel: 20_000, turn_ms: 3_000, made_bytes: 4 << 20, ..Limits::default() };
    let output = program.run(TurnInput {
        state,
        event,
        metadata: &json!({"name": "Ann"}),
        client: &Client::default(),
        step_limit: None,
        limits: &limits,
        ports: Ports {
            http: &Closed,
            app: &Closed,
            smtp: &Closed,
            clock: &SystemClock,
            random: &random,
        },
        arrival: None,
    });
    output.ok()
}

/// Compiles and, if that works, talks a little. The state goes through its stored form each time.
fn talk(source: &str, texts: &[&str]) {
    let Ok(program) = Program::compile(&bot(source)) else {
        return;
    };
    let mut state = State::new();
    for text in texts {
        let Some(output) = turn(&program, &state, &Event::text(text)) else {
            return;
        };
        let stored = serde_json::to_string(&output.state).unwrap();
        state = serde_json::from_str(&stored).unwrap();
        let again = serde_json::to_string(&state).unwrap();
        assert_eq!(stored, again, "a state changes when it is stored");
    }
}

fn cases() -> u32 {
    std::env::var("CSML_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

/// The words and signs of the language, and values that lie at some edge.
const WORDS: &[&str] = &[
    "say",
    "do",
    "hold",
    "goto",
    "if",
    "else",
    "foreach",
    "while",
    "remember",
    "forget",
    "return",
    "fn",
    "const",
    "import",
    "insert",
    "from",
    "in",
    "as",
    "use",
    "break",
    "continue",
    "previous",
    "step",
    "flow",
    "start",
    "end",
    "start:",
    "x",
    "y",
    "f",
    "event",
    "_metadata",
    "_memory",
    "_env",
    "Component",
    "null",
    "true",
    "false",
    "log",
    "debug",
    "match",
    "!match",
    "hold_secure",
    "*",
    "=",
    "==",
    "!=",
    "+=",
    "-=",
    "/=",
    "%=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "/",
    "%",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "\"",
    "\\\"",
    "\\",
    ",",
    ".",
    ":",
    "@",
    "$",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "\t",
    "0",
    "1",
    "-1",
    "2.5",
    "9223372036854775807",
    "-9223372036854775808",
    "1e3",
    "\"a\"",
    "\"{{x}}\"",
    "\"é😀\"",
    "[1, 2]",
    "{\"k\": 1}",
    "Button(\"b\")",
    "Question",
    "Or",
    "OneOf",
    "Time()",
    ".at(2021, 13)",
    ".format(\"%Q\")",
    ".add(9223372036854775807)",
    ".map((i) { return i })",
    ".push(x)",
    ".pop()",
    ".remove_at(0)",
    ".to_json()",
    ".from_json()",
    ".slice(-1)",
    ".split(\"\")",
    ".match_regex(\"a*\")",
    ".pow(99)",
    ".precision(-1)",
    ".init(-1)",
    ".encode_uri()",
    ".decode_uri()",
    ".to_int()",
    ".keys()",
    ".to_yaml()",
    ".to_xml()",
    ".get_info()",
    "JWT({\"a\": 1})",
    ".sign(\"HS256\", \"k\")",
    "Crypto(\"a\")",
    ".create_hmac(\"md5\", \"\")",
    ".digest(\"hex\")",
    "HTTP(\"x\")",
    ".send()",
    "App(\"f\")",
    "Length(x)",
    "x[0]",
    "x.k",
    "x[x]",
    "do x = x",
    "say x",
    "twice(1)",
    "import twice from lib",
    "() { return 1 }",
    "\u{feff}",
];

fn source() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..60).prop_map(|words| words.join(" "))
}

/// Statements that mostly compile, so that running is tried and not only reading.
fn statements() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "x",
        "y",
        "event",
        "1",
        "-9223372036854775808",
        "2.5",
        "\"12\"",
        "\"\"",
        "\"é<a>\"",
        "[1, \"a\", [2]]",
        "{}",
        "{\"a\": {\"b\": 1}}",
        "null",
        "true",
        "Button(event)",
        "Time()",
        "_memory",
        "_metadata",
        "_env",
        "(a) { return a }",
        "event.get_content()",
        "\"{\\\"a\\\": [1]}\"",
    ]);
    let method = prop::sample::select(vec![
        "",
        ".length()",
        ".to_json()",
        ".from_json()",
        ".push(x)",
        ".pop()",
        ".insert(\"k\", x)",
        ".insert_at(0, y)",
        ".remove_at(1)",
        ".slice(1)",
        ".slice(-3, -1)",
        ".split(\"\")",
        ".match_regex(\"(a|b)*\")",
        ".replace_all(\"\", \"xy\")",
        ".replace_regex(\"a*\", \"$0$0\")",
        ".encode_uri()",
        ".decode_uri_component()",
        ".to_yaml()",
        ".to_xml()",
        ".map((i, n) { do x = i return [i, n] })",
        ".filter((i) { return i })",
        ".reduce(0, (a, i) { return [a, i] })",
        ".flatten()",
        ".shuffle()",
        ".one_of()",
        ".at(2021, 2, 30)",
        ".add(99999999999999)",
        ".format(\"%Y %s %e\")",
        ".parse(event)",
        ".pow(\"9\")",
        ".abs()",
        ".to_int()",
        ".precision(400)",
        ".append(x)",
        ".join(x)",
        ".k",
        ".a.b",
        "[0]",
        "[x]",
        ".to_string()",
        ".is_empty()",
        ".decode_html_entities()",
        ".assign(y)",
        ".clear_values()",
        ".is_email()",
        ".contains(x)",
        ".type_of()",
    ]);
    let operator =
        prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "<", "match", "&&", "||"]);
    let expr = (value.clone(), method, operator, value, any::<bool>()).prop_map(
        |(a, method, operator, b, both)| {
            if both { format!("{a}{method} {operator} {b}") } else { format!("{a}{method}") }
        },
    );
    let statement = (0..13_u8, expr.clone(), expr).prop_map(|(kind, a, b)| match kind {
        0 => format!("say {a}"),
        1 => format!("do x = {a}"),
        2 => format!("do y = {a}"),
        3 => format!("remember x = {a}"),
        4 => "hold".to_owned(),
        5 => format!("if ({a}) {{ do y = {b} hold }} else say {b}"),
        6 => format!("foreach (x, i) in {a} {{ say x hold if (i == 1) break }}"),
        7 => format!("while ({a}) {{ do x = {b} if (x) break hold }}"),
        8 => format!("do x[{a}] = {b}"),
        9 => format!("do x += {a}"),
        10 => format!("do y.k = {a}"),
        11 => format!("do x = [x, {a}]"),
        _ => format!("debug \"{{{{x}}}} {{{{y}}}}\" say {a}"),
    });
    prop::collection::vec(statement, 1..25)
        .prop_map(|lines| format!("start:\n  {}\n", lines.join("\n  ")))
}

#[test]
fn random_words_never_break_it() {
    on_small_stack(|| {
        runner()
            .run(&(source(), "\\PC{0,20}"), |(source, text)| {
                let outcome = catch_unwind(AssertUnwindSafe(|| talk(&source, &[&text, "a", "b"])));
                prop_assert!(outcome.is_ok(), "panic in {source:?}");
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn random_statements_never_break_it() {
    on_small_stack(|| {
        runner()
            .run(&(statements(), "\\PC{0,20}"), |(source, text)| {
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    talk(&source, &["1", &text, "<a>&amp;</a>", "{a: [1"])
                }));
                prop_assert!(outcome.is_ok(), "panic in {source}");
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn random_characters_never_break_it() {
    on_small_stack(|| {
        runner()
            .run(&any::<String>(), |source| {
                talk(&source, &["x"]);
                talk(&format!("start:\n say \"{source}\"\n {source}"), &["x"]);
                Ok(())
            })
            .unwrap();
    });
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z$]{1,6}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

const READS_EVERYTHING: &str = r#"
start:
  say event
  say event.get_type()
  say event.get_content()
  say event.text
  say event.a.b[0]
  say event.length()
  say event.to_json()
  say event.from_json()
  say event.encode_uri()
  say event.decode_uri()
  say event.match("a", ["b"], Button("c"), 7)
  say event.is_email()
  say event.match_regex("[a-z]*")
  say Time().parse(event)
  say event.to_int()
  foreach (c) in event { debug c }
  remember all = event.get_content()
  say "{{_memory}} {{_metadata}}"
  if (event match Button("x")) say "x"
  hold
  goto start
"#;

#[test]
fn random_events_never_break_it() {
    on_small_stack(|| {
        let program = Program::compile(&bot(READS_EVERYTHING)).unwrap();
        let kinds = prop::sample::select(vec![
            "text",
            "payload",
            "url",
            "image",
            "file",
            "regex",
            "flow_trigger",
            "nonsense",
        ]);
        let event = (kinds, "\\PC{0,40}", json_value(), any::<bool>(), any::<bool>());
        runner()
            .run(&event, |(content_type, text, extra, secure, plain)| {
                let mut content = json!({"text": text, "payload": text, "url": text, "flow_id": text, "a": extra});
                if !plain {
                    content = extra;
                }
                let event = Event { content_type: content_type.to_owned(), content, secure };
                turn(&program, &State::new(), &event);
                Ok(())
            })
            .unwrap();
    });
}

/// Nesting of every kind, far beyond what the stack would bear.
#[test]
fn deep_sources_are_refused_or_run() {
    on_small_stack(|| {
        for count in [50, 90, 3_000, 100_000] {
            let nest = |open: &str, core: &str, close: &str| {
                format!(
                    "start:\n  do x = {}{core}{}\n  say x",
                    open.repeat(count),
                    close.repeat(count)
                )
            };
            talk(&nest("[", "1", "]"), &["a"]);
            talk(&nest("(", "1", ")"), &["a"]);
            talk(&nest("-(", "1", ")"), &["a"]);
            talk(&nest("{\"a\":", "1", "}"), &["a"]);
            talk(&nest("Or(1, ", "1", ")"), &["a"]);
            talk(&nest("x[", "1", "]"), &["a"]);
            talk(&nest("Component.X(", "1", ")"), &["a"]);
            talk(&nest("(a) { return ", "1", "}"), &["a"]);
            talk(&nest("[1].map((a) { return ", "1", "})"), &["a"]);
            talk(
                &format!("start:\n{} say 1 {}", "if (true) {".repeat(count), "}".repeat(count)),
                &["a"],
            );
            talk(&format!("start:\n{} say 1", "if (true) ".repeat(count)), &["a"]);
            talk(
                &format!(
                    "start:\n{} say 1 {}",
                    "foreach (a) in [1] {".repeat(count),
                    "}".repeat(count)
                ),
                &["a"],
            );
            talk(
                &format!("start:\n if (false) say 1 {}", "else if (false) say 1 ".repeat(count)),
                &["a"],
            );
            talk(&format!("start:\n say 1{}", " + 1".repeat(count)), &["a"]);
            talk(&format!("start:\n say {}1", "!".repeat(count)), &["a"]);
            talk(&format!("start:\n say x{}", ".a".repeat(count)), &["a"]);
            talk(&format!("start:\n do x.a{} = 1", ".a".repeat(count)), &["a"]);
            talk(
                &format!("const A = {}1{}\nstart:\n say A", "[".repeat(count), "]".repeat(count)),
                &["a"],
            );
            talk(
                &format!(
                    "start:\n do f = {}1{}\n",
                    "(){ do a[".repeat(count),
                    "] = 1 }".repeat(count)
                ),
                &["a"],
            );
            talk(&format!("start:\n say \"{}\"", "{{".repeat(count)), &["a"]);
        }
    });
}

#[test]
fn endless_bots_end() {
    on_small_stack(|| {
        for source in [
            "start:\n while (true) {}",
            "start:\n while (true) { say 1 }",
            "start:\n goto start",
            "fn f() { return f() }\nstart:\n say f()",
            "fn f(x) { return [1].map((a) { return 1 }) }\nstart:\n say f(1)",
            "start:\n do s = \"ab\" while (true) { do s = s + s }",
            "start:\n do a = [1] while (true) { do a = a.append(a) }",
            "start:\n do a = [1] while (true) { do a = [a, a] }",
            "start:\n do a = [1] while (true) { do a.push(a) }",
            "start:\n do o = {} while (true) { do o.k = o }",
            "start:\n do o = {\"k\": {}} while (true) { do o.k.k = o }",
            "start:\n while (true) { remember x = [x, x] }",
            "start:\n do a = [1] while (true) { do a = a.map((x) { return a }) }",
            "start:\n while (true) { debug \"a\" }",
            "start:\n while (true) { log \"a\" }",
            "start:\n while (true) { if (1 + \"a\") {} }",
            "start:\n do x = \"a\" while (true) { do x = x.replace_all(\"a\", \"aaaaaaaaaa\") }",
            "start:\n do x = \"a\" while (true) { do x = x.replace_regex(\"a\", \"aaaaaaaaaa\") }",
            "start:\n do x = [\"aaaa\"].init(99999) say x.join(\"aaaaaaaaaaaaaaaaaaaaaaa\").length()",
            "fn f(x) { return [x].map((a) { return f(a) }) }\nstart:\n say f(1)",
            "first:\n say 1",
            "",
        ] {
            talk(source, &["a", "b"]);
        }
    });
}
