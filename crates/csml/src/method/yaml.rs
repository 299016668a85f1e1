//! YAML in and out.

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::{
    lex::Pos,
    problem::{Outcome, soft},
    report::Kind,
    run::world::World,
    value::{self, DEPTH_MAX, Map, Value},
};

/// A list or object that is being read, with the key that waits for its value.
enum Open {
    List(Vec<Value>),
    Map(Map, Option<String>),
}

/// Reads the first document. Plain words stay a text.
pub(super) fn read(text: &str, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let mut open: Vec<Open> = Vec::new();
    let broken = |why: &str| soft(Kind::BadYaml, format!("this is neither JSON nor YAML: {why}"));
    world.burn_bytes(text.len().saturating_mul(16))?;
    for event in Parser::new_from_str(text) {
        let Ok((event, _)) = event else {
            return broken("its syntax is broken");
        };
        let done = match event {
            Event::Scalar(words, style, _, _) => scalar(&words, style, at),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::default(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::list(items, at),
                Some(Open::Map(map, _)) => Value::map(map, at),
                None => return broken("its ends do not fit"),
            },
            // An alias may make a small text a huge value.
            Event::Alias(_) => return broken("aliases are not read"),
            Event::DocumentEnd | Event::StreamEnd => break,
            _ => continue,
        };
        if open.len() >= usize::from(DEPTH_MAX) {
            return broken("it nests too deep");
        }
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(map, key)) => match key.take() {
                None => *key = Some(done.to_text()),
                Some(key) => {
                    map.insert(key.into(), done);
                }
            },
        }
    }
    if text.trim().is_empty() { Ok(Value::null(at)) } else { broken("it holds no document") }
}

fn scalar(words: &str, style: ScalarStyle, at: Pos) -> Value {
    if style != ScalarStyle::Plain {
        return Value::text(words, at);
    }
    match words {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(at),
        "true" | "True" | "TRUE" => Value::bool(true, at),
        "false" | "False" | "FALSE" => Value::bool(false, at),
        _ => number(words, at).unwrap_or_else(|| Value::text(words, at)),
    }
}

fn number(words: &str, at: Pos) -> Option<Value> {
    let digits = words.trim_start_matches(['-', '+']);
    if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        if digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        if let Ok(int) = words.parse() {
            return Some(Value::int(int, at));
        }
        return words.parse().ok().map(|float| Value::float(float, at));
    }
    None
}

/// Block style, as YAML libraries write it.
pub(super) fn write(map: &Map) -> String {
    let mut text = "---\n".to_owned();
    if map.len() == 0 {
        text.push_str("{}\n");
    }
    write_map(map, 0, &mut text);
    text
}

fn indent(depth: usize, to: &mut String) {
    to.extend(std::iter::repeat_n(' ', depth * 2));
}

fn write_map(map: &Map, depth: usize, to: &mut String) {
    for (index, (key, value)) in map.fields().iter().enumerate() {
        if index > 0 || depth == 0 {
            indent(depth, to);
        }
        write_text(key, to);
        to.push(':');
        write_inner(value, depth, to);
    }
}

/// What follows a key: on the same line, or as a block below.
fn write_inner(value: &Value, depth: usize, to: &mut String) {
    match &value.kind {
        value::Kind::Map(map) if map.len() > 0 => {
            to.push('\n');
            indent(depth + 1, to);
            write_map(map, depth + 1, to);
        }
        value::Kind::List(list) if !list.items().is_empty() => {
            to.push('\n');
            write_list(list.items(), depth + 1, to);
        }
        _ => {
            to.push(' ');
            write_scalar(value, to);
            to.push('\n');
        }
    }
}

fn write_list(items: &[Value], depth: usize, to: &mut String) {
    for item in items {
        indent(depth, to);
        to.push('-');
        match &item.kind {
            value::Kind::Map(map) if map.len() > 0 => {
                to.push(' ');
                write_map(map, depth + 1, to);
            }
            value::Kind::List(list) if !list.items().is_empty() => {
                to.push('\n');
                write_list(list.items(), depth + 1, to);
            }
            _ => {
                to.push(' ');
                write_scalar(item, to);
                to.push('\n');
            }
        }
    }
}

fn write_scalar(value: &Value, to: &mut String) {
    match &value.kind {
        value::Kind::Null | value::Kind::Closure(_) => to.push('~'),
        value::Kind::Map(_) => to.push_str("{}"),
        value::Kind::List(_) => to.push_str("[]"),
        value::Kind::Float(float) => value::write_float(*float, to),
        value::Kind::Text(text) => write_text(text, to),
        _ => value.write_text(to),
    }
}

/// Quoted where the bare words would read as something else.
fn write_text(text: &str, to: &mut String) {
    let first = text.chars().next();
    let special = first.is_none_or(|c| c.is_whitespace() || "!&*-?|>@`\"'%#,[]{}:=~".contains(c))
        || text.ends_with(char::is_whitespace)
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.chars().any(char::is_control)
        || text.parse::<f64>().is_ok()
        || matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if special {
        value::json_text(&Value::text(text, Pos::NONE), to);
    } else {
        to.push_str(text);
    }
}
