//! The language, by small conversations.

mod common;

use common::{bot, check, program, turn, value};
use csml::{Event, Limits, State};

#[test]
fn a_program_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<csml::Program>();
}

#[test]
fn operators() {
    for (expression, wanted) in [
        ("7 / 2", "3.5"),
        ("6 / 2", "3"),
        ("\"2\" + \"3\"", "5"),
        ("\"a\" + \"3\"", "a3"),
        ("1.0 / 0.5", "2"),
        ("\"7.5\" % \"2\"", "1.5"),
        ("-7 % 3", "-1"),
        ("-(2 + 3) * 2", "-10"),
        ("2 + 3 * 4 - 1", "13"),
        ("!1 + 1", "false"),
        ("\"1\" == 1.0", "true"),
        ("\"1\" == \"01\"", "false"),
        ("[1] == [1.0]", "false"),
        ("\"B\" < \"a\"", "true"),
        ("\"10\" > \"9\"", "false"),
        ("\"10.0\" > \"9\"", "true"),
        ("\"yes\" match Button(\"Yes\")", "true"),
        ("\"a\" match [\"A\"]", "true"),
        ("\"1\" match [1]", "false"),
        ("0 || \"\"", "true"),
        ("nope == null", "true"),
        ("[1, \"a\", 2.0, null]", "[1,\"a\",2.0,null]"),
        (
            "{\"b\": 1, \"a\": Button(\"x\")}",
            "{\"a\":{\"content\":{\"accepts\":[\"x\",\"x\"],\"payload\":\"x\",\"title\":\"x\"},\"content_type\":\"button\"},\"b\":1}",
        ),
    ] {
        value(expression, wanted);
    }
}

#[test]
fn methods() {
    for (expression, wanted) in [
        ("\"é😀\".length()", "6"),
        ("\"héllo\".slice(1, -1)", "éll"),
        ("\"a,b\".split(\",\").reverse().join(\"+\")", "b+a"),
        ("\"ab12\".match_regex(\"[0-9]\")", "[\"1\",\"2\"]"),
        ("\"b\".match_regex(\"a*\")", "[\"\",\"\"]"),
        ("\"what? ok\".encode_uri()", "what?%20ok"),
        (
            "\"<a b='1'><c/>t &amp; u</a>\".to_json()",
            "{\"a\":{\"$text\":\"t & u\",\"@b\":1,\"c\":null}}",
        ),
        ("\"a: [1, x]\\nb: ~\".to_json()", "{\"a\":[1,\"x\"],\"b\":null}"),
        ("\"[1, 2.5]\".from_json()[1]", "2.5"),
        ("\"5 &lt; &eacute;\".decode_html_entities()", "5 < é"),
        (
            "{\"a\": [1, {\"b\": true}], \"c\": \"yes\"}.to_yaml()",
            "---\na:\n  - 1\n  - b: true\nc: \"yes\"\n",
        ),
        ("[1, [2, [3]]].flatten()", "[1,2,[3]]"),
        ("[1, 2, 3].map((x, i) { return x * i })", "[0,2,6]"),
        ("[1, 2, 3].filter((x) { return x > 1 })", "[2,3]"),
        ("[1, 2, 3].reduce(0, (sum, x) { return sum + x })", "6"),
        ("2.5.round()", "3"),
        ("2.pow(62)", "4611686018427387904"),
        ("4.sqrt().type_of()", "int"),
        ("3.14159.precision(2)", "3.14"),
        ("Time().format()", "2024-01-01T12:00:00.000Z"),
        (
            "Time().at(2021, 3, 28, 12).with_timezone(\"Europe/Paris\").format(\"%H:%M %z\")",
            "14:00 +0200",
        ),
        ("Time().parse(\"2021-03-28T12:53:20+02:00\").format()", "2021-03-28T12:53:20.000+02:00"),
        ("Crypto(\"a\").create_hash(\"md5\").digest(\"hex\")", "0cc175b9c0f1b6a831c399e269772661"),
        ("Base64(Base64(\"é\").encode()).decode()", "é"),
        (
            "JWT(JWT({\"exp\": 9999999999}).sign(\"HS256\", \"k\")).decode(\"HS256\", \"k\").payload",
            "{\"exp\":9999999999}",
        ),
        ("Or(nope.a, \"d\")", "d"),
        ("OneOf([7])", "7"),
    ] {
        value(expression, wanted);
    }
}

#[test]
fn what_the_engine_breaks_on_is_an_error_here() {
    for (statement, kind) in [
        ("[].one_of()", "empty_array"),
        ("OneOf([])", "empty_array"),
        ("[1].remove_at(1)", "index_out_of_range"),
        ("[].init(-1)", "wrong_arguments"),
        ("1.5.precision(-1)", "wrong_arguments"),
        ("Time().at(2021, 99)", "bad_date"),
        ("Time().format(\"%Q\")", "bad_date"),
    ] {
        let error = format!("error {kind}");
        check(&format!("start:\n  say {statement}\n  say 1"), &[("hi", &[&error, "null", "1"])]);
    }
    check("start:\n  say -9223372036854775808 / -1", &[("hi", &["error overflow"])]);
    check("fn f(a) { return a }\nstart:\n  say f(x = 1)", &[("hi", &["error missing_arguments"])]);
}

#[test]
fn strings_hold_expressions() {
    check(
        "start:\n  say \"{{}}a \\{{b}} {{ [\\\"x\\\"].join(\\\"\\\") }} \\}}\"",
        &[("hi", &["a {{b}} x }}"])],
    );
    check("start:\n  say \"{{event}} {{event.length()}}\"", &[("{{1+1}}", &["{{1+1}} 7"])]);
}

#[test]
fn holds_go_on_exactly_behind_themselves() {
    check(
        "start:\n  if (true) { hold say \"in {{event}}\" }\n  say \"out\"",
        &[("a", &[]), ("b", &["in b", "out"])],
    );
    check(
        "start:\n  foreach (i) in [1, 2] { hold say i }\n  say \"done\"",
        &[("a", &[]), ("b", &["1"]), ("c", &["2", "done"])],
    );
    check(
        "start:\n  while (event != \"stop\") { say \"ask\" hold say \"got {{event}}\" }\n  if (false) say \"wrong\" else say \"right\"",
        &[("a", &["ask"]), ("b", &["got b", "ask"]), ("stop", &["got stop", "right"])],
    );
    check(
        "start:\n  foreach (a, i) in [\"x\", \"y\"] { foreach (b) in [1, 2] { if (b == 2) { say \"{{a}}{{b}}?\" hold } say \"{{i}}{{a}}{{b}}\" } }",
        &[("1", &["0x1", "x2?"]), ("2", &["0x2", "1y1", "y2?"]), ("3", &["1y2"])],
    );
}

#[test]
fn a_hold_survives_new_blanks_and_steps_but_not_a_new_step_text() {
    let talk = |before: &str, after: &str| {
        let state = turn(
            &program(&bot(&[("Default", before)])),
            &State::new(),
            &Event::text("a"),
            &Limits::default(),
        );
        let output = turn(
            &program(&bot(&[("Default", after)])),
            &state.state,
            &Event::text("b"),
            &Limits::default(),
        );
        output.messages.iter().map(common::short).collect::<Vec<_>>()
    };
    let before = "start:\n  say \"q\"\n  hold\n  say \"got {{event}}\"";
    assert_eq!(talk(before, &format!("// new\n{before}\nother:\n  say 1")), ["got b"]);
    assert_eq!(
        talk(before, "start:\n\n  say  \"q\" // ask\n  hold\n  say \"got {{event}}\""),
        ["got b"]
    );
    assert_eq!(talk(before, "start:\n  say \"new\"\n  hold\n  say \"got {{event}}\""), ["new"]);
    assert_eq!(talk("start:\n goto a\na:\n hold", "start:\n  say \"begin\""), ["begin"]);
}

#[test]
fn assigning_along_paths() {
    check(
        "start:\n  do o = {\"n\": 1}\n  do o.n += 2\n  do o[\"l\"] = [1, 2]\n  do o.l[0] *= 5\n  say o",
        &[("a", &["object {\"l\":[5,2],\"n\":3}"])],
    );
    check(
        "start:\n  do x = 1\n  do x += \"a\"\n  say x",
        &[("a", &["error illegal_operation", "1"])],
    );
    check(
        "start:\n  do a = [1]\n  do a[3] = 2\n  do a.b.c = 2\n  say a",
        &[("a", &["error index_out_of_range", "error missing_key", "array [1]"])],
    );
    check(
        "start:\n  do s = \"abc\"\n  do s[1] = \"é\"\n  say s[1].to_uppercase()\n  say s",
        &[("a", &["É", "aéc"])],
    );
}

#[test]
fn secrets_neither_show_nor_stay() {
    check(
        "start:\n  hold_secure\n  if (event == \"pw\") say \"right\"\n  say event\n  say event.text\n  say Text(event)\n  do x = event.to_uppercase()\n  remember y = [event]\n  foreach (c) in event { say c break }\n  if (event as e) say \"named\"\n  hold\n  say Or(e, \"gone\")\n  say event",
        &[
            ("a", &[]),
            (
                "pw",
                &[
                    "right",
                    "error secure_shown",
                    "error secure_shown",
                    "error secure_shown",
                    "error secure_stored",
                    "error secure_stored",
                    "error secure_shown",
                    "named",
                ],
            ),
            ("b", &["gone", "b"]),
        ],
    );
    let source = "start:\n  hold_secure\n  do Time().with_timezone(event)\n  say {}[event]\n  log event\n  goto $event";
    let program = program(&bot(&[("Default", source)]));
    let held = turn(&program, &State::new(), &Event::text("a"), &Limits::default());
    assert!(held.state.awaits_secret());
    let output = turn(&program, &held.state, &Event::text("pass-word"), &Limits::default());
    assert_eq!(output.errors.len(), 3);
    let all = serde_json::to_string(&output).unwrap_or_default();
    assert!(!all.contains("pass-word"), "{all}");
}

#[test]
fn events_of_intents_match_by_payload_and_by_text() {
    let source = "start:\n  do b = Button(\"Order\", accepts = [\"intent:buy\"])\n  hold\n  say event.match(b).title\n  say event.to_uppercase()";
    let program = program(&bot(&[("Default", source)]));
    let held = turn(&program, &State::new(), &Event::text("hi"), &Limits::default());
    let mut event = Event::payload("intent:buy");
    event.content["text"] = "one please".into();
    let output = turn(&program, &held.state, &event, &Limits::default());
    assert_eq!(
        output.messages.iter().map(common::short).collect::<Vec<_>>(),
        ["Order", "ONE PLEASE"]
    );
}

#[test]
fn widgets_of_the_studio() {
    let source = "start:\n  say QuickReply(\"?\", buttons = [Button(\"A\")])\n  say Input(type = \"email\", icon = 1)";
    let file = bot(&[("Default", source)]);
    assert!(csml::Program::compile(&file).is_err());
    let output = turn(
        &program(&file.with_studio_components()),
        &State::new(),
        &Event::text("a"),
        &Limits::default(),
    );
    assert_eq!(
        output.messages.iter().map(common::short).collect::<Vec<_>>(),
        [
            "quickreply {\"buttons\":[{\"content\":{\"accepts\":[\"A\",\"A\"],\"payload\":\"A\",\"title\":\"A\"},\"content_type\":\"button\"}],\"title\":\"?\"}",
            "input {\"icon\":1,\"type\":\"email\"}",
        ]
    );
}

#[test]
fn imports_inserts_and_constants() {
    let lib =
        "const K = 2\nfn double(x) { return x * K }\nstart:\n  say \"lib\"\ns:\n  say \"{{K}}\"";
    let main = "import double as twice from lib\ninsert s as q from lib\nconst K = \"mine\"\nconst EMPTY = \"\"\nstart:\n  say twice(4)\n  say EMPTY\n  goto q";
    let program = program(&bot(&[("Default", main), ("lib", lib)]));
    let output = turn(&program, &State::new(), &Event::text("a"), &Limits::default());
    assert_eq!(output.messages.iter().map(common::short).collect::<Vec<_>>(), ["8", "", "mine"]);
}

#[test]
fn states_keep_every_kind_of_value() {
    let source = "start:\n  do l = [1, 1.0, \"nan\".to_float(), 0.1 + 0.2, null, true, {\"$csml\": {\"a\": 1}}, Button(\"x\"), Time()]\n  do f = (a) { return a * 2 }\n  remember b = Card(\"c\")\n  remember e = nope\n  hold\n  say \"{{l}} {{f(4)}} {{e.is_error()}}\"\n  say b";
    check(
        source,
        &[
            ("a", &["error unknown_variable"]),
            (
                "b",
                &[
                    "[1,1.0,null,0.30000000000000004,null,true,{\"$csml\":{\"a\":1}},{\"content\":{\"accepts\":[\"x\",\"x\"],\"payload\":\"x\",\"title\":\"x\"},\"content_type\":\"button\"},{\"content\":{\"milliseconds\":1704110400000},\"content_type\":\"time\"}] 8 true",
                    "card {\"title\":\"c\"}",
                ],
            ),
        ],
    );
    assert!(serde_json::from_str::<State>(r#"{"version": 1}"#).is_ok());
    assert!(serde_json::from_str::<State>(r#"{"version": 99}"#).is_err());
}
