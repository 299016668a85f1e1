//! HTML made text, as agents' mails and composers write it, and text made HTML.

use std::borrow::Cow;

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
    let mut page = Page { leave, ..Page::default() };
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
    let mut page = Page { leave, ..Page::default() };
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

/// Elements whose content is no markup.
const RAW: &[&str] = &["script", "style", "title", "textarea", "xmp"];
/// Elements whose content nobody sees.
const UNSEEN: &[&str] = &["head", "template", "noscript", "select"];
const HISTORY_CLASSES: &[&str] =
    &["gmail_quote", "yahoo_quoted", "protonmail_quote", "gorgias_quote"];
const HISTORY_MARKS: &[&str] =
    &["appendonsend", "divrplyfwdmsg", "moz-cite-prefix", "stopspelling"];
const SIGNATURE_CLASSES: &[&str] = &["gmail_signature", "moz-signature", "gorgias_signature"];
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"];

#[derive(PartialEq)]
enum Flow {
    On,
    Stop,
}

/// The text that is being made.
#[derive(Default)]
struct Page {
    leave: Leave,
    out: String,
    /// The element that is being left out, and how many of its kind are open in it.
    skips: Option<(String, u32)>,
    /// Where the open link leads, and where its words begin.
    link: Option<(String, usize)>,
    pre: u32,
}

impl Page {
    fn words(&mut self, raw: &str) {
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

    fn tag(&mut self, tag: &Tag<'_>) -> Flow {
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

    fn skipped(&self, tag: &Tag<'_>) -> bool {
        let history = tag.is_one_of(HISTORY_CLASSES)
            || tag.name == "blockquote"
                && tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"));
        UNSEEN.contains(&tag.name.as_str())
            || self.leave.history && history
            || self.leave.signature && tag.is_one_of(SIGNATURE_CLASSES)
    }

    /// A link whose words are not its address gets its address beside them.
    fn anchor(&mut self, tag: &Tag<'_>) {
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
    fn lines(&mut self, wanted: usize) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        if !self.out.is_empty() {
            self.out.extend(std::iter::repeat_n('\n', wanted.saturating_sub(there)));
        }
    }

    fn done(self) -> String {
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

/// What begins with a `<`, and how many bytes of it there are.
enum Piece<'a> {
    Tag(Tag<'a>, usize),
    /// A comment or declaration.
    Nothing(usize),
    /// The sign itself.
    Words,
    /// A tag that never ends.
    Broken,
}

struct Tag<'a> {
    /// In lower case.
    name: String,
    closes: bool,
    attributes: &'a str,
}

fn piece(html: &str) -> Piece<'_> {
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
    fn attribute(&self, wanted: &str) -> Option<String> {
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

    fn is_one_of(&self, words: &[&str]) -> bool {
        ["class", "id"].iter().filter_map(|name| self.attribute(name)).any(|value| {
            value.split_whitespace().any(|word| words.contains(&word.to_ascii_lowercase().as_str()))
        })
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &text[1..];
            inner.split_once(quote).unwrap_or((inner, ""))
        }
        _ => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

/// What follows the end of an element that holds no markup.
fn after_raw<'a>(html: &'a str, name: &str) -> &'a str {
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

fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::{Leave, from_text, pictures, text};

    const OWN: Leave = Leave { history: true, signature: true };

    #[test]
    fn html_is_made_text() {
        let table = [
            ("plain & simple", "plain & simple"),
            ("", ""),
            ("a &lt;b&gt; &amp;amp; &#39;c&#x27;", "a <b> &amp; 'c'"),
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("<div>One<br></div><div>Two</div>", "One\nTwo"),
            ("One<br/>Two<BR>Three", "One\nTwo\nThree"),
            ("<ul><li>a</li><li>b</li></ul>after", "- a\n- b\n\nafter"),
            ("  lots \n of\t space ", "lots of space"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "see <a href=\"https://x.example/a?b=1&amp;c=2\">this</a>.",
                "see this (https://x.example/a?b=1&c=2).",
            ),
            ("<a href='https://x.example/'>x.example</a>", "x.example"),
            ("<a href='javascript:alert(1)'>press</a>", "press"),
            ("<a href=\"https://x.example\"><img src=\"y\"></a>", "https://x.example"),
            ("<style>p { a > b }</style><script>if (a<b) {}</SCRIPT>x", "x"),
            ("<head><title>t</title></head><body>x</body>", "x"),
            ("a<!-- <b>secret</b> -->b", "ab"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("I <3 you", "I <3 you"),
            ("a<b", "a<b"),
            ("<img alt=\">\" src=x>after", "after"),
            ("a&nbsp;b\u{200b}c", "a bc"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<p>LIVECHAT<wbr>_SESSION_<b>END</b></p>", "LIVECHAT_SESSION_END"),
            ("<p>LIVECHAT&#95;SESSION&#95;END</p>", "LIVECHAT_SESSION_END"),
            ("<unknown x=1>a</unknown>", "a"),
        ];
        for (html, wanted) in table {
            assert_eq!(text(html, OWN), wanted, "{html}");
        }
    }

    #[test]
    fn history_and_signature_are_left_out_when_asked() {
        let table = [
            (
                "Yes.<div class=\"gmail_quote\">On Monday <div>x</div> wrote</div>",
                "Yes.",
                "Yes.\nOn Monday\nx\nwrote",
            ),
            ("Yes.<blockquote type=cite>old</blockquote>more", "Yes.\nmore", "Yes.\n\nold\n\nmore"),
            ("<blockquote>as you say</blockquote>ok", "as you say\n\nok", "as you say\n\nok"),
            ("Yes.<div id='appendonsend'></div><p>From: x</p>", "Yes.", "Yes.\n\nFrom: x"),
            ("Yes.<div class='a gmail_signature'>Bob<br>Shop</div>", "Yes.", "Yes.\nBob\nShop"),
            ("Yes.<div class=gmail_quote>never closed", "Yes.", "Yes.\nnever closed"),
        ];
        for (html, own, all) in table {
            assert_eq!(text(html, OWN), own, "{html}");
            assert_eq!(text(html, Leave::default()), all, "{html}");
        }
        let signed = "Yes.<div class='gmail_signature'>Bob</div><div class=gmail_quote>old</div>";
        assert_eq!(text(signed, Leave { history: true, signature: false }), "Yes.\nBob");
    }

    #[test]
    fn pictures_are_found_where_they_were_pasted() {
        let html = "<p>x<img width=1 src=\"https://a.example/1.png?a=1&amp;b=2\"><img src='cid:7'><img src=\"data:image/png;base64,x\">\
            <img src=https://a.example/2.png></p><div class=gmail_quote><img src='https://a.example/3.png'></div>";
        assert_eq!(pictures(html), ["https://a.example/1.png?a=1&b=2", "https://a.example/2.png"]);
    }

    #[test]
    fn text_made_html_holds_no_markup() {
        assert_eq!(from_text("a <b> & \"c\"\nd"), "<p>a &lt;b&gt; &amp; &quot;c&quot;<br>d</p>");
        let line = "1 < 2\nline";
        assert_eq!(text(&from_text(line), OWN), line);
    }

    #[test]
    fn what_is_cut_or_mixed_up_never_breaks() {
        let html = "<p class=\"x\">é &amp; <a href='https://é.example'>ü</a><!-- c --><script>1</script><img src=\"a\"></p>";
        for from in 0..html.len() {
            for to in from..=html.len() {
                if let Some(part) = html.get(from..to) {
                    let _ = (text(part, OWN), pictures(part));
                }
            }
        }
    }

    #[test]
    fn long_and_hostile_texts_take_no_time() {
        for part in ["<a", "<a>", "<!--", "</", "<script>", "<div>", "&#", "<a '", "<p \"", "< "] {
            let html = part.repeat(200_000);
            let _ = (text(&html, OWN), pictures(&html));
        }
    }
}
