//! Markdown of bots and agents as safe HTML. Raw HTML in it is shown as the text that it is.

use super::text::{LINK_ATTRIBUTES, escaped, linked, safe_url, visible};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream, html};

/// Markdown as safe HTML.
pub(super) fn render(text: &str) -> String {
    let text = visible(text);
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    let events = TextMergeStream::new(Parser::new_ext(&text, options).map(harmless));
    let mut safe = Safe::default();
    let mut out = String::new();
    html::push_html(&mut out, events.flat_map(|event| safe.take(event)));
    out
}

/// Raw HTML becomes text before anything else is looked at.
fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        event => event,
    }
}

/// Which links are open, and whether each was let through.
#[derive(Default)]
struct Safe {
    links: Vec<bool>,
    code: bool,
}

impl Safe {
    fn take<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let url = safe_url(&dest_url).filter(|_| self.links.is_empty());
                self.links.push(url.is_some());
                let url = url?;
                let open = format!(r#"<a href="{}" {LINK_ATTRIBUTES}>"#, escaped(url));
                Event::InlineHtml(open.into())
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                self.links.pop().filter(|&open| open)?;
                Event::InlineHtml("</a>".into())
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                self.code = true;
                Event::Start(Tag::CodeBlock(kind))
            }
            Event::End(TagEnd::CodeBlock) => {
                self.code = false;
                Event::End(TagEnd::CodeBlock)
            }
            // A heading in a chat is a line in bold.
            Event::Start(Tag::Heading { .. }) => Event::InlineHtml("<p><strong>".into()),
            Event::End(TagEnd::Heading(_)) => Event::InlineHtml("</strong></p>\n".into()),
            // People who write chats mean the line breaks that they make.
            Event::SoftBreak => Event::HardBreak,
            Event::Text(text) if self.links.is_empty() && !self.code => {
                Event::InlineHtml(linked(&text).into())
            }
            event => event,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn markdown_is_drawn() {
        let html = render("**bold** and *soft*\nnext ~~gone~~ `code <b>`\n\n- a\n- b");
        for part in [
            "<strong>bold</strong>",
            "<em>soft</em>",
            "<br />",
            "<del>gone</del>",
            "<code>code &lt;b&gt;</code>",
            "<li>a</li>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn raw_html_is_shown_as_text() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div>\n\n<iframe src=//evil>\n\n</div>",
            "<!-- x --><svg onload=alert(1)>",
            "# <b onclick=x>h</b>",
            "| a | <u>b</u> |\n|---|---|\n| <script> | x |",
        ] {
            let html = render(text);
            for tag in ["<script", "<img", "<iframe", "<svg", "<b ", "<div", "<u>", "<!--"] {
                assert!(!html.contains(tag), "{tag} in {html}");
            }
        }
    }

    #[test]
    fn links_that_run_programs_are_only_words() {
        for text in [
            "[x](javascript:alert(1))",
            "[x](JAVASCRIPT:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "<javascript:alert(1)>",
            "![x](javascript:alert(1))",
            "[x](/settings)",
            "[x]: javascript:alert(1)\n\n[x]",
        ] {
            assert!(!render(text).contains("<a"), "{}", render(text));
        }
    }

    #[test]
    fn links_are_marked_as_leading_elsewhere() {
        for text in [
            "[x](https://a.test \"t\")",
            "https://a.test/c_d_e",
            "![pic](https://a.test/p.png)",
            "<https://a.test>",
        ] {
            let html = render(text);
            assert_eq!(html.matches("<a ").count(), 1, "{html}");
            assert_eq!(html.matches("</a>").count(), 1, "{html}");
            assert!(
                html.contains(r#"rel="noopener noreferrer nofollow" target="_blank""#),
                "{html}"
            );
            assert!(!html.contains("<img"), "{html}");
        }
        assert!(render("https://a.test/c_d_e").contains(r#"href="https://a.test/c_d_e""#));
        let quoted = render("[x](<https://a.test/\"onmouseover=\"alert(1)>)");
        assert!(!quoted.contains("\"onmouseover"), "{quoted}");
    }

    #[test]
    fn a_picture_in_a_link_does_not_nest_links() {
        let html = render("[![alt](https://a.b/i.png)](https://a.b)");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert_eq!(html.matches("</a>").count(), 1, "{html}");
    }

    #[test]
    fn huge_text_is_no_danger() {
        let html = render(&"[".repeat(100_000));
        assert!(html.len() >= 100_000);
        assert!(render(&"> ".repeat(5_000)).len() < 1_000_000);
    }
}
