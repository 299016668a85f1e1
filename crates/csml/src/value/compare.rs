//! Equality, order and `match`.

use std::cmp::Ordering;

use super::{Kind, Map, Value};

#[derive(Clone, Copy, PartialEq)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn float(self) -> f64 {
        match self {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        }
    }

    fn order(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

fn number_in(text: &str) -> Option<Number> {
    text.parse().map(Number::Int).or_else(|_| text.parse().map(Number::Float)).ok()
}

/// A number, or a text that reads as one.
fn number(value: &Value) -> Option<Number> {
    match &value.kind {
        Kind::Int(int) => Some(Number::Int(*int)),
        Kind::Float(float) => Some(Number::Float(*float)),
        Kind::Text(text) => number_in(text),
        _ => None,
    }
}

/// Two texts compare as numbers only if one reads as an integer and the other as a float.
fn numbers_in_texts(a: &str, b: &str) -> Option<(Number, Number)> {
    match (number_in(a)?, number_in(b)?) {
        (a @ Number::Int(_), b @ Number::Float(_)) | (a @ Number::Float(_), b @ Number::Int(_)) => {
            Some((a, b))
        }
        _ => None,
    }
}

/// `==`
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Text(a), Kind::Text(b)) => {
            a == b
                || numbers_in_texts(a, b).is_some_and(|(a, b)| a.order(b) == Some(Ordering::Equal))
        }
        (
            Kind::Int(_) | Kind::Float(_) | Kind::Text(_),
            Kind::Int(_) | Kind::Float(_) | Kind::Text(_),
        ) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.order(b) == Some(Ordering::Equal),
            _ => false,
        },
        _ => same(a, b),
    }
}

/// Equality without any reading of texts as numbers, as inside of arrays and objects.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Bool(a), Kind::Bool(b)) => a == b,
        (Kind::Int(a), Kind::Int(b)) => a == b,
        (Kind::Float(a), Kind::Float(b)) => a == b,
        (Kind::Text(a), Kind::Text(b)) => a == b,
        (Kind::List(a), Kind::List(b)) => {
            a.items().len() == b.items().len()
                && a.items().iter().zip(b.items()).all(|(a, b)| same(a, b))
        }
        (Kind::Map(a), Kind::Map(b)) => same_fields(a, b),
        (Kind::Closure(a), Kind::Closure(b)) => a == b,
        _ => false,
    }
}

fn same_fields(a: &Map, b: &Map) -> bool {
    a.len() == b.len()
        && a.fields()
            .iter()
            .zip(b.fields())
            .all(|((key_a, a), (key_b, b))| key_a == key_b && same(a, b))
}

/// `<`, `>` and their like.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (&a.kind, &b.kind) {
        (Kind::Text(a), Kind::Text(b)) => match numbers_in_texts(a, b) {
            Some((a, b)) => a.order(b),
            None => Some(a.cmp(b)),
        },
        (Kind::Null, Kind::Null) => Some(Ordering::Equal),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a.cmp(b)),
        (Kind::List(a), Kind::List(b)) => {
            for (a, b) in a.items().iter().zip(b.items()) {
                match order(a, b)? {
                    Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.items().len().cmp(&b.items().len()))
        }
        _ => number(a)?.order(number(b)?),
    }
}

/// The operator `match`.
pub(crate) fn matches(a: &Value, b: &Value) -> bool {
    if matches!(a.kind, Kind::List(_)) || matches!(b.kind, Kind::List(_)) {
        if same(a, b) {
            return true;
        }
        return a.as_list().is_some_and(|items| holds(items, b))
            || b.as_list().is_some_and(|items| holds(items, a));
    }
    match (accepts(a), accepts(b)) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Some(list), None) => holds(list, b),
        (None, Some(list)) => holds(list, a),
        (None, None) => equal(a, b),
    }
}

/// Membership: texts ignore case, all else must be of one type.
pub(crate) fn holds(items: &[Value], value: &Value) -> bool {
    items.iter().any(|item| match (&item.kind, &value.kind) {
        (Kind::Text(a), Kind::Text(b)) => a.eq_ignore_ascii_case(b),
        _ => same(item, value),
    })
}

/// The words a button or a plain object takes as an answer.
pub(crate) fn accepts(value: &Value) -> Option<&[Value]> {
    let map = value.as_map()?;
    if map.tag().is_some_and(|tag| tag.as_ref() != "button") {
        return None;
    }
    map.get("accepts")?.as_list()
}
