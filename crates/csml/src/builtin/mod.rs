//! Built-in functions, and the objects that have methods of their own.

mod app;
mod crypto;
mod encoding;
mod http;
mod jwt;
mod plain;
mod smtp;
mod time;

pub(crate) use time::method as time_method;

use crate::{
    lex::Pos,
    problem::Outcome,
    run::{call::Arguments, world::World},
    value::Value,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    OneOf,
    Shuffle,
    Length,
    Find,
    Random,
    Floor,
    Uuid,
    Or,
    Exists,
    Object,
    Debug,
    Base64,
    Hex,
    Crypto,
    Jwt,
    Time,
    Http,
    App,
    Smtp,
}

/// Every built-in function by its name.
pub(crate) const NAMES: &[(&str, Builtin)] = &[
    ("OneOf", Builtin::OneOf),
    ("Shuffle", Builtin::Shuffle),
    ("Length", Builtin::Length),
    ("Find", Builtin::Find),
    ("Random", Builtin::Random),
    ("Floor", Builtin::Floor),
    ("UUID", Builtin::Uuid),
    ("Or", Builtin::Or),
    ("Exists", Builtin::Exists),
    ("Object", Builtin::Object),
    ("Debug", Builtin::Debug),
    ("Base64", Builtin::Base64),
    ("Hex", Builtin::Hex),
    ("Crypto", Builtin::Crypto),
    ("JWT", Builtin::Jwt),
    ("Time", Builtin::Time),
    ("HTTP", Builtin::Http),
    ("App", Builtin::App),
    ("Fn", Builtin::App),
    ("SMTP", Builtin::Smtp),
];

impl Builtin {
    pub(crate) fn named(name: &str) -> Option<Builtin> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
    }
}

pub(crate) fn call(
    builtin: Builtin,
    arguments: &Arguments,
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    for argument in &arguments.values {
        world.burn_bytes(argument.weight())?;
    }
    match builtin {
        Builtin::Base64 => encoding::new("base64", arguments, at),
        Builtin::Hex => encoding::new("hex", arguments, at),
        Builtin::Crypto => crypto::new(arguments, at),
        Builtin::Jwt => jwt::new(arguments, at),
        Builtin::Time => Ok(time::now(world.ports.clock.now_ms(), at)),
        Builtin::Http => http::new(arguments, at),
        Builtin::App => app::call(arguments, at, world),
        Builtin::Smtp => smtp::new(arguments, at),
        other => plain::call(other, arguments, at, world),
    }
}

/// Objects that are closed: they have their own methods, and none of an object's.
pub(crate) fn has_own_methods(value: &Value) -> bool {
    let own =
        |tag: &str| matches!(tag, "time" | "http" | "jwt" | "crypto" | "base64" | "hex" | "smtp");
    value.tag().is_some_and(|tag| own(tag))
}

/// A method of such an object. None if the value is an ordinary one.
pub(crate) fn object_method(
    name: &str,
    receiver: &Value,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Option<Value>> {
    if !has_own_methods(receiver)
        || matches!(name, "type_of" | "to_string" | "is_error" | "get_info")
    {
        return Ok(None);
    }
    let (Some(tag), Some(map)) = (receiver.tag(), receiver.as_map()) else {
        return Ok(None);
    };
    let value = match tag.as_ref() {
        "time" => {
            let mut time = receiver.clone();
            time::method(&mut time, name, arguments, at, world.ports.clock.now_ms())?
        }
        "http" => http::method(name, map, arguments, at, world)?,
        "jwt" => jwt::method(name, map, arguments, at, world)?,
        "crypto" => crypto::method(name, map, arguments, at)?,
        "smtp" => smtp::method(name, map, arguments, at, world)?,
        _ => encoding::method(name, map, arguments, at)?,
    };
    Ok(Some(value))
}
