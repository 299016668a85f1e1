//! The compiled program: flat lists of operations on a stack of values. Calls do not use the machine's own stack,
//! so no recursion of a bot can exhaust it.

use std::{collections::HashMap, sync::Arc};

use crate::{
    builtin::Builtin,
    component::{Custom, Native},
    lex::Pos,
    method::Method,
    tree::{LogLevel, Name, Operator, Previous},
    value::{ClosureValue, Value},
};

pub(crate) type Slot = usize;
pub(crate) type Target = usize;

/// The names of a call's arguments, None where they are positional.
pub(crate) type ArgumentNames = Arc<[Option<Name>]>;

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Push(Value),
    Pop,
    /// A local, or else the memory of that name.
    Load {
        slot: Slot,
        silent: bool,
    },
    Event,
    Metadata,
    Env,
    Memory,
    Namespace,
    /// Joins the texts of so many values.
    Join(usize),
    List(usize),
    Map(Arc<[Name]>),
    Closure(Arc<ClosureValue>),
    Operate(Operator),
    Not,
    /// A key; a missing one skips the rest of the path.
    Key {
        name: Name,
        silent: bool,
        end: Target,
    },
    /// A first-level key of the metadata, null if missing.
    MetadataKey(Name),
    Index {
        silent: bool,
        end: Target,
    },
    Method {
        name: Name,
        arguments: ArgumentNames,
    },
    /// A method that changes its value, called on a variable and a path into it.
    MethodOnPlace {
        slot: Slot,
        path: Arc<[PathPart]>,
        indexes: usize,
        name: Name,
        method: Method,
        arguments: ArgumentNames,
    },
    EventMethod {
        name: Name,
        arguments: ArgumentNames,
    },
    /// A method straight on `_metadata`.
    MetadataMethod,
    Call {
        callee: Callee,
        arguments: ArgumentNames,
    },
    /// Names the top of the stack and leaves it there.
    Name {
        slot: Slot,
    },
    Assign {
        slot: Slot,
    },
    AssignPath {
        slot: Slot,
        path: Arc<[PathPart]>,
        indexes: usize,
        operator: Option<crate::tree::Arithmetic>,
    },
    AssignWith {
        slot: Slot,
        operator: crate::tree::Arithmetic,
    },
    /// An assignment into a constant: an error at run time.
    ConstantChanged {
        drop: usize,
    },
    Remember {
        slot: Slot,
    },
    Forget(Arc<[Slot]>),
    ForgetAll,
    Say,
    Debug,
    Log(LogLevel),
    Jump(Target),
    /// Until `ConditionEnd`, a failed operation goes to the target.
    Condition {
        failed: Target,
    },
    /// Goes to the target if the top is not true.
    ConditionEnd {
        otherwise: Target,
    },
    LoopStart {
        value: Slot,
        index: Option<Slot>,
    },
    LoopNext {
        value: Slot,
        index: Option<Slot>,
        end: Target,
    },
    LoopLeave {
        value: Slot,
        index: Option<Slot>,
    },
    Hold {
        number: usize,
        secure: bool,
    },
    Goto(Arc<Goto>),
    Previous(Previous),
    Return,
}

/// One part of a path into a variable. An index waits on the stack.
#[derive(Debug, Clone)]
pub(crate) enum PathPart {
    Key(Name, Pos),
    Index(Pos),
}

/// A place; parts that are computed wait on the stack, in the order step, flow, bot.
#[derive(Debug)]
pub(crate) struct Goto {
    pub(crate) step: Option<Part>,
    pub(crate) flow: Option<Part>,
    pub(crate) bot: Option<Part>,
}

#[derive(Debug)]
pub(crate) enum Part {
    Literal(Name),
    Computed,
}

#[derive(Debug, Clone)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Native(Native),
    Custom(Name),
    /// A definition that is called like a native component.
    Widget(Name),
    Function(usize),
    /// A closure in a local, if there is one.
    Closure(Slot, Name),
}

#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) ops: Vec<Op>,
    /// The place of each operation.
    pub(crate) places: Vec<Pos>,
    /// The names of the slots.
    pub(crate) names: Vec<Name>,
    /// Which flow the code stands in.
    pub(crate) flow: usize,
    pub(crate) parameters: usize,
    /// Where to go on after each hold.
    pub(crate) resumes: Vec<Resume>,
    pub(crate) loop_sites: Vec<LoopSite>,
    /// Whether remembered values can be read here.
    pub(crate) sees_memories: bool,
}

impl Code {
    pub(crate) fn place(&self, at: Target) -> Pos {
        self.places.get(at).copied().unwrap_or(Pos::NONE)
    }
}

/// The way back behind a hold: the lists of the loops around it are computed again, from the outermost.
#[derive(Debug)]
pub(crate) struct Resume {
    pub(crate) behind: Target,
    /// The innermost loop around the hold.
    pub(crate) inner: Option<usize>,
}

/// A foreach in the code.
#[derive(Debug)]
pub(crate) struct LoopSite {
    /// Where the code of its list begins.
    pub(crate) list: Target,
    /// Its `LoopStart`.
    pub(crate) start: Target,
    pub(crate) outer: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: Name,
    pub(crate) code: Arc<Code>,
    pub(crate) checksum: u64,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) name: Name,
    pub(crate) commands: Vec<String>,
    pub(crate) steps: HashMap<Name, Step>,
    pub(crate) constants: HashMap<Name, Value>,
    pub(crate) closures: HashMap<u64, Arc<Code>>,
}

/// A bot, ready to run. Shared by all of its conversations.
#[derive(Debug)]
pub struct Program {
    pub(crate) bot_id: String,
    pub(crate) bot_name: String,
    pub(crate) flows: Vec<Flow>,
    pub(crate) flow_by_name: HashMap<Name, usize>,
    /// Lower-case names and ids, for triggers.
    pub(crate) flow_by_any: HashMap<String, usize>,
    /// Lower-case commands; the first flow that has one.
    pub(crate) flow_by_command: HashMap<String, usize>,
    pub(crate) default_flow: usize,
    /// As written in the file: bots read it from their context.
    pub(crate) default_flow_text: Name,
    pub(crate) functions: Vec<Arc<Code>>,
    pub(crate) env: Value,
    pub(crate) apps_endpoint: Option<String>,
    pub(crate) multibot: Vec<crate::bot::OtherBot>,
    pub(crate) custom: HashMap<Name, Custom>,
    pub(crate) widgets: HashMap<Name, Custom>,
    pub(crate) warnings: crate::report::Report,
}

impl Program {
    /// The bot's id.
    pub fn bot_id(&self) -> &str {
        &self.bot_id
    }

    /// The bot's name.
    pub fn bot_name(&self) -> &str {
        &self.bot_name
    }

    /// The names of the flows, in the order of the file.
    pub fn flow_names(&self) -> impl Iterator<Item = &str> {
        self.flows.iter().map(|flow| flow.name.as_ref())
    }

    /// Every command with the flow it starts. A host can warn when one equals a word of its own.
    pub fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.flows.iter().flat_map(|flow| {
            flow.commands.iter().map(|command| (command.as_str(), flow.name.as_ref()))
        })
    }

    /// What the author should know although the bot runs.
    pub fn warnings(&self) -> &[crate::report::Diagnostic] {
        &self.warnings.warnings
    }
}
