//! Constants are computed once, when the bot is compiled.

use std::{collections::HashMap, sync::Arc};

use super::Unit;
use crate::{
    lex::Pos,
    report::{Diagnostic, Kind, Report},
    tree::{Expr, ExprKind, Name, Operator, Piece},
    value::{
        Map, Value,
        arithmetic::{self, Refused},
        compare,
    },
};

type Fault = (Kind, Pos, &'static str);

pub(super) fn all(unit: &Unit<'_>, report: &mut Report) -> HashMap<Name, Value> {
    let mut values = HashMap::new();
    for constant in &unit.tree.constants {
        let value = evaluate(&constant.value).and_then(|value| {
            let fits = value.depth() <= crate::value::DEPTH_MAX;
            if fits {
                Ok(value)
            } else {
                Err((Kind::TooDeep, constant.at, "the constant nests too deep"))
            }
        });
        match value {
            Ok(value) => {
                values.insert(constant.name.clone(), value);
            }
            Err((kind, at, message)) => {
                report.errors.push(
                    Diagnostic::new(kind, &unit.name, at, message)
                        .about(&constant.name)
                        .help("a constant is made of literals, arrays, objects and operators, without names or calls"),
                );
            }
        }
    }
    values
}

fn evaluate(expr: &Expr) -> Result<Value, Fault> {
    let at = expr.at;
    let refused = |message| Err((Kind::ConstantExpression, at, message));
    Ok(match &expr.kind {
        ExprKind::Null => Value::null(at),
        ExprKind::Bool(bool) => Value::bool(*bool, at),
        ExprKind::Int(int) => Value::int(*int, at),
        ExprKind::Float(float) => Value::float(*float, at),
        ExprKind::Text(pieces) => match pieces.as_slice() {
            [] => Value::text("", at),
            [Piece::Text(text)] => Value::text(text.as_str(), at),
            pieces => {
                let place = pieces.iter().find_map(|piece| match piece {
                    Piece::Value(value) => Some(value.at),
                    Piece::Text(_) => None,
                });
                return Err((
                    Kind::ConstantExpression,
                    place.unwrap_or(at),
                    "a constant's text has no `{{ }}`",
                ));
            }
        },
        ExprKind::List(items) => {
            Value::list(items.iter().map(evaluate).collect::<Result<_, _>>()?, at)
        }
        ExprKind::Map(fields) => {
            let mut map = Map::default();
            for (key, value) in fields {
                map.insert(key.clone(), evaluate(value)?);
            }
            Value::new(crate::value::Kind::Map(Arc::new(map)), at)
        }
        ExprKind::Signed(sign, inner) => {
            let inner = evaluate(inner)?;
            arithmetic::calculate(*sign, &Value::int(0, at), &inner)
                .map_err(|why| arithmetic_fault(why, at))?
        }
        ExprKind::Chain(first, rest) => {
            let mut left = evaluate(first)?;
            for (operator, right) in rest {
                let right = evaluate(right)?;
                left = operate(*operator, &left, &right)?;
            }
            left
        }
        ExprKind::Not(count, inner) => {
            let truth = evaluate(inner)?.is_true();
            Value::bool(if count % 2 == 1 { !truth } else { truth }, at)
        }
        ExprKind::Name(_) => return refused("a constant cannot be made from a name"),
        ExprKind::Call { .. } | ExprKind::Component { .. } => {
            return refused("a constant cannot be made by a call");
        }
        ExprKind::Closure(_) => return refused("a constant cannot be a closure"),
        ExprKind::Path(..) => return refused("a constant cannot be made from a path or a method"),
        ExprKind::As(..) => return refused("a constant cannot hold `as`"),
    })
}

fn operate(operator: Operator, a: &Value, b: &Value) -> Result<Value, Fault> {
    match operator {
        Operator::Arithmetic(operator) => {
            arithmetic::calculate(operator, a, b).map_err(|why| arithmetic_fault(why, a.at))
        }
        Operator::Match | Operator::NotMatch => {
            Err((Kind::ConstantExpression, a.at, "a constant cannot be made with `match`"))
        }
        _ => Ok(Value::bool(compare_with(operator, a, b), a.at)),
    }
}

fn arithmetic_fault(why: Refused, at: Pos) -> Fault {
    match why {
        Refused::Illegal => {
            (Kind::IllegalOperation, at, "these values cannot be combined like this")
        }
        Refused::Overflow => (Kind::Overflow, at, "the result has more than 64 bits"),
        Refused::DivisionByZero => (Kind::DivisionByZero, at, "a division by zero"),
    }
}

/// Comparisons and logic, which never fail.
pub(crate) fn compare_with(operator: Operator, a: &Value, b: &Value) -> bool {
    let order = || compare::order(a, b);
    match operator {
        Operator::Equal => compare::equal(a, b),
        Operator::NotEqual => !compare::equal(a, b),
        Operator::AtLeast => order().is_some_and(|order| order.is_ge()),
        Operator::AtMost => order().is_some_and(|order| order.is_le()),
        Operator::Greater => order().is_some_and(|order| order.is_gt()),
        Operator::Less => order().is_some_and(|order| order.is_lt()),
        Operator::Match => compare::matches(a, b),
        Operator::NotMatch => !compare::matches(a, b),
        Operator::And => a.is_true() && b.is_true(),
        Operator::Or => a.is_true() || b.is_true(),
        Operator::Arithmetic(_) => false,
    }
}
