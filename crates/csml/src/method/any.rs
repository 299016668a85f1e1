//! Methods that every plain value has.

use super::none;
use crate::{
    lex::Pos,
    problem::{Outcome, Problem},
    value::{Kind, Value},
};

pub(super) fn call(
    name: &str,
    receiver: &Value,
    arguments: &[Value],
    at: Pos,
) -> Outcome<Option<Value>> {
    let usage = || none(arguments, &format!("`value.{name}()`"));
    let value = match name {
        "type_of" => {
            usage()?;
            Value::text(receiver.type_name(), at)
        }
        "to_string" => {
            usage()?;
            Value::text(receiver.to_text(), at)
        }
        "is_error" => {
            usage()?;
            Value::bool(receiver.is_error(), at)
        }
        "get_info" => info(receiver, arguments, at)?,
        "is_number" | "is_int" | "is_float" if !matches!(receiver.kind, Kind::Text(_)) => {
            usage()?;
            let is = match receiver.kind {
                Kind::Int(_) => name != "is_float",
                Kind::Float(_) => name != "is_int",
                _ => false,
            };
            Value::bool(is, at)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn info(receiver: &Value, arguments: &[Value], at: Pos) -> Outcome<Value> {
    let Some(notes) = &receiver.notes else {
        return Ok(Value::text("Null", at));
    };
    let whole = || Value::new(Kind::Map(notes.clone()), at);
    match arguments {
        [] => Ok(whole()),
        [key] => Ok(key.as_text().and_then(|key| notes.get(key)).cloned().unwrap_or_else(whole)),
        _ => Err(Problem::arguments("`value.get_info(\"key\")`").into()),
    }
}
