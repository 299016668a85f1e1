//! The text form of values, as strings, `to_string()`, `join()` and `debug` show it.

use std::fmt::Write as _;

use super::{Kind, Map, Value};

impl Value {
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text);
        text
    }

    pub(crate) fn write_text(&self, to: &mut String) {
        match &self.kind {
            Kind::Null | Kind::Closure(_) => to.push_str("Null"),
            Kind::Bool(bool) => to.push_str(if *bool { "true" } else { "false" }),
            Kind::Int(int) => {
                let _ = write!(to, "{int}");
            }
            Kind::Float(float) => {
                let _ = write!(to, "{float}");
            }
            Kind::Text(text) => to.push_str(text),
            Kind::List(_) => json_text(self, to),
            Kind::Map(map) => write_fields(map, to),
        }
    }
}

/// Compact JSON with the keys in order. A component inside of another value shows its type.
pub(crate) fn json_text(value: &Value, to: &mut String) {
    match &value.kind {
        Kind::Null | Kind::Closure(_) => to.push_str("null"),
        Kind::Bool(bool) => to.push_str(if *bool { "true" } else { "false" }),
        Kind::Int(int) => {
            let _ = write!(to, "{int}");
        }
        Kind::Float(float) => write_float(*float, to),
        Kind::Text(text) => quote(text, to),
        Kind::List(list) => {
            to.push('[');
            for (index, item) in list.items().iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                json_text(item, to);
            }
            to.push(']');
        }
        Kind::Map(map) => match map.tag() {
            None => write_fields(map, to),
            Some(tag) => {
                to.push_str("{\"content\":");
                write_fields(map, to);
                to.push_str(",\"content_type\":");
                quote(tag, to);
                to.push('}');
            }
        },
    }
}

fn write_fields(map: &Map, to: &mut String) {
    to.push('{');
    for (index, (key, value)) in map.fields().iter().enumerate() {
        if index > 0 {
            to.push(',');
        }
        quote(key, to);
        to.push(':');
        json_text(value, to);
    }
    to.push('}');
}

fn quote(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(to, "\\u{:04x}", u32::from(c));
            }
            c => to.push(c),
        }
    }
    to.push('"');
}

/// A float in JSON: with its `.0`, with a signed exponent where it is long, null where JSON has no word for it.
pub(crate) fn write_float(float: f64, to: &mut String) {
    let digits = serde_json::to_string(&float).unwrap_or_else(|_| "null".to_owned());
    match digits.split_once('e') {
        Some((digits, exponent)) if exponent.starts_with(|c: char| c.is_ascii_digit()) => {
            let _ = write!(to, "{digits}e+{exponent}");
        }
        _ => to.push_str(&digits),
    }
}
