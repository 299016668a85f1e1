//! HMAC-SHA256, the one signature that all of ours are made of.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far a signed time may lie from now, in seconds.
pub const TOLERANCE_S: i64 = 300;

/// The HMAC-SHA256 of the parts, one after the other.
pub fn sha256(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    // HMAC takes keys of any length, so this is always there; callers treat none as "does not match".
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}
