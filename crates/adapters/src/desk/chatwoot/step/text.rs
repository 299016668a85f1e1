//! Texts that Chatwoot does not take as they are.

/// The longest text of one message, in characters.
pub(super) const CHARS_MAX: usize = 150_000;

/// Without the character that its database cannot keep: with it each try would fail.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// The text in parts of at most `max` characters, cut at the ends of lines or words where there are some.
pub(super) fn parts(text: &str, max: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(max) {
        let (head, _) = rest.split_at(end);
        let at = head.rfind('\n').or_else(|| head.rfind(' ')).filter(|at| *at > end / 2);
        let (part, left) = rest.split_at(at.unwrap_or(end));
        parts.push(part);
        rest = if at.is_some() { left.trim_start_matches([' ', '\n']) } else { left };
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{clean, parts};

    #[test]
    fn nul_characters_are_left_out() {
        assert_eq!(clean("a\0b\u{1}é"), "ab\u{1}é");
    }

    #[test]
    fn nothing_is_lost_and_words_stay_whole() {
        for (text, expected) in [
            ("", vec![""]),
            ("short", vec!["short"]),
            ("exactly ten", vec!["exactly", "ten"]),
            ("one two three four", vec!["one two", "three four"]),
            ("0123456789abc", vec!["0123456789", "abc"]),
            ("line one\nline two", vec!["line one", "line two"]),
            ("ééééééééééé", vec!["éééééééééé", "é"]),
        ] {
            assert_eq!(parts(text, 10), expected, "{text}");
        }
    }
}
