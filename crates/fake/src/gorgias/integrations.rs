//! HTTP integrations: where hooks go, and when.

use super::answer::{Answer, Bad, Good};
use super::api::{Ask, found, shown};
use super::page::{PARAMETERS, Page};
use super::record::{Record, record, set, text, tidy_time};
use super::shapes::{self, TRIGGER_GROUPS};
use super::state::State;
use serde_json::{Value, json};

impl State {
    pub(super) fn list_integrations(&mut self, ask: &Ask<'_>) -> Answer {
        self.allow(ask, &[&PARAMETERS[..], &["type", "category"]].concat());
        let page = Page::read(&ask.query, &["created_datetime"])?;
        let kind = ask.get("type");
        let wanted = self.integrations.values();
        let wanted =
            wanted.filter(|known| kind.is_none_or(|kind| text(known, "type") == Some(kind)));
        page.answer(wanted.map(without_secrets).collect())
    }

    pub(super) fn show_integration(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        let id = Self::id("Integration", id)?;
        shown(without_secrets(&found(self.integrations.get(&id), "Integration")?))
    }

    pub(super) fn post_integration(&mut self, ask: &Ask<'_>) -> Answer {
        let body = self.body(ask, shapes::INTEGRATION)?;
        let id = self.next_id();
        let now = self.now_text();
        let mut made = record(json!({ "id": id, "name": null, "type": "http", "description": null,
            "created_datetime": now, "updated_datetime": now, "deactivated_datetime": null,
            "locked_datetime": null, "managed": false, "business_hours_id": null, "decoration": null,
            "http": { "id": id, "url": null, "method": "GET", "headers": {}, "form": null,
                "request_content_type": "application/json",
                "response_content_type": "application/json", "triggers": {}, "oauth2": null },
            "uri": format!("/api/integrations/{id}/") }));
        self.fill_integration(ask, &mut made, &body)?;
        Good::created(Value::Object(self.keep_integration(id, made)))
    }

    pub(super) fn put_integration(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        let body = self.body(ask, shapes::INTEGRATION_CHANGE)?;
        let id = Self::id("Integration", id)?;
        let mut changed = found(self.integrations.get(&id), "Integration")?;
        self.fill_integration(ask, &mut changed, &body)?;
        set(&mut changed, "updated_datetime", self.now_text());
        if body.get("deactivated_datetime").is_some_and(Value::is_null) {
            self.failures.remove(&id);
        }
        Good::updated(Value::Object(self.keep_integration(id, changed)))
    }

    pub(super) fn delete_integration(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        let id = Self::id("Integration", id)?;
        found(self.integrations.remove(&id).as_ref(), "Integration")?;
        self.failures.remove(&id);
        self.outbox.retain(|posted| posted.integration != id);
        Good::deleted()
    }

    /// All of them, as the vendor shows them.
    pub(super) fn integrations(&self) -> Vec<Value> {
        self.integrations.values().map(|known| Value::Object(without_secrets(known))).collect()
    }

    fn keep_integration(&mut self, id: u64, integration: Record) -> Record {
        let shown = without_secrets(&integration);
        self.integrations.insert(id, integration);
        shown
    }

    fn fill_integration(
        &mut self,
        ask: &Ask<'_>,
        integration: &mut Record,
        body: &Record,
    ) -> Result<(), Bad> {
        for field in ["name", "description", "managed", "business_hours_id"] {
            if let Some(value) = body.get(field) {
                set(integration, field, value.clone());
            }
        }
        if let Some(at) = body.get("deactivated_datetime") {
            set(integration, "deactivated_datetime", tidy_time(at));
        }
        let Some(Value::Object(change)) = body.get("http") else { return Ok(()) };
        let mut http = record(integration.get("http").cloned().unwrap_or(Value::Null));
        for (field, value) in change {
            if field != "id" {
                set(&mut http, field, value.clone());
            }
        }
        let problem = mixture(http.get("triggers"))
            .or_else(|| wrong_url(text(&http, "url").unwrap_or_default()));
        if let Some((field, problem)) = problem {
            self.misfit(ask, &format!("field {field}: {problem}"));
            return Err(Bad::field(field, problem));
        }
        set(integration, "http", http);
        Ok(())
    }
}

/// Whether triggers stand together that may not.
fn mixture(triggers: Option<&Value>) -> Option<(&'static str, &'static str)> {
    let on = |trigger: &&&str| {
        triggers.and_then(|all| all.get(**trigger)).and_then(Value::as_bool).unwrap_or(false)
    };
    let groups = TRIGGER_GROUPS.iter().filter(|group| group.iter().any(|trigger| on(&trigger)));
    (groups.count() > 1).then_some(("http.triggers", "These triggers cannot be combined."))
}

fn wrong_url(url: &str) -> Option<(&'static str, &'static str)> {
    let whole = url.starts_with("https://") || url.starts_with("http://");
    (!whole).then_some(("http.url", "Not a valid URL."))
}

/// An integration without what can be written but not read.
fn without_secrets(integration: &Record) -> Record {
    let mut shown = integration.clone();
    if let Some(Value::Object(http)) = shown.get_mut("http") {
        http.remove("hmac_secret");
    }
    shown
}
