//! The key and signature of the Studio's APIs: `X-Api-Key: key` alone on public calls; on private ones
//! `X-Api-Key: key|unix seconds` and `X-Api-Signature: sha256=` with the hex HMAC-SHA256 of that whole value.
//! The body is not signed, so a signed header must travel over TLS only.

use crate::kit::mac::{self, TOLERANCE_S};
use crate::kit::time::unix_s;
use handover_core::port::channel::DecodeError;
use handover_core::time::Timestamp;
use subtle::ConstantTimeEq;

/// The headers of a call, as they came.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// The key, without the time.
    pub key: &'a str,
    whole: &'a str,
    at_s: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// Takes the two headers apart.
    ///
    /// # Errors
    /// When there is no key.
    pub fn read(key: Option<&'a str>, signature: Option<&'a str>) -> Result<Self, DecodeError> {
        let whole = key.map(str::trim).filter(|key| !key.is_empty()).ok_or_else(|| {
            wrong("The header X-Api-Key is missing. Send the key of an API channel in it.")
        })?;
        let (key, at_s) = match whole.split_once('|') {
            Some((key, at_s)) => (key, Some(at_s)),
            None => (whole, None),
        };
        Ok(Self { key, whole, at_s, signature })
    }

    /// Whether the call is signed rightly; an unsigned call is no error, a wrong signature is.
    ///
    /// # Errors
    /// Names the header and the fix.
    pub fn signed(&self, secret: &str, now: Timestamp) -> Result<bool, DecodeError> {
        let (at_s, signature) = match (self.at_s, self.signature) {
            (None, None) => return Ok(false),
            (Some(_), None) => {
                return Err(wrong(
                    "X-Api-Key holds a time but the header X-Api-Signature is missing.",
                ));
            }
            (None, Some(_)) => {
                return Err(wrong("A signed call needs X-Api-Key: <key>|<unix seconds>."));
            }
            (Some(at_s), Some(signature)) => (at_s, signature),
        };
        let signed_s: i64 = at_s.parse().map_err(|_| {
            wrong("The time in X-Api-Key must be whole seconds since 1970: <key>|<unix seconds>.")
        })?;
        if unix_s(now).abs_diff(signed_s) > TOLERANCE_S.unsigned_abs() {
            return Err(wrong(&format!(
                "The time in X-Api-Key lies more than {TOLERANCE_S} seconds from ours. Set your clock, and sign each call anew."
            )));
        }
        let given = signature.strip_prefix("sha256=").unwrap_or(signature).to_ascii_lowercase();
        let right = !secret.is_empty()
            && sign(secret, self.whole)
                .is_some_and(|hex| bool::from(hex.as_bytes().ct_eq(given.as_bytes())));
        if right {
            Ok(true)
        } else {
            Err(wrong(
                "X-Api-Signature does not match: it must be sha256=<hex HMAC-SHA256 of the whole X-Api-Key value, with the channel's secret>.",
            ))
        }
    }
}

/// The hex signature of a whole `X-Api-Key` value.
pub fn sign(secret: &str, value: &str) -> Option<String> {
    let mac = mac::sha256(secret.as_bytes(), &[value.as_bytes()])?;
    Some(hex::encode(mac))
}

fn wrong(text: &str) -> DecodeError {
    DecodeError::Unauthorised(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Credentials, sign};
    use handover_core::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const SIGNATURE: &str =
        "sha256=26dc163b2cc109286b8880f42a7c3c128c798756741a2e1ae3b11bd5a889ba90";

    fn signed(key: &str, signature: Option<&str>, now: Timestamp) -> Result<bool, String> {
        Credentials::read(Some(key), signature)
            .and_then(|it| it.signed("secret", now))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_known_signature_is_taken() {
        assert_eq!(sign("secret", "key|1700000000").unwrap(), SIGNATURE[7..]);
        assert_eq!(signed("key|1700000000", Some(SIGNATURE), NOW), Ok(true));
        assert_eq!(signed("key|1700000000", Some(&SIGNATURE.to_uppercase()[7..]), NOW), Ok(true));
    }

    #[test]
    fn a_key_alone_is_public() {
        assert_eq!(signed("key", None, NOW), Ok(false));
    }

    #[test]
    fn all_else_is_refused_and_says_why() {
        for (key, signature, ms, part) in [
            ("key|1700000000", None, 0, "X-Api-Signature is missing"),
            ("key", Some(SIGNATURE), 0, "<key>|<unix seconds>"),
            ("key|soon", Some(SIGNATURE), 0, "whole seconds"),
            ("key|1700000000", Some(SIGNATURE), 301_000, "300 seconds"),
            ("key|1700000000", Some(SIGNATURE), -301_000, "300 seconds"),
            ("key|1700000001", Some(SIGNATURE), 0, "does not match"),
            ("yek|1700000000", Some(SIGNATURE), 0, "does not match"),
            ("key|1700000000", Some("sha256="), 0, "does not match"),
            ("key|9223372036854775807", Some(SIGNATURE), 0, "300 seconds"),
            ("key|-9223372036854775808", Some(SIGNATURE), 0, "300 seconds"),
        ] {
            let error = signed(key, signature, NOW.plus_ms(ms)).unwrap_err();
            assert!(error.contains(part), "{key}: {error}");
        }
        assert!(Credentials::read(Some(" "), None).is_err());
        assert!(Credentials::read(None, None).is_err());
    }

    #[test]
    fn no_secret_lets_nobody_in() {
        let with_nothing = sign("", "key|1700000000").unwrap();
        let call = Credentials::read(Some("key|1700000000"), Some(&with_nothing)).unwrap();
        assert!(call.signed("", NOW).is_err());
    }
}
