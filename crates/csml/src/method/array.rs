//! Methods of arrays.

use super::{none, one_text, slice};
use crate::{
    lex::Pos,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::world::World,
    value::{self, List, Value, compare},
};

/// `init` makes no more than this.
const INIT_MAX: usize = 100_000;

pub(super) fn call(
    name: &str,
    list: &List,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Option<Value>> {
    let items = list.items();
    let plain = || none(arguments, &format!("`array.{name}()`"));
    let one = || match arguments {
        [value] => Ok(value),
        _ => Err(Problem::arguments(&format!("`array.{name}(value)`"))),
    };
    world.burn(u64::try_from(items.len() / 8).unwrap_or(u64::MAX))?;
    let value = match name {
        "length" => {
            plain()?;
            Value::count(items.len(), at)
        }
        "is_empty" => {
            plain()?;
            Value::bool(items.is_empty(), at)
        }
        "find" => {
            let wanted = one()?;
            Value::list(
                items.iter().filter(|item| compare::same(item, wanted)).cloned().collect(),
                at,
            )
        }
        "index_of" => {
            let wanted = one()?;
            match items.iter().position(|item| compare::same(item, wanted)) {
                Some(index) => Value::count(index, at),
                None => Value::int(-1, at),
            }
        }
        "join" => join(items, one_text(arguments, "`array.join(\", \")`")?, at, world)?,
        "slice" => {
            let (from, to) = slice::range(arguments, items.len())?;
            Value::list(items.get(from..to).unwrap_or(&[]).to_vec(), at)
        }
        "reverse" => {
            plain()?;
            Value::list(items.iter().rev().cloned().collect(), at)
        }
        "append" => {
            let other =
                one()?.as_list().ok_or_else(|| Problem::arguments("`array.append(array)`"))?;
            world.make_bytes(list.weight())?;
            Value::list(items.iter().chain(other).cloned().collect(), at)
        }
        "flatten" => {
            plain()?;
            let mut flat = Vec::new();
            for item in items {
                world.burn(1)?;
                match item.as_list() {
                    Some(inner) => flat.extend(inner.iter().cloned()),
                    None => flat.push(item.clone()),
                }
            }
            Value::list(flat, at)
        }
        "init" => init(one()?, at, world)?,
        "one_of" => {
            plain()?;
            one_of(items, world)?
        }
        "shuffle" => {
            plain()?;
            shuffle(items, at, world)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn join(items: &[Value], separator: &str, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        world.make_bytes(item.weight())?;
        item.write_text(&mut text);
        if text.len() > world.limits.value_bytes {
            world.make_bytes(text.len())?;
        }
    }
    Ok(Value::text(text, at))
}

fn init(count: &Value, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let value::Kind::Int(count) = count.kind else {
        return Err(Problem::arguments("`array.init(10)`").into());
    };
    match usize::try_from(count) {
        Ok(count) if count <= INIT_MAX => {
            world.make_bytes(count.saturating_mul(10))?;
            Ok(Value::list(vec![Value::null(at); count], at))
        }
        _ => {
            soft(Kind::WrongArguments, format!("an array can begin with 0 to {INIT_MAX} elements"))
        }
    }
}

/// A random element.
pub(crate) fn one_of(items: &[Value], world: &World<'_>) -> Outcome<Value> {
    match items.get(world.random_below(items.len())) {
        Some(item) => Ok(item.clone()),
        None => soft(Kind::EmptyArray, "the array is empty"),
    }
}

/// A copy in random order.
pub(crate) fn shuffle(items: &[Value], at: Pos, world: &World<'_>) -> Value {
    let mut shuffled = items.to_vec();
    for index in (1..shuffled.len()).rev() {
        shuffled.swap(index, world.random_below(index + 1));
    }
    Value::list(shuffled, at)
}

pub(super) fn change(
    list: &mut List,
    name: &str,
    arguments: Vec<Value>,
    at: Pos,
) -> Outcome<Value> {
    let mut arguments = arguments.into_iter();
    let (first, second, more) = (arguments.next(), arguments.next(), arguments.next());
    match (name, first, second, more) {
        ("push", Some(value), None, None) => {
            list.push(value);
            Ok(Value::null(at))
        }
        ("pop", None, None, None) => match list.pop() {
            Some(value) => Ok(value),
            None => soft(Kind::EmptyArray, "the array is empty"),
        },
        ("insert_at", Some(index), Some(value), None) => {
            let index = place(&index, list.items().len())?;
            list.insert(index, value);
            Ok(Value::null(at))
        }
        ("remove_at", Some(index), None, None) => {
            let length = list.items().len();
            let index = place(&index, length.saturating_sub(1))?;
            match list.remove(index) {
                Some(value) => Ok(value),
                None => soft(Kind::IndexOutOfRange, format!("the index {index} is out of range")),
            }
        }
        ("push" | "pop" | "insert_at" | "remove_at", ..) => Err(Problem::arguments(
            "`push(value)`, `pop()`, `insert_at(index, value)`, `remove_at(index)`",
        )
        .into()),
        _ => Err(super::unknown(name).into()),
    }
}

fn place(index: &Value, most: usize) -> Outcome<usize> {
    let value::Kind::Int(int) = index.kind else {
        return Err(Problem::arguments("`insert_at(index, value)` or `remove_at(index)`").into());
    };
    if int < 0 {
        return Err(
            Problem::new(Kind::IndexNegative, format!("the index {int} is below zero")).into()
        );
    }
    match usize::try_from(int) {
        Ok(place) if place <= most => Ok(place),
        _ => Err(Problem::new(Kind::IndexOutOfRange, format!("the index {int} is out of range"))
            .about(int.to_string())
            .into()),
    }
}
