//! `Base64(text)` and `Hex(text)`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    lex::Pos,
    method::{self, none},
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::call::Arguments,
    value::{Map, Value},
};

pub(super) fn new(tag: &str, arguments: &Arguments, at: Pos) -> Outcome<Value> {
    match arguments.values.as_slice() {
        [text] if text.as_text().is_some() => {
            Ok(Value::map(Map::tagged(tag).with("string", text.clone()), at))
        }
        _ => Err(Problem::arguments("`Base64(\"text\")` or `Hex(\"text\")`").into()),
    }
}

pub(super) fn method(name: &str, map: &Map, arguments: &[Value], at: Pos) -> Outcome<Value> {
    let text = map.get_text("string").unwrap_or("");
    let base64 = map.tag().is_some_and(|tag| tag.as_ref() == "base64");
    if !matches!(name, "encode" | "decode") {
        return Err(method::unknown(name).into());
    }
    none(arguments, "`.encode()` or `.decode()`")?;
    let result = match (name, base64) {
        ("encode", true) => Some(STANDARD.encode(text)),
        ("encode", false) => Some(hex::encode(text)),
        (_, true) => {
            STANDARD.decode(text).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }
        (_, false) => {
            hex::decode(text).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    match result {
        Some(text) => Ok(Value::text(text, at)),
        None => soft(Kind::BadEncoding, "the text cannot be decoded"),
    }
}
