//! Methods with patterns. The engine is linear in the text; the size of a compiled pattern is limited.

use regex::{Regex, RegexBuilder};

use super::{one_text, string::hits, two_texts};
use crate::{
    lex::Pos,
    problem::{Outcome, Problem},
    report::Kind,
    run::world::World,
    value::Value,
};

/// The most memory a compiled pattern may take.
const PATTERN_BYTES_MAX: usize = 1 << 18;
/// The longest pattern that is tried.
const PATTERN_TEXT_MAX: usize = 4096;

pub(crate) fn pattern(text: &str) -> Option<Regex> {
    if text.len() > PATTERN_TEXT_MAX {
        return None;
    }
    let mut builder = RegexBuilder::new(text);
    builder
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX)
        .nest_limit(64)
        .build()
        .ok()
}

pub(super) fn call(
    name: &str,
    text: &str,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Option<Value>> {
    let kind = match name {
        "contains_regex" | "replace_regex" => Kind::BadPatternOrArgument,
        "starts_with_regex" | "ends_with_regex" | "match_regex" => Kind::BadPattern,
        _ => return Ok(None),
    };
    // Building a pattern costs more than an operation, and matching goes over the text.
    world.burn(500)?;
    world.burn_bytes(text.len().saturating_mul(4))?;
    let build = |source: &str| {
        pattern(source).ok_or_else(|| {
            Problem::new(kind, format!("the pattern `{source}` is broken")).about(name)
        })
    };
    if name == "replace_regex" {
        let (source, to) = two_texts(arguments, "`text.replace_regex(\"pattern\", \"new\")`")
            .map_err(|problem| Problem { kind, ..problem })?;
        return replace(&build(source)?, text, to, at, world).map(Some);
    }
    let source = one_text(arguments, &format!("`text.{name}(\"pattern\")`"));
    let source =
        source.map_err(|problem| Problem { kind: argument_kind(kind, problem.kind), ..problem })?;
    let regex = build(source)?;
    let value = match name {
        "contains_regex" => Value::bool(regex.is_match(text), at),
        "starts_with_regex" => {
            Value::bool(regex.find(text).is_some_and(|hit| hit.start() == 0), at)
        }
        "ends_with_regex" => {
            let mut ends = false;
            for hit in regex.find_iter(text) {
                world.burn(1)?;
                ends |= hit.end() == text.len();
            }
            Value::bool(ends, at)
        }
        _ => hits(regex.find_iter(text).map(|hit| hit.as_str()), at, world)?,
    };
    Ok(Some(value))
}

fn argument_kind(of_method: Kind, of_arguments: Kind) -> Kind {
    if of_method == Kind::BadPatternOrArgument { of_method } else { of_arguments }
}

fn replace(regex: &Regex, text: &str, to: &str, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let mut result = String::new();
    let mut last = 0;
    for found in regex.captures_iter(text) {
        world.burn(1)?;
        let Some(hit) = found.get(0) else { continue };
        result.push_str(text.get(last..hit.start()).unwrap_or(""));
        found.expand(to, &mut result);
        last = hit.end();
        if result.len() > world.limits.value_bytes {
            world.make_bytes(result.len())?;
        }
    }
    result.push_str(text.get(last..).unwrap_or(""));
    Ok(Value::text(result, at))
}
