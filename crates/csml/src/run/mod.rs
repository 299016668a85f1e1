//! Running a turn.

mod begin;
pub(crate) mod call;
mod closure;
mod event;
mod execute;
mod frame;
mod goto;
mod loops;
mod memory;
mod metadata;
mod operation;
mod path;
mod place;
mod say;
mod trouble;
mod turn;
pub(crate) mod world;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::{
    code::{Code, Program},
    problem::Outcome,
    state::History,
    tree::{Name, Previous},
    turn::{LogLine, Message, TurnError, TurnInput},
    value::Value,
};
use event::EventValue;
use frame::{Frame, Loop, ResumedLoop};
use world::World;

/// Native calls of the machine within itself: closures of `map`, `filter` and `reduce`.
const CLOSURES_WITHIN_MAX: usize = 16;

/// A turn at work.
pub(crate) struct Machine<'a> {
    program: &'a Program,
    input: &'a TurnInput<'a>,
    world: World<'a>,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    loops: Vec<Loop>,
    event: EventValue,
    /// The request's metadata with the context of this step, once it has been asked for.
    metadata: Option<Value>,
    memories: BTreeMap<Name, Value>,
    changes: Vec<Change>,
    /// Memories changed in place; they are reported once, at the end.
    touched: HashSet<Name>,
    messages: Vec<Message>,
    messages_bytes: usize,
    errors: Vec<TurnError>,
    log: Vec<LogLine>,
    /// The running step, as a flow's number and a name.
    flow: usize,
    step: Name,
    history: Option<History>,
    /// The loops around the hold that is being left, from the outermost.
    resuming: VecDeque<ResumedLoop>,
    closures_within: usize,
    /// What the closure that just returned had in its locals.
    left_locals: Option<Vec<Option<Value>>>,
}

#[derive(Debug)]
enum Change {
    Set(Name),
    Forget(Name),
    ForgetAll,
}

/// How the code of a step came to its end.
#[derive(Debug)]
pub(crate) enum Exit {
    End,
    /// A value of a function or closure.
    Value(Value),
    Hold {
        number: usize,
        secure: bool,
    },
    Goto {
        step: Option<Name>,
        flow: Option<Name>,
        bot: Option<Name>,
    },
    Previous(Previous),
    Fatal,
}

impl Machine<'_> {
    /// Accounts for a value that was made.
    fn made(&mut self, value: &Value) -> Outcome<()> {
        self.world.made(value)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// The stack cannot be empty where compiled code pops; null keeps even a fault in the compiler harmless.
    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_else(|| Value::null(crate::lex::Pos::NONE))
    }

    /// The topmost values, in the order they were pushed.
    fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len().saturating_sub(count))
    }

    fn code(&self) -> Option<&Arc<Code>> {
        self.frames.last().map(|frame| &frame.code)
    }

    fn flow_name(&self, flow: usize) -> &str {
        self.program.flows.get(flow).map_or("", |flow| flow.name.as_ref())
    }

    /// The flow the running code stands in.
    fn code_flow_name(&self) -> &str {
        self.flow_name(self.code().map_or(self.flow, |code| code.flow))
    }
}
