//! Reading bots: one JSON object of the engine or the Studio, or a folder with `bot.json` and `flows/NAME.csml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::BotFile;

/// Why a text is no bot file.
#[derive(Debug)]
pub struct ReadError(String);

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

pub(super) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Some forms have a list, or something else, where the definitions of components would be.
pub(super) fn map_or_nothing<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Json>>, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::Object(fields) => Some(fields.into_iter().collect()),
        _ => None,
    })
}

impl BotFile {
    /// Reads one JSON text: the engine's form or the Studio's.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let json = serde_json::from_str(text)
            .map_err(|error| ReadError(format!("the bot is no JSON: {error}")))?;
        Self::from_value(json)
    }

    /// The same from parsed JSON. A bot wrapped in a `bot` key, as requests carry it, is unwrapped.
    pub fn from_value(mut json: Json) -> Result<Self, ReadError> {
        if let Some(inner) = json.get_mut("bot").filter(|inner| inner.is_object()) {
            json = inner.take();
        }
        fill_gaps(&mut json);
        serde_json::from_value(json).map_err(|error| ReadError(format!("the bot file: {error}")))
    }

    /// Reads a folder, given as file names (like `flows/Default.csml`) and their texts. It must hold a `bot.json`.
    pub fn from_folder(files: &BTreeMap<String, String>) -> Result<Self, ReadError> {
        let find = |wanted: &str| {
            files
                .iter()
                .find(|(name, _)| name.replace('\\', "/").trim_start_matches("./") == wanted)
                .map(|(_, text)| text)
        };
        let json =
            find("bot.json").ok_or_else(|| ReadError("the folder has no bot.json".to_owned()))?;
        let mut bot = Self::from_json(json.trim_start_matches('\u{feff}'))?;
        for flow in &mut bot.flows {
            if flow.content.is_empty() {
                let path = format!("flows/{}.csml", flow.name);
                let text = find(&path)
                    .ok_or_else(|| ReadError(format!("bot.json names {path}, which is missing")))?;
                flow.content.clone_from(text);
            }
        }
        Ok(bot)
    }
}

/// The forms differ in what they leave out: a flow's id is its name, a bot's name its id.
fn fill_gaps(json: &mut Json) {
    let Some(bot) = json.as_object_mut() else {
        return;
    };
    let id =
        bot.get("id").or_else(|| bot.get("name")).cloned().unwrap_or_else(|| Json::from("bot"));
    for key in ["id", "name"] {
        if !bot.get(key).is_some_and(Json::is_string) {
            bot.insert(key.to_owned(), id.clone());
        }
    }
    if bot.contains_key("fn_endpoint") && bot.contains_key("apps_endpoint") {
        let unused = if bot.get("apps_endpoint").is_some_and(Json::is_null) {
            "apps_endpoint"
        } else {
            "fn_endpoint"
        };
        bot.remove(unused);
    }
    for flow in bot.get_mut("flows").and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(flow) = flow.as_object_mut() {
            if !flow.get("id").is_some_and(Json::is_string) {
                let name = flow.get("name").cloned().unwrap_or_default();
                flow.insert("id".to_owned(), name);
            }
            if flow.get("content").is_some_and(Json::is_null) {
                flow.remove("content");
            }
        }
    }
}
