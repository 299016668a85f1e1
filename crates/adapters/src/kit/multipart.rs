//! Forms with files (`multipart/form-data`), built in memory.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name; none for a plain field.
    pub filename: Option<String>,
    /// The media type of the body; none for a plain field.
    pub content_type: Option<String>,
    /// What the part holds.
    pub body: Vec<u8>,
}

impl Part {
    /// A plain field.
    pub fn field(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            filename: None,
            content_type: None,
            body: value.into().into_bytes(),
        }
    }

    /// A file.
    pub fn file(
        name: impl Into<String>,
        filename: impl Into<String>,
        content_type: impl Into<String>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            name: name.into(),
            filename: Some(filename.into()),
            content_type: Some(content_type.into()),
            body,
        }
    }
}

/// The value of the header `content-type`, and the body. The same seed and parts give the same form, and no part holds
/// the line that parts them.
pub fn form(boundary_seed: &str, parts: &[Part]) -> (String, Vec<u8>) {
    let boundary = boundary(boundary_seed, parts);
    let mut body = Vec::new();
    for part in parts {
        let mut head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"",
            quoted(&part.name)
        );
        if let Some(filename) = &part.filename {
            let _ = write!(head, "; filename=\"{}\"", quoted(filename));
        }
        head.push_str("\r\n");
        if let Some(content_type) = &part.content_type {
            let _ = write!(head, "content-type: {}\r\n", one_line(content_type));
        }
        head.push_str("\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A line that stands in no part: whoever sends a file must not be able to end it early and add fields. The digest is
/// over everything in the form, so nobody can know it while making the file.
fn boundary(seed: &str, parts: &[Part]) -> String {
    let mut digest = Sha256::new();
    digest.update(seed.as_bytes());
    for part in parts {
        digest.update(part.name.as_bytes());
        digest.update(part.filename.as_deref().unwrap_or_default().as_bytes());
        digest.update(&part.body);
    }
    let digest = hex::encode(digest.finalize());
    format!("handover-{}", digest.get(..32).unwrap_or_default())
}

/// As browsers write names: quotes and line ends are percent-encoded, all else is UTF-8.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Part, form};

    #[test]
    fn fields_and_files_stand_side_by_side() {
        let parts = [
            Part::field("content", "Grüße"),
            Part::file("attachments[]", "a.png", "image/png", vec![0, 255, 13, 10]),
        ];
        let (content_type, body) = form("c.1", &parts);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let mut expected = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"content\"\r\n\r\nGrüße\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"attachments[]\"; filename=\"a.png\"\r\n\
             content-type: image/png\r\n\r\n"
        )
        .into_bytes();
        expected.extend([0, 255, 13, 10]);
        expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        assert_eq!(body, expected);
        assert_eq!(
            form("c.1", &parts),
            (content_type.clone(), body),
            "promise C: same at each try"
        );
        assert_ne!(form("c.2", &parts).0, content_type);
    }

    #[test]
    fn names_and_types_cannot_break_out_of_their_line() {
        let part = Part::file("f\r\nx: y", "a\"; b=\"c\r\n\r\nd", "text/plain\r\nx: y", Vec::new());
        let (_, body) = form("s", &[part]);
        let body = String::from_utf8(body).unwrap();
        let lines: Vec<&str> = body.split("\r\n").collect();
        assert_eq!(lines.len(), 7, "{body}");
        assert_eq!(
            lines[1],
            "content-disposition: form-data; name=\"f%0D%0Ax: y\"; filename=\"a%22; b=%22c%0D%0A%0D%0Ad\""
        );
        assert_eq!(lines[2], "content-type: text/plainx: y");
    }

    #[test]
    fn a_file_that_quotes_an_earlier_form_stays_one_part() {
        let (_, earlier) = form("s", &[Part::field("a", "b")]);
        let (content_type, body) = form("s", &[Part::file("a", "b", "text/plain", earlier)]);
        let boundary = content_type.split_once("boundary=").unwrap().1;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(body.matches(&format!("--{boundary}")).count(), 2);
    }
}
