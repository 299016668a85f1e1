//! Reads `multipart/form-data`, strictly: what a lenient server would let pass is an error here.

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The field's name.
    pub(super) name: String,
    /// The file's name.
    pub(super) file: Option<String>,
    /// What the file is said to be.
    pub(super) mime: Option<String>,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
}

/// The parts of a body, by its `content-type`; what is wrong, in words.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, &'static str> {
    let told = content_type
        .strip_prefix("multipart/form-data")
        .ok_or("the body is not announced as multipart/form-data")?;
    let boundary = told
        .split(';')
        .find_map(|word| word.trim().strip_prefix("boundary="))
        .map(|boundary| boundary.trim_matches('"'))
        .filter(|boundary| (1..=70).contains(&boundary.len()))
        .ok_or("the form has no boundary")?;
    let opening = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes()).ok_or("the form does not begin")?;
    let mut parts = Vec::new();
    loop {
        if rest == b"--\r\n" || rest == b"--" {
            return Ok(parts);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or("a boundary has no line of its own")?;
        let end = find(part, between.as_bytes()).ok_or("the form does not end")?;
        let (part, after) = part.split_at(end);
        rest = after.get(between.len()..).unwrap_or_default();
        parts.push(read(part)?);
    }
}

fn read(part: &[u8]) -> Result<Part, &'static str> {
    let head_ends = find(part, b"\r\n\r\n").ok_or("a part has no headers")?;
    let (head, body) = part.split_at(head_ends);
    let head = std::str::from_utf8(head).map_err(|_| "a part's headers are no UTF-8")?;
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")
        .and_then(|value| value.strip_prefix("form-data"))
        .ok_or("a part is not form-data")?;
    Ok(Part {
        name: quoted(disposition, "name").ok_or("a part has no name")?,
        file: quoted(disposition, "filename"),
        mime: header("content-type").map(str::to_owned),
        bytes: body.get(4..).unwrap_or_default().to_vec(),
    })
}

/// The value in quotes that stands after `; NAME=`. Quotes in it are written `%22` or `\"`.
fn quoted(disposition: &str, name: &str) -> Option<String> {
    let marker = format!("; {name}=\"");
    let start = disposition.find(&marker)? + marker.len();
    let mut value = String::new();
    let mut escaped = false;
    for c in disposition.get(start..)?.chars() {
        match c {
            '"' if !escaped => return Some(value.replace("%22", "\"")),
            '\\' if !escaped => escaped = true,
            c => {
                value.push(c);
                escaped = false;
            }
        }
    }
    None
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=xy";

    #[test]
    fn parts_are_read_byte_by_byte() {
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"a.png\"; filename=\"a \\\"1\\\".png\"\r\n\
            Content-Type: image/png\r\n\r\n\x00\r\n--x\xff\r\n--xy--\r\n";
        let part = Part {
            name: "a.png".into(),
            file: Some("a \"1\".png".into()),
            mime: Some("image/png".into()),
            bytes: b"\x00\r\n--x\xff".to_vec(),
        };
        assert_eq!(parts(TYPE, body), Ok(vec![part]));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        assert!(parts("application/json", b"{}").is_err());
        assert!(parts("multipart/form-data", b"--xy--").is_err());
        assert!(
            parts(TYPE, b"--xy\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1").is_err()
        );
        assert!(parts(TYPE, b"--xy\r\nX: y\r\n\r\n1\r\n--xy--").is_err());
        assert!(parts(TYPE, b"").is_err());
    }
}
