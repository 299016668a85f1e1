//! The agent's marker (rule 13).

use crate::words::END;

/// What is left of an agent's text, and whether the marker stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The text without the marker; empty when nothing worth saying is left.
    pub text: String,
    /// Whether the marker was there.
    pub found: bool,
}

/// Characters that Markdown wraps around a word.
const WRAPS: &[char] = &['*', '`', '~', '_'];

/// Takes the marker out of an agent's text: a whole word, case sensitive, with or without the backslashes that
/// Markdown editors put before underscores, and with the markup that wraps it.
pub fn take(text: &str) -> Marked {
    let escaped = END.replace('_', "\\_");
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some((at, length)) = next(rest, &escaped) {
        let (before, after) = (&rest[..at], &rest[at + length..]);
        let (before, after) = unwrap_markup(before, after);
        if before.chars().next_back().is_some_and(is_word)
            || after.chars().next().is_some_and(is_word)
        {
            left.push_str(&rest[..at + length]);
            rest = &rest[at + length..];
            continue;
        }
        found = true;
        left.push_str(before);
        rest = after;
    }
    left.push_str(rest);
    if !found {
        return Marked { text: text.to_owned(), found };
    }
    let worth_saying = left.chars().any(char::is_alphanumeric)
        || left.chars().any(|c| !c.is_ascii() && !c.is_whitespace());
    Marked { text: if worth_saying { left.trim().to_owned() } else { String::new() }, found }
}

fn next(text: &str, escaped: &str) -> Option<(usize, usize)> {
    let plain = text.find(END).map(|at| (at, END.len()));
    let escaped = text.find(escaped).map(|at| (at, escaped.len()));
    match (plain, escaped) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Takes off markup that stands on both sides: `**word**`, `<b>word</b>`.
fn unwrap_markup<'a>(mut before: &'a str, mut after: &'a str) -> (&'a str, &'a str) {
    loop {
        let wrap = before.chars().next_back().filter(|c| WRAPS.contains(c));
        if let Some(wrap) = wrap
            && let (Some(b), Some(a)) = (before.strip_suffix(wrap), after.strip_prefix(wrap))
        {
            (before, after) = (b, a);
            continue;
        }
        if let (Some(b), Some(a)) = (before_tag(before), after_tag(after)) {
            (before, after) = (b, a);
            continue;
        }
        return (before, after);
    }
}

fn before_tag(text: &str) -> Option<&str> {
    let open = text.strip_suffix('>')?.rfind('<')?;
    let tag = &text[open + 1..];
    tag.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| &text[..open])
}

fn after_tag(text: &str) -> Option<&str> {
    let tag = text.strip_prefix("</")?;
    Some(&tag[tag.find('>')? + 1..])
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn rule_13_the_marker_is_taken_out_as_a_whole_word() {
        let table = [
            ("Bye! LIVECHAT_SESSION_END", "Bye!", true),
            ("LIVECHAT_SESSION_END", "", true),
            ("Bye LIVECHAT\\_SESSION\\_END", "Bye", true),
            ("Bye **LIVECHAT_SESSION_END**", "Bye", true),
            ("Bye **LIVECHAT\\_SESSION\\_END**.", "Bye .", true),
            ("Bye <b>LIVECHAT_SESSION_END</b>", "Bye", true),
            ("Bye `LIVECHAT_SESSION_END`", "Bye", true),
            ("Bye _LIVECHAT_SESSION_END_", "Bye", true),
            ("LIVECHAT_SESSION_END LIVECHAT_SESSION_END", "", true),
            ("LIVECHAT_SESSION_END.", "", true),
            ("👋 LIVECHAT_SESSION_END", "👋", true),
            ("a\nLIVECHAT_SESSION_END\nb", "a\n\nb", true),
            ("livechat_session_end", "livechat_session_end", false),
            ("LIVECHAT_SESSION_ENDED", "LIVECHAT_SESSION_ENDED", false),
            ("XLIVECHAT_SESSION_END", "XLIVECHAT_SESSION_END", false),
            ("éLIVECHAT_SESSION_END", "éLIVECHAT_SESSION_END", false),
            ("LIVECHAT_SESSION_END_NOW", "LIVECHAT_SESSION_END_NOW", false),
            ("the end", "the end", false),
            ("", "", false),
        ];
        for (text, left, found) in table {
            let marked = take(text);
            assert_eq!((marked.text.as_str(), marked.found), (left, found), "{text}");
        }
    }

    #[test]
    fn a_broken_word_beside_a_whole_one_stays() {
        let marked = take("LIVECHAT_SESSION_ENDED and LIVECHAT_SESSION_END");
        assert_eq!((marked.text.as_str(), marked.found), ("LIVECHAT_SESSION_ENDED and", true));
    }
}
