//! A hook as people keep it: a body, a form, an address, or a whole request.

use handover_core::port::channel::Call;
use handover_core::time::Timestamp;
use serde_json::{Map, Value};

/// A hook as it came in, once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Recorded {
    pub(super) method: String,
    pub(super) query: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Recorded {
    /// Reads a file by what is in it, and by its ending where that leaves it open.
    pub(super) fn read(bytes: &[u8], ending: Option<&str>) -> Self {
        if let Ok(Value::Object(object)) = serde_json::from_slice(bytes)
            && let Some(request) = request(&object)
        {
            return request;
        }
        let text = std::str::from_utf8(bytes).map(str::trim).unwrap_or_default();
        let is = |known: &[&str]| {
            ending.is_some_and(|ending| known.iter().any(|one| ending.eq_ignore_ascii_case(one)))
        };
        if let Some(query) = query_of(text) {
            return Self::got(query);
        }
        let pairs = is_pairs(text);
        if pairs && is(&["txt", "url", "query"]) {
            return Self::got(text);
        }
        let json = text.starts_with(['{', '[']) || is(&["json"]);
        let (kind, body) = if is(&["form"]) || pairs && !json {
            // A file ends with a line's end; the form did not.
            ("application/x-www-form-urlencoded", text.as_bytes())
        } else if json {
            ("application/json", bytes)
        } else {
            ("application/octet-stream", bytes)
        };
        Self {
            method: "POST".into(),
            query: String::new(),
            headers: vec![("content-type".into(), kind.into())],
            body: if text.is_empty() { bytes.to_vec() } else { body.to_vec() },
        }
    }

    fn got(query: &str) -> Self {
        Self { method: "GET".into(), query: query.into(), ..Self::default() }
    }

    /// Sets a header that is given as `name: value`.
    pub(super) fn set_header(&mut self, header: &str) -> Result<(), String> {
        let wrong = || format!("--header \"{header}\": write it as 'name: value'.");
        let (name, value) = header.split_once(':').ok_or_else(wrong)?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() {
            return Err(wrong());
        }
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.trim().into()));
        Ok(())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn call(&self, at: Timestamp) -> Call<'_> {
        Call {
            method: &self.method,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
            at,
        }
    }
}

/// A whole request, if an object has just the keys of one: `method`, `url` or `path`, and perhaps `headers`, `body`.
fn request(object: &Map<String, Value>) -> Option<Recorded> {
    let known = ["method", "url", "path", "headers", "body"];
    let fits = object.keys().all(|key| known.contains(&key.as_str()));
    let method = object.get("method")?.as_str()?;
    let url = object.get("url").or_else(|| object.get("path"))?.as_str()?;
    if !fits || !method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let body = match object.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(value) => value.to_string().into_bytes(),
    };
    Some(Recorded {
        method: method.to_ascii_uppercase(),
        query: after_question_mark(url).unwrap_or_default().into(),
        headers: object.get("headers").map(headers).unwrap_or_default(),
        body,
    })
}

/// Headers as `{name: value}`, `{name: [value]}` or `[[name, value]]`.
fn headers(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Array(values) => values.first().and_then(Value::as_str).map(str::to_owned),
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let named = |name: &str, value: &Value| Some((name.to_ascii_lowercase(), text(value)?));
    match value {
        Value::Object(headers) => {
            headers.iter().filter_map(|(name, value)| named(name, value)).collect()
        }
        Value::Array(headers) => {
            headers.iter().filter_map(|pair| named(pair.get(0)?.as_str()?, pair.get(1)?)).collect()
        }
        _ => Vec::new(),
    }
}

/// What is asked for when a file is an address, or begins as a GET request does.
fn query_of(text: &str) -> Option<&str> {
    let line = text.lines().next().unwrap_or_default().trim();
    let (line, got) = match line.strip_prefix("GET ") {
        Some(rest) => (rest.rsplit_once(" HTTP/").map_or(rest, |(address, _)| address), true),
        None => (line, false),
    };
    // A text that was not encoded may hold spaces and line ends.
    let whole = if got { line } else { text };
    if line.starts_with("https://") || line.starts_with("http://") || line.starts_with('/') {
        return after_question_mark(whole).or(Some(""));
    }
    whole.strip_prefix('?')
}

fn after_question_mark(url: &str) -> Option<&str> {
    url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default())
}

/// Whether a text is `a=b&c=d`.
fn is_pairs(text: &str) -> bool {
    let plain = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%+[]".contains(&byte))
    };
    text.split('&')
        .next()
        .is_some_and(|pair| pair.split_once('=').is_some_and(|(name, _)| plain(name)))
}
