//! Addresses of ours for files that lie at a desk: nobody but us can make one, so nobody can have us fetch what no desk
//! has named.

use super::keep::{file_name, percent_decoded, percent_encoded};
use crate::vault::Vault;
use handover_core::ids::AccountId;
use reqwest::Url;

/// The address under which contacts fetch a file that lies at a desk; the same for the same file. Other addresses than
/// those of the web stay as they are.
pub fn address_of(vault: &Vault, base_url: &str, desk: &AccountId, url: &str) -> String {
    if let Some(own) = url.strip_prefix(base_url).filter(|rest| rest.starts_with("/files/")) {
        return own.to_owned();
    }
    let Some(name) = name_of(url) else { return url.to_owned() };
    match vault.seal_alike(&place(desk), url) {
        Ok(token) => format!("/files/desk/{desk}/{token}/{}", percent_encoded(&name)),
        Err(_) => url.to_owned(),
    }
}

/// The address at the desk that a token stands for.
pub(super) fn opened(vault: &Vault, desk: &AccountId, token: &str) -> Option<String> {
    vault.open_alike(&place(desk), token).ok()
}

/// The name of the file at an address of the web.
pub(super) fn name_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let last = url.path_segments().and_then(|mut segments| segments.next_back());
    Some(file_name(&percent_decoded(last.unwrap_or_default()), ""))
}

fn place(desk: &AccountId) -> String {
    format!("file/{desk}")
}

#[cfg(test)]
mod tests {
    use super::{address_of, name_of, opened};
    use crate::vault::Vault;
    use handover_core::ids::AccountId;

    #[test]
    fn a_file_at_a_desk_has_one_address_that_only_we_can_make() {
        let (vault, desk) = (Vault::new([7; 32]), AccountId::new("d1"));
        let url = "https://desk.example/rails/blob/x?sig=1";
        let address = address_of(&vault, "https://us.example", &desk, url);
        assert_eq!(address, address_of(&vault, "https://us.example", &desk, url));
        let parts: Vec<&str> = address.split('/').collect();
        assert_eq!((parts[1], parts[2], parts[3], parts[5]), ("files", "desk", "d1", "x"));
        assert!(!address.contains("sig"), "what the address holds is nobody's business");
        assert_eq!(opened(&vault, &desk, parts[4]).as_deref(), Some(url));
        assert_eq!(opened(&vault, &AccountId::new("d2"), parts[4]), None, "promise F");
        assert_eq!(opened(&vault, &desk, "aHR0cHM6Ly94LmV4YW1wbGUv"), None);
    }

    #[test]
    fn what_is_no_address_of_the_web_or_our_own_stays() {
        let (vault, desk) = (Vault::new([7; 32]), AccountId::new("d1"));
        for url in ["/files/abc/x.png", "cid:1", "data:image/png;base64,AA", "nonsense", ""] {
            assert_eq!(address_of(&vault, "https://us.example", &desk, url), url);
        }
        let own = address_of(&vault, "https://us.example", &desk, "https://us.example/files/a/b");
        assert_eq!(own, "/files/a/b");
        let other = "https://us.example.evil.example/files/a/b";
        assert!(address_of(&vault, "https://us.example", &desk, other).starts_with("/files/desk/"));
    }

    #[test]
    fn names_are_cleaned() {
        for (url, name) in [
            ("https://x.example/a/plan%20b.pdf?x=1#y", Some("plan b.pdf")),
            ("https://x.example/a/..%2F..%2Fpasswd", Some("passwd")),
            ("https://x.example/", Some("file")),
            ("https://x.example", Some("file")),
            ("ftp://x.example/a", None),
        ] {
            assert_eq!(name_of(url).as_deref(), name, "{url}");
        }
    }
}
