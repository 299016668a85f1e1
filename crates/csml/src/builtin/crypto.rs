//! `Crypto(text).create_hash(..)`, `.create_hmac(..)`, `.digest(..)`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{KeyInit as _, Mac as _, SimpleHmac};
use sha2::Digest as _;

use crate::{
    lex::Pos,
    method,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::call::Arguments,
    value::{self, Map, Value},
};

pub(super) fn new(arguments: &Arguments, at: Pos) -> Outcome<Value> {
    match arguments.values.as_slice() {
        [value] => Ok(Value::map(Map::tagged("crypto").with("value", value.clone()), at)),
        _ => Err(Problem::arguments("`Crypto(\"text\")`").into()),
    }
}

pub(super) fn method(name: &str, map: &Map, arguments: &[Value], at: Pos) -> Outcome<Value> {
    match name {
        "create_hash" => {
            let usage = || Problem::arguments("`Crypto(\"text\").create_hash(\"sha256\")`");
            let text = map.get_text("value").ok_or_else(usage)?;
            let algorithm = method::one_text(arguments, "`.create_hash(\"sha256\")`")?;
            hashed(hash(algorithm, text.as_bytes()), at)
        }
        "create_hmac" => {
            let usage =
                || Problem::arguments("`Crypto(\"text\").create_hmac(\"sha256\", \"key\")`");
            let text = map.get_text("value").ok_or_else(usage)?;
            let (algorithm, key) =
                method::two_texts(arguments, "`.create_hmac(\"sha256\", \"key\")`")?;
            hashed(keyed(algorithm, key.as_bytes(), text.as_bytes()), at)
        }
        "digest" => {
            let bytes = map.get("hash").and_then(Value::as_list);
            let bytes = bytes.ok_or_else(|| {
                Problem::arguments("`Crypto(\"text\").create_hash(\"sha256\").digest(\"hex\")`")
            })?;
            let bytes: Vec<u8> = bytes.iter().filter_map(byte).collect();
            match method::one_text(arguments, "`.digest(\"hex\")`")? {
                "hex" => Ok(Value::text(hex::encode(bytes), at)),
                "base64" => Ok(Value::text(STANDARD.encode(bytes), at)),
                other => soft(
                    Kind::UnknownEncoding,
                    format!("`{other}` is neither \"hex\" nor \"base64\""),
                ),
            }
        }
        _ => Err(method::unknown(name).into()),
    }
}

fn byte(value: &Value) -> Option<u8> {
    match value.kind {
        value::Kind::Int(int) => u8::try_from(int).ok(),
        _ => None,
    }
}

fn hashed(bytes: Option<Vec<u8>>, at: Pos) -> Outcome<Value> {
    let Some(bytes) = bytes else {
        return soft(
            Kind::UnknownAlgorithm,
            "the algorithms are md5, sha1, sha256, sha384, sha512, sha3_224, sha3_256, sha3_384, sha3_512, ripemd160, sm3",
        );
    };
    let bytes = bytes.into_iter().map(|byte| Value::int(i64::from(byte), at)).collect();
    Ok(Value::map(Map::tagged("crypto").with("hash", Value::list(bytes, at)), at))
}

fn hash(algorithm: &str, text: &[u8]) -> Option<Vec<u8>> {
    Some(match algorithm.to_ascii_lowercase().as_str() {
        "md5" => md5::Md5::digest(text).to_vec(),
        "sha1" => sha1::Sha1::digest(text).to_vec(),
        "sha256" => sha2::Sha256::digest(text).to_vec(),
        "sha384" => sha2::Sha384::digest(text).to_vec(),
        "sha512" => sha2::Sha512::digest(text).to_vec(),
        "sha3_224" => sha3::Sha3_224::digest(text).to_vec(),
        "sha3_256" => sha3::Sha3_256::digest(text).to_vec(),
        "sha3_384" => sha3::Sha3_384::digest(text).to_vec(),
        "sha3_512" => sha3::Sha3_512::digest(text).to_vec(),
        "ripemd160" => ripemd::Ripemd160::digest(text).to_vec(),
        "sm3" => sm3::Sm3::digest(text).to_vec(),
        _ => return None,
    })
}

macro_rules! hmac_of {
    ($hash:ty, $key:expr, $text:expr) => {{
        let mut mac = SimpleHmac::<$hash>::new_from_slice($key).ok()?;
        mac.update($text);
        mac.finalize().into_bytes().to_vec()
    }};
}

/// HMAC over any key, the empty one too.
pub(super) fn keyed(algorithm: &str, key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    Some(match algorithm.to_ascii_lowercase().as_str() {
        "md5" => hmac_of!(md5::Md5, key, text),
        "sha1" => hmac_of!(sha1::Sha1, key, text),
        "sha256" => hmac_of!(sha2::Sha256, key, text),
        "sha384" => hmac_of!(sha2::Sha384, key, text),
        "sha512" => hmac_of!(sha2::Sha512, key, text),
        "sha3_224" => hmac_of!(sha3::Sha3_224, key, text),
        "sha3_256" => hmac_of!(sha3::Sha3_256, key, text),
        "sha3_384" => hmac_of!(sha3::Sha3_384, key, text),
        "sha3_512" => hmac_of!(sha3::Sha3_512, key, text),
        "ripemd160" => hmac_of!(ripemd::Ripemd160, key, text),
        "sm3" => hmac_of!(sm3::Sm3, key, text),
        _ => return None,
    })
}
