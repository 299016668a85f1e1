//! HTML made text, as agents' mails and composers write it, and text made HTML.

mod page;
mod tag;
#[cfg(test)]
mod tests;

use page::{Flow, Page, RAW};
use std::borrow::Cow;
use tag::{Piece, after_raw, is_web, piece};

/// What of a mail is its own words and what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leave {
    /// Leave out what other messages said before: the history that mail programs put below an answer.
    pub history: bool,
    /// Leave out the signature.
    pub signature: bool,
}

/// The words of an HTML text. Never fails: what is no HTML stands for itself.
pub fn text(html: &str, leave: Leave) -> String {
    let mut page = Page::new(leave);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        page.words(&rest[..at]);
        match piece(&rest[at..]) {
            Piece::Tag(tag, length) => {
                rest = &rest[at + length..];
                if page.tag(&tag) == Flow::Stop {
                    return page.done();
                }
                if !tag.closes && RAW.contains(&tag.name.as_str()) {
                    rest = after_raw(rest, &tag.name);
                }
            }
            Piece::Nothing(length) => rest = &rest[at + length..],
            Piece::Words => {
                page.words("<");
                rest = &rest[at + 1..];
            }
            Piece::Broken => {
                rest = &rest[at..];
                break;
            }
        }
    }
    page.words(rest);
    page.done()
}

/// The addresses of the pictures that an HTML text shows, without those of its history and signature.
pub fn pictures(html: &str) -> Vec<String> {
    let leave = Leave { history: true, signature: true };
    let mut page = Page::new(leave);
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        match piece(&rest[at..]) {
            Piece::Tag(tag, length) => {
                rest = &rest[at + length..];
                if page.tag(&tag) == Flow::Stop {
                    break;
                }
                if tag.name == "img"
                    && page.skips.is_none()
                    && let Some(url) = tag.attribute("src")
                    && is_web(&url)
                    && !found.contains(&url)
                {
                    found.push(url);
                }
                if !tag.closes && RAW.contains(&tag.name.as_str()) {
                    rest = after_raw(rest, &tag.name);
                }
            }
            Piece::Nothing(length) => rest = &rest[at + length..],
            Piece::Words => rest = &rest[at + 1..],
            Piece::Broken => break,
        }
    }
    found
}

/// Plain text as HTML: nothing in it is markup any more, and its lines stay lines.
pub fn from_text(text: &str) -> String {
    let escaped = html_escape::encode_safe(text);
    let lines: Vec<&str> = escaped.lines().collect();
    format!("<p>{}</p>", lines.join("<br>"))
}

/// Text whose entities (`&amp;`, `&#95;`) are characters again.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}
