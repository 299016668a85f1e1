//! Whether a hook was signed by Chatwoot. Releases before 4.13 do not sign; there the secret address is the proof.

use crate::kit::mac::{self, TOLERANCE_S};
use crate::kit::time::unix_s;
use handover_core::port::channel::{Call, DecodeError};
use handover_core::port::directory::Account;
use subtle::ConstantTimeEq;

pub(super) fn verify(account: &Account, call: &Call<'_>) -> Result<(), DecodeError> {
    let Some(secret) = account.text("secret") else { return Ok(()) };
    let given = match call.header("x-chatwoot-signature") {
        Some(given) => given.trim(),
        None if account.flag("signs") => {
            return Err(wrong(
                "X-Chatwoot-Signature is missing, though this Chatwoot signs. If it was put back to a release before 4.13, save the desk's settings again.",
            ));
        }
        None => return Ok(()),
    };
    let at = call.header("x-chatwoot-timestamp").map(str::trim).unwrap_or_default();
    let at_s: i64 =
        at.parse().map_err(|_| wrong("X-Chatwoot-Timestamp must be whole seconds since 1970."))?;
    if unix_s(call.at).abs_diff(at_s) > TOLERANCE_S.unsigned_abs() {
        return Err(wrong(&format!(
            "X-Chatwoot-Timestamp lies more than {TOLERANCE_S} seconds from ours. Set the clocks of both servers."
        )));
    }
    let given = given.strip_prefix("sha256=").unwrap_or(given).to_ascii_lowercase();
    let right = sign(secret, at, call.body)
        .is_some_and(|right| bool::from(right.as_bytes().ct_eq(given.as_bytes())));
    if right {
        Ok(())
    } else {
        Err(wrong(
            "X-Chatwoot-Signature does not match. If the inbox's secret was reset in Chatwoot, save the desk's settings again.",
        ))
    }
}

/// The hex signature of a body.
pub(super) fn sign(secret: &str, at_s: &str, body: &[u8]) -> Option<String> {
    let mac = mac::sha256(secret.as_bytes(), &[at_s.as_bytes(), b".", body])?;
    Some(hex::encode(mac))
}

fn wrong(text: &str) -> DecodeError {
    DecodeError::Unauthorised(text.to_owned())
}
