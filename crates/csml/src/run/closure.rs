//! Closures, and the array methods that call them.

use std::sync::Arc;

use super::{CLOSURES_WITHIN_MAX, Exit, Machine, frame::Frame};
use crate::{
    code::Code,
    lex::Pos,
    limits::Limit,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::Name,
    value::{self, Value},
};

impl Machine<'_> {
    /// The code of a closure value; none if the bot has changed since.
    pub(super) fn closure_code(&self, flow: &Name, checksum: u64) -> Option<Arc<Code>> {
        let by_name =
            self.program.flow_by_name.get(flow).and_then(|index| self.program.flows.get(*index));
        let flow =
            by_name.or_else(|| self.program.flows.iter().find(|other| other.name == *flow))?;
        flow.closures.get(&checksum).cloned()
    }

    /// `map`, `filter`, `reduce`
    pub(super) fn walk(
        &mut self,
        name: &Name,
        list: &Value,
        arguments: Vec<Value>,
        at: Pos,
    ) -> Outcome<Value> {
        let reduces = name.as_ref() == "reduce";
        let mut arguments = arguments.into_iter();
        let (first, second, third) = (arguments.next(), arguments.next(), arguments.next());
        let (start, function) =
            if reduces { (first, second) } else { (None, first.filter(|_| second.is_none())) };
        let closure = match function.map(|value| value.kind) {
            Some(value::Kind::Closure(closure)) if third.is_none() => closure,
            _ => {
                let usage = if reduces {
                    "`list.reduce(start, (sum, item, index) { .. })`"
                } else {
                    "`list.map((item, index) { .. })`"
                };
                return Err(Problem::arguments(usage).into());
            }
        };
        let Some(code) = self.closure_code(&closure.flow, closure.checksum) else {
            return Err(Problem::new(Kind::UnknownFunction, "the closure's code is gone").into());
        };
        let given = if reduces { 3 } else { 2 };
        if code.parameters > given {
            let problem = Problem::new(
                Kind::MissingArguments,
                format!("a closure for {name} has at most {given} parameters"),
            );
            return Err(Stop::fatal(problem));
        }
        if self.closures_within >= CLOSURES_WITHIN_MAX {
            return Err(Stop::Limit(Limit::CallDepth));
        }
        self.closures_within += 1;
        let result = self.walk_items(name, list, start, &code, at);
        self.closures_within -= 1;
        result
    }

    fn walk_items(
        &mut self,
        name: &Name,
        list: &Value,
        start: Option<Value>,
        code: &Arc<Code>,
        at: Pos,
    ) -> Outcome<Value> {
        let items = list.as_list().unwrap_or(&[]);
        let mut locals = self.captured(code, start.is_none());
        let mut kept = Vec::new();
        let mut sum = start;
        for (index, item) in items.iter().enumerate() {
            let mut given = vec![item.clone(), Value::count(index, at)];
            if let Some(sum) = sum.take() {
                given.insert(0, sum);
            }
            let mut frame = self.new_frame(code);
            frame.locals.clone_from(&locals);
            for (slot, value) in given.into_iter().take(code.parameters).enumerate() {
                frame.set(slot, Some(value));
            }
            let value = self.run_closure(frame, &mut locals)?;
            match name.as_ref() {
                "map" => {
                    self.made(&value)?;
                    kept.push(value);
                }
                "filter" if value.is_true() => kept.push(item.clone()),
                "filter" => {}
                _ => sum = Some(value),
            }
        }
        Ok(match sum {
            Some(sum) => sum,
            None => Value::list(kept, at),
        })
    }

    /// A copy of the caller's locals and memories, for those closures that see them.
    fn captured(&self, code: &Arc<Code>, sees_locals: bool) -> Vec<Option<Value>> {
        let mut locals = vec![None; code.names.len()];
        let Some(frame) = self.frames.last().filter(|_| sees_locals) else {
            return locals;
        };
        for (slot, name) in code.names.iter().enumerate() {
            let local = frame.named().find(|(known, _)| *known == name);
            let memory = || self.memories.get(name).filter(|_| frame.code.sees_memories);
            let found = local.map(|(_, value)| value).or_else(memory).cloned();
            if let Some(local) = locals.get_mut(slot) {
                *local = found;
            }
        }
        locals
    }

    /// Runs one call to its end. What it leaves in its locals is there for the next element.
    fn run_closure(&mut self, frame: Frame, locals: &mut Vec<Option<Value>>) -> Outcome<Value> {
        self.enter(frame)?;
        let depth = self.frames.len();
        let exit = self.execute()?;
        if let Some(left) = self.left_locals.take() {
            *locals = left;
        }
        self.frames.truncate(depth.saturating_sub(1));
        match exit {
            Exit::Value(value) => Ok(value),
            // The turn is over; what is left of the caller only unwinds.
            exit => Err(Stop::Left(Box::new(exit))),
        }
    }
}
