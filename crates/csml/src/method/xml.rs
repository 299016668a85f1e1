//! XML as values: elements are keys, repeated ones arrays, attributes `@name`, mixed text `$text`.

use crate::{
    lex::Pos,
    problem::Outcome,
    run::world::World,
    value::{DEPTH_MAX, Map, Value},
};

struct Element {
    name: String,
    children: Map,
    text: String,
}

/// Broken XML stays the text it was.
pub(super) fn read(text: &str, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    world.burn_bytes(text.len().saturating_mul(16))?;
    Ok(parse(text, at).unwrap_or_else(|| Value::text(text, at)))
}

fn parse(text: &str, at: Pos) -> Option<Value> {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Map> = None;
    while !rest.is_empty() {
        let Some(markup) = rest.strip_prefix('<') else {
            let (words, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            match open.last_mut() {
                Some(element) => element.text.push_str(&entities(words)?),
                None if words.trim().is_empty() => {}
                None => return None,
            }
            rest = after;
            continue;
        };
        if let Some(comment) = markup.strip_prefix("!--") {
            rest = after(comment, "-->")?;
        } else if let Some(data) = markup.strip_prefix("![CDATA[") {
            let (words, behind) = data.split_once("]]>")?;
            open.last_mut()?.text.push_str(words);
            rest = behind;
        } else if let Some(instruction) = markup.strip_prefix('?') {
            rest = after(instruction, "?>")?;
        } else if markup.starts_with('!') {
            rest = after(markup, ">")?;
        } else if let Some(end) = markup.strip_prefix('/') {
            let (name, behind) = end.split_once('>')?;
            let element = open.pop().filter(|element| element.name == name.trim())?;
            close(element, &mut open, &mut root, at)?;
            rest = behind;
        } else {
            let (element, empty, behind) = start_tag(markup, at)?;
            if open.len() >= usize::from(DEPTH_MAX) - 2 || (open.is_empty() && root.is_some()) {
                return None;
            }
            if empty {
                close(element, &mut open, &mut root, at)?;
            } else {
                open.push(element);
            }
            rest = behind;
        }
    }
    if open.is_empty() { root.map(|root| Value::map(root, at)) } else { None }
}

fn after<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    text.split_once(end).map(|(_, behind)| behind)
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Map>, at: Pos) -> Option<()> {
    let Element { name, mut children, text } = element;
    let words = text.trim();
    let value = if children.len() == 0 {
        scalar(words, at)
    } else {
        if !words.is_empty() {
            children.insert("$text".into(), scalar(words, at));
        }
        Value::map(children, at)
    };
    let parent = match open.last_mut() {
        Some(parent) => &mut parent.children,
        None => root.insert(Map::default()),
    };
    add(parent, &name, value, at);
    Some(())
}

/// A second element of a name makes an array of both. The array may hold arrays only if they came from here.
fn add(parent: &mut Map, name: &str, value: Value, at: Pos) {
    match parent.get(name) {
        None => {
            parent.insert(name.into(), value);
        }
        Some(before) if before.as_list().is_some() => {
            parent.change(name, |list| {
                if let Some(list) = list.list_mut() {
                    list.push(value);
                }
            });
        }
        Some(before) => {
            let both = Value::list(vec![before.clone(), value], at);
            parent.insert(name.into(), both);
        }
    }
}

fn start_tag(markup: &str, at: Pos) -> Option<(Element, bool, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let length = markup.find(|c: char| !is_name(c))?;
    let (name, mut rest) = markup.split_at(length);
    if name.is_empty() || name.starts_with(|c: char| c.is_numeric() || c == '-' || c == '.') {
        return None;
    }
    let mut element =
        Element { name: name.to_owned(), children: Map::default(), text: String::new() };
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix('>') {
            return Some((element, false, behind));
        }
        if let Some(behind) = rest.strip_prefix("/>") {
            return Some((element, true, behind));
        }
        let length = rest.find(|c: char| !is_name(c))?;
        let (key, behind) = rest.split_at(length);
        let behind = behind.trim_start().strip_prefix('=')?.trim_start();
        let quote = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = behind.get(1..)?.split_once(quote)?;
        if key.is_empty() {
            return None;
        }
        element.children.insert(format!("@{key}").into(), scalar(&entities(value)?, at));
        rest = behind;
    }
}

fn entities(text: &str) -> Option<String> {
    if !text.contains('&') {
        return Some(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, after) = behind.split_once(';')?;
        plain.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    Some(plain)
}

/// Numbers and booleans are converted; leading zeros make a text.
fn scalar(text: &str, at: Pos) -> Value {
    let digits = text.trim_start_matches(['-', '+']);
    let zeros = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    match text {
        "" => Value::null(at),
        "true" => Value::bool(true, at),
        "false" => Value::bool(false, at),
        _ if zeros => Value::text(text, at),
        _ => match (text.parse(), text.parse::<f64>()) {
            (Ok(int), _) => Value::int(int, at),
            (_, Ok(float)) if float.is_finite() => Value::float(float, at),
            _ => Value::text(text, at),
        },
    }
}
