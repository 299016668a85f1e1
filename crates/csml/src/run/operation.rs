//! What each operation does.

use std::sync::Arc;

use super::{Exit, Machine, execute::Next};
use crate::{
    code::{Goto, Op, Part, Slot, Target},
    compile::constant::compare_with,
    lex::Pos,
    problem::{Outcome, Problem, Stop},
    report::Kind,
    tree::{Arithmetic, Name, Operator},
    turn::LogLine,
    value::{
        self, Map, Value,
        arithmetic::{self, Refused},
    },
};

impl Machine<'_> {
    pub(super) fn operation(&mut self, op: &Op, at: Pos, next: &mut Target) -> Outcome<Next> {
        match op {
            Op::Push(value) => self.push(value.clone()),
            Op::Pop => drop(self.pop()),
            Op::Load { slot, silent } => self.load(*slot, *silent, at)?,
            Op::Event => {
                let event = self.event.value(at);
                self.push(event);
            }
            Op::Metadata => {
                let metadata = self.metadata();
                self.push(Value { at, ..metadata });
            }
            Op::Env => {
                let env = self.program.env.clone();
                self.push(Value { at, ..env });
            }
            Op::Memory => {
                let memory = self.memory_object(at);
                self.made(&memory)?;
                self.push(memory);
            }
            Op::Namespace => {
                return Err(Stop::fatal(Problem::new(
                    Kind::ComponentNamespace,
                    "`Component` is no value: call one, as in `Component.Name()`",
                )));
            }
            Op::Join(count) => self.join(*count, at)?,
            Op::List(count) => {
                let items = self.pop_many(*count);
                let list = Value::list(items, at);
                self.made(&list)?;
                self.push(list);
            }
            Op::Map(keys) => self.object(keys, at)?,
            Op::Closure(closure) => {
                self.push(Value::new(value::Kind::Closure(closure.clone()), at))
            }
            Op::Operate(operator) => self.operate(*operator)?,
            Op::Not => {
                let value = self.pop();
                self.push(Value::bool(!value.is_true(), value.at));
            }
            Op::Key { name, silent, end } => self.key(name, *silent, *end, at, next)?,
            Op::MetadataKey(name) => {
                let metadata = self.metadata();
                let value = metadata.as_map().and_then(|map| map.get(name)).cloned();
                self.push(value.unwrap_or_else(|| Value::null(at)));
            }
            Op::Index { silent, end } => self.index(*silent, *end, at, next)?,
            Op::Method { name, arguments } => return self.method(name, arguments, at),
            Op::MethodOnPlace { slot, path, indexes, name, method, arguments } => {
                self.method_on_place((*slot, path, *indexes), name, *method, arguments, at)?;
            }
            Op::EventMethod { name, arguments } => self.event_method(name, arguments, at)?,
            Op::MetadataMethod => {
                let message = "a method cannot be called on `_metadata` itself: copy it into a variable first";
                return Err(Stop::fatal(Problem::new(Kind::BadIndexType, message)));
            }
            Op::Call { callee, arguments } => return self.call(callee, arguments, at),
            Op::Name { slot } => {
                if let Some(value) = self.stack.last().cloned() {
                    self.set_local(*slot, value);
                }
            }
            Op::Assign { slot } => {
                let value = self.pop();
                self.assign(*slot, value)?;
            }
            Op::AssignWith { slot, operator } => self.assign_with(*slot, *operator, at)?,
            Op::AssignPath { slot, path, indexes, operator } => {
                self.assign_path((*slot, path, *indexes), *operator, at)?;
            }
            Op::ConstantChanged { drop } => {
                self.pop_many(*drop);
                let problem = Problem::new(
                    Kind::ConstantChanged,
                    "a constant cannot be changed: copy it first",
                );
                self.fail(&problem, at)?;
            }
            Op::Remember { slot } => {
                let value = self.pop();
                self.remember(*slot, value)?;
            }
            Op::Forget(slots) => self.forget(slots),
            Op::ForgetAll => self.forget_all(),
            Op::Say => {
                let value = self.pop();
                self.say(&value)?;
            }
            Op::Debug => {
                let value = self.pop();
                self.debug(&value)?;
            }
            Op::Log(level) => {
                let value = self.pop();
                let text = if value.secure { "(a secret)".to_owned() } else { value.to_text() };
                self.world.make_bytes(text.len())?;
                let flow = self.code_flow_name().to_owned();
                self.log.push(LogLine { level: *level, text, flow, line: at.line });
            }
            Op::Jump(target) => *next = *target,
            Op::Condition { failed } => {
                let height = self.stack.len();
                if let Some(frame) = self.frames.last_mut() {
                    frame.condition = Some((*failed, height));
                }
            }
            Op::ConditionEnd { otherwise } => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.condition = None;
                }
                if !self.pop().is_true() {
                    *next = *otherwise;
                }
            }
            Op::LoopStart { value, index } => self.loop_start(*value, *index, next)?,
            Op::LoopNext { value, index, end } => self.loop_next(*value, *index, *end, at, next),
            Op::LoopLeave { value, index } => self.loop_leave(*value, *index),
            Op::Hold { number, secure } => {
                if self.frames.len() > 1 {
                    let problem =
                        Problem::new(Kind::NotAllowedInFunction, "a function cannot hold");
                    return Err(Stop::fatal(problem));
                }
                return Ok(Next::Leave(Exit::Hold { number: *number, secure: *secure }));
            }
            Op::Goto(goto) => return self.goto(goto).map(Next::Leave),
            Op::Previous(previous) => return Ok(Next::Leave(Exit::Previous(*previous))),
            Op::Return => return Ok(Next::Return),
        }
        Ok(Next::On)
    }

    fn load(&mut self, slot: Slot, silent: bool, at: Pos) -> Outcome<()> {
        let Some(frame) = self.frames.last() else {
            return Ok(());
        };
        let value = match frame.get(slot) {
            Some(value) => value.clone(),
            None => {
                let name = frame.name(slot);
                match self.memories.get(&name).filter(|_| frame.code.sees_memories) {
                    Some(value) => value.clone(),
                    None => {
                        let problem = Problem::new(
                            Kind::UnknownVariable,
                            format!("`{name}` is not known here"),
                        )
                        .about(&*name);
                        self.fail_unless(silent, &problem, at)?
                    }
                }
            }
        };
        self.push(value);
        Ok(())
    }

    fn join(&mut self, count: usize, at: Pos) -> Outcome<()> {
        let pieces = self.pop_many(count);
        let mut text = String::new();
        for piece in &pieces {
            self.world.make_bytes(piece.weight())?;
            piece.write_text(&mut text);
        }
        let secure = pieces.iter().any(|piece| piece.secure);
        let value = Value::text(text, at).secure_if(secure);
        self.made(&value)?;
        self.push(value);
        Ok(())
    }

    fn object(&mut self, keys: &[Name], at: Pos) -> Outcome<()> {
        let values = self.pop_many(keys.len());
        let mut map = Map::default();
        for (key, value) in keys.iter().zip(values) {
            map.insert(key.clone(), value);
        }
        let object = Value::map(map, at);
        self.made(&object)?;
        self.push(object);
        Ok(())
    }

    fn operate(&mut self, operator: Operator) -> Outcome<()> {
        let right = self.pop();
        let left = self.pop();
        let value = match operator {
            Operator::Arithmetic(operator) => calculate(operator, &left, &right)?,
            _ => {
                self.world.burn_bytes(left.weight().saturating_add(right.weight()))?;
                Value::bool(compare_with(operator, &left, &right), left.at)
            }
        };
        self.made(&value)?;
        self.push(value);
        Ok(())
    }

    fn goto(&mut self, goto: &Goto) -> Outcome<Exit> {
        let mut part = |part: &Option<Part>| match part {
            None => Ok(None),
            Some(Part::Literal(name)) => Ok(Some(name.clone())),
            Some(Part::Computed) => {
                let value = self.pop();
                match &value.kind {
                    value::Kind::Text(text) => Ok(Some(text.clone())),
                    _ => {
                        let message =
                            format!("a place must be a text, this is {}", value.type_name());
                        Err(Stop::fatal(Problem::new(Kind::GotoNotText, message).at(value.at)))
                    }
                }
            }
        };
        let bot = part(&goto.bot)?;
        let flow = part(&goto.flow)?;
        let step = part(&goto.step)?;
        Ok(Exit::Goto { step, flow, bot })
    }
}

/// An operation, whose failure stands where its left side stood.
pub(super) fn calculate(operator: Arithmetic, left: &Value, right: &Value) -> Outcome<Value> {
    arithmetic::calculate(operator, left, right).map_err(|why| {
        let types = format!("{} {} {}", left.type_title(), operator.sign(), right.type_title());
        let (kind, message) = match why {
            Refused::Illegal => (Kind::IllegalOperation, format!("{types} is not possible")),
            Refused::Overflow => (Kind::Overflow, format!("{types} gives more than 64 bits")),
            Refused::DivisionByZero => (Kind::DivisionByZero, "a division by zero".to_owned()),
        };
        Stop::fatal(Problem::new(kind, message).about(types).at(left.at))
    })
}

/// Kept so that shared code outlives the operation that runs it.
pub(super) type SharedPath = Arc<[crate::code::PathPart]>;
