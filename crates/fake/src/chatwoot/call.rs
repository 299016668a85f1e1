//! A request, taken apart.

use crate::multipart;
use handover_core::port::http::Request;
use serde_json::{Map, Value};

/// A file that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Vec<u8>,
}

/// A request, taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    pub(super) method: &'static str,
    /// Scheme and host.
    pub(super) origin: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Map<String, Value>,
    /// Whether the body was a form: its values are texts then.
    pub(super) form: bool,
    pub(super) files: Vec<(String, Upload)>,
    pub(super) token: Option<String>,
    /// What is wrong with it as HTTP.
    pub(super) broken: Vec<String>,
}

impl Call {
    pub(super) fn read(request: &Request) -> Self {
        let (origin, path, query) = take_apart(&request.url);
        let mut call = Self { method: request.method, origin, path, query, ..Self::default() };
        for (name, value) in &request.headers {
            if name == "api_access_token" {
                call.token = Some(value.clone());
            }
        }
        let content_type = request
            .headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map_or("", |(_, value)| value.as_str());
        call.read_body(content_type, &request.body);
        call
    }

    fn read_body(&mut self, content_type: &str, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let media = content_type.split(';').next().unwrap_or_default().trim();
        match media {
            "application/json" => match serde_json::from_slice::<Value>(body) {
                Ok(Value::Object(map)) => self.body = map,
                Ok(_) => self.broken.push("the body is JSON, but no object".into()),
                Err(_) => self.broken.push("the body is not JSON".into()),
            },
            "multipart/form-data" => {
                self.form = true;
                match multipart::parse(content_type, body) {
                    Ok(parts) => parts.into_iter().for_each(|part| self.take(part)),
                    Err(why) => self.broken.push(why),
                }
            }
            "application/x-www-form-urlencoded" => {
                self.form = true;
                for (name, value) in pairs(&String::from_utf8_lossy(body)) {
                    self.body.insert(name, Value::String(value));
                }
            }
            other => self.broken.push(format!("the body's type is `{other}`")),
        }
    }

    fn take(&mut self, part: multipart::Part) {
        match part.file_name {
            Some(name) => {
                let mime = part.mime.unwrap_or_else(|| "application/octet-stream".into());
                self.files.push((part.name, Upload { name, mime, bytes: part.bytes }));
            }
            None => match String::from_utf8(part.bytes) {
                Ok(text) => {
                    self.body.insert(part.name, Value::String(text));
                }
                Err(_) => self.broken.push(format!("`{}` is not UTF-8", part.name)),
            },
        }
    }

    /// A parameter, from the body or the address.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        let found = self.body.get(name).cloned();
        found.or_else(|| self.query_text(name).map(|text| Value::String(text.to_owned())))
    }

    pub(super) fn query_text(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_ref().and_then(as_text).filter(|text| !text.is_empty())
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.value(name).as_ref().and_then(as_int)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) => Some(matches!(text.as_str(), "true" | "1" | "on")),
            Value::Number(number) => Some(number.as_i64() == Some(1)),
            _ => None,
        }
    }

    /// An object; in a form it may be JSON.
    pub(super) fn object(&self, name: &str) -> Option<Map<String, Value>> {
        match self.value(name)? {
            Value::Object(map) => Some(map),
            Value::String(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> Option<Vec<Value>> {
        match self.value(name)? {
            Value::Array(list) => Some(list),
            _ => None,
        }
    }
}

pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(super) fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Scheme and host, path, query.
fn take_apart(url: &str) -> (String, String, Vec<(String, String)>) {
    let host_from = url.find("://").map_or(0, |at| at + 3);
    let path_from = url
        .get(host_from..)
        .and_then(|rest| rest.find(['/', '?']))
        .map_or(url.len(), |at| host_from + at);
    let (origin, rest) = url.split_at(path_from);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    (origin.to_owned(), path.to_owned(), pairs(query))
}

fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(&name.replace('+', " ")), percent_decoded(&value.replace('+', " ")))
        })
        .collect()
}

/// Turns `%20` into a space, and so on; what is malformed stays as it is.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What may stand in a path as it is, and the rest as percent signs.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_address_apart() {
        let call = Call::read(&Request::get("https://cw.example:8/api/v1/x/?q=a%2Bb+c&page=2"));
        assert_eq!(call.origin, "https://cw.example:8");
        assert_eq!(call.path, "/api/v1/x");
        assert_eq!(call.text("q").unwrap(), "a+b c");
        assert_eq!(call.int("page"), Some(2));
    }

    #[test]
    fn names_go_into_paths_and_out_again() {
        assert_eq!(percent_decoded(&percent_encoded("né %1.png")), "né %1.png");
    }
}
