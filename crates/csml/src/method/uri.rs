//! Percent coding.

use std::fmt::Write as _;

use crate::{
    lex::Pos,
    problem::{Outcome, soft},
    report::Kind,
    value::Value,
};

/// What may stand in a component as it is.
fn plain_in_component(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// What may stand in a query or fragment as it is.
fn plain_in_query(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`' | b'\'')
}

pub(crate) fn encode(text: &str) -> String {
    encode_but(text, plain_in_component)
}

fn encode_but(text: &str, plain: fn(u8) -> bool) -> String {
    let mut coded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            coded.push(char::from(byte));
        } else {
            let _ = write!(coded, "%{byte:02X}");
        }
    }
    coded
}

fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let coded = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let decoded = coded.and_then(|two| std::str::from_utf8(two).ok()).and_then(hex);
        plain.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).ok()
}

fn hex(two: &str) -> Option<u8> {
    two.bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(two, 16).ok())
        .flatten()
}

pub(super) fn call(name: &str, text: &str, at: Pos) -> Outcome<Value> {
    let (head, tail) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let coded = match name {
        "encode_uri_component" => Some(encode(text)),
        "decode_uri_component" => decode(text),
        "encode_uri" => Some(format!("{head}{}", encode_but(tail, plain_in_query))),
        _ => decode(tail).map(|tail| format!("{head}{tail}")),
    };
    match coded {
        Some(coded) => Ok(Value::text(coded, at)),
        None => soft(Kind::BadUtf8, "the decoded bytes are no UTF-8 text"),
    }
}
