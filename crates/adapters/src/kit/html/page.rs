//! The text that is made of a page, tag by tag.

use super::tag::{Tag, is_web};
use super::{Leave, unescaped};

/// Elements whose content is no markup.
pub(super) const RAW: &[&str] = &["script", "style", "title", "textarea", "xmp"];
/// Elements whose content nobody sees.
pub(super) const UNSEEN: &[&str] = &["head", "template", "noscript", "select"];
pub(super) const HISTORY_CLASSES: &[&str] =
    &["gmail_quote", "yahoo_quoted", "protonmail_quote", "gorgias_quote"];
pub(super) const HISTORY_MARKS: &[&str] =
    &["appendonsend", "divrplyfwdmsg", "moz-cite-prefix", "stopspelling"];
pub(super) const SIGNATURE_CLASSES: &[&str] =
    &["gmail_signature", "moz-signature", "gorgias_signature"];
pub(super) const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"];

#[derive(PartialEq)]
pub(super) enum Flow {
    On,
    Stop,
}

/// The text that is being made.
#[derive(Default)]
pub(super) struct Page {
    pub(super) leave: Leave,
    out: String,
    /// The element that is being left out, and how many of its kind are open in it.
    pub(super) skips: Option<(String, u32)>,
    /// Where the open link leads, and where its words begin.
    link: Option<(String, usize)>,
    pre: u32,
}

impl Page {
    pub(super) fn new(leave: Leave) -> Self {
        Self { leave, ..Self::default() }
    }

    pub(super) fn words(&mut self, raw: &str) {
        if self.skips.is_some() || raw.is_empty() {
            return;
        }
        for c in unescaped(raw).chars() {
            match c {
                '\u{200b}' | '\u{feff}' | '\u{ad}' | '\r' => {}
                '\u{a0}' => self.out.push(' '),
                c if self.pre > 0 => self.out.push(c),
                c if c.is_whitespace() => {
                    if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                        self.out.push(' ');
                    }
                }
                c => self.out.push(c),
            }
        }
    }

    pub(super) fn tag(&mut self, tag: &Tag<'_>) -> Flow {
        let name = tag.name.as_str();
        if let Some((skipped, depth)) = &mut self.skips {
            if name == skipped {
                if !tag.closes {
                    *depth += 1;
                } else if *depth > 1 {
                    *depth -= 1;
                } else {
                    self.skips = None;
                }
            }
            return Flow::On;
        }
        if !tag.closes {
            if self.leave.history && tag.is_one_of(HISTORY_MARKS) {
                return Flow::Stop;
            }
            if !VOID.contains(&name) && self.skipped(tag) {
                self.skips = Some((name.to_owned(), 1));
                self.lines(1);
                return Flow::On;
            }
        }
        match name {
            "br" => self.out.push('\n'),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table"
            | "blockquote" => {
                self.lines(2);
            }
            "pre" => {
                self.lines(2);
                self.pre = if tag.closes { self.pre.saturating_sub(1) } else { self.pre + 1 };
            }
            "div" | "tr" | "hr" | "section" | "article" | "header" | "footer" | "dt" | "dd" => {
                self.lines(1);
            }
            "li" => {
                self.lines(1);
                if !tag.closes {
                    self.out.push_str("- ");
                }
            }
            "td" | "th" => self.words(" "),
            "a" => self.anchor(tag),
            _ => {}
        }
        Flow::On
    }

    pub(super) fn skipped(&self, tag: &Tag<'_>) -> bool {
        let history = tag.is_one_of(HISTORY_CLASSES)
            || tag.name == "blockquote"
                && tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
        UNSEEN.contains(&tag.name.as_str())
            || self.leave.history && history
            || self.leave.signature && tag.is_one_of(SIGNATURE_CLASSES)
    }

    /// A link whose words are not its address gets its address beside them.
    pub(super) fn anchor(&mut self, tag: &Tag<'_>) {
        let before = self.link.take();
        if !tag.closes {
            let url = tag.attribute("href").filter(|url| is_web(url));
            self.link = url.map(|url| (url, self.out.len()));
        } else if let Some((url, from)) = before {
            let shown = self.out.get(from..).unwrap_or_default().trim();
            let bare = |text: &str| {
                let text = text
                    .strip_prefix("https://")
                    .or_else(|| text.strip_prefix("http://"))
                    .unwrap_or(text);
                text.trim_end_matches('/').to_owned()
            };
            if shown.is_empty() {
                self.out.push_str(&url);
            } else if bare(shown) != bare(&url) {
                self.out.push_str(&format!(" ({url})"));
            }
        }
    }

    /// At least so many line ends, but none at the beginning.
    pub(super) fn lines(&mut self, wanted: usize) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', wanted.saturating_sub(there)));
        }
    }

    pub(super) fn done(self) -> String {
        let mut text = String::with_capacity(self.out.len());
        let mut empty = 0;
        for line in self.out.trim().lines() {
            let line = line.trim_end();
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if empty < 2 {
                text.push_str(line);
                text.push('\n');
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}
