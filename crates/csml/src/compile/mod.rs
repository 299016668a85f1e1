//! From trees to a program.

pub(crate) mod constant;
mod expression;
mod link;
mod statement;
mod writer;

use std::{collections::HashMap, sync::Arc};

use crate::{
    bot::BotFile,
    check,
    code::{Code, Flow, Program, Step},
    component::Custom,
    lex::Pos,
    parse,
    report::{Diagnostic, Kind, Report},
    tree::{FlowTree, Name},
    value::{self, Value},
};

pub(crate) use link::Links;

/// The most source a bot may have.
const SOURCE_BYTES_MAX: usize = 16 << 20;

/// A flow with its tree, while the program is made.
pub(crate) struct Unit<'b> {
    pub(crate) id: &'b str,
    pub(crate) name: Name,
    pub(crate) commands: &'b [String],
    pub(crate) tree: FlowTree,
    /// A module is imported from, but never run.
    pub(crate) module: Option<Name>,
}

impl Program {
    /// Compiles a bot, or says everything that is wrong with it.
    pub fn compile(bot: &BotFile) -> Result<Program, Report> {
        let mut report = Report::default();
        let program = program(bot, &mut report);
        let source = |name: &str| {
            bot.flows.iter().find(|flow| flow.name == name).map(|flow| flow.content.as_str())
        };
        report.finish(source);
        match program {
            Some(mut program) if report.is_ok() => {
                program.warnings = report;
                Ok(program)
            }
            _ => Err(report),
        }
    }

    /// Only looks for faults.
    pub fn check(bot: &BotFile) -> Report {
        match Program::compile(bot) {
            Ok(program) => program.warnings,
            Err(report) => report,
        }
    }
}

fn program(bot: &BotFile, report: &mut Report) -> Option<Program> {
    let bytes: usize = bot.flows.iter().map(|flow| flow.content.len()).sum();
    if bytes > SOURCE_BYTES_MAX {
        let message =
            format!("the bot has {bytes} bytes of source, {SOURCE_BYTES_MAX} are allowed");
        report.errors.push(Diagnostic::new(Kind::SourceTooLarge, "", Pos::NONE, message));
        return None;
    }
    let default_flow = default_flow(bot, report);
    let units = read(bot, report)?;
    let default_flow = default_flow?;
    let links = Links::new(&units, report);
    let constants: Vec<HashMap<Name, Value>> =
        units.iter().map(|unit| constant::all(unit, report)).collect();
    check::all(bot, &units, &links, &constants, default_flow, report);
    if !report.is_ok() {
        return None;
    }
    let read =
        |(name, definition): (&String, &_)| (Name::from(name.as_str()), Custom::read(definition));
    let custom: HashMap<Name, Custom> = bot.custom_components.iter().flatten().map(read).collect();
    let widgets: HashMap<Name, Custom> = bot.native_components.iter().flatten().map(read).collect();
    let mut flows = Vec::new();
    let mut functions = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let scope = Scope {
            flow: index,
            unit,
            constants: constants.get(index)?,
            links: &links,
            widgets: &widgets,
        };
        let mut closures = HashMap::new();
        let mut steps = HashMap::new();
        for (name, step) in links.steps_of(index, &units) {
            let code = Arc::new(writer::step(&scope, step, &mut closures));
            steps.insert(name.clone(), Step { name, code, checksum: step.checksum });
        }
        functions.extend(
            unit.tree
                .functions
                .iter()
                .map(|function| Arc::new(writer::function(&scope, function, &mut closures))),
        );
        flows.push(Flow {
            id: unit.id.to_owned(),
            name: unit.name.clone(),
            commands: unit.commands.to_vec(),
            steps,
            constants: constants.get(index)?.clone(),
            closures,
        });
    }
    let runnable = || flows.iter().enumerate().take(bot.flows.len());
    let mut flow_by_any = HashMap::new();
    let mut flow_by_command = HashMap::new();
    for (index, flow) in runnable() {
        flow_by_any.entry(flow.name.to_lowercase()).or_insert(index);
        for command in &flow.commands {
            flow_by_command.entry(command.to_lowercase()).or_insert(index);
        }
    }
    for (index, flow) in runnable() {
        flow_by_any.entry(flow.id.to_lowercase()).or_insert(index);
    }
    Some(Program {
        bot_id: bot.id.clone(),
        bot_name: bot.name.clone(),
        flow_by_name: runnable().map(|(index, flow)| (flow.name.clone(), index)).rev().collect(),
        flow_by_any,
        flow_by_command,
        default_flow,
        default_flow_text: bot.default_flow.as_str().into(),
        functions,
        env: value::from_json(&bot.env, Pos::NONE).unwrap_or_else(|_| Value::null(Pos::NONE)),
        apps_endpoint: bot.apps_endpoint.clone(),
        multibot: bot.multibot.clone().unwrap_or_default(),
        custom,
        widgets,
        warnings: Report::default(),
        flows,
    })
}

/// What the code of one flow can refer to.
pub(crate) struct Scope<'a> {
    pub(crate) flow: usize,
    pub(crate) unit: &'a Unit<'a>,
    pub(crate) constants: &'a HashMap<Name, Value>,
    pub(crate) links: &'a Links,
    pub(crate) widgets: &'a HashMap<Name, Custom>,
}

type Closures = HashMap<u64, Arc<Code>>;

fn default_flow(bot: &BotFile, report: &mut Report) -> Option<usize> {
    let by_name = bot.flows.iter().position(|flow| flow.name == bot.default_flow);
    let found = by_name.or_else(|| bot.flows.iter().position(|flow| flow.id == bot.default_flow));
    if found.is_none() {
        let message =
            format!("no flow has the name or id `{}` of the default flow", bot.default_flow);
        let mut finding =
            Diagnostic::new(Kind::BadDefaultFlow, "", Pos::NONE, message).about(&bot.default_flow);
        let names = bot.flows.iter().map(|flow| flow.name.as_str());
        if let Some(near) = crate::report::nearest(&bot.default_flow, names) {
            finding = finding.help(format!("did you mean `{near}`?"));
        }
        report.errors.push(finding);
    }
    found
}

/// Reads all flows. A flow that cannot be read stops the checks that need them all.
fn read<'b>(bot: &'b BotFile, report: &mut Report) -> Option<Vec<Unit<'b>>> {
    let modules =
        bot.modules.iter().flatten().filter_map(|module| Some((module, module.flow.as_ref()?)));
    let flows = bot.flows.iter().map(|flow| (flow, None));
    let modules = modules.map(|(module, flow)| (flow, Some(Name::from(module.name.as_str()))));
    let mut units = Vec::new();
    let mut whole = true;
    for (flow, module) in flows.chain(modules) {
        match parse::flow(&flow.content) {
            Ok(tree) => units.push(Unit {
                id: &flow.id,
                name: flow.name.as_str().into(),
                commands: &flow.commands,
                tree,
                module,
            }),
            Err(fault) => {
                whole = false;
                let mut finding = Diagnostic::new(fault.kind, &flow.name, fault.at, fault.message);
                finding.help = fault.help;
                report.errors.push(finding);
            }
        }
    }
    whole.then_some(units)
}
