//! Forms with files, read strictly: what a lenient reader would forgive is an error here.

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub(crate) name: String,
    /// The file's name, if it is a file.
    pub(crate) file_name: Option<String>,
    /// The declared type.
    pub(crate) mime: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a whole form.
pub(crate) fn parse(content_type: &str, body: &[u8]) -> Result<Vec<Part>, String> {
    let boundary = parameter(content_type, "boundary")
        .filter(|boundary| !boundary.is_empty() && boundary.len() <= 70)
        .ok_or("the multipart content type has no usable boundary")?;
    let open = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest =
        body.strip_prefix(open.as_bytes()).ok_or("the form does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return if end.is_empty() || end == b"\r\n" {
                Ok(parts)
            } else {
                Err("something follows the form's end".into())
            };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break")?;
        let head_end = find(rest, b"\r\n\r\n").ok_or("a part's head has no end")?;
        let (head, after) = rest.split_at(head_end);
        let after = after.get(4..).unwrap_or_default();
        let body_end = find(after, between.as_bytes()).ok_or("a part has no end")?;
        let (bytes, after) = after.split_at(body_end);
        rest = after.get(between.len()..).unwrap_or_default();
        parts.push(part(head, bytes)?);
    }
}

fn part(head: &[u8], bytes: &[u8]) -> Result<Part, String> {
    let head = std::str::from_utf8(head).map_err(|_| "a part's head is not UTF-8")?;
    let mut disposition = None;
    let mut mime = None;
    for line in head.split("\r\n") {
        let (key, value) = line.split_once(':').ok_or("a part has a malformed header")?;
        match key.to_ascii_lowercase().as_str() {
            "content-disposition" => disposition = Some(value.trim().to_owned()),
            "content-type" => mime = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let disposition = disposition
        .filter(|value| value.starts_with("form-data"))
        .ok_or("a part has no form-data disposition")?;
    let name = parameter(&disposition, "name").ok_or("a part has no name")?;
    let file_name = parameter(&disposition, "filename");
    if file_name.as_deref() == Some("") {
        return Err(format!("the file of `{name}` has no name"));
    }
    Ok(Part { name, file_name, mime, bytes: bytes.to_vec() })
}

/// A parameter of a header's value, quoted or not.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value;
    while let Some(at) = rest.find(';') {
        rest = rest.get(at + 1..)?.trim_start();
        let (key, after) = rest.split_once('=')?;
        let (found, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if key.trim().eq_ignore_ascii_case(wanted) {
            return Some(unescape(found.trim()));
        }
        rest = after;
    }
    None
}

/// Browsers write quotes and line breaks in names as percent signs.
fn unescape(text: &str) -> String {
    text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_and_file() {
        let body = b"--x\r\ncontent-disposition: form-data; name=\"content\"\r\n\r\nhi; there\r\n--x\r\n\
            Content-Disposition: form-data; name=\"attachments[]\"; filename=\"a; b.png\"\r\nContent-Type: image/png\r\n\r\n\
            \x00\r\n-\r\n--x--\r\n";
        let parts = parse("multipart/form-data; boundary=x", body).unwrap();
        assert_eq!(parts[0].bytes, b"hi; there");
        assert_eq!(parts[1].name, "attachments[]");
        assert_eq!(parts[1].file_name.as_deref(), Some("a; b.png"));
        assert_eq!(parts[1].bytes, b"\x00\r\n-");
    }

    #[test]
    fn refuses_what_is_cut_off() {
        let body = b"--x\r\ncontent-disposition: form-data; name=\"content\"\r\n\r\nhi";
        assert_eq!(
            parse("multipart/form-data; boundary=x", body).unwrap_err(),
            "a part has no end"
        );
        assert!(parse("multipart/form-data", body).is_err());
    }
}
