//! Methods of texts.

use super::{html, none, number, one_text, regex_methods, slice, two_texts, uri, xml, yaml};
use crate::{
    lex::Pos,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::world::World,
    value::{Value, from_json},
};

pub(super) fn call(
    name: &str,
    text: &str,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Option<Value>> {
    let plain = || none(arguments, &format!("`text.{name}()`"));
    let one = || one_text(arguments, &format!("`text.{name}(\"..\")`"));
    let make = |text: String| Value::text(text, at);
    let value = match name {
        "length" => {
            plain()?;
            Value::count(text.len(), at)
        }
        "is_empty" => Value::bool(text.is_empty(), at),
        "to_uppercase" => {
            plain()?;
            make(text.to_uppercase())
        }
        "to_lowercase" => {
            plain()?;
            make(text.to_lowercase())
        }
        "capitalize" => {
            plain()?;
            make(capitalize(text))
        }
        "trim" => {
            plain()?;
            make(text.trim().to_owned())
        }
        "trim_left" => {
            plain()?;
            make(text.trim_start().to_owned())
        }
        "trim_right" => {
            plain()?;
            make(text.trim_end().to_owned())
        }
        "append" => make([text, one()?].concat()),
        "contains" => Value::bool(text.contains(one()?), at),
        "starts_with" => Value::bool(text.starts_with(one()?), at),
        "ends_with" => Value::bool(text.ends_with(one()?), at),
        "match" => hits(text.matches(one()?), at, world)?,
        "replace" | "replace_all" => replace(name, text, arguments, at, world)?,
        "split" => split(text, one()?, at, world)?,
        "slice" => {
            let (from, to) = slice::range(arguments, text.chars().count())?;
            make(text.chars().skip(from).take(to - from).collect())
        }
        "is_number" => {
            plain()?;
            Value::bool(text.parse::<f64>().is_ok(), at)
        }
        "is_int" => {
            plain()?;
            Value::bool(text.parse::<i64>().is_ok(), at)
        }
        "is_float" => {
            plain()?;
            Value::bool(text.contains('.') && text.parse::<f64>().is_ok(), at)
        }
        "is_email" => {
            plain()?;
            Value::bool(is_email(text), at)
        }
        "from_json" => {
            plain()?;
            read_json(text, at)?
        }
        "to_json" => {
            plain()?;
            if looks_like_xml(text) {
                xml::read(text, at, world)?
            } else {
                yaml::read(text, at, world)?
            }
        }
        "encode_uri" | "decode_uri" | "encode_uri_component" | "decode_uri_component" => {
            plain()?;
            uri::call(name, text, at)?
        }
        "encode_html_entities" => {
            plain()?;
            make(html::encode(text))
        }
        "decode_html_entities" => {
            plain()?;
            make(html::decode(text))
        }
        _ => {
            if let Some(value) = regex_methods::call(name, text, arguments, at, world)? {
                return Ok(Some(value));
            }
            return number::of_text(name, text, arguments, at);
        }
    };
    Ok(Some(value))
}

fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// An array of the hits, or null.
pub(super) fn hits<'t>(
    hits: impl Iterator<Item = &'t str>,
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    let mut list = Vec::new();
    for hit in hits {
        world.burn(1)?;
        world.make_bytes(hit.len() + 8)?;
        list.push(Value::text(hit, at));
    }
    Ok(if list.is_empty() { Value::null(at) } else { Value::list(list, at) })
}

fn replace(
    name: &str,
    text: &str,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    let (from, to) = two_texts(arguments, &format!("`text.{name}(\"old\", \"new\")`"))?;
    let count = if name == "replace" {
        text.matches(from).take(1).count()
    } else {
        text.matches(from).count()
    };
    world.make_bytes(text.len().saturating_add(count.saturating_mul(to.len())))?;
    Ok(Value::text(text.replacen(from, to, count), at))
}

fn split(text: &str, separator: &str, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let mut parts = Vec::new();
    for part in text.split(separator) {
        world.burn(1)?;
        parts.push(Value::text(part, at));
    }
    Ok(Value::list(parts, at))
}

/// Something, an @, something, a dot, something.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    let dotted = host.char_indices().any(|(at, c)| c == '.' && at > 0 && at + 1 < host.len());
    !name.is_empty() && !host.contains('@') && dotted
}

fn looks_like_xml(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

fn read_json(text: &str, at: Pos) -> Outcome<Value> {
    let json: serde_json::Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return soft(Kind::BadJson, format!("this is no JSON: {error}")),
    };
    from_json(&json, at).map_err(|_| Problem::new(Kind::BadJson, "this JSON nests too deep").into())
}
