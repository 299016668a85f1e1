//! Writes the code of one step, function or closure.

use std::{collections::HashMap, sync::Arc};

use super::{Closures, Scope};
use crate::{
    code::{Code, Op, Slot, Target},
    lex::Pos,
    tree::{Closure, Function, Name, Statement, Step},
    value::ClosureValue,
};

/// A loop that is being written.
pub(super) struct OpenLoop {
    pub(super) start: Target,
    /// The `break`s, whose target is not known yet.
    pub(super) leaves: Vec<Target>,
    /// A `foreach`, with its number among the loop sites.
    pub(super) each: Option<Each>,
}

#[derive(Clone, Copy)]
pub(super) struct Each {
    pub(super) site: usize,
    pub(super) value: Slot,
    pub(super) index: Option<Slot>,
}

pub(super) struct Writer<'a, 'c> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) closures: &'c mut Closures,
    pub(super) code: Code,
    slots: HashMap<Name, Slot>,
    pub(super) loops: Vec<OpenLoop>,
    /// Unknown names give null without a word.
    pub(super) silent: bool,
}

pub(super) fn step(scope: &Scope<'_>, step: &Step, closures: &mut Closures) -> Code {
    let mut writer = Writer::new(scope, closures, true);
    writer.statements(&step.body);
    writer.emit(Op::Return, Pos::NONE);
    writer.code
}

pub(super) fn function(scope: &Scope<'_>, function: &Function, closures: &mut Closures) -> Code {
    let mut writer = Writer::new(scope, closures, false);
    writer.body(&function.parameters, &function.body, function.at);
    writer.code
}

impl<'a, 'c> Writer<'a, 'c> {
    fn new(scope: &'a Scope<'a>, closures: &'c mut Closures, sees_memories: bool) -> Self {
        let code = Code { flow: scope.flow, sees_memories, ..Code::default() };
        Writer { scope, closures, code, slots: HashMap::new(), loops: Vec::new(), silent: false }
    }

    fn body(&mut self, parameters: &[Name], body: &'a [Statement], at: Pos) {
        for parameter in parameters {
            // Two parameters of one name: the second has its own slot, so that counts stay right.
            let slot = self.code.names.len();
            self.code.names.push(parameter.clone());
            self.slots.insert(parameter.clone(), slot);
        }
        self.code.parameters = parameters.len();
        self.statements(body);
        self.emit(Op::Push(crate::value::Value::null(at)), at);
        self.emit(Op::Return, at);
    }

    pub(super) fn emit(&mut self, op: Op, at: Pos) -> Target {
        let target = self.code.ops.len();
        self.code.ops.push(op);
        self.code.places.push(at);
        target
    }

    pub(super) fn here(&self) -> Target {
        self.code.ops.len()
    }

    pub(super) fn slot(&mut self, name: &Name) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = self.code.names.len();
        self.code.names.push(name.clone());
        self.slots.insert(name.clone(), slot);
        slot
    }

    /// Sets the target of a jump that was written before it was known.
    pub(super) fn land(&mut self, at: Target) {
        let here = self.here();
        if let Some(
            Op::Jump(target)
            | Op::Condition { failed: target }
            | Op::ConditionEnd { otherwise: target }
            | Op::Key { end: target, .. }
            | Op::Index { end: target, .. }
            | Op::LoopNext { end: target, .. },
        ) = self.code.ops.get_mut(at)
        {
            *target = here
        }
    }

    /// Compiles a closure apart and gives what a value needs to find it.
    pub(super) fn closure(&mut self, closure: &Closure) -> Arc<ClosureValue> {
        let mut inner = Writer::new(self.scope, self.closures, false);
        inner.body(&closure.parameters, &closure.body, closure.at);
        let code = inner.code;
        // What an inner closure reads must have a slot here, to be handed down.
        for name in &code.names {
            self.slot(name);
        }
        let value = ClosureValue {
            flow: self.scope.unit.name.clone(),
            checksum: closure.checksum ^ parameters_sum(&closure.parameters),
            parameters: closure.parameters.clone(),
        };
        self.closures.insert(value.checksum, Arc::new(code));
        Arc::new(value)
    }

    /// The innermost foreach that is being written.
    pub(super) fn loop_around(&self) -> Option<usize> {
        self.loops.iter().rev().find_map(|open| open.each).map(|each| each.site)
    }
}

fn parameters_sum(parameters: &[Name]) -> u64 {
    parameters.iter().fold(parameters.len() as u64, |sum, name| {
        name.bytes().fold(sum.rotate_left(7), |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    })
}
