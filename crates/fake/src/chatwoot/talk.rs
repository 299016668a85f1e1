//! What happens in conversations, whoever causes it.

use super::answer::Refusal;
use super::call::Upload;
use super::state::{
    ACTIVITY, ConversationRow, INCOMING, MessageRow, OUTGOING, Sender, State, Stored,
};
use serde_json::{Map, Value, json};

pub(super) const FILES_MAX: usize = 15;
pub(super) const CONTENT_CHARS_MAX: usize = 150_000;
pub(super) const MESSAGES_A_MINUTE: usize = 200;

/// A message to be.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: i64,
    pub(super) content: Option<String>,
    pub(super) private: bool,
    pub(super) content_type: String,
    pub(super) content_attributes: Map<String, Value>,
    pub(super) source_id: Option<String>,
    pub(super) sender: Sender,
    pub(super) files: Vec<Upload>,
}

impl Draft {
    pub(super) fn new(kind: i64, sender: Sender, content: Option<String>) -> Self {
        Self {
            kind,
            content,
            private: false,
            content_type: "text".into(),
            content_attributes: Map::new(),
            source_id: None,
            sender,
            files: Vec::new(),
        }
    }
}

/// A conversation to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening {
    pub(super) account: i64,
    pub(super) contact_inbox: i64,
    pub(super) status: Option<String>,
    pub(super) assignee: Option<i64>,
    pub(super) custom: Map<String, Value>,
    pub(super) additional: Map<String, Value>,
}

impl State {
    /// Opens a conversation, or gives the last one of the contact where the inbox is locked to one.
    pub(super) fn open(&mut self, opening: Opening) -> Result<i64, Refusal> {
        let contact_inbox = self
            .contact_inboxes
            .get(&opening.contact_inbox)
            .ok_or_else(Refusal::not_found)?
            .clone();
        let inbox = self.inboxes.get(&contact_inbox.inbox).ok_or_else(Refusal::not_found)?;
        if inbox.lock_to_single_conversation {
            let mine = |row: &&ConversationRow| row.contact_inbox == contact_inbox.id;
            if let Some(row) = self.conversations.values().rfind(mine) {
                return Ok(row.id);
            }
        }
        let blocked =
            self.contacts.get(&contact_inbox.contact).is_some_and(|contact| contact.blocked);
        let status = match opening.status {
            _ if blocked => "resolved".into(),
            _ if inbox.agent_bot => "pending".into(),
            Some(status) => status,
            None => "open".into(),
        };
        let account = self.accounts.get_mut(&opening.account).ok_or_else(Refusal::not_found)?;
        let display_id = account.next_display_id;
        account.next_display_id += 1;
        let id = self.draw("conversation");
        let row = ConversationRow {
            id,
            display_id,
            account: opening.account,
            inbox: contact_inbox.inbox,
            contact: contact_inbox.contact,
            contact_inbox: contact_inbox.id,
            status,
            assignee: opening.assignee,
            priority: None,
            labels: Vec::new(),
            custom: opening.custom,
            additional: opening.additional,
            snoozed_until: None,
            created: self.now,
            updated: self.now,
            last_activity: self.now,
            waiting_since: Some(self.now),
            first_reply: None,
            agent_seen: None,
            contact_seen: None,
            contact_types: false,
        };
        self.conversations.insert(id, row);
        self.emit_conversation(id, "conversation_created", Value::Null);
        Ok(id)
    }

    /// Adds a message, with everything that follows from it.
    pub(super) fn add(&mut self, conversation: i64, draft: Draft) -> Result<i64, Refusal> {
        self.check(conversation, &draft)?;
        let mut files = Vec::new();
        for file in draft.files {
            files.push(self.store(file));
        }
        let id = self.draw("message");
        let row = MessageRow {
            id,
            conversation,
            content: draft.content,
            kind: draft.kind,
            private: draft.private,
            content_type: draft.content_type,
            content_attributes: draft.content_attributes,
            source_id: draft.source_id,
            status: "sent".into(),
            sender: draft.sender,
            created: self.now,
            updated: self.now,
            files,
        };
        self.messages.insert(id, row);
        if draft.kind == INCOMING {
            self.reopen_for_message(conversation);
        }
        let now = self.now;
        let mut first_reply = false;
        if let Some(row) = self.conversations.get_mut(&conversation) {
            row.last_activity = now;
            row.updated = now;
            match draft.kind {
                INCOMING => {
                    row.waiting_since = row.waiting_since.or(Some(now));
                    row.contact_types = false;
                }
                OUTGOING if !draft.private => {
                    row.waiting_since = None;
                    if matches!(draft.sender, Sender::User(_)) && row.first_reply.is_none() {
                        row.first_reply = Some(now);
                        first_reply = true;
                    }
                }
                _ => {}
            }
            if let (INCOMING, Some(contact)) = (draft.kind, self.contacts.get_mut(&row.contact)) {
                contact.last_activity = Some(now);
            }
        }
        self.emit_message(id, "message_created");
        if first_reply {
            self.emit_conversation(conversation, "conversation_updated", Value::Null);
        }
        Ok(id)
    }

    fn check(&self, conversation: i64, draft: &Draft) -> Result<(), Refusal> {
        if draft.content.as_ref().is_some_and(|text| text.chars().count() > CONTENT_CHARS_MAX) {
            return Err(Refusal::unprocessable(&format!(
                "Validation failed: Content is too long (maximum is {CONTENT_CHARS_MAX} characters)"
            )));
        }
        if draft.files.len() > FILES_MAX {
            return Err(Refusal::unprocessable(
                "Validation failed: Attachments exceeded maximum allowed",
            ));
        }
        let minute_ago = self.now.plus_ms(-60_000);
        let recent = self.messages_of(conversation).filter(|row| row.created > minute_ago).count();
        if recent >= MESSAGES_A_MINUTE && draft.kind != ACTIVITY {
            return Err(Refusal::unprocessable("Validation failed: Too many messages"));
        }
        Ok(())
    }

    fn store(&mut self, file: Upload) -> i64 {
        let id = self.draw("file");
        let key = self.word("file key", 28);
        self.files.insert(id, Stored { id, key, file });
        id
    }

    fn reopen_for_message(&mut self, conversation: i64) {
        let Some(row) = self.conversations.get(&conversation) else { return };
        let bot = self.inboxes.get(&row.inbox).is_some_and(|inbox| inbox.agent_bot);
        let status = match row.status.as_str() {
            "snoozed" => "open",
            "resolved" if bot => "pending",
            "resolved" => "open",
            _ => return,
        };
        let by = Sender::Contact(row.contact);
        self.set_status(conversation, status, None, by);
    }

    /// Changes the status, tells so in the conversation and by hooks.
    pub(super) fn set_status(
        &mut self,
        conversation: i64,
        status: &str,
        snoozed_until: Option<i64>,
        by: Sender,
    ) {
        let now = self.now;
        let Some(row) = self.conversations.get_mut(&conversation) else { return };
        let before = std::mem::replace(&mut row.status, status.to_owned());
        row.snoozed_until = snoozed_until.filter(|_| status == "snoozed");
        row.updated = now;
        if before == status {
            return;
        }
        let name = match by {
            Sender::User(id) => self.user(id).map_or_else(String::new, |user| user.name.clone()),
            Sender::Contact(id) => {
                self.contacts.get(&id).map_or_else(String::new, |contact| contact.name.clone())
            }
            Sender::Bot(_) => "Bot".into(),
            Sender::Nobody => "System".into(),
        };
        let text = match status {
            "open" => format!("Conversation was reopened by {name}"),
            "resolved" => format!("Conversation was marked resolved by {name}"),
            "snoozed" => format!("Conversation was snoozed by {name}"),
            other => format!("Conversation was marked as {other} by {name}"),
        };
        let changed = json!([{"status": {"previous_value": before, "current_value": status}}]);
        self.emit_conversation(conversation, "conversation_updated", changed);
        self.emit_conversation(conversation, "conversation_status_changed", Value::Null);
        // An activity has no limits to meet.
        let _ = self.add(conversation, Draft::new(ACTIVITY, Sender::Nobody, Some(text)));
    }

    /// Whether the message was changed: from read nothing goes back to delivered.
    pub(super) fn set_message_status(&mut self, id: i64, status: &str, why: Option<&str>) -> bool {
        let now = self.now;
        let Some(message) = self.messages.get_mut(&id) else { return false };
        if message.status == "read" && status == "delivered" {
            return false;
        }
        let error = if status == "failed" { why } else { None };
        let error_before = message.content_attributes.get("external_error").and_then(Value::as_str);
        if message.status == status && error_before == error {
            return true;
        }
        message.status = status.to_owned();
        message.updated = now;
        match error {
            Some(why) => {
                message.content_attributes.insert("external_error".into(), json!(why));
            }
            None => {
                message.content_attributes.remove("external_error");
            }
        }
        self.emit_message(id, "message_updated");
        true
    }

    /// The contact has seen everything so far.
    pub(super) fn contact_saw(&mut self, conversation: i64) {
        let now = self.now;
        let Some(row) = self.conversations.get_mut(&conversation) else { return };
        row.contact_seen = Some(now);
        let unread: Vec<i64> = self
            .messages_of(conversation)
            .filter(|row| row.kind != INCOMING && row.kind != ACTIVITY)
            .filter(|row| matches!(row.status.as_str(), "sent" | "delivered"))
            .map(|row| row.id)
            .collect();
        for id in unread {
            self.set_message_status(id, "read", None);
        }
    }
}
