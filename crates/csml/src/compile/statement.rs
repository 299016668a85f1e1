//! The code of statements.

use std::sync::Arc;

use super::writer::{Each, OpenLoop, Writer};
use crate::{
    code::{Goto, LoopSite, Op, Part, PathPart, Resume},
    lex::Pos,
    tree::{
        Arithmetic, Expr, Forget, Name, Place, Reference, Segment, SegmentKind, Statement,
        StatementKind, Target,
    },
};

impl<'a> Writer<'a, '_> {
    pub(super) fn statements(&mut self, body: &'a [Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        let at = statement.at;
        match &statement.kind {
            StatementKind::Say(value) => self.value_then(value, Op::Say),
            StatementKind::Debug(value) => self.value_then(value, Op::Debug),
            StatementKind::Log(level, value) => self.value_then(value, Op::Log(*level)),
            StatementKind::Evaluate(value) | StatementKind::Use(value) => {
                self.value_then(value, Op::Pop)
            }
            StatementKind::Assign { target, operator, value } => {
                self.assign(target, *operator, value)
            }
            StatementKind::Remember { name, value } => {
                let slot = self.slot(name);
                self.value_then(value, Op::Remember { slot });
            }
            StatementKind::Forget(Forget::All) => {
                self.emit(Op::ForgetAll, at);
            }
            StatementKind::Forget(Forget::Names(names)) => {
                let slots = names.iter().map(|name| self.slot(name)).collect();
                self.emit(Op::Forget(slots), at);
            }
            StatementKind::Hold { secure } => {
                let op = Op::Hold { number: self.code.resumes.len(), secure: *secure };
                let hold = self.emit(op, at);
                let inner = self.loop_around();
                self.code.resumes.push(Resume { behind: hold + 1, inner });
            }
            StatementKind::Goto(place) => self.goto(place),
            StatementKind::Previous(previous) => {
                self.emit(Op::Previous(*previous), at);
            }
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise, at),
            StatementKind::Foreach { value, index, list, body } => {
                self.foreach(value, index.as_ref(), list, body, at)
            }
            StatementKind::While { condition, body } => self.while_loop(condition, body, at),
            StatementKind::Break => self.leave_loop(at),
            StatementKind::Continue => {
                let start = self.loops.last().map_or(0, |open| open.start);
                self.emit(Op::Jump(start), at);
            }
            StatementKind::Return(value) => self.value_then(value, Op::Return),
        }
    }

    fn value_then(&mut self, value: &'a Expr, op: Op) {
        self.expression(value);
        self.emit(op, value.at);
    }

    fn assign(&mut self, target: &'a Target, operator: Option<Arithmetic>, value: &'a Expr) {
        let constant = self.scope.constants.contains_key(&target.name);
        self.expression(value);
        let indexes = self.path_indexes(&target.path);
        let last = target.path.last().map_or(target.at, |part| part.at);
        if constant {
            self.emit(Op::ConstantChanged { drop: indexes + 1 }, value.at);
            return;
        }
        let slot = self.slot(&target.name);
        let op = match operator {
            None if target.path.is_empty() => Op::Assign { slot },
            Some(operator) if target.path.is_empty() => Op::AssignWith { slot, operator },
            operator => Op::AssignPath { slot, path: path_parts(&target.path), indexes, operator },
        };
        self.emit(op, last);
    }

    /// Puts the indexes of a path on the stack.
    pub(super) fn path_indexes(&mut self, path: &'a [Segment]) -> usize {
        let mut count = 0;
        for part in path {
            if let SegmentKind::Index(index) = &part.kind {
                self.expression(index);
                count += 1;
            }
        }
        count
    }

    fn goto(&mut self, place: &'a Place) {
        let mut part = |reference: &'a Option<Reference>| {
            reference.as_ref().map(|reference| match reference {
                Reference::Literal(name, _) => Part::Literal(name.clone()),
                Reference::Variable(value) => {
                    self.expression(value);
                    Part::Computed
                }
            })
        };
        let goto = Goto { step: part(&place.step), flow: part(&place.flow), bot: part(&place.bot) };
        self.emit(Op::Goto(Arc::new(goto)), place.at);
    }

    /// A condition: silent, and false if an operation in it fails.
    fn condition(&mut self, condition: &'a Expr) -> [usize; 2] {
        let begin = self.emit(Op::Condition { failed: 0 }, condition.at);
        let silent = std::mem::replace(&mut self.silent, true);
        self.expression(condition);
        self.silent = silent;
        let end = self.emit(Op::ConditionEnd { otherwise: 0 }, condition.at);
        [begin, end]
    }

    fn land_both(&mut self, jumps: [usize; 2]) {
        for jump in jumps {
            self.land(jump);
        }
    }

    fn branches(
        &mut self,
        branches: &'a [(Expr, Vec<Statement>)],
        otherwise: &'a [Statement],
        at: Pos,
    ) {
        let mut exits = Vec::new();
        for (condition, body) in branches {
            let jumps = self.condition(condition);
            self.statements(body);
            exits.push(self.emit(Op::Jump(0), at));
            self.land_both(jumps);
        }
        self.statements(otherwise);
        for exit in exits {
            self.land(exit);
        }
    }

    fn foreach(
        &mut self,
        value: &Name,
        index: Option<&Name>,
        list: &'a Expr,
        body: &'a [Statement],
        at: Pos,
    ) {
        let list_start = self.here();
        self.expression(list);
        let value = self.slot(value);
        let index = index.map(|name| self.slot(name));
        let begin = self.emit(Op::LoopStart { value, index }, list.at);
        let outer = self.loop_around();
        let site = self.code.loop_sites.len();
        self.code.loop_sites.push(LoopSite { list: list_start, start: begin, outer });
        let start = self.emit(Op::LoopNext { value, index, end: 0 }, at);
        self.loops.push(OpenLoop {
            start,
            leaves: Vec::new(),
            each: Some(Each { site, value, index }),
        });
        self.statements(body);
        self.emit(Op::Jump(start), at);
        self.land(start);
        self.end_loop();
    }

    fn while_loop(&mut self, condition: &'a Expr, body: &'a [Statement], at: Pos) {
        let start = self.here();
        let jumps = self.condition(condition);
        self.loops.push(OpenLoop { start, leaves: Vec::new(), each: None });
        self.statements(body);
        self.emit(Op::Jump(start), at);
        self.land_both(jumps);
        self.end_loop();
    }

    fn leave_loop(&mut self, at: Pos) {
        if let Some(each) = self.loops.last().and_then(|open| open.each) {
            self.emit(Op::LoopLeave { value: each.value, index: each.index }, at);
        }
        let leave = self.emit(Op::Jump(0), at);
        if let Some(open) = self.loops.last_mut() {
            open.leaves.push(leave);
        }
    }

    fn end_loop(&mut self) {
        let leaves = self.loops.pop().map(|open| open.leaves).unwrap_or_default();
        for leave in leaves {
            self.land(leave);
        }
    }
}

pub(super) fn path_parts(path: &[Segment]) -> Arc<[PathPart]> {
    path.iter()
        .filter_map(|part| match &part.kind {
            SegmentKind::Key(name) => Some(PathPart::Key(name.clone(), part.at)),
            SegmentKind::Index(_) => Some(PathPart::Index(part.at)),
            SegmentKind::Method(..) => None,
        })
        .collect()
}
