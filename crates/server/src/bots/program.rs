//! One compiled version of a bot.

use super::files::FilesError;
use super::ports::Outside;
use csml::{
    AppOverHttp, BotFile, Client, Closed, Diagnostic, Event, Kind, Limits, Ports, SeededRandom,
    State, TurnInput, TurnOutput,
};
use handover_adapters::bot::csml::{Said, said};
use handover_core::contact::Contact;
use handover_core::event::{BotEvent, BotReply};
use handover_core::ids::{AccountId, BotVersion};
use handover_core::wish;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The longest that a bot's turn may take, calls to other systems included, in milliseconds.
pub const TURN_MS: u64 = 10_000;

/// One compiled version of a bot.
pub struct Program {
    compiled: csml::Program,
    default_flow: String,
}

/// Something that a bot's author should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The flow.
    pub flow: String,
    /// The line, from 1; 0 where there is none.
    pub line: u32,
    /// The column, from 1; 0 where there is none.
    pub column: u32,
    /// A stable word for the kind of finding.
    pub kind: String,
    /// What is wrong.
    pub message: String,
    /// The fix, where one is known.
    pub help: Option<String>,
    /// The line with a caret under the place.
    pub excerpt: String,
    /// Whether it keeps the bot from running.
    pub is_error: bool,
}

/// Who talks, for a turn.
#[derive(Debug, Clone, Copy)]
pub struct Talk<'a> {
    /// The bot.
    pub bot: &'a AccountId,
    /// The channel account.
    pub channel: &'a AccountId,
    /// The contact.
    pub contact: &'a Contact,
    /// The version that runs.
    pub version: &'a BotVersion,
}

impl Program {
    /// Compiles the files of a bot. No program where there are errors.
    ///
    /// # Errors
    /// When the files are no bot at all.
    pub fn compile(
        files: &BTreeMap<String, String>,
    ) -> Result<(Option<Self>, Vec<Finding>), FilesError> {
        let bot = read(files)?;
        match csml::Program::compile(&bot) {
            Ok(program) => {
                let mut findings = findings(&bot, program.warnings(), false);
                findings.extend(shadowing(&program));
                let default_flow = bot.default_flow;
                Ok((Some(Self { compiled: program, default_flow }), findings))
            }
            Err(report) => {
                let mut all = findings(&bot, &report.errors, true);
                all.extend(findings(&bot, &report.warnings, false));
                Ok((None, all))
            }
        }
    }

    /// The bot's name.
    pub fn name(&self) -> &str {
        self.compiled.bot_name()
    }

    /// How many flows it has.
    pub fn flows(&self) -> usize {
        self.compiled.flow_names().count()
    }

    /// One turn. Blocks, at most for [`Outside::turn_ms`].
    ///
    /// # Errors
    /// Why the turn does not count, for the operator.
    pub fn turn(
        &self,
        talk: Talk<'_>,
        state: Option<&Value>,
        event: &BotEvent,
        outside: &Outside<'_>,
    ) -> Result<BotReply, String> {
        let state = match state {
            None => State::new(),
            Some(state) => serde_json::from_value(state.clone())
                .map_err(|error| format!("the bot's place and memories cannot be read: {error}"))?,
        };
        let event = self.event(event);
        let mut metadata = talk.contact.metadata.clone();
        metadata.insert("_channel".into(), json!({ "type": talk.channel }));
        let client = Client {
            bot_id: talk.bot.to_string(),
            channel_id: talk.channel.to_string(),
            user_id: talk.contact.key.to_string(),
        };
        let random = SeededRandom::new(outside.seed);
        let output = self
            .compiled
            .run(TurnInput {
                state: &state,
                event: &event,
                metadata: &Value::Object(metadata),
                client: &client,
                step_limit: None,
                limits: &Limits { turn_ms: outside.turn_ms, ..Limits::default() },
                ports: Ports {
                    http: outside,
                    app: &AppOverHttp(outside),
                    smtp: &Closed,
                    clock: outside,
                    random: &random,
                },
                arrival: None,
            })
            .map_err(|refusal| refusal.to_string())?;
        reply(output, talk.version)
    }
}

impl Program {
    fn event(&self, event: &BotEvent) -> Event {
        let mut content = event.content.clone();
        if event.content_type == "flow_trigger" && content.get("flow_id").is_none() {
            // Whoever opens the chat at no named place is greeted by the flow that greets.
            content["flow_id"] = self.default_flow.as_str().into();
        }
        Event { content_type: event.content_type.clone(), content, secure: false }
    }
}

fn read(files: &BTreeMap<String, String>) -> Result<BotFile, FilesError> {
    let bot = match files.get("bot.json") {
        Some(text) if files.len() == 1 => BotFile::from_json(text),
        Some(_) => BotFile::from_folder(files),
        None => return Err(FilesError::NoBot),
    };
    bot.map(BotFile::with_studio_components).map_err(|error| FilesError::BotJson(error.to_string()))
}

fn reply(output: TurnOutput, version: &BotVersion) -> Result<BotReply, String> {
    if let Some(failure) = output.failure {
        return Err(format!("{} (flow {}, line {})", failure.message, failure.flow, failure.line));
    }
    let (mut messages, mut log) = (Vec::new(), Vec::new());
    for message in &output.messages {
        match said(&message.content_type, &message.content) {
            Said::Content(content) => messages.push(content),
            Said::Log(line) => log.push(line),
            Said::Nothing => {}
        }
    }
    log.extend(
        output
            .log
            .iter()
            .map(|line| format!("{} (flow {}, line {})", line.text, line.flow, line.line)),
    );
    let state = serde_json::to_value(&output.state).map_err(|error| error.to_string())?;
    let holds = output.state.is_on_hold();
    Ok(BotReply { messages, state, holds, version: version.clone(), log })
}

fn findings(bot: &BotFile, diagnostics: &[Diagnostic], is_error: bool) -> Vec<Finding> {
    diagnostics
        .iter()
        .map(|found| {
            let found = placed(bot, found.clone());
            Finding {
                line: found.line,
                column: found.column,
                kind: found.kind.name().to_owned(),
                excerpt: found.excerpt().unwrap_or_default(),
                flow: found.flow,
                message: found.message,
                help: found.help,
                is_error,
            }
        })
        .collect()
}

/// A flow that lacks its `start` is mended at its top.
fn placed(bot: &BotFile, mut found: Diagnostic) -> Diagnostic {
    if found.kind == Kind::MissingStart && found.line == 0 {
        let flow = bot.flows.iter().find(|flow| flow.name == found.flow);
        (found.line, found.column) = (1, 1);
        found.source_line = flow.and_then(|flow| flow.content.lines().next()).map(str::to_owned);
    }
    found
}

/// Commands that would take a livechat event away from the hold on which a session began.
fn shadowing(program: &csml::Program) -> Vec<Finding> {
    program
        .commands()
        .filter(|(command, _)| wish::of_payload(&command.to_uppercase()).is_some())
        .map(|(command, flow)| Finding {
            flow: flow.to_owned(),
            line: 0,
            column: 0,
            kind: "livechat_command".into(),
            message: format!(
                "the command \"{command}\" of this flow is a word of livechat: the event starts this flow anew and leaves the hold"
            ),
            help: Some("handle it behind the hold instead: if (event == \"...\") ...".into()),
            excerpt: String::new(),
            is_error: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Program;

    fn findings(source: &str, command: &str) -> Vec<super::Finding> {
        let bot = serde_json::json!({
            "id": "b", "name": "b", "default_flow": "Default",
            "flows": [{ "id": "1", "name": "Default", "commands": [command], "content": source }],
        });
        Program::compile(&[("bot.json".to_owned(), bot.to_string())].into()).unwrap().1
    }

    #[test]
    fn a_command_that_takes_a_livechat_event_away_is_warned_of() {
        let found = findings("start:\n  say \"hi\"\n", "livechat_session_end");
        assert_eq!(
            (found[0].kind.as_str(), found[0].flow.as_str()),
            ("livechat_command", "Default")
        );
        assert!(findings("start:\n  say \"hi\"\n", "help").is_empty());
    }

    #[test]
    fn what_the_studio_brings_is_known() {
        let source = "start:\n  say QuickReply(\"Sure?\", buttons=[Button(\"Yes\")])\n  hold\n  say \"ok\"\n";
        assert!(findings(source, "help").is_empty());
    }
}
