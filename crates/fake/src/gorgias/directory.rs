//! What an account is made of besides its customers and tickets: itself, users, macros, events.

use super::answer::{Answer, Bad, Good};
use super::api::{Ask, found, shown};
use super::page::{PARAMETERS, Page};
use super::record::{Record, number, set, text};
use super::state::State;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl State {
    pub(super) fn account(&mut self, ask: &Ask<'_>) -> Answer {
        self.allow(ask, &[]);
        Good::found(json!({ "domain": "shop", "created_datetime": self.now_text(),
            "deactivated_datetime": null, "status": { "status": "active" }, "settings": [],
            "owner": { "id": 1 } }))
    }

    pub(super) fn list_users(&mut self, ask: &Ask<'_>) -> Answer {
        self.allow(
            ask,
            &[&PARAMETERS[..], &["email", "name", "external_id", "roles", "search"]].concat(),
        );
        let users = self.users.values().cloned().map(|user| self.with_role(user));
        let email = ask.get("email");
        let wanted =
            users.filter(|user| email.is_none_or(|email| text(user, "email") == Some(email)));
        self.page(ask, wanted.collect())
    }

    pub(super) fn show_user(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        // The real one knows no `me` either.
        let id = id.parse::<u64>().map_err(|_| Bad::field("id", "Not a valid integer."))?;
        let user = found(self.users.get(&id), "User")?;
        shown(self.with_role(user))
    }

    pub(super) fn show_macro(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        shown(found(self.macros.get(&Self::id("Macro", id)?), "Macro")?)
    }

    pub(super) fn list_plain(&mut self, ask: &Ask<'_>, records: BTreeMap<u64, Record>) -> Answer {
        self.allow(ask, &[&PARAMETERS[..], &["search"]].concat());
        self.page(ask, records.into_values().collect())
    }

    pub(super) fn list_events(&mut self, ask: &Ask<'_>) -> Answer {
        let known = ["types", "object_type", "object_id", "user_ids", "created_datetime"];
        self.allow(ask, &[&PARAMETERS[..], &known[..]].concat());
        let types: Vec<&str> = ask
            .query
            .iter()
            .filter(|(name, _)| name == "types")
            .flat_map(|(_, value)| value.split(','))
            .collect();
        let object_id = ask.get("object_id").map(str::parse::<u64>);
        let wanted = self.events.values().filter(|event| {
            (types.is_empty() || text(event, "type").is_some_and(|kind| types.contains(&kind)))
                && ask
                    .get("object_type")
                    .is_none_or(|kind| text(event, "object_type") == Some(kind))
                && object_id.as_ref().is_none_or(|id| number(event, "object_id") == id.clone().ok())
        });
        let wanted = wanted.cloned().collect();
        self.page(ask, wanted)
    }

    pub(super) fn show_event(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        shown(found(self.events.get(&Self::id("Event", id)?), "Event")?)
    }

    /// Writes down that something happened, and gives it as hooks see it.
    pub(super) fn happened(&mut self, kind: &str, object: (&str, u64), user: Option<u64>) -> Value {
        let id = self.next_id();
        let event = json!({ "id": id, "type": kind, "object_type": object.0, "object_id": object.1,
            "user_id": user, "context": format!("{id:08x}-0000-4000-8000-000000000000"),
            "created_datetime": self.now_text(), "data": null, "uri": format!("/api/events/{id}/") });
        self.events.insert(id, super::record::record(event.clone()));
        event
    }

    fn page(&self, ask: &Ask<'_>, records: Vec<Record>) -> Answer {
        Page::read(&ask.query, &["created_datetime", "name"])?.answer(records)
    }

    fn with_role(&self, mut user: Record) -> Record {
        if number(&user, "id") == Some(1) {
            set(&mut user, "role", json!({ "name": self.role }));
        }
        user
    }
}
