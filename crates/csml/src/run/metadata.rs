//! `_metadata`

use std::sync::Arc;

use serde_json::Value as Json;

use super::Machine;
use crate::{
    lex::Pos,
    value::{self, Map, Value, from_json},
};

impl Machine<'_> {
    /// `_metadata`: what the request brought, and where the bot is.
    pub(super) fn metadata(&mut self) -> Value {
        if let Some(metadata) = &self.metadata {
            return metadata.clone();
        }
        let mut metadata = match self.input.metadata {
            given @ Json::Object(_) => from_json(given, Pos::NONE).ok(),
            _ => None,
        };
        let text = |text: &str| Value::text(text, Pos::NONE);
        let mut context = Map::default()
            .with("current_flow", text(self.flow_name(self.flow)))
            .with("current_step", text(&self.step))
            .with("default_flow", text(&self.program.default_flow_text));
        if let Some(history) = &self.history {
            context.insert("previous_step".into(), text(&history.step.0));
            context.insert("previous_flow".into(), text(&history.step.1));
        }
        let context = Value::map(context, Pos::NONE);
        let metadata = match metadata.as_mut().and_then(Value::map_mut) {
            Some(map) => {
                map.insert("_context".into(), context);
                metadata.unwrap_or_else(|| Value::null(Pos::NONE))
            }
            None => Value::new(
                value::Kind::Map(Arc::new(Map::default().with("_context", context))),
                Pos::NONE,
            ),
        };
        self.metadata = Some(metadata.clone());
        metadata
    }
}
