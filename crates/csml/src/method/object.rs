//! Methods of objects and components.

use std::fmt::Write as _;

use super::{none, yaml};
use crate::{
    lex::Pos,
    problem::{Outcome, Problem, soft},
    report::Kind,
    value::{self, Map, Value},
};

pub(super) fn call(name: &str, map: &Map, arguments: &[Value], at: Pos) -> Outcome<Option<Value>> {
    let plain = || none(arguments, &format!("`object.{name}()`"));
    let key = || super::one_text(arguments, &format!("`object.{name}(\"key\")`"));
    let value = match name {
        "length" => {
            plain()?;
            Value::count(map.len(), at)
        }
        "is_empty" => {
            plain()?;
            Value::bool(map.len() == 0, at)
        }
        "keys" => {
            plain()?;
            Value::list(map.fields().keys().map(|key| Value::text(key.clone(), at)).collect(), at)
        }
        "values" => {
            plain()?;
            Value::list(map.fields().values().cloned().collect(), at)
        }
        "contains" => Value::bool(map.get(key()?).is_some(), at),
        "get" => map.get(key()?).cloned().unwrap_or_else(|| Value::null(at)),
        "to_yaml" => {
            plain()?;
            Value::text(yaml::write(map), at)
        }
        "to_xml" => {
            plain()?;
            let mut text = String::new();
            write_xml(map, &mut text)?;
            Value::text(text, at)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

pub(super) fn change(map: &mut Map, name: &str, arguments: Vec<Value>, at: Pos) -> Outcome<Value> {
    let mut arguments = arguments.into_iter();
    let (first, second, more) = (arguments.next(), arguments.next(), arguments.next());
    let key = match first.as_ref().map(|first| &first.kind) {
        Some(value::Kind::Text(key)) => Some(key.clone()),
        _ => None,
    };
    match (name, key, first, second, more) {
        ("insert", Some(key), _, Some(value), None) => {
            map.insert(key, value);
            Ok(Value::null(at))
        }
        ("assign", None, Some(other), None, None) if other.as_map().is_some() => {
            for (key, value) in other.as_map().map(Map::fields).into_iter().flatten() {
                map.insert(key.clone(), value.clone());
            }
            Ok(Value::null(at))
        }
        ("remove", Some(key), _, None, None) => {
            Ok(map.remove(&key).unwrap_or_else(|| Value::null(at)))
        }
        ("clear_values", None, None, None, None) => {
            let keys: Vec<_> = map.fields().keys().cloned().collect();
            for key in keys {
                map.insert(key, Value::null(at));
            }
            Ok(Value::null(at))
        }
        ("insert" | "assign" | "remove" | "clear_values", ..) => Err(Problem::arguments(
            "`insert(\"key\", value)`, `assign(object)`, `remove(\"key\")`, `clear_values()`",
        )
        .into()),
        _ => Err(super::unknown(name).into()),
    }
}

/// Elements without a root. Text is escaped, which the engine leaves out.
fn write_xml(map: &Map, to: &mut String) -> Outcome<()> {
    for (key, value) in map.fields() {
        let _ = write!(to, "<{key}>");
        match &value.kind {
            value::Kind::Map(inner) => write_xml(inner, to)?,
            value::Kind::List(_) | value::Kind::Closure(_) => {
                return soft(Kind::NotConvertible, "an array has no XML form");
            }
            value::Kind::Null => {}
            _ => to.push_str(&super::html::encode(&value.to_text())),
        }
        let _ = write!(to, "</{key}>");
    }
    Ok(())
}
