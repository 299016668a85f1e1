//! Messages, as the application interface has them.

use super::answer::{Answer, Refusal, some};
use super::call::Call;
use super::state::{INCOMING, MessageRow, OUTGOING, Sender, State, User, seconds};
use super::talk::Draft;
use serde_json::{Value, json};

const LATEST: usize = 20;
const AFTER: usize = 100;

impl State {
    /// Posts what a request says.
    pub(super) fn post(
        &mut self,
        conversation: i64,
        call: &Call,
        by: &User,
    ) -> Result<i64, Refusal> {
        let row = self.conversations.get(&conversation).ok_or_else(Refusal::not_found)?;
        let api = self.inboxes.get(&row.inbox).is_some_and(super::state::Inbox::is_api);
        let kind = match call.text("message_type").as_deref() {
            Some("incoming") if api => INCOMING,
            Some("incoming") => {
                return Err(Refusal::unprocessable(
                    "Incoming messages are only allowed in Api inboxes",
                ));
            }
            _ => OUTGOING,
        };
        let bot = call
            .int("sender_id")
            .filter(|_| call.text("sender_type").as_deref() == Some("AgentBot"));
        let sender = match (kind, bot) {
            (INCOMING, _) => Sender::Contact(row.contact),
            (_, Some(bot)) => Sender::Bot(bot),
            _ => Sender::User(by.id),
        };
        let mut draft = Draft::new(kind, sender, call.text("content"));
        draft.private = call.flag("private").unwrap_or(false);
        draft.content_type = call.text("content_type").unwrap_or_else(|| "text".into());
        draft.content_attributes = call.object("content_attributes").unwrap_or_default();
        draft.source_id = call.text("source_id");
        draft.files = attachments(call);
        self.add(conversation, draft)
    }

    pub(super) fn create_message(&mut self, conversation: i64, call: &Call, by: &User) -> Answer {
        let id = self.post(conversation, call, by)?;
        let message = self.messages.get(&id).ok_or_else(Refusal::not_found)?;
        some(self.show_message(message, call.text("echo_id")))
    }

    /// Ascending: up to 100 after an id, or 20 before one, or the latest 20.
    pub(super) fn list_messages(&self, conversation: i64, call: &Call) -> Answer {
        let row = self.conversations.get(&conversation).ok_or_else(Refusal::not_found)?;
        let (after, before) = (call.int("after"), call.int("before"));
        let found = page(self.messages_of(conversation), after, before);
        let shown: Vec<Value> = found.iter().map(|row| self.show_message(row, None)).collect();
        let contact =
            self.contacts.get(&row.contact).map(|contact| self.show_contact(contact, false));
        some(json!({
            "meta": {
                "labels": row.labels,
                "additional_attributes": row.additional,
                "contact": contact,
                "agent_last_seen_at": row.agent_seen.map(seconds),
                "assignee_last_seen_at": null,
            },
            "payload": shown,
        }))
    }

    fn message_of(&self, conversation: i64, id: i64) -> Result<&MessageRow, Refusal> {
        let message = self.messages.get(&id).filter(|row| row.conversation == conversation);
        message.ok_or_else(Refusal::not_found)
    }

    /// The delivery status, which only API inboxes let others set.
    pub(super) fn update_message(&mut self, conversation: i64, id: i64, call: &Call) -> Answer {
        self.message_of(conversation, id)?;
        let row = self.conversations.get(&conversation).ok_or_else(Refusal::not_found)?;
        if !self.inboxes.get(&row.inbox).is_some_and(super::state::Inbox::is_api) {
            return Err(Refusal {
                status: 403,
                body: json!({"error": "Message status update is only allowed for API inboxes"}),
            });
        }
        let status = call.text("status").unwrap_or_default();
        if !matches!(status.as_str(), "sent" | "delivered" | "read" | "failed") {
            return Err(Refusal::unprocessable(&format!("'{status}' is not a valid status")));
        }
        self.set_message_status(id, &status, call.text("external_error").as_deref());
        let message = self.message_of(conversation, id)?;
        some(self.show_message(message, None))
    }

    /// The row stays, and says that it was deleted.
    pub(super) fn delete_message(&mut self, conversation: i64, id: i64) -> Answer {
        self.message_of(conversation, id)?;
        let now = self.now;
        if let Some(message) = self.messages.get_mut(&id) {
            message.content = Some("This message was deleted".into());
            message.content_type = "text".into();
            message.content_attributes = serde_json::Map::new();
            message.content_attributes.insert("deleted".into(), json!(true));
            message.files.clear();
            message.updated = now;
        }
        self.emit_message(id, "message_updated");
        Ok(None)
    }
}

/// The files of a form.
pub(super) fn attachments(call: &Call) -> Vec<super::call::Upload> {
    call.files
        .iter()
        .filter(|(name, _)| name == "attachments[]")
        .map(|(_, file)| file.clone())
        .collect()
}

pub(super) fn page<'a>(
    all: impl Iterator<Item = &'a MessageRow>,
    after: Option<i64>,
    before: Option<i64>,
) -> Vec<&'a MessageRow> {
    let mut rows: Vec<&MessageRow> = all
        .filter(|row| after.is_none_or(|after| row.id > after))
        .filter(|row| before.is_none_or(|before| row.id < before))
        .collect();
    if after.is_some() {
        rows.truncate(AFTER);
    } else {
        let older = rows.len().saturating_sub(LATEST);
        rows.drain(..older);
    }
    rows
}
