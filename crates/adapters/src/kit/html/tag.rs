//! HTML's tags, as sloppy as mail programs write them.

use super::unescaped;

/// What begins with a `<`, and how many bytes of it there are.
pub(super) enum Piece<'a> {
    Tag(Tag<'a>, usize),
    /// A comment or declaration.
    Nothing(usize),
    /// The sign itself.
    Words,
    /// A tag that never ends.
    Broken,
}

pub(super) struct Tag<'a> {
    /// In lower case.
    pub(super) name: String,
    pub(super) closes: bool,
    attributes: &'a str,
}

pub(super) fn piece(html: &str) -> Piece<'_> {
    let Some(inner) = html.strip_prefix('<') else { return Piece::Words };
    if let Some(comment) = inner.strip_prefix("!--") {
        return comment.find("-->").map_or(Piece::Broken, |end| Piece::Nothing(end + 7));
    }
    let (closes, named) = match inner.strip_prefix('/') {
        Some(named) => (true, named),
        None => (false, inner),
    };
    if named.starts_with(['!', '?']) {
        return named
            .find('>')
            .map_or(Piece::Broken, |end| Piece::Nothing(html.len() - named.len() + end + 1));
    }
    if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Piece::Words;
    }
    let name_end =
        named.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(named.len());
    let after = &named[name_end..];
    let mut quote = None;
    for (at, c) in after.char_indices() {
        match (quote, c) {
            (None, '>') => {
                let length = html.len() - after.len() + at + 1;
                let name = named[..name_end].to_ascii_lowercase();
                return Piece::Tag(Tag { name, closes, attributes: &after[..at] }, length);
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    Piece::Broken
}

impl Tag<'_> {
    /// The value of an attribute, by its name in lower case.
    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '=');
            if rest.is_empty() {
                return None;
            }
            let end = rest
                .find(|c: char| c.is_whitespace() || c == '=' || c == '/')
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let (value, after) = match after.trim_start().strip_prefix('=') {
                Some(value) => attribute_value(value.trim_start()),
                None => ("", after),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(unescaped(value).trim().to_owned());
            }
            rest = after;
        }
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        ["class", "id"].iter().filter_map(|name| self.attribute(name)).any(|value| {
            value.split_whitespace().any(|word| words.contains(&word.to_ascii_lowercase().as_str()))
        })
    }
}

pub(super) fn attribute_value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &text[1..];
            inner.split_once(quote).unwrap_or((inner, ""))
        }
        _ => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

/// What follows the end of an element that holds no markup.
pub(super) fn after_raw<'a>(html: &'a str, name: &str) -> &'a str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        let inner = &rest[at + 2..];
        if inner.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return inner.split_once('>').map_or("", |(_, after)| after);
        }
        rest = inner;
    }
    ""
}

pub(super) fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}
