//! Values from JSON, and as the JSON of messages.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{DEPTH_MAX, Kind, Map, Value};
use crate::lex::Pos;

/// The JSON nests deeper than values may.
#[derive(Debug)]
pub(crate) struct TooDeep;

pub(crate) fn from_json(json: &Json, at: Pos) -> Result<Value, TooDeep> {
    read(json, at, DEPTH_MAX)
}

fn read(json: &Json, at: Pos, levels: u16) -> Result<Value, TooDeep> {
    Ok(match json {
        Json::Null => Value::null(at),
        Json::Bool(bool) => Value::bool(*bool, at),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::int(int, at),
            None => Value::float(number.as_f64().unwrap_or(f64::NAN), at),
        },
        Json::String(text) => Value::text(text.as_str(), at),
        Json::Array(items) => {
            let levels = levels.checked_sub(1).ok_or(TooDeep)?;
            Value::list(
                items.iter().map(|item| read(item, at, levels)).collect::<Result<_, _>>()?,
                at,
            )
        }
        Json::Object(fields) => {
            let levels = levels.checked_sub(1).ok_or(TooDeep)?;
            let mut map = Map::default();
            for (key, value) in fields {
                map.insert(key.as_str().into(), read(value, at, levels)?);
            }
            Value::new(Kind::Map(Arc::new(map)), at)
        }
    })
}

/// As in a message: a component inside shows its type.
pub(crate) fn to_json(value: &Value) -> Json {
    match (&value.kind, value.tag()) {
        (Kind::Map(_), Some(tag)) => {
            serde_json::json!({ "content": to_plain_json(value), "content_type": tag.as_ref() })
        }
        _ => to_plain_json(value),
    }
}

/// The same, but the value's own type is left out.
pub(crate) fn to_plain_json(value: &Value) -> Json {
    match &value.kind {
        Kind::Null | Kind::Closure(_) => Json::Null,
        Kind::Bool(bool) => Json::Bool(*bool),
        Kind::Int(int) => Json::from(*int),
        Kind::Float(float) => Json::from(*float),
        Kind::Text(text) => Json::String(text.as_ref().to_owned()),
        Kind::List(list) => Json::Array(list.items().iter().map(to_json).collect()),
        Kind::Map(map) => Json::Object(
            map.fields()
                .iter()
                .map(|(key, value)| (key.as_ref().to_owned(), to_json(value)))
                .collect(),
        ),
    }
}
