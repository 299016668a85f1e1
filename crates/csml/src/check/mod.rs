//! Looking for faults before a bot is saved.

mod calls;
mod gotos;
mod statements;

use std::collections::{HashMap, HashSet};

use crate::{
    bot::BotFile,
    compile::{Links, Unit},
    lex::Pos,
    report::{Diagnostic, Kind, Report},
    tree::Name,
    value::Value,
};

/// What the checks of one flow look at.
pub(crate) struct Context<'a> {
    bot: &'a BotFile,
    units: &'a [Unit<'a>],
    links: &'a Links,
    flow: usize,
    unit: &'a Unit<'a>,
    constants: &'a HashMap<Name, Value>,
}

impl Context<'_> {
    fn finding(&self, kind: Kind, at: Pos, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(kind, &self.unit.name, at, message)
    }
}

pub(crate) fn all(
    bot: &BotFile,
    units: &[Unit<'_>],
    links: &Links,
    constants: &[HashMap<Name, Value>],
    default_flow: usize,
    report: &mut Report,
) {
    for (flow, unit) in units.iter().enumerate() {
        let Some(constants) = constants.get(flow) else {
            continue;
        };
        let context = Context { bot, units, links, flow, unit, constants };
        names(&context, report);
        start(&context, default_flow, report);
        statements::check(&context, report);
        calls::check(&context, report);
    }
    gotos::check(bot, units, links, report);
    commands(units, report);
}

fn names(context: &Context<'_>, report: &mut Report) {
    let mut seen = HashSet::new();
    for step in &context.unit.tree.steps {
        if !seen.insert(&step.name) {
            let message = format!("there is another step `{}` in this flow", step.name);
            report.errors.push(
                context
                    .finding(Kind::DuplicateStep, step.at, message)
                    .about(&step.name)
                    .help("give one of them another name"),
            );
        }
    }
    let twins = context.units.iter().take(context.flow).any(|other| {
        other.name == context.unit.name && other.module.is_none() && context.unit.module.is_none()
    });
    if twins {
        let message =
            format!("there is another flow `{}`; only the first can be reached", context.unit.name);
        report.warnings.push(
            context.finding(Kind::DuplicateFlow, Pos::NONE, message).about(&context.unit.name),
        );
    }
}

/// Without `start` a flow cannot begin. In the default flow this is a warning only because commands and triggers of
/// other flows still work.
fn start(context: &Context<'_>, default_flow: usize, report: &mut Report) {
    let unit = context.unit;
    let is_default = context.flow == default_flow;
    let is_library = unit.tree.steps.is_empty() && !is_default;
    if unit.module.is_some() || is_library || context.links.has_step(context.flow, "start") {
        return;
    }
    let steps = &unit.tree.steps;
    let near = crate::report::nearest("start", steps.iter().map(|step| step.name.as_ref()));
    let at = steps.iter().find(|step| near == Some(step.name.as_ref())).or(steps.first());
    let help = match near {
        Some(near) => format!("did you mean `start:` where it says `{near}:`?"),
        None => "begin the flow with a step `start:`".to_owned(),
    };
    let mut message = format!("flow `{}` has no step `start`", unit.name);
    if is_default {
        message.push_str(": it cannot greet, and what no command takes gets no answer");
    }
    // The error is the official engine's, which gives it no place.
    let at = at.filter(|_| is_default).map_or(Pos::NONE, |step| step.at);
    let finding = context.finding(Kind::MissingStart, at, message).about(&unit.name).help(help);
    if is_default {
        report.warnings.push(finding);
    } else {
        report.errors.push(finding);
    }
}

fn commands(units: &[Unit<'_>], report: &mut Report) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for unit in units.iter().filter(|unit| unit.module.is_none()) {
        for command in unit.commands {
            match seen.get(&command.to_lowercase()) {
                Some(first) if *first != unit.name.as_ref() => {
                    let message = format!(
                        "the command `{command}` also starts flow `{first}`, which comes first"
                    );
                    report.warnings.push(
                        Diagnostic::new(Kind::DuplicateCommand, &unit.name, Pos::NONE, message)
                            .about(command),
                    );
                }
                _ => {
                    seen.insert(command.to_lowercase(), &unit.name);
                }
            }
        }
    }
}
