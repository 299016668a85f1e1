//! Built-in functions that need nothing but their arguments and chance.

use super::Builtin;
use crate::{
    lex::Pos,
    method::array,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::{call::Arguments, world::World},
    value::{self, Map, Value},
};

pub(super) fn call(
    builtin: Builtin,
    arguments: &Arguments,
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    let usage = |usage: &str| Problem::arguments(usage);
    match builtin {
        Builtin::OneOf => {
            let list = arguments.get(0, "array").and_then(Value::as_list);
            array::one_of(list.ok_or_else(|| usage("`OneOf([1, 2])`"))?, world)
        }
        Builtin::Shuffle => {
            let list = arguments.get(0, "array").and_then(Value::as_list);
            Ok(array::shuffle(list.ok_or_else(|| usage("`Shuffle([1, 2])`"))?, at, world))
        }
        Builtin::Length => match arguments
            .get(0, "length")
            .or_else(|| arguments.values.first())
            .map(|value| &value.kind)
        {
            Some(value::Kind::Text(text)) => Ok(Value::count(text.len(), at)),
            Some(value::Kind::List(list)) => Ok(Value::count(list.items().len(), at)),
            _ => Err(usage("`Length(text)` or `Length(array)`").into()),
        },
        Builtin::Find => {
            let wanted = arguments.get(0, "value").and_then(Value::as_text);
            let text =
                arguments.named("in").or_else(|| arguments.positional(1)).and_then(Value::as_text);
            match wanted.zip(text) {
                Some((wanted, text)) => {
                    Ok(Value::bool(text.to_lowercase().contains(&wanted.to_lowercase()), at))
                }
                None => Err(usage("`Find(\"text\", in = \"a text\")`").into()),
            }
        }
        Builtin::Random => Ok(Value::float(random_float(world), at)),
        Builtin::Floor => match arguments.get(0, "float").map(|value| &value.kind) {
            Some(value::Kind::Float(float)) => Ok(Value::float(float.floor(), at)),
            _ => Err(usage("`Floor(1.5)`, with a float").into()),
        },
        Builtin::Uuid => match arguments.values.first().map(Value::as_text) {
            None | Some(Some("v4")) => Ok(Value::text(uuid_v4(world), at)),
            Some(Some("v1")) => Ok(Value::text(uuid_v1(world), at)),
            _ => soft(Kind::WrongArguments, "the versions of UUID are \"v4\" and \"v1\""),
        },
        Builtin::Or => match arguments.values.as_slice() {
            [first, second] => Ok(if first.is_error() { second } else { first }.clone()),
            _ => Err(usage("`Or(value, otherwise)`").into()),
        },
        Builtin::Object => {
            if arguments.unnamed().next().is_some() {
                return soft(Kind::TooManyArguments, "`Object` takes only named values");
            }
            let mut map = Map::default();
            for (name, value) in arguments.with_names() {
                map.insert(name.clone(), value.clone());
            }
            Ok(Value::map(map, at))
        }
        _ => {
            let mut texts = Vec::new();
            for value in &arguments.values {
                world.make_bytes(value.weight())?;
                texts.push(Value::text(value.to_text(), at));
            }
            Ok(Value::map(Map::tagged("debug").with("args", Value::list(texts, at)), at))
        }
    }
}

/// From 0 up to, but not, 1.
fn random_float(world: &World<'_>) -> f64 {
    (world.ports.random.next() >> 11) as f64 / (1_u64 << 53) as f64
}

fn uuid_v4(world: &World<'_>) -> String {
    let random =
        (u128::from(world.ports.random.next()) << 64) | u128::from(world.ports.random.next());
    uuid_text((random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62))
}

/// From the clock, with chance where a network address would stand.
fn uuid_v1(world: &World<'_>) -> String {
    const TICKS_TO_1970: u64 = 0x01b2_1dd2_1381_4000;
    let random = world.ports.random.next();
    let ms = u64::try_from(world.ports.clock.now_ms()).unwrap_or(0);
    let ticks = TICKS_TO_1970.wrapping_add(ms.wrapping_mul(10_000)).wrapping_add(random % 10_000);
    let low = u128::from(ticks & 0xffff_ffff);
    let mid = u128::from((ticks >> 32) & 0xffff);
    let high = u128::from((ticks >> 48) & 0x0fff) | 0x1000;
    let node = u128::from(world.ports.random.next() & 0xffff_ffff_ffff) | (1 << 40);
    let sequence = u128::from(random >> 50) | 0x8000;
    uuid_text((low << 96) | (mid << 80) | (high << 64) | (sequence << 48) | node)
}

fn uuid_text(number: u128) -> String {
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or("");
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
