//! Words of people and programs made safe to show.

use askama::filters::{Html, escape};
use linkify::{LinkFinder, LinkKind};
use std::fmt::Write;

/// Attributes of each link that leads elsewhere.
pub(super) const LINK_ATTRIBUTES: &str = r#"rel="noopener noreferrer nofollow" target="_blank""#;

/// Where a link may lead: the web, mail, telephone, or a file that was uploaded here.
pub(super) fn safe_url(url: &str) -> Option<&str> {
    let url = url.trim();
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    if url.starts_with("/files/") {
        return Some(url);
    }
    let (scheme, rest) = url.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let ok = match scheme.as_str() {
        "http" | "https" => rest.starts_with("//") && rest.len() > 2,
        "mailto" | "tel" => !rest.is_empty(),
        _ => false,
    };
    ok.then_some(url)
}

/// Where a picture, film or sound may come from.
pub(super) fn safe_source(url: &str) -> Option<&str> {
    safe_url(url).filter(|url| {
        let head = url.get(..4).unwrap_or_default();
        url.starts_with('/') || head.eq_ignore_ascii_case("http")
    })
}

/// Text with `<`, `&` and quotes escaped.
pub(super) fn escaped(text: &str) -> String {
    // Writing into a string cannot fail.
    escape(text, Html).map(|safe| safe.to_string()).unwrap_or_default()
}

/// A name on one line, without the characters that turn the direction of what follows.
pub fn name(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() && !turns_direction(c)).take(200).collect()
}

const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text without control characters; line breaks stay.
pub(super) fn visible(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect()
}

/// Plain text as HTML: escaped, with line breaks, addresses as links.
pub(super) fn plain(text: &str) -> String {
    let text = visible(text);
    text.trim_end().split('\n').map(linked).collect::<Vec<_>>().join("<br>")
}

/// One piece of text as HTML, addresses as links.
pub(super) fn linked(text: &str) -> String {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder.spans(text).fold(String::new(), |mut html, span| {
        let words = escaped(span.as_str());
        let link = span.kind().and_then(|_| safe_url(span.as_str()));
        let _ = match link {
            Some(url) => {
                write!(html, r#"<a href="{}" {LINK_ATTRIBUTES}>{words}</a>"#, escaped(url))
            }
            None => write!(html, "{words}"),
        };
        html
    })
}

/// A size for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "kB", "MB", "GB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    match (unit, tenths % 10) {
        (0, _) | (_, 0) => format!("{} {}", tenths / 10, UNITS[unit]),
        (_, tenth) => format!("{}.{tenth} {}", tenths / 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::{linked, name, plain, safe_source, safe_url, size};

    #[test]
    fn links_lead_to_the_web_mail_or_telephone_only() {
        for url in ["https://a.b/c?d=e", "HTTP://a.b", "mailto:a@b.c", "tel:+4912", "/files/x/y"] {
            assert_eq!(safe_url(url), Some(url));
        }
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://a.b",
            "//evil.example",
            "/settings",
            "https:",
            "https://",
            "",
        ] {
            assert_eq!(safe_url(url), None, "{url:?}");
        }
        assert_eq!(safe_source("mailto:a@b.c"), None);
        assert_eq!(safe_source("https://a.b/c.png"), Some("https://a.b/c.png"));
    }

    #[test]
    fn a_contacts_words_are_never_markup() {
        let html = plain("<script>alert(1)</script>\nsee https://a.test/?x=1&y=\"2 **no**");
        assert!(!html.contains("<script"));
        assert!(html.contains("<br>"));
        assert!(html.contains(r#"<a href="https://a.test/?x=1"#));
        assert!(html.contains("**no**"));
        assert_eq!(linked("javascript:alert(1)"), "javascript:alert(1)");
    }

    #[test]
    fn names_stay_on_one_line_and_in_one_direction() {
        assert_eq!(name("bill\u{202e}fdp.exe\r\n"), "billfdp.exe");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_200), "1.2 kB");
        assert_eq!(size(10_000_000), "10 MB");
        assert_eq!(size(u64::MAX / 10), "1844674407.3 GB");
    }
}
