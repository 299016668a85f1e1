//! Seals secrets on disk and signs tokens, with a key that never leaves the data folder.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use subtle::ConstantTimeEq;
use thiserror::Error;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const PREFIX: &str = "sealed:1:";

/// Why a secret could not be sealed or opened.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The key file could not be read or made.
    #[error("the key file {path}: {problem}")]
    KeyFile {
        /// Where it is.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The text was sealed with another key, for another place, or was changed.
    #[error("a secret cannot be opened: it was sealed with another key or for another place")]
    Sealed,
    /// The machine gives no randomness.
    #[error("the machine gives no randomness")]
    Randomness,
}

/// Seals secrets on disk and signs tokens.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    signing: [u8; KEY_BYTES],
}

/// Makes a file whole, unless another process was first; gives what it holds then.
fn make_once(path: &Path, bytes: &[u8]) -> std::io::Result<String> {
    let mut own = path.as_os_str().to_owned();
    own.push(format!(".{}", uuid::Uuid::now_v7().simple()));
    let own = Path::new(&own);
    write_private(own, bytes)?;
    let linked = std::fs::hard_link(own, path);
    std::fs::remove_file(own)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::read_to_string(path),
    }
}

impl Vault {
    /// Opens the key file, or makes one that only its owner may read.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let problem =
            |problem: String| VaultError::KeyFile { path: path.display().to_string(), problem };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = BASE64.encode(random::<KEY_BYTES>()?);
                make_once(path, text.as_bytes()).map_err(|error| problem(error.to_string()))?
            }
            Err(error) => return Err(problem(error.to_string())),
        };
        let key: [u8; KEY_BYTES] = BASE64
            .decode(text.trim())
            .ok()
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| problem("does not hold a key of 32 bytes".into()))?;
        Ok(Self::new(key))
    }

    /// A vault with a given key.
    pub fn new(key: [u8; KEY_BYTES]) -> Self {
        let derive = |purpose: &str| -> [u8; KEY_BYTES] {
            let mut hash = Sha256::new();
            hash.update(key);
            hash.update(purpose);
            hash.finalize().into()
        };
        Self { cipher: XChaCha20Poly1305::new(&derive("seal").into()), signing: derive("sign") }
    }

    /// Seals a secret for a place (`account/desk-1/token`); it opens there only.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn seal(&self, place: &str, secret: &str) -> Result<String, VaultError> {
        let nonce = random::<NONCE_BYTES>()?;
        Ok(format!("{PREFIX}{}", self.seal_with(nonce, place, secret)?))
    }

    /// Seals a text for a place, always in the same way: for addresses, which pages remember. It tells two equal texts
    /// of one place as equal, and nothing else.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn seal_alike(&self, place: &str, text: &str) -> Result<String, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        let mac = self.mac(&format!("seal alike {place}"), text);
        nonce.copy_from_slice(mac.get(..NONCE_BYTES).ok_or(VaultError::Sealed)?);
        self.seal_with(nonce, place, text)
    }

    /// Opens what was sealed alike for this place.
    ///
    /// # Errors
    /// When it was not.
    pub fn open_alike(&self, place: &str, text: &str) -> Result<String, VaultError> {
        self.unseal(place, text)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        place: &str,
        secret: &str,
    ) -> Result<String, VaultError> {
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let sealed =
            self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Sealed)?;
        Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// When it was not.
    pub fn open_sealed(&self, place: &str, text: &str) -> Result<String, VaultError> {
        self.unseal(place, text.strip_prefix(PREFIX).ok_or(VaultError::Sealed)?)
    }

    fn unseal(&self, place: &str, sealed: &str) -> Result<String, VaultError> {
        let bytes = BASE64.decode(sealed).map_err(|_| VaultError::Sealed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(VaultError::Sealed)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| VaultError::Sealed)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let secret =
            self.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Sealed)?;
        String::from_utf8(secret).map_err(|_| VaultError::Sealed)
    }

    /// A token that proves that this program gave `text` out for `purpose`: `text.signature`.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        format!("{text}.{}", BASE64.encode(self.mac(purpose, text)))
    }

    /// The text of a token that [`sign`](Self::sign) made for this purpose.
    pub fn verify<'a>(&self, purpose: &str, token: &'a str) -> Option<&'a str> {
        let (text, signature) = token.rsplit_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        bool::from(self.mac(purpose, text).ct_eq(&signature)).then_some(text)
    }

    fn mac(&self, purpose: &str, text: &str) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(self.signing);
        hash.update(purpose);
        let key: [u8; KEY_BYTES] = hash.finalize().into();
        match Hmac::<Sha256>::new_from_slice(&key) {
            Ok(mut mac) => {
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            Err(_) => Vec::new(),
        }
    }
}

/// Random bytes of the machine.
///
/// # Errors
/// When it gives none.
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Randomness)?;
    Ok(bytes)
}

/// A random text of 26 letters and digits for passwords, keys and ids that must not be guessed (about 128 bits).
///
/// # Errors
/// When the machine gives no randomness.
pub fn random_text() -> Result<String, VaultError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    Ok(random::<26>()?.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// When it exists already or cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::Vault;

    #[test]
    fn a_secret_opens_in_its_own_place_only() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal("account/a/token", "s3cret").unwrap();
        assert!(!sealed.contains("s3cret"));
        assert_eq!(vault.open_sealed("account/a/token", &sealed).unwrap(), "s3cret");
        assert!(vault.open_sealed("account/b/token", &sealed).is_err(), "promise F");
        assert!(Vault::new([8; 32]).open_sealed("account/a/token", &sealed).is_err());
    }

    #[test]
    fn what_is_sealed_alike_is_the_same_each_time_and_cannot_be_made_by_others() {
        let vault = Vault::new([7; 32]);
        let token = vault.seal_alike("file/a", "https://x.example/1").unwrap();
        assert_eq!(token, vault.seal_alike("file/a", "https://x.example/1").unwrap());
        assert_ne!(token, vault.seal_alike("file/a", "https://x.example/2").unwrap());
        assert_eq!(vault.open_alike("file/a", &token).unwrap(), "https://x.example/1");
        assert!(vault.open_alike("file/b", &token).is_err(), "promise F");
        let forged = Vault::new([8; 32]).seal_alike("file/a", "https://x.example/1").unwrap();
        for token in [forged.as_str(), "", "AAAA", &token[1..]] {
            assert!(vault.open_alike("file/a", token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_token_counts_for_its_own_purpose_only() {
        let vault = Vault::new([7; 32]);
        let token = vault.sign("contact", "c.1");
        assert_eq!(vault.verify("contact", &token), Some("c.1"));
        assert_eq!(vault.verify("agent", &token), None);
        assert_eq!(vault.verify("contact", &token.replace("c.1", "c.2")), None);
        assert_eq!(vault.verify("contact", "nonsense"), None);
    }
}
