//! HTML entities.

pub(super) fn encode(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Named and numeric entities become their characters, unknown ones stay.
pub(super) fn decode(text: &str) -> String {
    html_escape::decode_html_entities(text).into_owned()
}
