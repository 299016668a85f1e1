//! The machine's wheel: takes one operation after the other, and deals with failures.

use std::sync::Arc;

use super::{Exit, Machine, frame::Frame};
use crate::{
    code::{Op, Target},
    lex::Pos,
    problem::{Outcome, Stop},
    value::Value,
};

/// What follows an operation.
pub(super) enum Next {
    /// The next one, or the one a jump has set.
    On,
    /// Another frame is on top now.
    Frame,
    /// The frame gives its value.
    Return,
    Leave(Exit),
}

impl Machine<'_> {
    /// Runs the topmost frame to its end, and what it calls.
    pub(super) fn execute(&mut self) -> Outcome<Exit> {
        let bottom = self.frames.len();
        loop {
            let Some(frame) = self.frames.last() else {
                return Ok(Exit::End);
            };
            let code = frame.code.clone();
            let mut next = frame.next;
            loop {
                let Some(op) = code.ops.get(next) else {
                    return Ok(Exit::End);
                };
                let at = code.place(next);
                next += 1;
                let result = self.world.burn(1).and_then(|()| self.operation(op, at, &mut next));
                match result {
                    Ok(Next::On) => {}
                    Ok(Next::Frame) => {
                        let caller = self.frames.len().saturating_sub(2);
                        self.keep_place(caller, next);
                        break;
                    }
                    Ok(Next::Return) => {
                        if self.frames.len() == 1 && bottom == 1 {
                            return Ok(Exit::End);
                        }
                        let value = self.pop();
                        let locals = self.leave_frame();
                        if self.frames.len() < bottom {
                            self.left_locals = locals;
                            return Ok(Exit::Value(value));
                        }
                        self.push(value);
                        break;
                    }
                    Ok(Next::Leave(exit)) => return Ok(exit),
                    Err(Stop::Soft(problem)) => {
                        let value = self.fail(&problem, at)?;
                        if gives_value(op) {
                            self.push(value);
                        }
                    }
                    Err(Stop::Noted(noted)) => {
                        let failed = self.fail(&noted.0, at)?;
                        self.push(Value { notes: Some(Arc::new(noted.1)), ..failed });
                    }
                    Err(Stop::Fatal(problem)) => match self.failed_condition() {
                        Some(target) => next = target,
                        None => {
                            let flow = self.code_flow_name().to_owned();
                            self.report(&problem, at, &flow, true)?;
                            return Ok(Exit::Fatal);
                        }
                    },
                    Err(Stop::Left(exit)) => return Ok(*exit),
                    Err(limit) => {
                        self.keep_place(
                            self.frames.len().saturating_sub(1),
                            next.saturating_sub(1),
                        );
                        return Err(limit);
                    }
                }
            }
        }
    }

    fn keep_place(&mut self, frame: usize, next: Target) {
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.next = next;
        }
    }

    fn leave_frame(&mut self) -> Option<Vec<Option<Value>>> {
        let frame = self.frames.pop()?;
        self.stack.truncate(frame.stack_base);
        self.loops.truncate(frame.loops_base);
        Some(frame.locals)
    }

    pub(super) fn enter(&mut self, frame: Frame) -> Outcome<()> {
        if self.frames.len() >= self.world.limits.call_depth {
            return Err(Stop::Limit(crate::limits::Limit::CallDepth));
        }
        // A frame costs memory as a value does.
        self.world.burn(u64::try_from(frame.locals.len()).unwrap_or(u64::MAX))?;
        self.frames.push(frame);
        Ok(())
    }

    /// Where to go when an operation of this frame's condition failed.
    fn failed_condition(&mut self) -> Option<Target> {
        let (target, height) = self.frames.last_mut()?.condition.take()?;
        self.stack.truncate(height);
        Some(target)
    }

    /// The place of the operation the topmost frame was at when a limit was hit.
    pub(super) fn last_place(&self) -> (String, Pos) {
        let place = self.frames.last().map(|frame| frame.code.place(frame.next));
        (self.code_flow_name().to_owned(), place.unwrap_or(Pos::NONE))
    }

    pub(super) fn new_frame(&self, code: &Arc<crate::code::Code>) -> Frame {
        Frame::new(code.clone(), self.stack.len(), self.loops.len())
    }

    pub(super) fn set_local(&mut self, slot: usize, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.set(slot, Some(value));
        }
    }
}

/// Whether an operation leaves a value, so that null must stand in for it.
fn gives_value(op: &Op) -> bool {
    matches!(
        op,
        Op::Load { .. }
            | Op::Event
            | Op::Metadata
            | Op::Env
            | Op::Memory
            | Op::Namespace
            | Op::Join(_)
            | Op::List(_)
            | Op::Map(_)
            | Op::Closure(_)
            | Op::Operate(_)
            | Op::Not
            | Op::Key { .. }
            | Op::MetadataKey(_)
            | Op::Index { .. }
            | Op::Method { .. }
            | Op::MethodOnPlace { .. }
            | Op::EventMethod { .. }
            | Op::MetadataMethod
            | Op::Call { .. }
    )
}
