//! `App("name", key = value)`

use super::http;
use crate::{
    lex::Pos,
    ports::AppCall,
    problem::{Outcome, Problem, soft},
    report::Kind,
    run::{call::Arguments, world::World},
    value::{Map, Value, to_json},
};

pub(super) fn call(arguments: &Arguments, at: Pos, world: &mut World<'_>) -> Outcome<Value> {
    let name = arguments.get(0, "fn_id").and_then(Value::as_text);
    let Some(name) = name.filter(|_| arguments.unnamed().count() <= 1) else {
        return soft(Kind::AppFailed, "an app is called like `App(\"name\", key = value)`");
    };
    let Some(endpoint) = world.apps_endpoint else {
        return soft(Kind::AppFailed, "the bot has no endpoint for apps");
    };
    let mut data = Map::default();
    for (key, value) in arguments.with_names().filter(|(key, _)| key.as_ref() != "fn_id") {
        data.insert(key.clone(), value.clone());
    }
    let call = AppCall {
        endpoint: endpoint.to_owned(),
        body: serde_json::json!({
            "function_id": name,
            "data": to_json(&Value::map(data, at)),
            "client": world.client,
        }),
    };
    let time_left = world.request()?;
    let answer = world.ports.app.call(&call, time_left);
    world.time_left()?;
    let answer = match answer {
        Ok(response) => http::answer(&response, Kind::AppFailed, at, world)?,
        Err(error) => return soft(Kind::AppFailed, format!("the app call failed: {}", error.0)),
    };
    // The texts in an answer stay as they are: an app is no author of the bot.
    match answer.as_map().and_then(|map| map.get("data")).cloned() {
        Some(data) => Ok(Value { notes: answer.notes, ..data }),
        None => Err(Problem::new(Kind::AppFailed, "the app's answer has no `data`").into()),
    }
}
