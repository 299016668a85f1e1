//! `+ - * / %`

use super::{Kind, Value};
use crate::tree::Arithmetic;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Illegal,
    Overflow,
    DivisionByZero,
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

fn read(text: &str) -> Option<Number> {
    text.parse().map(Number::Int).or_else(|_| text.parse().map(Number::Float)).ok()
}

fn number(value: &Value) -> Option<Number> {
    match &value.kind {
        Kind::Int(int) => Some(Number::Int(*int)),
        Kind::Float(float) => Some(Number::Float(*float)),
        Kind::Text(text) => read(text),
        _ => None,
    }
}

/// The result stands where the left side stood, and is secret if either side was.
pub(crate) fn calculate(operator: Arithmetic, a: &Value, b: &Value) -> Result<Value, Refused> {
    let kind = match (&a.kind, &b.kind) {
        (Kind::Text(left), Kind::Text(right)) => texts(operator, left, right)?,
        _ => numbers(
            operator,
            number(a).ok_or(Refused::Illegal)?,
            number(b).ok_or(Refused::Illegal)?,
            false,
        )?,
    };
    Ok(Value::new(kind, a.at).secure_if(a.secure || b.secure))
}

fn texts(operator: Arithmetic, left: &str, right: &str) -> Result<Kind, Refused> {
    match (read(left), read(right)) {
        (Some(a), Some(b)) => numbers(operator, a, b, true),
        (None, _) if operator == Arithmetic::Add => {
            let mut joined = String::with_capacity(left.len() + right.len());
            joined.push_str(left);
            joined.push_str(right);
            Ok(Kind::Text(joined.into()))
        }
        _ => Err(Refused::Illegal),
    }
}

fn numbers(operator: Arithmetic, a: Number, b: Number, cut: bool) -> Result<Kind, Refused> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => ints(operator, a, b, cut),
        (a, b) => floats(operator, float(a), float(b)),
    }
}

fn float(number: Number) -> f64 {
    match number {
        Number::Int(int) => int as f64,
        Number::Float(float) => float,
    }
}

/// `cut`: two texts that read as integers divide without a rest.
fn ints(operator: Arithmetic, a: i64, b: i64, cut: bool) -> Result<Kind, Refused> {
    let result = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Remainder => a.checked_rem(b),
        Arithmetic::Divide if b == 0 => return Err(Refused::DivisionByZero),
        // The one quotient that does not fit has no remainder either.
        Arithmetic::Divide if cut || a.checked_rem(b).is_none_or(|rest| rest == 0) => {
            a.checked_div(b)
        }
        Arithmetic::Divide => return Ok(Kind::Float(a as f64 / b as f64)),
    };
    result.map(Kind::Int).ok_or(Refused::Overflow)
}

fn floats(operator: Arithmetic, a: f64, b: f64) -> Result<Kind, Refused> {
    Ok(Kind::Float(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide if b == 0.0 => return Err(Refused::DivisionByZero),
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder if b == 0.0 => return Err(Refused::Overflow),
        Arithmetic::Remainder => a % b,
    }))
}
