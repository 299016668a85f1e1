//! One case: its bots, its turns, and what each must give.

use std::collections::BTreeMap;

use csml::{
    AppOverHttp, BotFile, Client, Closed, Event, Kind, Limits, Ports, Program, Report,
    SeededRandom, State, Switch, SystemClock, TurnInput, TurnOutput,
};
use serde_json::{Value, json};

use crate::{
    compare::{different, same},
    web::Web,
};

/// The world of a case: bots, and the state of each contact with each bot.
struct Table {
    bots: BTreeMap<String, BotFile>,
    states: BTreeMap<(String, String), State>,
    web: Web,
    random: SeededRandom,
}

pub(crate) fn run(case: &Value) -> Result<(), String> {
    let bot = BotFile::from_value(case["bot"].clone()).map_err(|error| error.to_string())?;
    if let Some(expected) = case.get("validate") {
        return validate(expected, &Program::check(&bot));
    }
    let first = bot.id.clone();
    let mut bots = BTreeMap::from([(bot.id.clone(), bot)]);
    for other in case["other_bots"].as_array().into_iter().flatten() {
        let other = BotFile::from_value(other.clone()).map_err(|error| error.to_string())?;
        bots.insert(other.id.clone(), other);
    }
    let web = Web::new(&case["http"]);
    let mut table = Table { bots, states: BTreeMap::new(), web, random: SeededRandom::new(7) };
    for (index, turn) in case["turns"].as_array().into_iter().flatten().enumerate() {
        table
            .turn(turn, &first)
            .map_err(|difference| format!("turn {}\n{difference}", index + 1))?;
        if let Some(difference) = table.web.differences.borrow().first() {
            return Err(format!("turn {}\n{difference}", index + 1));
        }
    }
    Ok(())
}

fn validate(expected: &Value, report: &Report) -> Result<(), String> {
    if expected.get("$any").is_some() {
        return Ok(());
    }
    let given: Vec<Value> = report
        .errors
        .iter()
        .map(|error| json!({ "flow": error.flow, "line": error.line }))
        .collect();
    let wanted = expected["errors"].as_array().into_iter().flatten();
    let wanted: Vec<Value> =
        wanted.map(|error| json!({ "flow": error["flow"], "line": error["line"] })).collect();
    let valid = json!(report.is_ok());
    if valid != expected["valid"] || given != wanted {
        return Err(different(expected, &json!(report), "validate"));
    }
    for warning in expected["warnings"].as_array().into_iter().flatten() {
        let found = report.warnings.iter().any(|given| {
            given.kind.name() == warning["kind"]
                && given.flow == warning["flow"]
                && given.line == warning["line"]
        });
        if !found {
            return Err(different(warning, &json!(report.warnings), "validate.warnings"));
        }
    }
    Ok(())
}

impl Table {
    fn turn(&mut self, turn: &Value, first: &str) -> Result<(), String> {
        let bot_id = turn["bot_id"].as_str().unwrap_or(first).to_owned();
        let user = turn["user"].as_str().unwrap_or("user").to_owned();
        self.edit(turn, first);
        let key = (bot_id.clone(), user.clone());
        let expected = &turn["expect"];
        if turn["gateway"] == "swallowed" {
            let held = self.states.get(&key).and_then(State::held_at);
            return same(&expected["held_at"], &json!(held), "held_at");
        }
        if turn["act"] == "close_conversation" {
            self.states.entry(key).or_default().close();
            return Ok(());
        }
        let before = self.states.get(&key).cloned().unwrap_or_default();
        let result = self.play(turn, &bot_id, &user);
        match (result, expected.get("refused").and_then(Value::as_str)) {
            (Err(refused), wanted) if wanted == Some(&refused) => Ok(()),
            (Err(_), None) if expected["messages"].get("$any").is_some() => Ok(()),
            (Err(refused), _) => {
                Err(different(expected, &json!({ "refused": refused }), "refused"))
            }
            (Ok(output), Some(_)) => Err(different(expected, &json!(output.messages), "refused")),
            (Ok(output), None) => {
                let after = self.states.get(&key).cloned().unwrap_or_default();
                check(expected, &output, &before, &after)
            }
        }
    }

    fn edit(&mut self, turn: &Value, first: &str) {
        let Some(bot) = self.bots.get_mut(first) else {
            return;
        };
        for (name, content) in turn["edit_flows"].as_object().into_iter().flatten() {
            for flow in bot.flows.iter_mut().filter(|flow| flow.name == *name) {
                flow.content = content.as_str().unwrap_or("").to_owned();
            }
        }
        let dropped = turn["drop_flows"].as_array().cloned().unwrap_or_default();
        bot.flows.retain(|flow| !dropped.iter().any(|name| *name == flow.name));
    }

    /// One event, and the bots it is handed on to. The state goes through its stored form, as over a restart.
    fn play(&mut self, turn: &Value, bot_id: &str, user: &str) -> Result<TurnOutput, String> {
        let event = Event::from_json(&turn["event"]).map_err(name_of)?;
        let mut metadata = turn["metadata"].clone();
        if metadata.is_null() {
            metadata = json!({});
        }
        let limits = Limits::default();
        let step_limit = turn["step_limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
        let mut bot_id = bot_id.to_owned();
        let mut arrival: Option<Switch> = None;
        let mut whole: Option<TurnOutput> = None;
        for _ in 0..5 {
            let bot = self.bots.get(&bot_id).ok_or("unknown_bot")?;
            let program = Program::compile(bot).map_err(|report| {
                let no_default =
                    report.errors.iter().any(|error| error.kind == Kind::BadDefaultFlow);
                if no_default { "bad_default_flow" } else { "invalid_bot" }.to_owned()
            })?;
            let key = (bot_id.clone(), user.to_owned());
            let stored = serde_json::to_string(&self.states.get(&key).cloned().unwrap_or_default());
            let stored = stored.map_err(|error| error.to_string())?;
            let state: State = serde_json::from_str(&stored).map_err(|error| error.to_string())?;
            let client = Client {
                bot_id: bot_id.clone(),
                channel_id: "chan".to_owned(),
                user_id: user.to_owned(),
            };
            let app = AppOverHttp(&self.web);
            let output = program.run(TurnInput {
                state: &state,
                event: &event,
                metadata: &metadata,
                client: &client,
                step_limit,
                limits: &limits,
                ports: Ports {
                    http: &self.web,
                    app: &app,
                    smtp: &Closed,
                    clock: &SystemClock,
                    random: &self.random,
                },
                arrival: arrival.as_ref(),
            });
            let output = output.map_err(name_of)?;
            self.states.insert(key, output.state.clone());
            arrival.clone_from(&output.switch);
            let joined = match whole.take() {
                None => output,
                Some(mut first) => {
                    let shift = first.messages.len();
                    first.messages.extend(output.messages);
                    first.errors.extend(output.errors.into_iter().map(|mut error| {
                        error.message_index += shift;
                        error
                    }));
                    TurnOutput {
                        messages: first.messages,
                        errors: first.errors,
                        ..output_rest(output.state, output.conversation_end)
                    }
                }
            };
            let Some(next) = &arrival else {
                return Ok(joined);
            };
            bot_id.clone_from(&next.bot_id);
            whole = Some(joined);
        }
        Err("the bots hand the conversation round and round".to_owned())
    }
}

fn output_rest(state: State, conversation_end: bool) -> TurnOutput {
    TurnOutput {
        messages: Vec::new(),
        held_at: state.held_at(),
        state,
        memory_changes: Vec::new(),
        conversation_end,
        switch: None,
        log: Vec::new(),
        errors: Vec::new(),
        failure: None,
    }
}

fn name_of(refusal: csml::Refusal) -> String {
    json!(refusal).as_str().unwrap_or("").to_owned()
}

fn check(
    expected: &Value,
    output: &TurnOutput,
    before: &State,
    after: &State,
) -> Result<(), String> {
    let mut messages = json!(output.messages);
    for error in &output.errors {
        // The record stands for the sentence, as the expectations have it.
        messages[error.message_index]["content"]["error"] = json!(error);
    }
    let wanted = &expected["messages"];
    for (index, message) in wanted.as_array().into_iter().flatten().enumerate() {
        let given = messages.get(index).unwrap_or(&Value::Null);
        same(message, given, &format!("messages[{index}]"))?;
    }
    same(wanted, &messages, "messages")?;
    let old: BTreeMap<&str, Value> = before.memories().collect();
    let new: BTreeMap<&str, Value> = after.memories().collect();
    if !is_any(&expected["memories"]) {
        let changed: serde_json::Map<String, Value> = new
            .iter()
            .filter(|(name, value)| old.get(*name) != Some(*value))
            .map(|(name, value)| ((*name).to_owned(), shown(value)))
            .collect();
        same(&expected["memories"], &Value::Object(changed), "memories")?;
    }
    if let Some(forgotten) = expected.get("forgotten") {
        let gone: Vec<&str> = old.keys().filter(|name| !new.contains_key(*name)).copied().collect();
        same(forgotten, &json!(gone), "forgotten")?;
    }
    same(&expected["conversation_end"], &json!(output.conversation_end), "conversation_end")?;
    same(&expected["held_at"], &json!(output.held_at), "held_at")
}

fn is_any(value: &Value) -> bool {
    value.get("$any").is_some()
}

/// A memory in the notation of the cases.
fn shown(stored: &Value) -> Value {
    match stored {
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(fields) => match fields.get("$csml") {
            None => fields.iter().map(|(key, value)| (key.clone(), shown(value))).collect(),
            Some(mark) => shown_mark(mark, &fields["value"]),
        },
        other => other.clone(),
    }
}

fn shown_mark(mark: &Value, value: &Value) -> Value {
    let mut result = match (mark.get("component"), mark.get("closure"), mark.get("float")) {
        (Some(name), ..) => json!({ "$component": { "type": name, "value": shown(value) } }),
        (_, Some(_), _) => json!({ "$closure": { "parameters": value } }),
        (.., Some(_)) => Value::Null,
        _ => shown(value),
    };
    if let Some(notes) = mark.get("notes") {
        result = json!({ "$noted": { "value": result, "info": shown(notes) } });
    }
    result
}
