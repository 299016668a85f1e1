//! Methods of numbers, and of texts that read as numbers.

use super::none;
use crate::{
    lex::Pos,
    problem::{Outcome, Problem, soft},
    report::Kind,
    value::{self, Value},
};

const INT: &[&str] = &["abs", "ceil", "floor", "round"];

pub(super) fn of_int(name: &str, int: i64, arguments: &[Value], at: Pos) -> Outcome<Option<Value>> {
    let plain = || none(arguments, &format!("`number.{name}()`"));
    let whole_or_float = |float: f64| match whole(float) {
        Some(int) => Value::int(int, at),
        None => Value::float(float, at),
    };
    let value = match name {
        "abs" => {
            plain()?;
            match int.checked_abs() {
                Some(int) => Value::int(int, at),
                None => Value::int(i64::MAX, at),
            }
        }
        "ceil" | "floor" | "round" | "to_int" => {
            plain()?;
            Value::int(int, at)
        }
        "to_float" => {
            plain()?;
            Value::float(int as f64, at)
        }
        "cos" | "sin" | "tan" | "sqrt" => {
            plain()?;
            whole_or_float(curve(name, int as f64))
        }
        "pow" => whole_or_float_power(int, exponent(arguments)?, at),
        "precision" => {
            digits(arguments)?;
            Value::int(int, at)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

pub(super) fn of_float(
    name: &str,
    float: f64,
    arguments: &[Value],
    at: Pos,
) -> Outcome<Option<Value>> {
    let plain = || none(arguments, &format!("`number.{name}()`"));
    let value = match name {
        "abs" | "ceil" | "floor" | "round" => {
            plain()?;
            Value::float(rounded(name, float), at)
        }
        "cos" | "sin" | "tan" | "sqrt" => {
            plain()?;
            Value::float(curve(name, float), at)
        }
        "pow" => Value::float(float.powf(exponent(arguments)?), at),
        "precision" => {
            let digits = digits(arguments)?;
            let text = format!("{float:.digits$}");
            Value::float(text.parse().unwrap_or(float), at)
        }
        "to_int" => {
            plain()?;
            // A cast cuts, and sticks at the bounds.
            Value::int(float as i64, at)
        }
        "to_float" => {
            plain()?;
            Value::float(float, at)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// Texts have the same methods if they read as a number.
pub(super) fn of_text(
    name: &str,
    text: &str,
    arguments: &[Value],
    at: Pos,
) -> Outcome<Option<Value>> {
    let known = INT.contains(&name)
        || matches!(name, "cos" | "sin" | "tan" | "sqrt" | "pow" | "to_int" | "to_float");
    if !known {
        return Ok(None);
    }
    if name != "pow" {
        none(arguments, &format!("`text.{name}()`"))?;
    }
    if let Ok(int) = text.parse() {
        return of_int(name, int, arguments, at);
    }
    match text.parse() {
        Ok(float) => of_float(name, float, arguments, at),
        Err(_) => {
            let problem = Problem::new(
                Kind::NotNumeric,
                format!("`{name}` needs a number, the text is none"),
            );
            Err(problem.about(name).into())
        }
    }
}

fn rounded(name: &str, float: f64) -> f64 {
    match name {
        "abs" => float.abs(),
        "ceil" => float.ceil(),
        "floor" => float.floor(),
        _ => float.round(),
    }
}

fn curve(name: &str, float: f64) -> f64 {
    match name {
        "cos" => float.cos(),
        "sin" => float.sin(),
        "tan" => float.tan(),
        _ => float.sqrt(),
    }
}

fn whole(float: f64) -> Option<i64> {
    let fits = float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0;
    fits.then_some(float as i64)
}

fn whole_or_float_power(base: i64, exponent: f64, at: Pos) -> Value {
    let exact = (exponent.fract() == 0.0 && (0.0..=64.0).contains(&exponent))
        .then(|| base.checked_pow(exponent as u32))
        .flatten();
    if let Some(int) = exact {
        return Value::int(int, at);
    }
    let float = (base as f64).powf(exponent);
    match whole(float) {
        Some(int) => Value::int(int, at),
        None => Value::float(float, at),
    }
}

fn exponent(arguments: &[Value]) -> Outcome<f64> {
    let usage = || Problem::arguments("`number.pow(exponent)`");
    let [value] = arguments else {
        return Err(usage().into());
    };
    match &value.kind {
        value::Kind::Int(int) => Ok(*int as f64),
        value::Kind::Float(float) => Ok(*float),
        value::Kind::Text(text) => text.parse().map_err(|_| usage().into()),
        _ => Err(usage().into()),
    }
}

fn digits(arguments: &[Value]) -> Outcome<usize> {
    match arguments {
        [Value { kind: value::Kind::Int(int), .. }] => match usize::try_from(*int) {
            Ok(digits) => Ok(digits.min(300)),
            Err(_) => soft(Kind::WrongArguments, "the number of digits cannot be below zero"),
        },
        _ => Err(Problem::arguments("`number.precision(digits)`").into()),
    }
}
