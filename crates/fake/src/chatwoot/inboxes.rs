//! Inboxes, their members, canned responses, webhooks.

use super::answer::{Answer, Refusal, some};
use super::call::{Call, as_text};
use super::contacts::ids;
use super::state::{CannedRow, Inbox, State, User, WebhookRow};
use serde_json::{Map, Value, json};

const URL_CHARS_MAX: usize = 2048;
/// What may be set of an inbox and is only shown again.
const SETTINGS: [&str; 12] = [
    "greeting_enabled",
    "greeting_message",
    "enable_email_collect",
    "csat_survey_enabled",
    "enable_auto_assignment",
    "working_hours_enabled",
    "out_of_office_message",
    "timezone",
    "allow_messages_after_resolved",
    "sender_name_type",
    "business_name",
    "portal_id",
];

impl State {
    pub(super) fn inbox(&self, account: i64, id: i64) -> Result<&Inbox, Refusal> {
        self.inboxes.get(&id).filter(|row| row.account == account).ok_or_else(Refusal::not_found)
    }

    pub(super) fn list_inboxes(&self, account: i64, by: &User) -> Answer {
        let shown: Vec<Value> = self
            .inboxes
            .values()
            .filter(|row| row.account == account)
            .filter(|row| by.administrator || row.members.contains(&by.id))
            .map(|row| self.show_inbox(row, by.administrator))
            .collect();
        some(json!({ "payload": shown }))
    }

    pub(super) fn get_inbox(&self, account: i64, id: i64, by: &User) -> Answer {
        let inbox = self.inbox(account, id)?;
        if !by.administrator && !inbox.members.contains(&by.id) {
            return Err(Refusal::not_allowed());
        }
        some(self.show_inbox(inbox, by.administrator))
    }

    pub(super) fn create_inbox(&mut self, account: i64, call: &Call) -> Answer {
        let channel = call.object("channel").ok_or_else(|| Refusal::missing("channel"))?;
        let name = call.text("name").unwrap_or_default();
        if name.trim().is_empty() {
            return Err(Refusal::invalid("name", "Name can't be blank"));
        }
        let channel_type = match channel.get("type").and_then(Value::as_str) {
            Some("api") => "Channel::Api",
            Some("web_widget") => "Channel::WebWidget",
            Some("email") => "Channel::Email",
            _ => return Err(Refusal::not_found()),
        };
        check_url(&channel)?;
        let inbox = Inbox {
            id: self.draw("inbox"),
            account,
            channel_id: self.draw("channel"),
            name,
            channel_type: channel_type.into(),
            identifier: self.word("inbox identifier", 24),
            webhook_url: None,
            secret: self.word("inbox secret", 24),
            hmac_token: self.word("hmac token", 24),
            hmac_mandatory: false,
            additional: Map::new(),
            lock_to_single_conversation: false,
            members: Vec::new(),
            agent_bot: self.bots_everywhere,
            settings: Map::new(),
        };
        let id = inbox.id;
        self.inboxes.insert(id, inbox);
        self.fill_inbox(id, call);
        some(self.show_inbox(self.inbox(account, id)?, true))
    }

    pub(super) fn update_inbox(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        self.inbox(account, id)?;
        if let Some(channel) = call.object("channel") {
            check_url(&channel)?;
        }
        self.fill_inbox(id, call);
        some(self.show_inbox(self.inbox(account, id)?, true))
    }

    fn fill_inbox(&mut self, id: i64, call: &Call) {
        let Some(inbox) = self.inboxes.get_mut(&id) else { return };
        if let Some(name) = call.text("name") {
            inbox.name = name;
        }
        if let Some(lock) = call.flag("lock_to_single_conversation") {
            inbox.lock_to_single_conversation = lock;
        }
        for name in SETTINGS {
            if let Some(value) = call.body.get(name) {
                inbox.settings.insert(name.into(), value.clone());
            }
        }
        let channel = call.object("channel").unwrap_or_default();
        if let Some(url) = channel.get("webhook_url") {
            inbox.webhook_url = as_text(url);
        }
        if let Some(mandatory) = channel.get("hmac_mandatory").and_then(Value::as_bool) {
            inbox.hmac_mandatory = mandatory;
        }
        if let Some(additional) = channel.get("additional_attributes").and_then(Value::as_object) {
            inbox.additional = additional.clone();
        }
    }

    pub(super) fn delete_inbox(&mut self, account: i64, id: i64) -> Answer {
        self.inbox(account, id)?;
        let gone: Vec<i64> =
            self.conversations.values().filter(|row| row.inbox == id).map(|row| row.id).collect();
        self.messages.retain(|_, row| !gone.contains(&row.conversation));
        self.conversations.retain(|_, row| row.inbox != id);
        self.contact_inboxes.retain(|_, row| row.inbox != id);
        self.inboxes.remove(&id);
        some(json!({"message": "Your inbox deletion request will be processed in some time."}))
    }

    pub(super) fn reset_secret(&mut self, account: i64, id: i64) -> Answer {
        let api = self.inbox(account, id)?.is_api();
        if !api || !self.version.signs_inbox_hooks() {
            return Err(Refusal::not_found());
        }
        let secret = self.word("inbox secret", 24);
        if let Some(inbox) = self.inboxes.get_mut(&id) {
            inbox.secret = secret;
        }
        some(self.show_inbox(self.inbox(account, id)?, true))
    }

    pub(super) fn set_agent_bot(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        self.inbox(account, id)?;
        if let Some(inbox) = self.inboxes.get_mut(&id) {
            inbox.agent_bot = call.int("agent_bot").is_some();
        }
        Ok(None)
    }

    pub(super) fn get_agent_bot(&self, account: i64, id: i64) -> Answer {
        let bot = self.inbox(account, id)?.agent_bot;
        some(json!({"agent_bot": if bot { json!({"id": 1, "name": "Bot"}) } else { json!({}) }}))
    }

    pub(super) fn list_members(&self, account: i64, inbox: i64) -> Answer {
        let members = &self.inbox(account, inbox)?.members;
        let shown: Vec<Value> = members
            .iter()
            .filter_map(|id| self.user(*id))
            .map(|user| self.show_agent(user, account))
            .collect();
        some(json!({ "payload": shown }))
    }

    /// POST adds, PATCH replaces, DELETE takes away.
    pub(super) fn change_members(&mut self, account: i64, call: &Call) -> Answer {
        let inbox = call.int("inbox_id").ok_or_else(Refusal::not_found)?;
        self.inbox(account, inbox)?;
        let wanted = ids(&call.list("user_ids").unwrap_or_default());
        if wanted
            .iter()
            .any(|id| self.user(*id).is_none_or(|user| !user.accounts.contains(&account)))
        {
            return Err(Refusal::not_found());
        }
        if let Some(row) = self.inboxes.get_mut(&inbox) {
            match call.method {
                "DELETE" => row.members.retain(|id| !wanted.contains(id)),
                "PATCH" => row.members = wanted,
                _ => {
                    for id in wanted {
                        if !row.members.contains(&id) {
                            row.members.push(id);
                        }
                    }
                }
            }
        }
        if call.method == "DELETE" { Ok(None) } else { self.list_members(account, inbox) }
    }

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

fn check_url(channel: &Map<String, Value>) -> Result<(), Refusal> {
    let url = channel.get("webhook_url").and_then(Value::as_str).unwrap_or_default();
    if url.chars().count() > URL_CHARS_MAX {
        let text = format!("Webhook url is too long (maximum is {URL_CHARS_MAX} characters)");
        return Err(Refusal::invalid("webhook_url", &text));
    }
    Ok(())
}

/// The short code and the content; Rails takes them flat or wrapped.
fn canned_fields(call: &Call) -> (Option<String>, Option<String>) {
    let fields = call.object("canned_response").unwrap_or_else(|| call.body.clone());
    (fields.get("short_code").and_then(as_text), fields.get("content").and_then(as_text))
}
