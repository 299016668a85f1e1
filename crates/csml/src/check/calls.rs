//! Calls of functions and components that do not exist.

use std::collections::HashSet;

use super::{Context, statements::each_part};
use crate::{
    builtin::{self, Builtin},
    component::{self, Native},
    lex::Pos,
    report::{GUESSES_MAX, Kind, Report, nearest},
    tree::{Expr, ExprKind, Name, SegmentKind, Statement, StatementKind},
};

struct Walk<'a, 'r> {
    context: &'a Context<'a>,
    report: &'r mut Report,
    /// Names that may hold a closure.
    locals: HashSet<Name>,
    in_condition: bool,
}

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let tree = &context.unit.tree;
    let bodies = tree
        .functions
        .iter()
        .map(|function| (function.parameters.as_slice(), function.body.as_slice()));
    let bodies = bodies.chain(tree.steps.iter().map(|step| (&[] as &[Name], step.body.as_slice())));
    for (parameters, body) in bodies {
        let mut locals: HashSet<Name> = parameters.iter().cloned().collect();
        names_set(body, &mut locals);
        let mut walk = Walk { context, report, locals, in_condition: false };
        walk.body(body);
    }
}

/// Every name that statements or `as` give a value to.
fn names_set(body: &[Statement], names: &mut HashSet<Name>) {
    for statement in body {
        match &statement.kind {
            StatementKind::Assign { target, .. } => {
                names.insert(target.name.clone());
            }
            StatementKind::Remember { name, .. } => {
                names.insert(name.clone());
            }
            StatementKind::Foreach { value, index, .. } => {
                names.insert(value.clone());
                names.extend(index.clone());
            }
            _ => {}
        }
        each_expr(statement, &mut |expr| names_in(expr, names));
        each_body(statement, &mut |body| names_set(body, names));
    }
}

fn names_in(expr: &Expr, names: &mut HashSet<Name>) {
    match &expr.kind {
        ExprKind::As(_, name) => {
            names.insert(name.clone());
        }
        ExprKind::Closure(closure) => {
            names.extend(closure.parameters.iter().cloned());
            names_set(&closure.body, names);
        }
        _ => {}
    }
    each_part(expr, &mut |part| names_in(part, names));
}

fn each_expr<'s>(statement: &'s Statement, visit: &mut dyn FnMut(&'s Expr)) {
    match &statement.kind {
        StatementKind::Say(value)
        | StatementKind::Debug(value)
        | StatementKind::Log(_, value)
        | StatementKind::Evaluate(value)
        | StatementKind::Use(value)
        | StatementKind::Remember { value, .. }
        | StatementKind::Return(value) => visit(value),
        StatementKind::Assign { target, value, .. } => {
            visit(value);
            for part in &target.path {
                if let SegmentKind::Index(index) = &part.kind {
                    visit(index);
                }
            }
        }
        StatementKind::If { branches, .. } => {
            branches.iter().for_each(|(condition, _)| visit(condition))
        }
        StatementKind::Foreach { list, .. } => visit(list),
        StatementKind::While { condition, .. } => visit(condition),
        _ => {}
    }
}

fn each_body<'s>(statement: &'s Statement, visit: &mut dyn FnMut(&'s [Statement])) {
    match &statement.kind {
        StatementKind::If { branches, otherwise } => {
            branches.iter().for_each(|(_, body)| visit(body));
            visit(otherwise);
        }
        StatementKind::Foreach { body, .. } | StatementKind::While { body, .. } => visit(body),
        _ => {}
    }
}

impl Walk<'_, '_> {
    fn body(&mut self, body: &[Statement]) {
        for statement in body {
            let condition =
                matches!(statement.kind, StatementKind::If { .. } | StatementKind::While { .. });
            let outer = std::mem::replace(&mut self.in_condition, condition);
            each_expr(statement, &mut |expr| self.expr(expr));
            self.in_condition = outer;
            each_body(statement, &mut |body| self.body(body));
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call { name, .. } => self.call(name, expr.at),
            ExprKind::Component { name, .. } => self.component(name, expr.at),
            ExprKind::Closure(closure) => {
                let outer = std::mem::replace(&mut self.in_condition, false);
                self.body(&closure.body);
                self.in_condition = outer;
            }
            _ => {}
        }
        each_part(expr, &mut |part| self.expr(part));
    }

    fn call(&mut self, name: &Name, at: Pos) {
        if name.as_ref() == "Fn" {
            let finding =
                self.context.finding(Kind::DeprecatedFn, at, "`Fn` is the old name of `App`");
            self.report.warnings.push(finding.help("write `App(..)`"));
        }
        if name.as_ref() == "Object" {
            let finding = self.context.finding(Kind::DeprecatedObject, at, "`Object` is old");
            self.report.warnings.push(finding.help("write `{\"key\": value}`"));
        }
        let known = Builtin::named(name).is_some()
            || Native::named(name).is_some()
            || self.context.links.function(self.context.flow, name).is_some()
            || self.is_widget(name)
            || self.context.links.is_missing_import(self.context.flow, name)
            || self.locals.contains(name);
        if known {
            return;
        }
        let message = format!("there is no function, component or closure `{name}` here");
        let mut finding = self.context.finding(Kind::UnknownFunction, at, message).about(name);
        if self.report.errors.len() + self.report.warnings.len() < GUESSES_MAX {
            finding.help = self.suggestion(name);
        }
        if self.in_condition {
            self.report.warnings.push(finding);
        } else {
            self.report.errors.push(finding);
        }
    }

    fn is_widget(&self, name: &str) -> bool {
        let widgets = &self.context.bot.native_components;
        widgets.as_ref().is_some_and(|widgets| widgets.contains_key(name))
    }

    fn suggestion(&self, name: &str) -> Option<String> {
        let context = self.context;
        let custom = context.bot.custom_components.iter().flatten().map(|(name, _)| name.as_str());
        if let Some(component) = custom.clone().find(|known| *known == name) {
            return Some(format!(
                "the bot's own components are called like `Component.{component}(..)`"
            ));
        }
        let functions = context.links.function_names(context.flow);
        let builtins =
            builtin::NAMES.iter().map(|(name, _)| *name).chain(component::NAMES.iter().copied());
        if let Some(near) = nearest(name, functions.chain(builtins)) {
            return Some(format!("did you mean `{near}`?"));
        }
        let elsewhere = context
            .units
            .iter()
            .find(|unit| unit.tree.functions.iter().any(|other| other.name.as_ref() == name));
        if let Some(unit) = elsewhere {
            return Some(format!(
                "flow `{}` has it: `import {name} from {}`",
                unit.name, unit.name
            ));
        }
        let of_studio = [
            "QuickReply",
            "Input",
            "Calendar",
            "Radio",
            "Multiselect",
            "Checkbox",
            "Dropdown",
            "LaTeX",
            "Payload",
        ];
        if of_studio.contains(&name) {
            return Some(format!(
                "`{name}` is a component of the Studio: define it under `custom_components` and call `Component.{name}(..)`"
            ));
        }
        Some(format!("define it with `fn {name}(..)`, or import it from the flow that does"))
    }

    fn component(&mut self, name: &Name, at: Pos) {
        let known =
            self.context.bot.custom_components.iter().flatten().map(|(name, _)| name.as_str());
        if known.clone().any(|known| known == name.as_ref()) {
            return;
        }
        let message =
            format!("the bot defines no component `{name}`: here the bot fails, and its turn ends");
        let mut finding = self.context.finding(Kind::UnknownComponent, at, message).about(name);
        finding.help = Some(match nearest(name, known) {
            Some(near) => format!("did you mean `Component.{near}`?"),
            None if Native::named(name).is_some() || self.is_widget(name) => {
                format!("`{name}` is built in: write `{name}(..)`")
            }
            None => format!("define `{name}` under `custom_components` of the bot"),
        });
        self.report.warnings.push(finding);
    }
}
