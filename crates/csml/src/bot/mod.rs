//! The bot file, in the three forms met in practice.

mod read;
mod studio;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use read::ReadError;

/// A bot as its author wrote it. Unknown keys of the file are ignored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BotFile {
    /// The bot's id.
    pub id: String,
    /// The bot's name.
    pub name: String,
    /// The flow a new conversation begins with, by name or id.
    pub default_flow: String,
    /// The flows.
    pub flows: Vec<FlowFile>,
    /// What `_env` reads.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub env: Json,
    /// Where `App()` posts to.
    #[serde(default, alias = "fn_endpoint", skip_serializing_if = "Option::is_none")]
    pub apps_endpoint: Option<String>,
    /// The bots that `goto .. in` may reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multibot: Option<Vec<OtherBot>>,
    /// The definitions of `Component.Name()`.
    #[serde(
        default,
        deserialize_with = "read::map_or_nothing",
        skip_serializing_if = "Option::is_none"
    )]
    pub custom_components: Option<BTreeMap<String, Json>>,
    /// Definitions in the same form whose components are called without `Component.`. Mostly absent:
    /// [`BotFile::with_studio_components`] fills in the Studio's.
    #[serde(
        default,
        deserialize_with = "read::map_or_nothing",
        skip_serializing_if = "Option::is_none"
    )]
    pub native_components: Option<BTreeMap<String, Json>>,
    /// Flows to import from. Without its flow a module must be fetched by the host before it compiles the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Vec<Module>>,
}

/// One flow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FlowFile {
    /// The id, which flow triggers and `default_flow` may use.
    #[serde(default)]
    pub id: String,
    /// The name, which `goto`, `import` and `insert` use.
    pub name: String,
    /// Texts that start this flow from anywhere.
    #[serde(default, deserialize_with = "read::null_is_empty")]
    pub commands: Vec<String>,
    /// The source.
    #[serde(default)]
    pub content: String,
}

/// A bot that another may send its conversations to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OtherBot {
    /// The bot's id.
    pub id: String,
    /// Another name for it.
    #[serde(default)]
    pub name: Option<String>,
    /// The version to run.
    #[serde(default)]
    pub version_id: Option<String>,
}

/// A flow from outside the bot, for `import .. from modules/NAME`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Module {
    /// The name after `modules/`.
    pub name: String,
    /// Where it comes from.
    #[serde(default)]
    pub url: Option<String>,
    /// Which version.
    #[serde(default)]
    pub version: Option<String>,
    /// The flow, once it has been fetched.
    #[serde(default)]
    pub flow: Option<FlowFile>,
}
