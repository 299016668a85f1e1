//! Files.

use super::answer::{Answer, Bad, Good};
use super::api::Ask;
use super::state::{State, Upload};
use super::url;
use crate::multipart;
use serde_json::{Value, json};

/// The largest upload, in bytes.
const LARGEST: usize = 20 * 1024 * 1024;

impl State {
    pub(super) fn upload(&mut self, ask: &Ask<'_>) -> Answer {
        self.allow(ask, &["type"]);
        let header = ask.request.headers.iter().find(|(name, _)| name == "content-type");
        let mime = header.map(|(_, value)| value.as_str()).unwrap_or_default();
        let parts = match multipart::parse(mime, &ask.request.body) {
            Ok(parts) if !parts.is_empty() => parts,
            Ok(_) => return Err(self.bad_form(ask, "the form is empty")),
            Err(problem) => return Err(self.bad_form(ask, &problem)),
        };
        if parts.iter().any(|part| part.bytes.len() > LARGEST) {
            return Err(Bad::new(413, "The file is too large."));
        }
        let mut kept = Vec::new();
        for part in parts {
            let name = part.file_name.unwrap_or(part.name);
            let mime = part.mime.unwrap_or_else(|| "application/octet-stream".to_owned());
            kept.push(self.keep_file(&name, &mime, &part.bytes));
        }
        Good::created(kept)
    }

    /// Keeps a file, and gives it as messages show it.
    pub(super) fn keep_file(&mut self, name: &str, mime: &str, bytes: &[u8]) -> Value {
        let key = format!("{:016x}", self.next_id());
        let file_url = format!("{}/attachments/{key}/{}", self.base, url::encode(name));
        let upload = Upload { name: name.to_owned(), mime: mime.to_owned(), bytes: bytes.to_vec() };
        let shown = json!({ "url": file_url, "name": upload.name, "content_type": upload.mime,
            "size": upload.bytes.len() });
        self.uploads.insert(key, upload);
        shown
    }

    pub(super) fn attachment(&self, key: &str) -> Answer {
        let file = self.uploads.get(key).ok_or_else(|| Bad::missing("File"))?;
        Good::file(&file.mime, &file.bytes)
    }

    fn bad_form(&mut self, ask: &Ask<'_>, problem: &str) -> Bad {
        self.misfit(ask, problem);
        Bad::new(400, format!("Bad upload: {problem}."))
    }
}
