//! The official interpreter, in the two ways a host can spare it the parsing.

use crate::Talker;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use csml::BotFile;
use csml_interpreter::data::ast::{Expr, Flow, InstructionScope};
use csml_interpreter::data::context::{ContextStepInfo, get_hashmap_from_mem};
use csml_interpreter::data::primitive::PrimitiveNull;
use csml_interpreter::data::{Context, CsmlBot, CsmlFlow, Data, Event, Hold, Interval, Literal};
use csml_interpreter::interpreter::interpret_scope;
use csml_interpreter::parser::ExitCondition;
use csml_interpreter::{interpret, load_components, validate_bot};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

type Flows = HashMap<String, Flow>;

/// Steps a turn may take; the engine's own limit.
const STEPS_MAX: usize = 100;

fn read(bot: &BotFile) -> (CsmlBot, Flows, Flows) {
    let flows = bot
        .flows
        .iter()
        .map(|flow| CsmlFlow::new(&flow.id, &flow.name, &flow.content, flow.commands.clone()))
        .collect();
    let native = load_components().expect("the interpreter's own components load");
    let bot = CsmlBot::new(
        &bot.id,
        &bot.name,
        None,
        flows,
        Some(native),
        None,
        &bot.default_flow,
        None,
        None,
        None,
        None,
        None,
    );
    let parsed = validate_bot(&bot);
    assert!(parsed.errors.is_none(), "{:?}", parsed.errors);
    (bot, parsed.flows.unwrap_or_default(), parsed.extern_flows.unwrap_or_default())
}

fn place(hold: Option<Hold>) -> Context {
    let (step, flow) = match &hold {
        Some(hold) => (hold.step_name.clone(), hold.flow_name.clone()),
        None => ("start".to_owned(), "Default".to_owned()),
    };
    Context::new(HashMap::new(), HashMap::new(), None, hold, &step, &flow, None)
}

fn event() -> Event {
    Event::new("text", "hi", json!({ "text": "hi" }))
}

/// Its entry for hosts: a turn takes the bot with its tree as base64 text, and unpacks it.
pub struct Packed {
    bot: CsmlBot,
    hold: Option<Hold>,
}

impl Packed {
    pub fn new(bot: &BotFile) -> Self {
        let (mut bot, flows, modules) = read(bot);
        let bytes = bincode::serialize(&(flows, modules)).expect("the tree can be serialised");
        bot.bot_ast = Some(STANDARD.encode(bytes));
        Self { bot, hold: None }
    }
}

impl Talker for Packed {
    fn turn(&mut self) -> Vec<Value> {
        let (sender, receiver) = std::sync::mpsc::channel();
        let hold = self.hold.take();
        let said = interpret(self.bot.clone(), place(hold), event(), Some(sender));
        self.hold = receiver.try_iter().find_map(|message| match message {
            csml_interpreter::data::MSG::Hold(hold) => Some(hold),
            _ => None,
        });
        said.messages.into_iter().map(|message| message.content).collect()
    }
}

/// The best a host can do: the trees stay in memory, each step is run by itself.
pub struct Cached {
    flows: Flows,
    modules: Flows,
    native: Map<String, Value>,
    custom: Map<String, Value>,
    env: Literal,
    event: Event,
    hold: Option<Hold>,
}

impl Cached {
    pub fn new(bot: &BotFile) -> Self {
        let (bot, flows, modules) = read(bot);
        Self {
            flows,
            modules,
            native: bot.native_components.unwrap_or_default(),
            custom: Map::new(),
            env: PrimitiveNull::get_literal(Interval::default()),
            event: event(),
            hold: None,
        }
    }
}

impl Talker for Cached {
    fn turn(&mut self) -> Vec<Value> {
        let mut context = place(self.hold.take());
        let mut locals = match &context.hold {
            Some(hold) => get_hashmap_from_mem(&hold.step_vars, &hold.flow_name),
            None => HashMap::new(),
        };
        let mut messages = Vec::new();
        let mut steps = 0;
        for _ in 0..STEPS_MAX {
            let flow = &self.flows[&context.flow];
            let step = InstructionScope::StepScope(context.step.get_step());
            let Some(Expr::Scope { scope, .. }) = flow.flow_instructions.get(&step) else {
                unreachable!("the bots of the table go to steps that exist")
            };
            let mut data = Data::new(
                &self.flows,
                &self.modules,
                flow,
                "Default".to_owned(),
                &mut context,
                &self.event,
                &self.env,
                Vec::new(),
                0,
                &mut steps,
                STEPS_MAX,
                std::mem::take(&mut locals),
                None,
                &self.custom,
                &self.native,
            );
            let said = interpret_scope(scope, &mut data, &None).expect("the step runs");
            messages.extend(said.messages.into_iter().map(|message| message.content));
            self.hold = said.hold;
            match said.exit_condition {
                Some(ExitCondition::Goto) => {
                    if let ContextStepInfo::UnknownFlow(step) = &context.step {
                        context.step = ContextStepInfo::Normal(step.clone());
                    }
                }
                _ => break,
            }
        }
        messages
    }
}
