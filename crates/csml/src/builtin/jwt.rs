//! `JWT(claims).sign(..)`, `JWT(token).decode(..)`, `.verify(..)`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::crypto;
use crate::{
    lex::Pos,
    method,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::{call::Arguments, world::World},
    value::{self, Map, Value, from_json, json_text},
};

/// Clocks may differ by so much.
const LEEWAY_S: i64 = 60;

pub(super) fn new(arguments: &Arguments, at: Pos) -> Outcome<Value> {
    match arguments.values.as_slice() {
        [value] => Ok(Value::map(Map::tagged("jwt").with("jwt", value.clone()), at)),
        _ => Err(Problem::arguments("`JWT(claims)` or `JWT(token)`").into()),
    }
}

fn hash_of(algorithm: &str) -> Option<&'static str> {
    match algorithm {
        "HS256" => Some("sha256"),
        "HS384" => Some("sha384"),
        "HS512" => Some("sha512"),
        _ => None,
    }
}

fn algorithm<'v>(
    name: Option<&'v Value>,
    key: Option<&'v Value>,
) -> Outcome<(&'v str, &'static str, &'v str)> {
    let name = name.and_then(Value::as_text);
    let hash = name.and_then(hash_of);
    match (name, hash, key.and_then(Value::as_text)) {
        (Some(name), Some(hash), Some(key)) => Ok((name, hash, key)),
        _ => soft(
            Kind::UnknownAlgorithm,
            "a token needs an algorithm, HS256, HS384 or HS512, and a key",
        ),
    }
}

pub(super) fn method(
    name: &str,
    map: &Map,
    arguments: &[Value],
    at: Pos,
    world: &World<'_>,
) -> Outcome<Value> {
    let inner = map.get("jwt").cloned().unwrap_or_else(|| Value::null(at));
    let usage = |usage: &str| -> Outcome<()> {
        if arguments.is_empty() { Err(Problem::arguments(usage).into()) } else { Ok(()) }
    };
    match name {
        "sign" => {
            usage("`JWT(claims).sign(\"HS256\", \"key\")`")?;
            sign(&inner, arguments, at)
        }
        "decode" => {
            usage("`JWT(token).decode(\"HS256\", \"key\")`")?;
            let (name, hash, key) = algorithm(arguments.first(), arguments.get(1))?;
            read(&inner, name, hash, key, &Rules { expiry: true, ..Rules::default() }, at, world)
        }
        "verify" => {
            usage("`JWT(token).verify({\"iss\": \"..\"}, \"HS256\", \"key\")`")?;
            let claims = arguments.first().and_then(Value::as_map);
            let claims = claims
                .ok_or_else(|| Problem::arguments("`.verify(object, \"HS256\", \"key\")`"))?;
            let (name, hash, key) = algorithm(arguments.get(1), arguments.get(2))?;
            let expiry = !matches!(
                claims.get("validate_exp").map(|value| &value.kind),
                Some(value::Kind::Bool(false))
            );
            let rules =
                Rules { expiry, issuer: claims.get_text("iss"), subject: claims.get_text("sub") };
            read(&inner, name, hash, key, &rules, at, world)
        }
        _ => Err(method::unknown(name).into()),
    }
}

#[derive(Default)]
struct Rules<'v> {
    expiry: bool,
    issuer: Option<&'v str>,
    subject: Option<&'v str>,
}

fn sign(claims: &Value, arguments: &[Value], at: Pos) -> Outcome<Value> {
    if claims.as_map().is_none() {
        return Err(Problem::arguments("`JWT(object).sign(\"HS256\", \"key\")`").into());
    }
    let (name, hash, key) = algorithm(arguments.first(), arguments.get(1))?;
    let kind = arguments
        .get(2)
        .and_then(Value::as_map)
        .and_then(|header| header.get_text("typ"))
        .unwrap_or("JWT");
    let mut header = "{\"typ\":".to_owned();
    json_text(&Value::text(kind, at), &mut header);
    header.push_str(",\"alg\":");
    json_text(&Value::text(name, at), &mut header);
    header.push('}');
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_text()));
    let signature = crypto::keyed(hash, key.as_bytes(), signed.as_bytes()).unwrap_or_default();
    Ok(Value::text(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)), at))
}

fn refused<T>(why: &'static str) -> Outcome<T> {
    Err(Problem::new(Kind::JwtRefused, format!("the token is refused: {why}")).about(why).into())
}

fn read(
    token: &Value,
    name: &str,
    hash: &str,
    key: &str,
    rules: &Rules<'_>,
    at: Pos,
    world: &World<'_>,
) -> Outcome<Value> {
    let Some(token) = token.as_text() else {
        return Err(Problem::arguments("`JWT(token)` with a text").into());
    };
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return refused("InvalidToken");
    };
    let Some((header, payload)) = signed.split_once('.') else {
        return refused("InvalidToken");
    };
    let part = |text: &str| -> Option<Value> {
        let json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        from_json(&json, at).ok()
    };
    let Some(header) = part(header).filter(|header| header.as_map().is_some()) else {
        return refused("InvalidToken");
    };
    if header.as_map().and_then(|header| header.get_text("alg")) != Some(name) {
        return refused("InvalidAlgorithm");
    }
    let wanted = crypto::keyed(hash, key.as_bytes(), signed.as_bytes()).unwrap_or_default();
    let given = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    if !same_bytes(&wanted, &given) {
        return refused("InvalidSignature");
    }
    let Some(payload) = part(payload).filter(|payload| payload.as_map().is_some()) else {
        return refused("InvalidToken");
    };
    if let Some(claims) = payload.as_map() {
        check(claims, rules, world)?;
    }
    Ok(Value::map(Map::default().with("header", header).with("payload", payload), at))
}

fn check(claims: &Map, rules: &Rules<'_>, world: &World<'_>) -> Outcome<()> {
    if rules.expiry {
        let expiry = match claims.get("exp").map(|value| &value.kind) {
            Some(value::Kind::Int(int)) => *int,
            Some(value::Kind::Float(float)) => *float as i64,
            _ => return refused("MissingRequiredClaim"),
        };
        if expiry.saturating_add(LEEWAY_S) < world.ports.clock.now_ms() / 1000 {
            return refused("ExpiredSignature");
        }
    }
    if rules.issuer.is_some() && claims.get_text("iss") != rules.issuer {
        return refused("InvalidIssuer");
    }
    if rules.subject.is_some() && claims.get_text("sub") != rules.subject {
        return refused("InvalidSubject");
    }
    Ok(())
}

/// Takes the same time wherever the first difference is.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
