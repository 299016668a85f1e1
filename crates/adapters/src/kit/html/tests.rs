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
