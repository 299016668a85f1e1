//! The key that seals secrets goes along: sealed secrets are moved as they are.

use crate::vault::{Vault, write_private};
use std::fs;
use std::path::Path;

pub(super) use crate::start::{KEY as ID, KEY_KIND as KIND};

/// Whether it is the key of the system whose document about it this is.
pub(super) fn check(path: &Path, document: &str) -> Result<(), String> {
    let shown = path.display();
    // To open it would make one.
    if !path.exists() {
        return Err(format!(
            "there is no key at {shown}, and without it the secrets could not be opened. Name the file with --key-file."
        ));
    }
    let vault = Vault::open(path).map_err(|error| error.to_string())?;
    let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
    match vault.open_sealed(ID, document["sealed"].as_str().unwrap_or_default()) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "{shown} holds another key than the one that sealed the secrets. Name the right file with --key-file."
        )),
    }
}

/// Lets the key lie where the target looks for it.
pub(super) fn bring(from: &Path, to: &Path) -> Result<(), String> {
    let read = |path: &Path| {
        fs::read_to_string(path)
            .map_err(|error| format!("the key file {}: {error}", path.display()))
    };
    let key = read(from)?;
    if !to.exists() {
        if let Some(folder) = to.parent() {
            crate::start::folder(folder).map_err(|error| error.to_string())?;
        }
        let wrong = |error| format!("the key file {}: {error}", to.display());
        return write_private(to, key.as_bytes()).map_err(wrong);
    }
    if read(to)?.trim() == key.trim() {
        return Ok(());
    }
    Err(format!(
        "{} holds another key than {}. Move it out of the way, or name one key for both with --key-file.",
        to.display(),
        from.display()
    ))
}
