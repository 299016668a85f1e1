//! `HTTP(url)`: a request is an object that is built up, kept like any value, and sent through the port.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    lex::Pos,
    method::{self, none, uri},
    ports::{HttpRequest, HttpResponse},
    problem::{Outcome, Problem, Stop},
    report::Kind,
    run::{call::Arguments, world::World},
    value::{self, Map, Value, from_json, to_json},
};

pub(super) fn new(arguments: &Arguments, at: Pos) -> Outcome<Value> {
    let url = arguments.get(0, "url").filter(|url| url.as_text().is_some());
    let url = url.ok_or_else(|| Problem::arguments("`HTTP(\"https://..\")`"))?;
    let text = |text: &str| Value::text(text, at);
    let headers = Map::default()
        .with("Content-Type", text("application/json"))
        .with("Accept", text("application/json,text/*"))
        .with("User-Agent", text("csml/v1"));
    let mut request = Map::tagged("http")
        .with("url", url.clone())
        .with("method", text("get"))
        .with("header", Value::map(headers, at));
    for (name, value) in arguments.with_names() {
        request.insert(name.clone(), value.clone());
    }
    Ok(Value::map(request, at))
}

pub(super) fn method(
    name: &str,
    map: &Map,
    arguments: &[Value],
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    let mut request = map.clone();
    match name {
        "get" => {
            none(arguments, "`.get()`")?;
            request.insert("method".into(), Value::text(name, at));
        }
        "post" | "put" | "patch" | "delete" => {
            if arguments.len() > 1 {
                return Err(Problem::arguments(&format!("`.{name}(body)`")).into());
            }
            request.insert("method".into(), Value::text(name, at));
            if let Some(body) = arguments.first() {
                request.insert("body".into(), body.clone());
            }
        }
        "set" | "query" => {
            let [Value { kind: value::Kind::Map(given), .. }] = arguments else {
                return Err(
                    Problem::arguments(&format!("`.{name}({{\"key\": \"value\"}})`")).into()
                );
            };
            if name == "set" && given.fields().values().any(|value| value.as_text().is_none()) {
                return Err(Problem::arguments("`.set({\"Header\": \"text\"})`").into());
            }
            let key = if name == "set" { "header" } else { "query" };
            let mut fields = request.get(key).and_then(Value::as_map).cloned().unwrap_or_default();
            for (key, value) in given.fields() {
                fields.insert(key.clone(), value.clone());
            }
            request.insert(key.into(), Value::map(fields, at));
        }
        "auth" => {
            let (user, password) = method::two_texts(arguments, "`.auth(\"user\", \"password\")`")?;
            let credentials = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            let mut headers =
                request.get("header").and_then(Value::as_map).cloned().unwrap_or_default();
            headers.insert("Authorization".into(), Value::text(credentials, at));
            request.insert("header".into(), Value::map(headers, at));
        }
        "disable_ssl_verify" => {
            none(arguments, "`.disable_ssl_verify()`")?;
            request.insert("disable_ssl_verify".into(), Value::bool(true, at));
        }
        "send" => {
            none(arguments, "`.send()`")?;
            return send(&request, at, world);
        }
        _ => return Err(method::unknown(name).into()),
    }
    Ok(Value::map(request, at))
}

fn send(map: &Map, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let time_left = world.request()?;
    let request = HttpRequest {
        method: map.get_text("method").unwrap_or("get").to_ascii_uppercase(),
        url: with_query(
            map.get_text("url").unwrap_or(""),
            map.get("query").and_then(Value::as_map),
        ),
        headers: map
            .get("header")
            .and_then(Value::as_map)
            .map(Map::fields)
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_ref().to_owned(), value.to_text()))
            .collect(),
        body: map.get("body").map(to_json),
        verify_tls: map.get("disable_ssl_verify").is_none(),
    };
    match world.ports.http.send(&request, time_left) {
        Ok(response) => {
            world.time_left()?;
            answer(&response, Kind::HttpFailed, at, world)
        }
        Err(error) => {
            world.time_left()?;
            Err(Problem::new(Kind::HttpFailed, format!("the request failed: {}", error.0)).into())
        }
    }
}

fn with_query(url: &str, query: Option<&Map>) -> String {
    let mut whole = url.to_owned();
    for (key, value) in query.map(Map::fields).into_iter().flatten() {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(&uri::encode(key));
        whole.push('=');
        whole.push_str(&uri::encode(&value.to_text()));
    }
    whole
}

/// An answer as a value that carries status and headers. A bad status is null that carries the body too.
pub(super) fn answer(
    response: &HttpResponse,
    kind: Kind,
    at: Pos,
    world: &mut World<'_>,
) -> Outcome<Value> {
    world.make_bytes(response.body.len())?;
    let mut headers = Map::default();
    for (name, value) in &response.headers {
        headers.insert(name.to_lowercase().into(), Value::text(value.as_str(), at));
    }
    let mut notes = Map::default()
        .with("status", Value::int(i64::from(response.status), at))
        .with("headers", Value::map(headers, at));
    if response.status >= 400 {
        let message = format!("the answer has the status {}", response.status);
        notes.insert("body".into(), Value::text(response.body.as_str(), at));
        notes.insert("error".into(), Value::text(message.as_str(), at));
        return Err(Stop::Noted(Box::new((Problem::new(kind, message), notes))));
    }
    let json = serde_json::from_str(&response.body).ok();
    let value = json.and_then(|json| from_json(&json, at).ok());
    let value = value.unwrap_or_else(|| Value::text(response.body.as_str(), at));
    Ok(Value { notes: Some(Arc::new(notes)), ..value })
}
