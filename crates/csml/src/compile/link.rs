//! Which function and which step a name means in which flow.

use std::collections::{HashMap, HashSet};

use super::Unit;
use crate::{
    report::{Diagnostic, Kind, Report, nearest},
    tree::{Import, ImportFrom, Name, Step},
};

/// The names of all flows, resolved.
pub(crate) struct Links {
    /// By flow: the functions it can call, as numbers over all flows.
    functions: Vec<HashMap<Name, usize>>,
    /// By flow: the steps it has itself.
    steps: Vec<HashSet<Name>>,
    /// Imports that found nothing, by flow: their calls need no second finding.
    missing: HashSet<(usize, Name)>,
    /// By flow: the steps of others that act as its own, as flow and position.
    inserts: Vec<HashMap<Name, (usize, usize)>>,
}

impl Links {
    pub(crate) fn new(units: &[Unit<'_>], report: &mut Report) -> Self {
        let mut own = Vec::new();
        let mut next = 0;
        for unit in units {
            let mut names = HashMap::new();
            for function in &unit.tree.functions {
                if names.insert(function.name.clone(), next).is_some() {
                    let message =
                        format!("there is another function `{}` in this flow", function.name);
                    report.errors.push(
                        Diagnostic::new(Kind::DuplicateFunction, &unit.name, function.at, message)
                            .about(&function.name)
                            .help("give one of them another name"),
                    );
                }
                next += 1;
            }
            own.push(names);
        }
        let mut links = Links {
            functions: own.clone(),
            missing: HashSet::new(),
            steps: units
                .iter()
                .map(|unit| unit.tree.steps.iter().map(|step| step.name.clone()).collect())
                .collect(),
            inserts: units.iter().map(|_| HashMap::new()).collect(),
        };
        for (index, unit) in units.iter().enumerate() {
            for import in &unit.tree.imports {
                links.import(units, &own, index, import, report);
            }
            links.insert(units, index, report);
        }
        links
    }

    pub(crate) fn function(&self, flow: usize, name: &str) -> Option<usize> {
        self.functions.get(flow)?.get(name).copied()
    }

    pub(crate) fn is_missing_import(&self, flow: usize, name: &Name) -> bool {
        self.missing.contains(&(flow, name.clone()))
    }

    pub(crate) fn function_names(&self, flow: usize) -> impl Iterator<Item = &str> {
        self.functions.get(flow).into_iter().flat_map(|names| names.keys().map(AsRef::as_ref))
    }

    pub(crate) fn has_step(&self, flow: usize, name: &str) -> bool {
        self.steps.get(flow).is_some_and(|names| names.contains(name))
            || self.inserts.get(flow).is_some_and(|names| names.contains_key(name))
    }

    /// The steps of a flow, with those it inserts.
    pub(crate) fn steps_of<'t>(&self, flow: usize, units: &'t [Unit<'_>]) -> Vec<(Name, &'t Step)> {
        let mut steps = Vec::new();
        for (name, (other, position)) in self.inserts.get(flow).into_iter().flatten() {
            if let Some(step) = units.get(*other).and_then(|unit| unit.tree.steps.get(*position)) {
                steps.push((name.clone(), step));
            }
        }
        if let Some(unit) = units.get(flow) {
            steps.extend(unit.tree.steps.iter().map(|step| (step.name.clone(), step)));
        }
        steps
    }

    fn import(
        &mut self,
        units: &[Unit<'_>],
        own: &[HashMap<Name, usize>],
        index: usize,
        import: &Import,
        report: &mut Report,
    ) {
        let Some(unit) = units.get(index) else { return };
        let fits = |(at, other): &(usize, &Unit<'_>)| match &import.from {
            ImportFrom::Anywhere => *at != index && other.module.is_none(),
            ImportFrom::Flow(flow) => other.name == *flow && other.module.is_none(),
            ImportFrom::Module(module) => other.module.as_ref() == Some(module),
        };
        let sources: Vec<usize> = units.iter().enumerate().filter(fits).map(|(at, _)| at).collect();
        let found =
            sources.iter().find_map(|at| Some((*at, own.get(*at)?.get(&import.name).copied()?)));
        let Some((source, function)) = found else {
            self.missing.insert((index, import.alias.clone()));
            report.errors.push(missing_import(unit, import, &sources, units, own));
            return;
        };
        let Some(names) = self.functions.get_mut(index) else {
            return;
        };
        let same = names.insert(import.alias.clone(), function);
        if same.is_some_and(|other| other != function) {
            let flow = units.get(source).map_or("", |unit| unit.name.as_ref());
            let message = format!("flow `{}` has another function `{}`", unit.name, import.alias);
            report.errors.push(
                Diagnostic::new(Kind::ImportNameTaken, flow, import.at, message)
                    .about(&import.alias)
                    .help(format!(
                        "import it under another name: `import {} as other`",
                        import.name
                    )),
            );
        }
    }

    fn insert(&mut self, units: &[Unit<'_>], index: usize, report: &mut Report) {
        let Some(unit) = units.get(index) else { return };
        for insert in &unit.tree.inserts {
            let source =
                units.iter().position(|other| other.name == insert.flow && other.module.is_none());
            let position = source.and_then(|at| {
                let steps = &units.get(at)?.tree.steps;
                Some((at, steps.iter().position(|step| step.name == insert.name)?))
            });
            let Some(place) = position else {
                let message =
                    format!("flow `{}` has no step `{}` to insert", insert.flow, insert.name);
                report.errors.push(
                    Diagnostic::new(Kind::InsertMissingStep, &unit.name, insert.at, message)
                        .about(&insert.name),
                );
                continue;
            };
            let taken = unit.tree.steps.iter().any(|step| step.name == insert.alias);
            let twice = self
                .inserts
                .get_mut(index)
                .and_then(|names| names.insert(insert.alias.clone(), place));
            if taken || twice.is_some() {
                let message = format!("flow `{}` has another step `{}`", unit.name, insert.alias);
                report.errors.push(
                    Diagnostic::new(Kind::InsertNameTaken, &insert.flow, insert.at, message)
                        .about(&insert.alias),
                );
            }
        }
    }
}

fn missing_import(
    unit: &Unit<'_>,
    import: &Import,
    sources: &[usize],
    units: &[Unit<'_>],
    own: &[HashMap<Name, usize>],
) -> Diagnostic {
    let from = match &import.from {
        ImportFrom::Anywhere => "no other flow".to_owned(),
        ImportFrom::Flow(flow) if sources.is_empty() => {
            format!("there is no flow `{flow}`, so none")
        }
        ImportFrom::Flow(flow) => format!("no function in flow `{flow}`"),
        ImportFrom::Module(module) if sources.is_empty() => {
            format!("the bot has no module `{module}`, so nothing")
        }
        ImportFrom::Module(module) => format!("no function in module `{module}`"),
    };
    let message = format!("{from} has the name `{}`", import.name);
    let finding = Diagnostic::new(Kind::ImportMissingFunction, &unit.name, import.at, message)
        .about(&import.name);
    let functions = sources
        .iter()
        .filter_map(|at| own.get(*at))
        .flat_map(|names| names.keys().map(AsRef::as_ref));
    if let Some(near) = nearest(&import.name, functions) {
        return finding.help(format!("did you mean `{near}`?"));
    }
    if let ImportFrom::Flow(flow) = &import.from
        && let Some(near) = nearest(
            flow,
            units.iter().map(|unit| unit.name.as_ref()).filter(|name| *name != flow.as_ref()),
        )
    {
        return finding.help(format!("did you mean the flow `{near}`?"));
    }
    finding
}
