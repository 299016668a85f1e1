//! What `slice` means, for texts and arrays alike.

use crate::{
    problem::{Outcome, Problem, soft},
    report::Kind,
    value::{self, Value},
};

/// The range of a slice. Numbers below zero count from the end.
pub(super) fn range(arguments: &[Value], length: usize) -> Outcome<(usize, usize)> {
    let usage = || Problem::arguments("`value.slice(start, end)`, with integers");
    let number = |value: &Value| match value.kind {
        value::Kind::Int(int) => Ok(int),
        _ => Err(usage()),
    };
    let (start, end) = match arguments {
        [start] => (number(start)?, None),
        [start, end] => (number(start)?, Some(number(end)?)),
        _ => return Err(usage().into()),
    };
    let signed_length = i64::try_from(length).unwrap_or(i64::MAX);
    let place = |int: i64| {
        if int < 0 { int.saturating_add(signed_length) } else { int }
    };
    let out = || {
        soft(Kind::SliceOutOfRange, format!("the slice goes beyond the {length} that are there"))
    };
    let from = place(start);
    if from < 0 || from >= signed_length {
        return out();
    }
    let to = match end {
        None => signed_length,
        Some(end) => place(end),
    };
    if to < 0 || to > signed_length {
        return out();
    }
    if to < from {
        return soft(Kind::SliceReversed, "the slice ends before it starts");
    }
    Ok((usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0)))
}
