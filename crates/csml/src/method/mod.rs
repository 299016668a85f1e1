//! The methods of values.

mod any;
pub(crate) mod array;
mod html;
mod number;
mod object;
mod regex_methods;
mod slice;
mod string;
pub(crate) mod uri;
mod xml;
mod yaml;

pub(crate) use regex_methods::pattern;
pub(crate) use string::is_email;

use crate::{
    builtin,
    lex::Pos,
    problem::{Outcome, Problem},
    report::Kind,
    run::world::World,
    value::{self, Value},
};

/// A method that changes the variable it is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Of arrays and objects.
    Container,
    /// Of times.
    Time,
}

impl Method {
    /// Methods that change nothing are not listed: they are found by their name when they are called.
    pub(crate) fn named(name: &str) -> Option<Method> {
        match name {
            "push" | "pop" | "insert_at" | "remove_at" | "insert" | "assign" | "remove"
            | "clear_values" => Some(Method::Container),
            "at" | "unix" | "add" | "sub" | "format" | "with_timezone" | "parse" => {
                Some(Method::Time)
            }
            _ => None,
        }
    }

    pub(crate) fn changes(self) -> bool {
        true
    }

    pub(crate) fn is_of_time(self) -> bool {
        self == Method::Time
    }

    /// Whether what is handed over ends up in the variable.
    pub(crate) fn keeps_arguments(self) -> bool {
        self == Method::Container
    }
}

pub(crate) fn unknown(name: &str) -> Problem {
    Problem::new(Kind::UnknownMethod, format!("there is no method `{name}` for this value"))
        .about(name)
}

/// Whether a method's result comes from outside, not from what it was given.
pub(crate) fn is_outside(receiver: &Value, name: &str) -> bool {
    name == "send" && receiver.tag().is_some_and(|tag| matches!(tag.as_ref(), "http" | "smtp"))
}

/// A method on a value that nobody keeps.
pub(crate) fn call(
    name: &str,
    receiver: Value,
    arguments: Vec<Value>,
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    world.burn_bytes(receiver.weight())?;
    if let Some(value) = builtin::object_method(name, &receiver, &arguments, at, world)? {
        return Ok(value);
    }
    if let Some(method) = Method::named(name) {
        let mut receiver = receiver;
        return change(&mut receiver, name, method, arguments, at, world.ports.clock.now_ms());
    }
    if let Some(value) = any::call(name, &receiver, &arguments, at)? {
        return Ok(value);
    }
    let value = match &receiver.kind {
        value::Kind::Text(text) => string::call(name, text, &arguments, at, world)?,
        value::Kind::Int(int) => number::of_int(name, *int, &arguments, at)?,
        value::Kind::Float(float) => number::of_float(name, *float, &arguments, at)?,
        value::Kind::List(list) => array::call(name, list, &arguments, at, world)?,
        value::Kind::Map(map) => object::call(name, map, &arguments, at)?,
        _ => None,
    };
    value.ok_or_else(|| unknown(name).into())
}

/// A method that changes the value it is called on.
pub(crate) fn change(
    value: &mut Value,
    name: &str,
    method: Method,
    arguments: Vec<Value>,
    at: Pos,
    now_ms: i64,
) -> Outcome<Value> {
    let is_time = value.tag().is_some_and(|tag| tag.as_ref() == "time");
    match method {
        Method::Time if is_time => builtin::time_method(value, name, &arguments, at, now_ms),
        Method::Container if builtin::has_own_methods(value) => Err(unknown(name).into()),
        Method::Container => match &mut value.kind {
            value::Kind::List(list) => {
                array::change(std::sync::Arc::make_mut(list), name, arguments, at)
            }
            value::Kind::Map(map) => {
                object::change(std::sync::Arc::make_mut(map), name, arguments, at)
            }
            _ => Err(unknown(name).into()),
        },
        Method::Time => Err(unknown(name).into()),
    }
}

/// No arguments, or the way to use the method.
pub(crate) fn none(arguments: &[Value], usage: &str) -> Result<(), Problem> {
    if arguments.is_empty() { Ok(()) } else { Err(Problem::arguments(usage)) }
}

/// One text.
pub(crate) fn one_text<'v>(arguments: &'v [Value], usage: &str) -> Result<&'v str, Problem> {
    match arguments {
        [value] => value.as_text().ok_or_else(|| Problem::arguments(usage)),
        _ => Err(Problem::arguments(usage)),
    }
}

/// Two texts.
pub(crate) fn two_texts<'v>(
    arguments: &'v [Value],
    usage: &str,
) -> Result<(&'v str, &'v str), Problem> {
    match arguments {
        [a, b] => a.as_text().zip(b.as_text()).ok_or_else(|| Problem::arguments(usage)),
        _ => Err(Problem::arguments(usage)),
    }
}
