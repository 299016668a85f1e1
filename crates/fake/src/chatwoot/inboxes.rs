//! Inboxes and their members.

use super::answer::{Answer, Refusal, some};
use super::call::{Call, as_text};
use super::contacts::ids;
use super::state::{Inbox, State, User};
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
}

fn check_url(channel: &Map<String, Value>) -> Result<(), Refusal> {
    let url = channel.get("webhook_url").and_then(Value::as_str).unwrap_or_default();
    if url.chars().count() > URL_CHARS_MAX {
        let text = format!("Webhook url is too long (maximum is {URL_CHARS_MAX} characters)");
        return Err(Refusal::invalid("webhook_url", &text));
    }
    Ok(())
}
