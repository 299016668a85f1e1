//! Canned responses and the account's webhooks.

use super::answer::{Answer, Refusal, some};
use super::call::{Call, as_text};
use super::state::{CannedRow, State, WebhookRow};
use serde_json::{Value, json};

impl State {
    pub(super) fn list_canned(&self, account: i64, call: &Call) -> Answer {
        let wanted = call.text("search").unwrap_or_default().to_lowercase();
        let shown: Vec<Value> = self
            .canned
            .values()
            .filter(|row| row.account == account)
            .filter(|row| {
                row.short_code.to_lowercase().contains(&wanted)
                    || row.content.to_lowercase().contains(&wanted)
            })
            .map(Self::show_canned)
            .collect();
        some(Value::Array(shown))
    }

    pub(super) fn create_canned(&mut self, account: i64, call: &Call) -> Answer {
        let (short_code, content) = canned_fields(call);
        let short_code = short_code.unwrap_or_default();
        let content = content.unwrap_or_default();
        self.check_canned(account, 0, &short_code, &content)?;
        let row =
            CannedRow { id: self.draw("canned"), account, short_code, content, created: self.now };
        let shown = Self::show_canned(&row);
        self.canned.insert(row.id, row);
        some(shown)
    }

    fn check_canned(
        &self,
        account: i64,
        id: i64,
        short_code: &str,
        content: &str,
    ) -> Result<(), Refusal> {
        if content.is_empty() {
            return Err(Refusal::invalid("content", "Content can't be blank"));
        }
        if short_code.is_empty() {
            return Err(Refusal::invalid("short_code", "Short code can't be blank"));
        }
        let twice = self
            .canned
            .values()
            .any(|row| row.account == account && row.id != id && row.short_code == short_code);
        if twice {
            return Err(Refusal::invalid("short_code", "Short code has already been taken"));
        }
        Ok(())
    }

    pub(super) fn update_canned(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        let row = self.canned.get(&id).filter(|row| row.account == account);
        let mut row = row.ok_or_else(Refusal::not_found)?.clone();
        let (short_code, content) = canned_fields(call);
        row.short_code = short_code.unwrap_or(row.short_code);
        row.content = content.unwrap_or(row.content);
        self.check_canned(account, id, &row.short_code, &row.content)?;
        let shown = Self::show_canned(&row);
        self.canned.insert(id, row);
        some(shown)
    }

    pub(super) fn delete_canned(&mut self, account: i64, id: i64) -> Answer {
        self.canned.get(&id).filter(|row| row.account == account).ok_or_else(Refusal::not_found)?;
        self.canned.remove(&id);
        Ok(None)
    }

    pub(super) fn list_webhooks(&self, account: i64) -> Answer {
        let rows = self.webhooks.values().filter(|row| row.account == account);
        let shown: Vec<Value> = rows.map(|row| self.show_webhook(row)).collect();
        some(json!({"payload": {"webhooks": shown}}))
    }

    pub(super) fn create_webhook(&mut self, account: i64, call: &Call) -> Answer {
        let id = self.draw("webhook");
        let row = WebhookRow {
            id,
            account,
            url: String::new(),
            name: String::new(),
            subscriptions: Vec::new(),
            secret: self.word("webhook secret", 24),
        };
        self.save_webhook(row, call)
    }

    pub(super) fn update_webhook(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        let row = self.webhooks.get(&id).filter(|row| row.account == account);
        let row = row.ok_or_else(Refusal::not_found)?.clone();
        self.save_webhook(row, call)
    }

    fn save_webhook(&mut self, mut row: WebhookRow, call: &Call) -> Answer {
        let fields = call.object("webhook").unwrap_or_else(|| call.body.clone());
        if let Some(url) = fields.get("url").and_then(as_text) {
            row.url = url;
        }
        if let Some(name) = fields.get("name").and_then(as_text) {
            row.name = name;
        }
        if let Some(wanted) = fields.get("subscriptions").and_then(Value::as_array) {
            row.subscriptions = wanted.iter().filter_map(as_text).collect();
        }
        if !row.url.starts_with("http") {
            return Err(Refusal::invalid("url", "Url is invalid"));
        }
        let twice = self.webhooks.values().any(|other| {
            other.id != row.id && other.account == row.account && other.url == row.url
        });
        if twice {
            return Err(Refusal::invalid("url", "Url has already been taken"));
        }
        let shown = self.show_webhook(&row);
        self.webhooks.insert(row.id, row);
        some(json!({"payload": {"webhook": shown}}))
    }

    pub(super) fn delete_webhook(&mut self, account: i64, id: i64) -> Answer {
        let row = self.webhooks.get(&id).filter(|row| row.account == account);
        row.ok_or_else(Refusal::not_found)?;
        self.webhooks.remove(&id);
        Ok(None)
    }
}

/// The short code and the content; Rails takes them flat or wrapped.
fn canned_fields(call: &Call) -> (Option<String>, Option<String>) {
    let fields = call.object("canned_response").unwrap_or_else(|| call.body.clone());
    (fields.get("short_code").and_then(as_text), fields.get("content").and_then(as_text))
}
