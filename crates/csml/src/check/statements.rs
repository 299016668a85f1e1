//! Statements in places where they cannot stand.

use super::Context;
use crate::{
    lex::Pos,
    report::{Kind, Report},
    tree::{Closure, Expr, ExprKind, Piece, SegmentKind, Statement, StatementKind},
};

#[derive(Clone, Copy)]
struct Place {
    function: bool,
    in_loop: bool,
}

struct Walk<'a, 'r> {
    context: &'a Context<'a>,
    report: &'r mut Report,
}

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let mut walk = Walk { context, report };
    for function in &context.unit.tree.functions {
        walk.body(&function.body, Place { function: true, in_loop: false });
    }
    for step in &context.unit.tree.steps {
        walk.body(&step.body, Place { function: false, in_loop: false });
    }
}

impl Walk<'_, '_> {
    fn error(&mut self, kind: Kind, at: Pos, message: &str, help: &str) {
        self.report.errors.push(self.context.finding(kind, at, message).help(help));
    }

    fn warning(&mut self, kind: Kind, at: Pos, message: &str, help: &str) {
        self.report.warnings.push(self.context.finding(kind, at, message).help(help));
    }

    fn body(&mut self, body: &[Statement], place: Place) {
        for (index, statement) in body.iter().enumerate() {
            self.statement(statement, place);
            let leaves = matches!(
                statement.kind,
                StatementKind::Goto(_)
                    | StatementKind::Previous(_)
                    | StatementKind::Return(_)
                    | StatementKind::Break
                    | StatementKind::Continue
            );
            if let (true, Some(next)) = (leaves, body.get(index + 1)) {
                let message = "this can never run: the statement before it leaves";
                self.warning(
                    Kind::UnreachableStatement,
                    next.at,
                    message,
                    "remove it, or put it before",
                );
                return self.rest(body.get(index + 1..).unwrap_or(&[]), place);
            }
        }
    }

    fn rest(&mut self, body: &[Statement], place: Place) {
        for statement in body {
            self.statement(statement, place);
        }
    }

    fn not_in_function(&mut self, what: &str, at: Pos) {
        let message = format!("`{what}` cannot stand in a function");
        let finding = self.context.finding(Kind::NotAllowedInFunction, at, message).about(what);
        self.report.errors.push(finding.help("return a value, and do this in the step that calls"));
    }

    fn statement(&mut self, statement: &Statement, place: Place) {
        let at = statement.at;
        match &statement.kind {
            StatementKind::Say(value) => {
                if place.function {
                    self.not_in_function("say", at);
                }
                self.expr(value);
            }
            StatementKind::Remember { value, .. } => {
                if place.function {
                    self.not_in_function("remember", at);
                }
                self.expr(value);
            }
            StatementKind::Goto(_) if place.function => self.not_in_function("goto", at),
            StatementKind::Hold { secure: false } if place.function => {
                self.not_in_function("hold", at)
            }
            StatementKind::Hold { .. } | StatementKind::Previous(_) | StatementKind::Forget(_)
                if place.function =>
            {
                let message = "this has no place in a function: it ends the turn, or changes what the step still sees";
                self.warning(
                    Kind::NotAllowedInFunction,
                    at,
                    message,
                    "do it in the step that calls",
                );
            }
            StatementKind::Break | StatementKind::Continue if !place.in_loop => {
                self.error(
                    Kind::OutsideLoop,
                    at,
                    "there is no loop here to leave or go on with",
                    "remove it",
                );
            }
            StatementKind::Return(value) => {
                if !place.function {
                    let help = "to end the conversation, write `goto end`";
                    self.error(
                        Kind::ReturnOutsideFunction,
                        at,
                        "`return` stands outside of a function",
                        help,
                    );
                }
                self.expr(value);
            }
            StatementKind::Use(value) => {
                self.warning(Kind::DeprecatedUse, at, "`use` is old", "write `do name = value`");
                self.expr(value);
            }
            StatementKind::Assign { target, value, .. } => {
                if target.path.is_empty() && self.context.constants.contains_key(&target.name) {
                    let message = format!("`{}` is a constant and cannot be assigned", target.name);
                    let finding = self
                        .context
                        .finding(Kind::ConstantAssigned, target.at, message)
                        .about(&target.name);
                    self.report.errors.push(finding.help("use another name"));
                }
                self.expr(value);
                for part in &target.path {
                    if let SegmentKind::Index(index) = &part.kind {
                        self.expr(index);
                    }
                }
            }
            StatementKind::Debug(value)
            | StatementKind::Log(_, value)
            | StatementKind::Evaluate(value) => {
                self.expr(value);
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.expr(condition);
                    self.body(body, place);
                }
                self.body(otherwise, place);
            }
            StatementKind::Foreach { list, body, .. } => {
                self.expr(list);
                self.body(body, Place { in_loop: true, ..place });
            }
            StatementKind::While { condition, body } => {
                self.expr(condition);
                self.body(body, Place { in_loop: true, ..place });
            }
            _ => {}
        }
    }

    /// Looks for closures, whose statements are those of a function.
    fn expr(&mut self, expr: &Expr) {
        let mut closures = Vec::new();
        closures_in(expr, &mut closures);
        for closure in closures {
            self.body(&closure.body, Place { function: true, in_loop: false });
        }
    }
}

fn closures_in<'e>(expr: &'e Expr, found: &mut Vec<&'e Closure>) {
    match &expr.kind {
        ExprKind::Closure(closure) => found.push(closure),
        _ => each_part(expr, &mut |part| closures_in(part, found)),
    }
}

/// The expressions an expression is made of.
pub(super) fn each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Text(pieces) => {
            for piece in pieces {
                if let Piece::Value(value) = piece {
                    visit(value);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(visit),
        ExprKind::Map(fields) => fields.iter().for_each(|(_, value)| visit(value)),
        ExprKind::Call { arguments, .. } | ExprKind::Component { arguments, .. } => {
            arguments.iter().for_each(|argument| visit(&argument.value));
        }
        ExprKind::Signed(_, inner) | ExprKind::Not(_, inner) | ExprKind::As(inner, _) => {
            visit(inner)
        }
        ExprKind::Chain(first, rest) => {
            visit(first);
            rest.iter().for_each(|(_, value)| visit(value));
        }
        ExprKind::Path(base, path) => {
            visit(base);
            for part in path {
                match &part.kind {
                    SegmentKind::Index(index) => visit(index),
                    SegmentKind::Method(_, arguments) => {
                        arguments.iter().for_each(|argument| visit(&argument.value));
                    }
                    SegmentKind::Key(_) => {}
                }
            }
        }
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Name(_)
        | ExprKind::Closure(_) => {}
    }
}
