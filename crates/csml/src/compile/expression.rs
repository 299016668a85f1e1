//! The code of expressions.

use std::sync::Arc;

use super::{statement::path_parts, writer::Writer};
use crate::{
    builtin::Builtin,
    code::{ArgumentNames, Callee, Op},
    component::Native,
    lex::Pos,
    method::Method,
    tree::{Argument, Expr, ExprKind, Name, Operator, Piece, Segment, SegmentKind},
    value::Value,
};

impl<'a> Writer<'a, '_> {
    pub(super) fn expression(&mut self, expr: &'a Expr) {
        let at = expr.at;
        match &expr.kind {
            ExprKind::Null => self.push(Value::null(at)),
            ExprKind::Bool(bool) => self.push(Value::bool(*bool, at)),
            ExprKind::Int(int) => self.push(Value::int(*int, at)),
            ExprKind::Float(float) => self.push(Value::float(*float, at)),
            ExprKind::Text(pieces) => self.text(pieces, at),
            ExprKind::Name(name) => self.name(name, at),
            ExprKind::List(items) => {
                for item in items {
                    self.expression(item);
                }
                self.emit(Op::List(items.len()), at);
            }
            ExprKind::Map(fields) => {
                for (_, value) in fields {
                    self.expression(value);
                }
                self.emit(Op::Map(fields.iter().map(|(key, _)| key.clone()).collect()), at);
            }
            ExprKind::Call { name, arguments } => self.call(name, arguments, at),
            ExprKind::Component { name, arguments } => {
                let arguments = self.arguments(arguments);
                self.emit(Op::Call { callee: Callee::Custom(name.clone()), arguments }, at);
            }
            ExprKind::Closure(closure) => {
                let value = self.closure(closure);
                self.emit(Op::Closure(value), at);
            }
            ExprKind::Signed(sign, inner) => {
                self.push(Value::int(0, at));
                self.operand(inner);
                self.emit(Op::Operate(Operator::Arithmetic(*sign)), at);
            }
            ExprKind::Chain(first, rest) => {
                self.operand(first);
                for (operator, right) in rest {
                    self.operand(right);
                    self.emit(Op::Operate(*operator), at);
                }
            }
            ExprKind::Not(count, inner) => {
                self.operand(inner);
                for _ in 0..*count {
                    self.emit(Op::Not, at);
                }
            }
            ExprKind::Path(base, path) => self.path(base, path),
            ExprKind::As(inner, name) => {
                self.expression(inner);
                let slot = self.slot(name);
                self.emit(Op::Name { slot }, at);
            }
        }
    }

    fn push(&mut self, value: Value) {
        let at = value.at;
        self.emit(Op::Push(value), at);
    }

    /// Operands of operators do not speak of unknown names.
    fn operand(&mut self, expr: &'a Expr) {
        let silent = std::mem::replace(&mut self.silent, true);
        self.expression(expr);
        self.silent = silent;
    }

    fn text(&mut self, pieces: &'a [Piece], at: Pos) {
        match pieces {
            [] => self.push(Value::text("", at)),
            [Piece::Text(text)] => self.push(Value::text(text.as_str(), at)),
            pieces => {
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => self.push(Value::text(text.as_str(), at)),
                        Piece::Value(value) => self.expression(value),
                    }
                }
                self.emit(Op::Join(pieces.len()), at);
            }
        }
    }

    fn name(&mut self, name: &Name, at: Pos) {
        if let Some(constant) = self.scope.constants.get(name) {
            let value = Value { at, ..constant.clone() };
            return self.push(value);
        }
        let op = match name.as_ref() {
            "event" => Op::Event,
            "_metadata" => Op::Metadata,
            "_env" => Op::Env,
            "_memory" => Op::Memory,
            "Component" => Op::Namespace,
            _ => Op::Load { slot: self.slot(name), silent: self.silent },
        };
        self.emit(op, at);
    }

    pub(super) fn arguments(&mut self, arguments: &'a [Argument]) -> ArgumentNames {
        for argument in arguments {
            self.expression(&argument.value);
        }
        arguments.iter().map(|argument| argument.name.clone()).collect()
    }

    /// Built-in functions and components come first, then functions and imports, then closures in locals.
    fn call(&mut self, name: &Name, arguments: &'a [Argument], at: Pos) {
        let callee = if let Some(builtin) = Builtin::named(name) {
            Callee::Builtin(builtin)
        } else if let Some(native) = Native::named(name) {
            Callee::Native(native)
        } else if let Some(function) = self.scope.links.function(self.scope.flow, name) {
            Callee::Function(function)
        } else if self.scope.widgets.contains_key(name) {
            Callee::Widget(name.clone())
        } else {
            Callee::Closure(self.slot(name), name.clone())
        };
        let quiet = matches!(callee, Callee::Builtin(Builtin::Or));
        let silent = self.silent;
        self.silent |= quiet;
        let arguments = self.arguments(arguments);
        self.silent = silent;
        self.emit(Op::Call { callee, arguments }, at);
    }

    fn path(&mut self, base: &'a Expr, path: &'a [Segment]) {
        let global = match &base.kind {
            ExprKind::Name(name) if !self.scope.constants.contains_key(name) => match name.as_ref()
            {
                "event" => return self.event_path(path, base.at),
                "_metadata" => return self.metadata_path(path, base.at),
                "_env" | "_memory" | "Component" => None,
                _ => Some(name),
            },
            _ => None,
        };
        let first_method =
            path.iter().position(|part| matches!(part.kind, SegmentKind::Method(..)));
        let method = first_method.and_then(|at| path.get(at)).and_then(|part| match &part.kind {
            SegmentKind::Method(name, arguments) => Method::named(name)
                .filter(|method| method.changes())
                .map(|method| (name, method, arguments, part.at)),
            _ => None,
        });
        if let (ExprKind::Name(name), Some((_, method, arguments, at))) = (&base.kind, &method)
            && self.scope.constants.contains_key(name)
            && !method.is_of_time()
        {
            let (place, count) = (*at, arguments.len());
            self.arguments(arguments);
            self.emit(Op::ConstantChanged { drop: count }, place);
            self.push(Value::null(place));
            return self
                .rest_of_path(path.get(first_method.map_or(0, |at| at + 1)..).unwrap_or(&[]));
        }
        let (Some(variable), Some((name, method, arguments, at)), Some(place)) =
            (global, method, first_method)
        else {
            self.expression(base);
            return self.rest_of_path(path);
        };
        let (into, rest) = path.split_at(place);
        let indexes = self.path_indexes(into);
        let arguments = self.arguments(arguments);
        let slot = self.slot(variable);
        let op = Op::MethodOnPlace {
            slot,
            path: path_parts(into),
            indexes,
            name: name.clone(),
            method,
            arguments,
        };
        self.emit(op, at);
        self.rest_of_path(rest.get(1..).unwrap_or(&[]));
    }

    /// Keys, indexes and methods on the top of the stack. A missing key skips what is behind it.
    fn rest_of_path(&mut self, path: &'a [Segment]) {
        let mut jumps = Vec::new();
        for part in path {
            let silent = self.silent;
            match &part.kind {
                SegmentKind::Key(name) => {
                    jumps.push(self.emit(Op::Key { name: name.clone(), silent, end: 0 }, part.at));
                }
                SegmentKind::Index(index) => {
                    self.expression(index);
                    jumps.push(self.emit(Op::Index { silent, end: 0 }, part.at));
                }
                SegmentKind::Method(name, arguments) => {
                    let arguments = self.arguments(arguments);
                    self.emit(Op::Method { name: name.clone(), arguments }, part.at);
                }
            }
        }
        for jump in jumps {
            self.land(jump);
        }
    }

    fn event_path(&mut self, path: &'a [Segment], at: Pos) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        if let SegmentKind::Method(name, arguments) = &first.kind {
            let arguments = self.arguments(arguments);
            self.emit(Op::EventMethod { name: name.clone(), arguments }, first.at);
            return self.rest_of_path(rest);
        }
        // The content has its own list of arguments: none.
        self.emit(Op::EventMethod { name: "get_content".into(), arguments: Arc::new([]) }, at);
        self.rest_of_path(path);
    }

    fn metadata_path(&mut self, path: &'a [Segment], at: Pos) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        match &first.kind {
            SegmentKind::Method(..) => {
                self.emit(Op::MetadataMethod, first.at);
            }
            SegmentKind::Key(name) => {
                self.emit(Op::MetadataKey(name.clone()), at);
                self.rest_of_path(rest);
            }
            SegmentKind::Index(index) => {
                self.emit(Op::Metadata, at);
                self.expression(index);
                let jump = self.emit(Op::Index { silent: true, end: 0 }, first.at);
                self.land(jump);
                self.rest_of_path(rest);
            }
        }
    }
}
