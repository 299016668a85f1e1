//! Who answers, and with what.

use super::{Setup, Stop};
use crate::desk::chatwoot::api::{body, went_well};
use crate::desk::chatwoot::json;
use handover_core::marker;
use handover_core::words;
use serde_json::{Map, Value, json};

impl Setup<'_> {
    /// Whoever is an agent sees the inbox, unless somebody has already chosen who does.
    pub(super) fn agents(&mut self, at: &str, inbox_id: i64) -> Result<(), Stop> {
        let list = self.need("GET", &format!("{at}/agents"), None)?;
        let agents = json::items(&list);
        let faces: Map<String, Value> = agents.iter().filter_map(face).collect();
        self.learnt.insert("agents".into(), Value::Object(faces));
        let reply = self.ask("GET", &format!("{at}/inbox_members/{inbox_id}"), None)?;
        let present = if went_well(reply) { json::items(&body(reply)).len() } else { 0 };
        if present > 0 {
            self.said.push(format!("{present} of {} agents see the inbox.", agents.len()));
            return Ok(());
        }
        let ids: Vec<i64> =
            agents.iter().filter_map(|agent| agent.get("id").and_then(json::int)).collect();
        if ids.is_empty() {
            self.said.push("There are no agents yet: add them to the inbox in Chatwoot.".into());
            return Ok(());
        }
        let request = json!({ "inbox_id": inbox_id, "user_ids": ids });
        self.need("POST", &format!("{at}/inbox_members"), Some(&request))?;
        self.said.push(format!("All {} agents were added to the inbox.", ids.len()));
        Ok(())
    }

    /// A reply that offers the end, ready to be called with `/`.
    pub(super) fn canned(&mut self, at: &str) -> Result<(), Stop> {
        let path = format!("{at}/canned_responses");
        let list = self.need("GET", &path, None)?;
        let all = json::items(&list);
        let code = |one: &Value| json::text(one, "short_code").unwrap_or_default().to_owned();
        let marked = |one: &&Value| {
            json::text(one, "content").is_some_and(|content| marker::take(content).found)
        };
        if let Some(there) = all.iter().find(marked) {
            self.said.push(format!("The canned response /{} offers the end.", code(there)));
            return Ok(());
        }
        let taken = |wanted: &&str| all.iter().any(|one| code(one) == **wanted);
        let short = ["end", "end-chat", "handover-end"].into_iter().find(|it| !taken(it));
        let short = short.unwrap_or("end");
        let content = format!("Thank you for writing to us. Goodbye!\n\n{}", words::END);
        let request = json!({ "canned_response": { "short_code": short, "content": content } });
        let reply = self.ask("POST", &path, Some(&request))?;
        self.said.push(if went_well(reply) {
            format!("The canned response /{short} was made: it offers the end to the contact.")
        } else {
            format!("A canned response could not be made: make one that holds {}.", words::END)
        });
        Ok(())
    }
}

/// An agent as contacts see them.
fn face(agent: &Value) -> Option<(String, Value)> {
    let name = json::text(agent, "available_name").or_else(|| json::text(agent, "name"))?;
    let mut face = Map::new();
    face.insert("name".into(), name.into());
    let picture = json::text(agent, "thumbnail").or_else(|| json::text(agent, "avatar_url"));
    if let Some(picture) = picture {
        face.insert("picture".into(), picture.into());
    }
    Some((json::id(agent, "id")?, Value::Object(face)))
}
