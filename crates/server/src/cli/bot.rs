//! `handover bot`: check a bot, talk to it, play stories against it.

use crate::bots::{Files, Finding, Outside, Program, TURN_MS, Talk, from_path, texts};
use crate::clock::SystemClock;
use crate::http::client::GuardedClient;
use crate::story::{self, Story};
use handover_core::capability::plain;
use handover_core::contact::Contact;
use handover_core::event::{BotEvent, BotReply};
use handover_core::ids::{AccountId, BotVersion, ContactKey};
use serde_json::{Map, Value, json};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Checks a bot: prints what was found, fails when there are errors.
pub fn validate(bot: &Path, as_json: bool) -> ExitCode {
    let (program, findings) = match compile(bot) {
        Ok(found) => found,
        Err(problem) if as_json => {
            println!("{}", json!({ "valid": false, "problem": problem, "findings": [] }));
            return ExitCode::FAILURE;
        }
        Err(problem) => return fail(&problem),
    };
    if as_json {
        println!("{}", json!({ "valid": program.is_some(), "findings": findings }));
    } else {
        for finding in &findings {
            print_finding(finding);
        }
        let errors = findings.iter().filter(|finding| finding.is_error).count();
        let count = |number, word| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let warnings = findings.len() - errors;
        println!("{}, {}", count(errors, "error"), count(warnings, "warning"));
    }
    if program.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Talks to a bot in the terminal.
pub fn talk(bot: &Path, metadata: &str) -> ExitCode {
    let metadata: Map<String, Value> = match serde_json::from_str(metadata) {
        Ok(metadata) => metadata,
        Err(error) => return fail(&format!("--metadata must be a JSON object: {error}")),
    };
    let program = match compile(bot) {
        Ok((Some(program), _)) => program,
        Ok((None, findings)) => {
            findings.iter().for_each(print_finding);
            return fail("the bot has errors");
        }
        Err(problem) => return fail(&problem),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    let http = match GuardedClient::new(false) {
        Ok(http) => http,
        Err(problem) => return fail(&problem),
    };
    let outside = Outside {
        http: Some((&http, runtime.handle())),
        clock: &SystemClock,
        seed: u64::from(std::process::id()),
        turn_ms: TURN_MS,
    };
    println!("Talking to {}. /press PAYLOAD presses a button, /quit ends.", program.name());
    let mut state = None;
    let mut event = event("flow_trigger", json!({}));
    loop {
        match turn(&program, state.as_ref(), &event, &metadata, &outside) {
            Ok(reply) => {
                print_reply(&reply);
                state = Some(reply.state);
            }
            Err(problem) => eprintln!("the bot failed: {problem}"),
        }
        event = loop {
            let mut line = String::new();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => return ExitCode::SUCCESS,
                Ok(_) => {}
            }
            let line = line.trim();
            if line == "/quit" {
                return ExitCode::SUCCESS;
            }
            if let Some(payload) = line.strip_prefix("/press ") {
                break self::event("payload", json!({ "payload": payload.trim() }));
            }
            if !line.is_empty() {
                break self::event("text", json!({ "text": line }));
            }
        };
    }
}

/// Plays stories against a bot: the one named, or the one in whose folder they lie.
pub fn test(files: &[PathBuf], bot: Option<&Path>) -> ExitCode {
    let started = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    for file in files {
        match play_file(file, bot) {
            Ok((good, bad)) => {
                passed += good;
                failed += bad;
            }
            Err(problem) => {
                eprintln!("{}: {problem}", file.display());
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    eprintln!("in {} ms", started.elapsed().as_millis());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play_file(file: &Path, bot: Option<&Path>) -> Result<(usize, usize), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let stories = story::parse(&text).map_err(|error| error.to_string())?;
    let folder = match bot {
        Some(bot) => bot.to_owned(),
        None => bot_of(file).ok_or("no bot.json beside it or above it: name the bot with --bot")?,
    };
    let (program, findings) = compile(&folder)?;
    let program = program.ok_or_else(|| {
        findings.iter().for_each(print_finding);
        format!("{} has errors", folder.display())
    })?;
    let (mut passed, mut failed) = (0, 0);
    for story in &stories {
        match play(&program, story) {
            Ok(()) => passed += 1,
            Err(difference) => {
                failed += 1;
                println!("{}:{}: {}", file.display(), difference.line, story.name);
                println!("{}", difference.text);
            }
        }
    }
    Ok((passed, failed))
}

fn play(program: &Program, story: &Story) -> Result<(), story::Difference> {
    let outside = Outside { http: None, clock: &SystemClock, seed: 1, turn_ms: TURN_MS };
    story::play(story, &mut |state, event, metadata| {
        turn(program, state, event, metadata, &outside)
    })
}

/// The folder with a `bot.json` in which a file lies.
fn bot_of(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    file.ancestors().skip(1).find(|folder| folder.join("bot.json").is_file()).map(Path::to_owned)
}

fn compile(bot: &Path) -> Result<(Option<Program>, Vec<Finding>), String> {
    let files: Files = from_path(bot).map_err(|error| error.to_string())?;
    let texts = texts(files).map_err(|error| error.to_string())?;
    Program::compile(&texts).map_err(|error| error.to_string())
}

fn turn(
    program: &Program,
    state: Option<&Value>,
    event: &BotEvent,
    metadata: &Map<String, Value>,
    outside: &Outside<'_>,
) -> Result<BotReply, String> {
    let mut contact = Contact::unknown(ContactKey::new("you"));
    contact.metadata.clone_from(metadata);
    let (bot, channel) = (AccountId::new("bot"), AccountId::new("terminal"));
    let version = BotVersion::new("local");
    let talk = Talk { bot: &bot, channel: &channel, contact: &contact, version: &version };
    program.turn(talk, state, event, outside)
}

fn event(content_type: &str, content: Value) -> BotEvent {
    BotEvent { content_type: content_type.into(), content }
}

fn print_reply(reply: &BotReply) {
    for content in reply.messages.iter().filter(|content| !content.is_pacing()) {
        println!("bot: {}", plain(content).replace('\n', "\n     "));
        for button in content.buttons() {
            println!("     [{}] /press {}", button.title, button.payload);
        }
    }
    for line in &reply.log {
        eprintln!("log: {line}");
    }
}

fn print_finding(finding: &Finding) {
    let word = if finding.is_error { "error" } else { "warning" };
    println!("{word}: {}", finding.message);
    match finding.line {
        0 => println!("  --> {}", finding.flow),
        line => println!("  --> {}, line {line}, column {}", finding.flow, finding.column),
    }
    if !finding.excerpt.is_empty() {
        println!("{}", finding.excerpt);
    }
    if let Some(help) = &finding.help {
        println!("  help: {help}");
    }
    println!();
}

fn fail(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}
