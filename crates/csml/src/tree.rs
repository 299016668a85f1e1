//! The tree of a flow, as the parser builds it.

use std::sync::Arc;

use crate::lex::Pos;

/// A name shared by tree, program and values.
pub(crate) type Name = Arc<str>;

#[derive(Debug, Default)]
pub(crate) struct FlowTree {
    pub(crate) constants: Vec<Constant>,
    pub(crate) imports: Vec<Import>,
    pub(crate) inserts: Vec<Insert>,
    pub(crate) functions: Vec<Function>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) name: Name,
    pub(crate) at: Pos,
    pub(crate) value: Expr,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) name: Name,
    pub(crate) alias: Name,
    pub(crate) from: ImportFrom,
    pub(crate) at: Pos,
}

#[derive(Debug)]
pub(crate) enum ImportFrom {
    Anywhere,
    Flow(Name),
    Module(Name),
}

#[derive(Debug)]
pub(crate) struct Insert {
    pub(crate) name: Name,
    pub(crate) alias: Name,
    pub(crate) flow: Name,
    pub(crate) at: Pos,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: Name,
    pub(crate) parameters: Vec<Name>,
    pub(crate) body: Vec<Statement>,
    pub(crate) at: Pos,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: Name,
    pub(crate) body: Vec<Statement>,
    pub(crate) at: Pos,
    /// Over the step's text without blanks and comments: tells whether a hold still fits.
    pub(crate) checksum: u64,
}

#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) parameters: Vec<Name>,
    pub(crate) body: Vec<Statement>,
    pub(crate) at: Pos,
    /// Over the text without blanks and comments: finds the code again after a hold.
    pub(crate) checksum: u64,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) at: Pos,
    pub(crate) kind: StatementKind,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    Say(Expr),
    Debug(Expr),
    Log(LogLevel, Expr),
    Assign { target: Target, operator: Option<Arithmetic>, value: Expr },
    Evaluate(Expr),
    Use(Expr),
    Remember { name: Name, value: Expr },
    Forget(Forget),
    Hold { secure: bool },
    Goto(Place),
    Previous(Previous),
    If { branches: Vec<(Expr, Vec<Statement>)>, otherwise: Vec<Statement> },
    Foreach { value: Name, index: Option<Name>, list: Expr, body: Vec<Statement> },
    While { condition: Expr, body: Vec<Statement> },
    Break,
    Continue,
    Return(Expr),
}

/// How grave a `log` statement calls its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// `log error`
    Error,
    /// `log warn`
    Warn,
    /// `log` or `log info`
    Info,
    /// `log debug`
    Debug,
    /// `log trace`
    Trace,
}

#[derive(Debug)]
pub(crate) enum Forget {
    All,
    Names(Vec<Name>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    Step,
    Flow,
}

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: Name,
    pub(crate) at: Pos,
    pub(crate) path: Vec<Segment>,
}

#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) step: Option<Reference>,
    pub(crate) flow: Option<Reference>,
    pub(crate) bot: Option<Reference>,
    /// `goto end`, which `goto flow end` is not.
    pub(crate) at: Pos,
}

#[derive(Debug)]
pub(crate) enum Reference {
    Literal(Name, Pos),
    Variable(Expr),
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: Pos,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Vec<Piece>),
    Name(Name),
    List(Vec<Expr>),
    Map(Vec<(Name, Expr)>),
    Call {
        name: Name,
        arguments: Vec<Argument>,
    },
    Component {
        name: Name,
        arguments: Vec<Argument>,
    },
    Closure(Arc<Closure>),
    /// A sign before a parenthesis: `-(x)` is `0 - (x)`.
    Signed(Arithmetic, Box<Expr>),
    /// Operators of one precedence, left to right. Flat, so that a long sum is not a deep tree.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
    Not(usize, Box<Expr>),
    Path(Box<Expr>, Vec<Segment>),
    As(Box<Expr>, Name),
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Value(Expr),
}

#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Name>,
    pub(crate) value: Expr,
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) at: Pos,
    pub(crate) kind: SegmentKind,
}

#[derive(Debug)]
pub(crate) enum SegmentKind {
    Key(Name),
    Index(Expr),
    Method(Name, Vec<Argument>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Remainder => "%",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Arithmetic(Arithmetic),
    Equal,
    NotEqual,
    AtLeast,
    AtMost,
    Greater,
    Less,
    Match,
    NotMatch,
    And,
    Or,
}
