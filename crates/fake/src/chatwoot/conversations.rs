//! Conversations, as the application interface has them.

use super::answer::{Answer, Refusal, some};
use super::call::{Call, as_text};
use super::state::{ConversationRow, Sender, State, User};
use super::talk::Opening;
use serde_json::{Value, json};

const STATUSES: [&str; 4] = ["open", "resolved", "pending", "snoozed"];
const PAGE: usize = 25;

impl State {
    /// The conversation that the account calls so, if the caller may see it.
    pub(super) fn conversation(
        &self,
        account: i64,
        display_id: i64,
        by: &User,
    ) -> Result<&ConversationRow, Refusal> {
        let row = self.displayed(account, display_id).ok_or_else(Refusal::not_found)?;
        let member =
            self.inboxes.get(&row.inbox).is_some_and(|inbox| inbox.members.contains(&by.id));
        if by.administrator || member { Ok(row) } else { Err(Refusal::not_allowed()) }
    }

    pub(super) fn create_conversation(&mut self, account: i64, call: &Call, by: &User) -> Answer {
        let source_id = call.text("source_id");
        let contact_inbox = match (call.int("contact_id"), call.int("inbox_id")) {
            (Some(contact), Some(inbox)) => self.place(account, contact, inbox, source_id)?,
            // The old way: the source id alone.
            _ => self.place_of(account, source_id.as_deref(), call.int("inbox_id"))?,
        };
        let status = call.text("status");
        if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(Refusal::unprocessable("The given status is not a valid status"));
        }
        let opening = Opening {
            account,
            contact_inbox,
            status,
            assignee: call.int("assignee_id").filter(|id| self.user(*id).is_some()),
            custom: call.object("custom_attributes").unwrap_or_default(),
            additional: call.object("additional_attributes").unwrap_or_default(),
        };
        let id = self.open(opening)?;
        if let Some(message) = call.object("message") {
            let inner = Call { body: message, ..Call::default() };
            self.post(id, &inner, by)?;
        }
        Ok(self.conversations.get(&id).map(|row| self.show_conversation(row)))
    }

    fn place_of(
        &self,
        account: i64,
        source_id: Option<&str>,
        inbox: Option<i64>,
    ) -> Result<i64, Refusal> {
        self.contact_inboxes
            .values()
            .filter(|row| Some(row.source_id.as_str()) == source_id)
            .filter(|row| inbox.is_none_or(|inbox| inbox == row.inbox))
            .find(|row| self.contacts.get(&row.contact).is_some_and(|row| row.account == account))
            .map(|row| row.id)
            .ok_or_else(Refusal::not_found)
    }

    pub(super) fn list_conversations(&self, account: i64, call: &Call, by: &User) -> Answer {
        let status = call.text("status").unwrap_or_else(|| "open".into());
        let mut rows: Vec<&ConversationRow> = self
            .conversations
            .values()
            .filter(|row| row.account == account)
            .filter(|row| self.conversation(account, row.display_id, by).is_ok())
            .filter(|row| status == "all" || row.status == status)
            .filter(|row| call.int("inbox_id").is_none_or(|inbox| inbox == row.inbox))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.last_activity, row.id)));
        let meta = counts(&rows, by);
        let who = call.text("assignee_type").unwrap_or_default();
        rows.retain(|row| match who.as_str() {
            "me" => row.assignee == Some(by.id),
            "unassigned" => row.assignee.is_none(),
            "assigned" => row.assignee.is_some(),
            _ => true,
        });
        let page = call.int("page").and_then(|page| usize::try_from(page).ok()).unwrap_or(1).max(1);
        let shown: Vec<Value> = rows
            .iter()
            .skip((page - 1) * PAGE)
            .take(PAGE)
            .map(|row| self.show_conversation(row))
            .collect();
        some(json!({"data": {"meta": meta, "payload": shown}}))
    }

    pub(super) fn count_conversations(&self, account: i64, call: &Call, by: &User) -> Answer {
        let status = call.text("status").unwrap_or_else(|| "open".into());
        let rows: Vec<&ConversationRow> = self
            .conversations
            .values()
            .filter(|row| row.account == account && (status == "all" || row.status == status))
            .collect();
        some(json!({"meta": counts(&rows, by)}))
    }

    /// Without a status it toggles between open and resolved.
    pub(super) fn toggle_status(&mut self, id: i64, call: &Call, by: &User) -> Answer {
        let row = self.conversations.get(&id).ok_or_else(Refusal::not_found)?;
        let status = match call.text("status") {
            Some(status) if STATUSES.contains(&status.as_str()) => status,
            Some(status) => {
                return Err(Refusal::unprocessable(&format!("'{status}' is not a valid status")));
            }
            None if row.status == "open" => "resolved".into(),
            None => "open".into(),
        };
        self.set_status(id, &status, call.int("snoozed_until"), Sender::User(by.id));
        if status == "open" && !by.administrator {
            self.assign(id, Some(by.id));
        }
        let row = self.conversations.get(&id).ok_or_else(Refusal::not_found)?;
        some(json!({"meta": {}, "payload": {
            "success": true,
            "conversation_id": row.display_id,
            "current_status": row.status,
            "snoozed_until": row.snoozed_until,
        }}))
    }

    pub(super) fn assign(&mut self, id: i64, assignee: Option<i64>) {
        let now = self.now;
        let Some(row) = self.conversations.get_mut(&id) else { return };
        let before = std::mem::replace(&mut row.assignee, assignee);
        row.updated = now;
        if before != assignee {
            let changed =
                json!([{"assignee_id": {"previous_value": before, "current_value": assignee}}]);
            self.emit_conversation(id, "conversation_updated", changed);
        }
    }

    pub(super) fn create_assignment(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        let assignee = call.int("assignee_id").filter(|id| self.user(*id).is_some());
        self.assign(id, assignee);
        let shown =
            assignee.and_then(|id| self.user(id)).map(|user| self.show_agent(user, account));
        some(shown.unwrap_or(Value::Null))
    }

    pub(super) fn set_priority(&mut self, id: i64, call: &Call) -> Answer {
        let priority = call.text("priority").filter(|priority| priority != "none");
        if let Some(row) = self.conversations.get_mut(&id) {
            let before = std::mem::replace(&mut row.priority, priority.clone());
            let changed =
                json!([{"priority": {"previous_value": before, "current_value": priority}}]);
            self.emit_conversation(id, "conversation_updated", changed);
        }
        Ok(None)
    }

    pub(super) fn typing(&mut self, id: i64, call: &Call, by: &User) -> Answer {
        let private = call.flag("is_private").unwrap_or(false);
        match call.text("typing_status").as_deref() {
            Some("on") => self.emit_typing(id, Sender::User(by.id), true, private),
            Some("off") => self.emit_typing(id, Sender::User(by.id), false, private),
            _ => {}
        }
        Ok(None)
    }

    /// Replaces all of them.
    pub(super) fn set_attributes(&mut self, id: i64, call: &Call) -> Answer {
        let custom = call.object("custom_attributes").unwrap_or_default();
        let row = self.conversations.get_mut(&id).ok_or_else(Refusal::not_found)?;
        let before = std::mem::replace(&mut row.custom, custom.clone());
        if before != custom {
            let changed =
                json!([{"custom_attributes": {"previous_value": before, "current_value": custom}}]);
            self.emit_conversation(id, "conversation_updated", changed);
        }
        some(json!({ "custom_attributes": custom }))
    }

    /// Replaces all of them.
    pub(super) fn set_labels(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        let labels: Vec<String> =
            call.list("labels").unwrap_or_default().iter().filter_map(as_text).collect();
        if let Some(account) = self.accounts.get_mut(&account) {
            for label in &labels {
                if !account.labels.contains(label) {
                    account.labels.push(label.clone());
                }
            }
        }
        let row = self.conversations.get_mut(&id).ok_or_else(Refusal::not_found)?;
        let before = std::mem::replace(&mut row.labels, labels.clone());
        if before != labels {
            let changed =
                json!([{"label_list": {"previous_value": before, "current_value": labels}}]);
            self.emit_conversation(id, "conversation_updated", changed);
        }
        some(json!({ "payload": labels }))
    }

    pub(super) fn agent_saw(&mut self, id: i64) -> Answer {
        let now = self.now;
        let row = self.conversations.get_mut(&id).ok_or_else(Refusal::not_found)?;
        row.agent_seen = Some(now);
        Ok(self.conversations.get(&id).map(|row| self.show_conversation(row)))
    }
}

fn counts(rows: &[&ConversationRow], by: &User) -> Value {
    json!({
        "mine_count": rows.iter().filter(|row| row.assignee == Some(by.id)).count(),
        "assigned_count": rows.iter().filter(|row| row.assignee.is_some()).count(),
        "unassigned_count": rows.iter().filter(|row| row.assignee.is_none()).count(),
        "all_count": rows.len(),
    })
}
