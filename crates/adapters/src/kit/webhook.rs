//! Standard Webhooks: how what we post proves that it comes from us.

use crate::kit::mac::{self, TOLERANCE_S};
use crate::kit::time::unix_s;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handover_core::port::channel::DecodeError;
use handover_core::time::Timestamp;
use subtle::ConstantTimeEq;

/// The signature of a body: `v1,` and the base64 HMAC-SHA256 of `id.seconds.body`.
pub fn sign(secret: &str, id: &str, at_s: i64, body: &[u8]) -> Option<String> {
    let at_s = at_s.to_string();
    let parts = [id.as_bytes(), b".", at_s.as_bytes(), b".", body];
    Some(format!("v1,{}", STANDARD.encode(mac::sha256(&key(secret), &parts)?)))
}

/// The three headers of a signed post, names in lower case.
pub fn headers(
    secret: &str,
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> Option<Vec<(String, String)>> {
    let at_s = unix_s(at);
    Some(vec![
        ("webhook-id".into(), id.into()),
        ("webhook-timestamp".into(), at_s.to_string()),
        ("webhook-signature".into(), sign(secret, id, at_s, body)?),
    ])
}

/// Proves that a post was signed with this secret, not long ago. `header` looks a header up by its name in lower case.
///
/// # Errors
/// Names the header and the fix.
pub fn verify<'a>(
    secret: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), DecodeError> {
    let get =
        |name: &str| header(name).ok_or_else(|| wrong(&format!("The header {name} is missing.")));
    let (id, at, given) =
        (get("webhook-id")?, get("webhook-timestamp")?, get("webhook-signature")?);
    let at_s: i64 =
        at.parse().map_err(|_| wrong("webhook-timestamp must be whole seconds since 1970."))?;
    if unix_s(now).abs_diff(at_s) > TOLERANCE_S.unsigned_abs() {
        return Err(wrong(&format!(
            "webhook-timestamp lies more than {TOLERANCE_S} seconds from ours."
        )));
    }
    let right = !secret.is_empty()
        && sign(secret, id, at_s, body).is_some_and(|right| {
            // Several signatures may stand side by side while a secret is being changed.
            given.split(' ').any(|one| bool::from(right.as_bytes().ct_eq(one.as_bytes())))
        });
    if right {
        Ok(())
    } else {
        Err(wrong("webhook-signature does not match the body and the secret."))
    }
}

/// `whsec_` and base64 stand for those bytes; any other text stands for itself.
fn key(secret: &str) -> Vec<u8> {
    secret
        .strip_prefix("whsec_")
        .and_then(|text| STANDARD.decode(text).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn wrong(text: &str) -> DecodeError {
    DecodeError::Unauthorised(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{headers, sign, verify};
    use handover_core::time::Timestamp;

    #[test]
    fn the_signatures_are_those_of_the_standard() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            sign(secret, id, 1_614_265_330, br#"{"test": 2432232314}"#).unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(
            sign("plain words", "c1.7", 1_700_000_000, b"{}").unwrap(),
            "v1,B9J/t71gkclY01lE59ByC1j0Wc/63sKFSgzrME+Em7I="
        );
    }

    #[test]
    fn what_is_signed_can_be_verified_for_five_minutes() {
        let now = Timestamp::from_ms(1_700_000_000_000);
        let headers = headers("s", "a.1", now, b"body").unwrap();
        let find = |name: &str| {
            headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        for (secret, body, ms, fine) in [
            ("s", "body", 0, true),
            ("s", "body", 299_000, true),
            ("s", "body", 301_000, false),
            ("s", "body", -301_000, false),
            ("s", "other", 0, false),
            ("t", "body", 0, false),
            ("", "body", 0, false),
        ] {
            let result = verify(secret, find, body.as_bytes(), now.plus_ms(ms));
            assert_eq!(result.is_ok(), fine, "{secret} {body} {ms}: {result:?}");
        }
        assert!(verify("s", |_| None, b"body", now).is_err());
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let now = Timestamp::from_ms(1_700_000_000_000);
        let both = format!("v1,AAAA {}", sign("new", "1", 1_700_000_000, b"x").unwrap());
        let find = |name: &str| match name {
            "webhook-id" => Some("1"),
            "webhook-timestamp" => Some("1700000000"),
            _ => Some(both.as_str()),
        };
        assert!(verify("new", find, b"x", now).is_ok());
    }
}
