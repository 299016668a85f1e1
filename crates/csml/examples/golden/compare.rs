//! Comparing what came with what a case expects, matchers included.

use serde_json::Value;

/// Where and how two values differ first.
pub(crate) fn same(expected: &Value, actual: &Value, at: &str) -> Result<(), String> {
    if let Some(matcher) = expected.as_object().filter(|object| object.len() == 1)
        && let Some((name, argument)) = matcher.iter().next()
        && let Some(result) = matches(name, argument, actual, at)
    {
        return result;
    }
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (key, value) in wanted {
                let inner = given.get(key).ok_or_else(|| different(expected, actual, at))?;
                same(value, inner, &format!("{at}.{key}"))?;
            }
            if given.len() == wanted.len() { Ok(()) } else { Err(different(expected, actual, at)) }
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            for (index, (value, inner)) in wanted.iter().zip(given).enumerate() {
                same(value, inner, &format!("{at}[{index}]"))?;
            }
            Ok(())
        }
        _ if expected == actual => Ok(()),
        _ => Err(different(expected, actual, at)),
    }
}

pub(crate) fn different(expected: &Value, actual: &Value, at: &str) -> String {
    format!("  at {at}\n  - {expected}\n  + {actual}\n")
}

/// None if the name is no matcher's.
fn matches(name: &str, argument: &Value, actual: &Value, at: &str) -> Option<Result<(), String>> {
    let hit = match name {
        "$any" => true,
        "$one_of" => argument
            .as_array()
            .is_some_and(|list| list.iter().any(|value| same(value, actual, at).is_ok())),
        "$regex" => {
            let pattern = argument.as_str().and_then(|pattern| regex::Regex::new(pattern).ok());
            pattern.zip(actual.as_str()).is_some_and(|(pattern, text)| pattern.is_match(text))
        }
        "$unordered" => unordered(argument, actual, at),
        "$error" => return Some(error(argument, actual, at)),
        "$error_text" => actual.as_str().is_some_and(|text| !text.is_empty()),
        _ => return None,
    };
    let expected = serde_json::json!({ name: argument });
    Some(if hit { Ok(()) } else { Err(different(&expected, actual, at)) })
}

fn unordered(wanted: &Value, actual: &Value, at: &str) -> bool {
    let (Some(wanted), Some(given)) = (wanted.as_array(), actual.as_array()) else {
        return false;
    };
    let mut left: Vec<&Value> = given.iter().collect();
    let all = wanted.iter().all(|value| {
        let found = left.iter().position(|other| same(value, other, at).is_ok());
        found.map(|index| left.remove(index)).is_some()
    });
    all && left.is_empty()
}

/// The text of an error was replaced by its record: kind, flow and line must fit.
fn error(wanted: &Value, actual: &Value, at: &str) -> Result<(), String> {
    for key in ["kind", "flow", "line"] {
        if let Some(value) = wanted.get(key)
            && actual.get(key) != Some(value)
        {
            return Err(different(wanted, actual, at));
        }
    }
    Ok(())
}
