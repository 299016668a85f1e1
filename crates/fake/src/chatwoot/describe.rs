//! What requests may look like, by the description in `description.json`, and what does not fit.

use super::call::{Call, percent_decoded};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| serde_json::from_str(include_str!("description.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
struct Description {
    operations: Vec<Operation>,
}

/// A method and a path, and what may come with them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    query: BTreeMap<String, Kind>,
    #[serde(default)]
    media: Vec<String>,
    #[serde(default)]
    body: Option<Kind>,
    #[serde(default, rename = "note")]
    _note: String,
}

/// What a value may be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    #[serde(default, rename = "type")]
    name: String,
    #[serde(default)]
    nullable: bool,
    #[serde(default, rename = "enum")]
    among: Vec<Value>,
    #[serde(default)]
    fields: Option<BTreeMap<String, Kind>>,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    items: Option<Box<Kind>>,
    #[serde(default, rename = "note")]
    _note: String,
}

/// A described operation that a request means.
pub(super) struct Meant {
    pub(super) operation: &'static Operation,
    /// What stands where the template has names.
    pub(super) names: BTreeMap<&'static str, String>,
}

/// Finds what a request means.
pub(super) fn find(method: &str, path: &str) -> Option<Meant> {
    DESCRIPTION
        .operations
        .iter()
        .filter(|operation| same_method(&operation.method, method))
        .filter_map(|operation| Some((operation, matched(&operation.path, path)?)))
        .min_by_key(|(_, names)| names.len())
        .map(|(operation, names)| Meant { operation, names })
}

/// Rails takes PUT and PATCH for the same.
fn same_method(described: &str, method: &str) -> bool {
    let one = |method: &str| if method == "PUT" { "PATCH".to_owned() } else { method.to_owned() };
    one(described) == one(method)
}

fn matched(template: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut names = BTreeMap::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(_) if segment.is_empty() => return None,
            Some(name) => {
                names.insert(name, percent_decoded(segment));
            }
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(names)
}

/// Everything about a request that does not fit the description, in words.
pub(super) fn misfits(call: &Call, meant: Option<&Meant>) -> Vec<String> {
    let mut found = call.broken.clone();
    match meant {
        None => found.push("there is no such operation".into()),
        Some(meant) => {
            check_names(meant, &mut found);
            check_query(call, meant.operation, &mut found);
            check_body(call, meant.operation, &mut found);
        }
    }
    let place = format!("{} {}", call.method, call.path);
    found.into_iter().map(|what| format!("{place}: {what}")).collect()
}

fn check_names(meant: &Meant, found: &mut Vec<String>) {
    for (name, value) in &meant.names {
        let text = matches!(*name, "inbox_identifier" | "contact_identifier");
        if !text && value.parse::<i64>().is_err() {
            found.push(format!("`{name}` in the path is `{value}`, which is no number"));
        }
    }
}

fn check_query(call: &Call, operation: &Operation, found: &mut Vec<String>) {
    for (name, value) in &call.query {
        match operation.query.get(name.trim_end_matches("[]")) {
            None => found.push(format!("unknown query parameter `{name}`")),
            Some(kind) => check_text(kind, name, value, found),
        }
    }
}

fn check_body(call: &Call, operation: &Operation, found: &mut Vec<String>) {
    let Some(kind) = &operation.body else {
        for name in call.body.keys().chain(call.files.iter().map(|(name, _)| name)) {
            found.push(format!("unknown field `{name}`: this operation has no body"));
        }
        return;
    };
    if call.form && !operation.media.iter().any(|media| media != "application/json") {
        found.push("this operation takes JSON only".into());
    }
    if call.form {
        check_form(call, kind, found);
    } else {
        check_fields(kind, "", &call.body, found);
    }
}

fn check_form(call: &Call, kind: &Kind, found: &mut Vec<String>) {
    let fields = kind.fields.iter().flatten().collect::<BTreeMap<_, _>>();
    for (name, value) in &call.body {
        match (fields.get(name), value) {
            (None, _) => found.push(format!("unknown field `{name}`")),
            (Some(kind), Value::String(text)) => check_text(kind, name, text, found),
            (Some(_), _) => {}
        }
    }
    for (name, _) in &call.files {
        if fields.get(name).is_none_or(|kind| kind.name != "file") {
            found.push(format!("unknown file field `{name}`"));
        }
    }
}

/// A value that came as text, in a query or a form.
fn check_text(kind: &Kind, name: &str, text: &str, found: &mut Vec<String>) {
    let fits = match kind.name.as_str() {
        "integer" => text.parse::<i64>().is_ok(),
        "number" => text.parse::<f64>().is_ok(),
        "boolean" => matches!(text, "true" | "false"),
        "object" => serde_json::from_str::<Map<String, Value>>(text).is_ok(),
        "file" => false,
        _ => true,
    };
    if !fits {
        found.push(format!("`{name}` should be of type {}", kind.name));
    }
    check_among(kind, name, &Value::String(text.to_owned()), found);
}

fn check_fields(kind: &Kind, within: &str, map: &Map<String, Value>, found: &mut Vec<String>) {
    let Some(fields) = &kind.fields else { return };
    for (name, value) in map {
        let place = format!("{within}{name}");
        match fields.get(name) {
            None => found.push(format!("unknown field `{place}`")),
            Some(kind) => check_value(kind, &place, value, found),
        }
    }
    for name in &kind.required {
        if !map.contains_key(name) {
            found.push(format!("`{within}{name}` is missing"));
        }
    }
}

fn check_value(kind: &Kind, place: &str, value: &Value, found: &mut Vec<String>) {
    if value.is_null() && kind.nullable {
        return;
    }
    let fits = match kind.name.as_str() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "file" => false,
        _ => true,
    };
    if !fits {
        found.push(format!("`{place}` should be of type {}", kind.name));
        return;
    }
    check_among(kind, place, value, found);
    match value {
        Value::Object(map) => check_fields(kind, &format!("{place}."), map, found),
        Value::Array(list) => {
            for (item, kind) in list.iter().zip(std::iter::repeat(&kind.items)) {
                if let Some(kind) = kind {
                    check_value(kind, &format!("{place}[]"), item, found);
                }
            }
        }
        _ => {}
    }
}

fn check_among(kind: &Kind, place: &str, value: &Value, found: &mut Vec<String>) {
    if !kind.among.is_empty() && !kind.among.contains(value) {
        found.push(format!("`{place}` has a value that is not among the known ones"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handover_core::port::http::Request;
    use serde_json::json;

    fn of(request: &Request) -> Vec<String> {
        let call = Call::read(request);
        misfits(&call, find(call.method, &call.path).as_ref())
    }

    #[test]
    fn the_description_is_well_formed() {
        let description: Description =
            serde_json::from_str(include_str!("description.json")).unwrap();
        assert!(description.operations.len() > 60);
        let mut seen = std::collections::BTreeSet::new();
        for operation in &description.operations {
            assert!(operation.path.starts_with('/'), "{}", operation.path);
            assert!(seen.insert((&operation.method, &operation.path)), "{} twice", operation.path);
            assert_eq!(operation.body.is_some(), !operation.media.is_empty(), "{}", operation.path);
            for kind in operation.body.iter().chain(operation.query.values()) {
                well_formed(kind, &operation.path);
            }
        }
    }

    fn well_formed(kind: &Kind, place: &str) {
        let names =
            ["", "any", "string", "integer", "number", "boolean", "object", "array", "file"];
        assert!(names.contains(&kind.name.as_str()), "{place}: {}", kind.name);
        assert!(kind.items.is_none() || kind.name == "array", "{place}");
        let fields = kind.fields.iter().flatten().collect::<BTreeMap<_, _>>();
        for name in &kind.required {
            assert!(fields.contains_key(name), "{place}: {name} is required but unknown");
        }
        for kind in fields.values() {
            well_formed(kind, place);
        }
    }

    #[test]
    fn a_right_request_fits() {
        let url = "https://c.example/api/v1/accounts/1/contacts/search?q=x&page=1";
        assert_eq!(of(&Request::get(url)), Vec::<String>::new());
        let body =
            json!({"name": "Shop", "channel": {"type": "api", "webhook_url": "https://h.example"}});
        let request = Request::json("POST", "https://c.example/api/v1/accounts/1/inboxes", &body);
        assert_eq!(of(&request), Vec::<String>::new());
    }

    #[test]
    fn a_wrong_request_is_found_out() {
        let place = "https://c.example/api/v1/accounts/1/contacts";
        let body = json!({"inbox_id": "7", "mail": "a@example.org", "custom_attributes": []});
        let found = of(&Request::json("POST", place, &body));
        assert_eq!(
            found,
            [
                "POST /api/v1/accounts/1/contacts: `custom_attributes` should be of type object",
                "POST /api/v1/accounts/1/contacts: `inbox_id` should be of type number",
                "POST /api/v1/accounts/1/contacts: unknown field `mail`",
            ]
        );
    }

    #[test]
    fn an_unknown_address_is_found_out() {
        let found = of(&Request::get("https://c.example/api/v1/accounts/1/customers"));
        assert_eq!(found, ["GET /api/v1/accounts/1/customers: there is no such operation"]);
        assert_eq!(of(&Request::get("https://c.example/api/v1/accounts/one/contacts")).len(), 1);
    }

    #[test]
    fn a_value_outside_the_known_ones_is_found_out() {
        let url = "https://c.example/api/v1/accounts/1/conversations/3/toggle_status";
        assert_eq!(of(&Request::json("POST", url, &json!({"status": "closed"}))).len(), 1);
        assert_eq!(of(&Request::json("POST", url, &json!({}))).len(), 1);
        assert_eq!(of(&Request::json("POST", url, &json!({"status": "resolved"}))).len(), 0);
    }
}
