//! Addresses: their parts, and what is encoded in them.

/// The scheme and host of a whole address, and the rest from the first `/`.
pub(super) fn split(url: &str) -> (&str, &str) {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    match url.get(host_at..).and_then(|rest| rest.find(['/', '?'])) {
        Some(at) => url.split_at(host_at + at),
        None => (url, "/"),
    }
}

/// The names and values of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent-encoding.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_before_its_path() {
        assert_eq!(split("https://a.b:1/api/x?y=1"), ("https://a.b:1", "/api/x?y=1"));
        assert_eq!(split("http://a"), ("http://a", "/"));
        assert_eq!(split("http://a?b"), ("http://a", "?b"));
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let text = "100% é & \"q\"\n+";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(pairs("a=1+2&b=%26"), [("a".into(), "1 2".into()), ("b".into(), "&".into())]);
        assert_eq!(decode("50%"), "50%");
    }
}
