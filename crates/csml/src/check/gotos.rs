//! Where gotos lead: unknown places, steps nothing leads to, rounds without a hold, holds without a way out.

use std::collections::HashSet;

use crate::{
    bot::BotFile,
    compile::{Links, Unit},
    lex::Pos,
    report::{Diagnostic, GUESSES_MAX, Kind, Report, nearest},
    tree::{Place, Reference, Statement, StatementKind, Step},
};

/// What happens at a goto that leads nowhere.
const DEAD_END: &str = "who comes here hears nothing more, and the conversation ends";

/// Names that a line of help lists.
const NAMES_MAX: usize = 8;

struct Jumps<'t> {
    places: Vec<&'t Place>,
    holds: bool,
    previous: bool,
}

fn jumps_in<'t>(body: &'t [Statement], jumps: &mut Jumps<'t>) {
    for statement in body {
        match &statement.kind {
            StatementKind::Goto(place) => jumps.places.push(place),
            StatementKind::Hold { .. } => jumps.holds = true,
            StatementKind::Previous(_) => jumps.previous = true,
            StatementKind::If { branches, otherwise } => {
                for (_, body) in branches {
                    jumps_in(body, jumps);
                }
                jumps_in(otherwise, jumps);
            }
            StatementKind::Foreach { body, .. } | StatementKind::While { body, .. } => {
                jumps_in(body, jumps)
            }
            _ => {}
        }
    }
}

fn literal(reference: Option<&Reference>) -> Option<(&str, Pos)> {
    match reference {
        Some(Reference::Literal(name, at)) => Some((name, *at)),
        _ => None,
    }
}

pub(super) fn check(bot: &BotFile, units: &[Unit<'_>], links: &Links, report: &mut Report) {
    // (flow, step) that something leads to; a step that is inserted elsewhere counts as reached.
    let mut reached: HashSet<(usize, String)> = HashSet::new();
    let mut anywhere = HashSet::new();
    for (flow, unit) in units.iter().enumerate() {
        for step in &unit.tree.steps {
            let mut jumps = Jumps { places: Vec::new(), holds: false, previous: false };
            jumps_in(&step.body, &mut jumps);
            for place in &jumps.places {
                let target = goto_target(bot, units, links, flow, place, report);
                match target {
                    Target::Step(flow, name) => {
                        reached.insert((flow, name));
                    }
                    Target::AnyStepOf(flow) => {
                        anywhere.insert(flow);
                    }
                    Target::Anywhere => anywhere.extend(0..units.len()),
                    Target::Nowhere => {}
                }
            }
            endless(unit, step, &jumps, report);
            never_left(unit, step, report);
            let commands = bot.flows.iter().any(|flow| !flow.commands.is_empty());
            if !commands && stays_for_ever(unit, step, &jumps) {
                let message = format!("no event leads out of step `{}` and its hold", step.name);
                let finding = Diagnostic::new(Kind::HoldNeverLeft, &unit.name, step.at, message);
                report.warnings.push(
                    finding
                        .about(&step.name)
                        .help("add a `goto` to another step under some condition"),
                );
            }
        }
        for insert in &unit.tree.inserts {
            if let Some(source) = units.iter().position(|other| other.name == insert.flow) {
                reached.insert((source, insert.name.as_ref().to_owned()));
            }
        }
    }
    for (flow, unit) in units.iter().enumerate().filter(|(_, unit)| unit.module.is_none()) {
        for step in unit.tree.steps.iter().filter(|step| step.name.as_ref() != "start") {
            let is_reached = anywhere.contains(&flow)
                || reached.contains(&(flow, step.name.as_ref().to_owned()));
            if !is_reached {
                let message = format!("no goto leads to step `{}`", step.name);
                let help = if step.name.as_ref() == "end" {
                    "`goto end` ends the conversation: give the step another name"
                } else {
                    "a flow trigger can still start it; if none does, remove it"
                };
                report.warnings.push(
                    Diagnostic::new(Kind::UnreachableStep, &unit.name, step.at, message)
                        .about(&step.name)
                        .help(help),
                );
            }
        }
    }
}

enum Target {
    Step(usize, String),
    AnyStepOf(usize),
    Anywhere,
    Nowhere,
}

fn goto_target(
    bot: &BotFile,
    units: &[Unit<'_>],
    links: &Links,
    flow: usize,
    place: &Place,
    report: &mut Report,
) -> Target {
    let Some(unit) = units.get(flow) else {
        return Target::Nowhere;
    };
    if let Some(reference) = &place.bot {
        if let Some((name, at)) = literal(Some(reference)) {
            let listed = bot
                .multibot
                .iter()
                .flatten()
                .any(|other| other.id == name || other.name.as_deref() == Some(name));
            if !listed {
                let message = format!("the bot `{name}` is not listed under `multibot`");
                report
                    .warnings
                    .push(Diagnostic::new(Kind::UnknownBot, &unit.name, at, message).about(name));
            }
        }
        return Target::Nowhere;
    }
    let to_flow = match (&place.flow, literal(place.flow.as_ref())) {
        (None, _) => flow,
        (Some(_), None) => return Target::Anywhere,
        (Some(_), Some((name, at))) => {
            let found = units
                .iter()
                .position(|other| other.module.is_none() && other.name.as_ref() == name);
            let Some(found) = found.or_else(|| units.iter().position(|other| other.id == name))
            else {
                let message = format!("there is no flow `{name}`: {DEAD_END}");
                let guess = report.warnings.len() < GUESSES_MAX;
                let mut finding =
                    Diagnostic::new(Kind::UnknownFlow, &unit.name, at, message).about(name);
                finding.help = guess.then(|| flow_meant(units, unit, name));
                report.warnings.push(finding);
                return Target::Nowhere;
            };
            found
        }
    };
    let (name, at) = match (&place.step, literal(place.step.as_ref())) {
        (None, _) => ("start", place.at),
        (Some(_), None) => return Target::AnyStepOf(to_flow),
        (Some(_), Some(found)) => found,
    };
    let exists = links.has_step(to_flow, name);
    if !exists && name != "end" && !(name == "start" && place.flow.is_some()) {
        let flow_name = units.get(to_flow).map_or("", |unit| unit.name.as_ref());
        let message = format!("flow `{flow_name}` has no step `{name}`: {DEAD_END}");
        let mut finding = Diagnostic::new(Kind::UnknownStep, &unit.name, at, message).about(name);
        let guess = report.warnings.len() < GUESSES_MAX;
        finding.help = guess.then(|| step_meant(units, links, to_flow, name));
        report.warnings.push(finding);
        return Target::Nowhere;
    }
    if name == "end" { Target::Nowhere } else { Target::Step(to_flow, name.to_owned()) }
}

/// What was meant by the name of a flow that does not exist.
fn flow_meant(units: &[Unit<'_>], from: &Unit<'_>, name: &str) -> String {
    if let Some(near) = nearest(name, units.iter().map(|other| other.name.as_ref())) {
        return format!("did you mean `{near}`?");
    }
    if from.tree.steps.iter().any(|step| step.name.as_ref() == name) {
        return format!("this flow has a step of that name: `goto {name}`");
    }
    format!("the bot's flows are {}", listed(units.iter().map(|other| other.name.as_ref())))
}

/// What was meant by the name of a step that does not exist.
fn step_meant(units: &[Unit<'_>], links: &Links, flow: usize, name: &str) -> String {
    let steps = links.steps_of(flow, units);
    let names = || steps.iter().map(|(name, _)| name.as_ref());
    if let Some(near) = nearest(name, names()) {
        return format!("did you mean `{near}`?");
    }
    if let Some(other) = units.iter().find(|other| other.name.as_ref() == name) {
        return format!("there is a flow of that name: `goto @{}`", other.name);
    }
    let has_it = |other: &&Unit<'_>| other.tree.steps.iter().any(|step| step.name.as_ref() == name);
    if let Some(other) = units.iter().find(has_it) {
        return format!("flow `{}` has it: `goto {name}@{}`", other.name, other.name);
    }
    format!("its steps are {}; to end the conversation, write `goto end`", listed(names()))
}

/// Some names, for a line of help.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<String> =
        names.take(NAMES_MAX + 1).map(|name| format!("`{name}`")).collect();
    if names.len() > NAMES_MAX {
        names.pop();
        names.push("others".to_owned());
    }
    names.join(", ")
}

/// Whether a goto of this flow leads to a step of it.
fn leads_to(unit: &Unit<'_>, step: &Step, place: &Place) -> bool {
    let flow = literal(place.flow.as_ref()).map(|(name, _)| name);
    let same_flow = place.flow.is_none() || flow == Some(unit.name.as_ref());
    let name = literal(place.step.as_ref())
        .map(|(name, _)| name)
        .or(place.step.is_none().then_some("start"));
    place.bot.is_none() && same_flow && name == Some(step.name.as_ref())
}

/// A step that waits, and whose every way on is itself again.
fn stays_for_ever(unit: &Unit<'_>, step: &Step, jumps: &Jumps<'_>) -> bool {
    let last = step.body.last().map(|statement| &statement.kind);
    jumps.holds
        && !jumps.previous
        && matches!(last, Some(StatementKind::Goto(_)))
        && jumps.places.iter().all(|place| leads_to(unit, step, place))
}

/// A step that goes straight to itself again, without a hold anywhere in it.
fn endless(unit: &Unit<'_>, step: &Step, jumps: &Jumps<'_>, report: &mut Report) {
    let to_itself = jumps.places.iter().find(|place| leads_to(unit, step, place));
    if let (Some(place), false) = (to_itself, jumps.holds) {
        let message = format!("step `{}` goes to itself without waiting for an event", step.name);
        report.warnings.push(
            Diagnostic::new(Kind::EndlessStep, &unit.name, place.at, message)
                .about(&step.name)
                .help("put a `hold` before the goto; a turn has at most 100 steps"),
        );
    }
}

/// A hold in `while (true)` with no way out of the loop keeps the contact there, whatever they say.
fn never_left(unit: &Unit<'_>, step: &Step, report: &mut Report) {
    fn walk(unit: &Unit<'_>, body: &[Statement], report: &mut Report) {
        for statement in body {
            match &statement.kind {
                StatementKind::While { condition, body } => {
                    let forever = matches!(condition.kind, crate::tree::ExprKind::Bool(true));
                    let mut jumps = Jumps { places: Vec::new(), holds: false, previous: false };
                    jumps_in(body, &mut jumps);
                    let stays = jumps.places.is_empty() && !jumps.previous && !breaks(body);
                    if forever && jumps.holds && stays {
                        let message = "no event leads out of this loop and its hold";
                        let finding =
                            Diagnostic::new(Kind::HoldNeverLeft, &unit.name, statement.at, message);
                        report
                            .warnings
                            .push(finding.help("add a `break` or a `goto` under some condition"));
                    }
                    walk(unit, body, report);
                }
                StatementKind::Foreach { body, .. } => walk(unit, body, report),
                StatementKind::If { branches, otherwise } => {
                    for (_, body) in branches {
                        walk(unit, body, report);
                    }
                    walk(unit, otherwise, report);
                }
                _ => {}
            }
        }
    }
    walk(unit, &step.body, report);
}

/// Whether a `break` of this loop stands in the body.
fn breaks(body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Break => true,
        StatementKind::If { branches, otherwise } => {
            branches.iter().any(|(_, body)| breaks(body)) || breaks(otherwise)
        }
        _ => false,
    })
}
