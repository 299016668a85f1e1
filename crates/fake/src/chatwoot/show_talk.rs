//! How conversations and messages look in answers.

use super::call::percent_encoded;
use super::state::{
    ACTIVITY, ConversationRow, INCOMING, MessageRow, OUTGOING, Sender, State, iso, seconds,
};
use handover_core::time::Timestamp;
use serde_json::{Map, Value, json};

fn seconds_or_zero(at: Option<Timestamp>) -> i64 {
    at.map_or(0, seconds)
}

impl State {
    /// The sender of a message, as REST and embedded messages show it.
    pub(super) fn show_sender(&self, sender: Sender) -> Option<Value> {
        match sender {
            Sender::User(id) => self.user(id).map(|user| {
                json!({
                    "id": user.id, "name": user.name, "available_name": user.name,
                    "avatar_url": self.picture(user), "type": "user", "availability_status": "online",
                    "thumbnail": self.picture(user),
                })
            }),
            Sender::Contact(id) => self.contacts.get(&id).map(|contact| {
                let mut shown = self.show_contact(contact, false);
                if let Some(map) = shown.as_object_mut() {
                    map.insert("type".into(), json!("contact"));
                    map.remove("created_at");
                    map.remove("availability_status");
                    map.remove("last_activity_at");
                }
                shown
            }),
            Sender::Bot(id) => {
                Some(json!({"id": id, "name": "Bot", "avatar_url": "", "type": "agent_bot"}))
            }
            Sender::Nobody => None,
        }
    }

    pub(super) fn file_url(&self, id: i64) -> String {
        self.files.get(&id).map_or_else(String::new, |stored| {
            let name = percent_encoded(&stored.file.name);
            format!("{}/rails/active_storage/blobs/redirect/{}/{name}", self.base, stored.key)
        })
    }

    pub(super) fn show_files(&self, message: &MessageRow, account: i64) -> Vec<Value> {
        message
            .files
            .iter()
            .filter_map(|id| self.files.get(id))
            .map(|stored| {
                let url = self.file_url(stored.id);
                let kind = file_type(&stored.file.mime);
                json!({
                    "id": stored.id,
                    "message_id": message.id,
                    "file_type": kind,
                    "account_id": account,
                    "extension": null,
                    "content_type": stored.file.mime,
                    "data_url": url,
                    "thumb_url": if kind == "image" { url.as_str() } else { "" },
                    "file_size": stored.file.bytes.len(),
                    "width": null,
                    "height": null,
                })
            })
            .collect()
    }

    pub(super) fn show_message(&self, message: &MessageRow, echo_id: Option<String>) -> Value {
        let Some(conversation) = self.conversations.get(&message.conversation) else {
            return Value::Null;
        };
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("id", json!(message.id));
        put("content", json!(message.content));
        put("inbox_id", json!(conversation.inbox));
        if let Some(echo_id) = echo_id {
            put("echo_id", json!(echo_id));
        }
        put("conversation_id", json!(conversation.display_id));
        put("message_type", json!(message.kind));
        put("content_type", json!(message.content_type));
        put("status", json!(message.status));
        put("content_attributes", json!(message.content_attributes));
        put("created_at", json!(seconds(message.created)));
        put("private", json!(message.private));
        put("source_id", json!(message.source_id));
        if let Some(sender) = self.show_sender(message.sender) {
            put("sender", sender);
        }
        if !message.files.is_empty() {
            put("attachments", json!(self.show_files(message, conversation.account)));
        }
        Value::Object(map)
    }

    /// A message inside a conversation: numbers like REST, more fields.
    pub(super) fn show_embedded(&self, message: &MessageRow) -> Value {
        let mut shown = self.show_message(message, None);
        let conversation = self.conversations.get(&message.conversation);
        if let (Some(map), Some(conversation)) = (shown.as_object_mut(), conversation) {
            let (kind, id) = match message.sender {
                Sender::User(id) => (json!("User"), json!(id)),
                Sender::Contact(id) => (json!("Contact"), json!(id)),
                Sender::Bot(id) => (json!("AgentBot"), json!(id)),
                Sender::Nobody => (Value::Null, Value::Null),
            };
            map.insert("account_id".into(), json!(conversation.account));
            map.insert("updated_at".into(), json!(iso(message.updated)));
            map.insert("sender_type".into(), kind);
            map.insert("sender_id".into(), id);
            map.insert("external_source_ids".into(), json!({}));
            map.insert("additional_attributes".into(), json!({}));
            map.insert("processed_message_content".into(), json!(message.content));
            map.insert("sentiment".into(), json!({}));
            let source_id =
                self.contact_inboxes.get(&conversation.contact_inbox).map(|row| &row.source_id);
            map.insert(
                "conversation".into(),
                json!({
                    "assignee_id": conversation.assignee,
                    "unread_count": self.unread(conversation),
                    "last_activity_at": seconds(conversation.last_activity),
                    "contact_inbox": {"source_id": source_id},
                }),
            );
        }
        shown
    }

    pub(super) fn unread(&self, conversation: &ConversationRow) -> usize {
        self.messages_of(conversation.id)
            .filter(|row| row.kind == INCOMING)
            .filter(|row| conversation.agent_seen.is_none_or(|seen| row.created > seen))
            .count()
    }

    pub(super) fn last_message(&self, conversation: i64) -> Option<&MessageRow> {
        self.messages_of(conversation).filter(|row| row.kind != ACTIVITY).last()
    }

    pub(super) fn show_conversation(&self, row: &ConversationRow) -> Value {
        let last = self.last_message(row.id).map(|message| self.show_embedded(message));
        let contact =
            self.contacts.get(&row.contact).map(|contact| self.show_contact(contact, false));
        let assignee = row.assignee.and_then(|id| self.user(id));
        let mut meta = json!({
            "sender": contact,
            "channel": self.inboxes.get(&row.inbox).map(|inbox| inbox.channel_type.as_str()),
            "hmac_verified": self.contact_inboxes.get(&row.contact_inbox).is_some_and(|row| row.hmac_verified),
        });
        if let (Some(map), Some(user)) = (meta.as_object_mut(), assignee) {
            map.insert("assignee".into(), self.show_agent(user, row.account));
        }
        json!({
            "meta": meta,
            "id": row.display_id,
            "messages": last.clone().into_iter().collect::<Vec<_>>(),
            "account_id": row.account,
            "uuid": format!("00000000-0000-4000-a000-{:012}", row.id),
            "additional_attributes": row.additional,
            "agent_last_seen_at": seconds_or_zero(row.agent_seen),
            "assignee_last_seen_at": 0,
            "can_reply": true,
            "contact_last_seen_at": seconds_or_zero(row.contact_seen),
            "custom_attributes": row.custom,
            "inbox_id": row.inbox,
            "labels": row.labels,
            "muted": false,
            "snoozed_until": row.snoozed_until,
            "status": row.status,
            "created_at": seconds(row.created),
            "updated_at": seconds(row.updated),
            "timestamp": seconds(row.last_activity),
            "first_reply_created_at": seconds_or_zero(row.first_reply),
            "unread_count": self.unread(row),
            "last_non_activity_message": last,
            "last_activity_at": seconds(row.last_activity),
            "priority": row.priority,
            "waiting_since": seconds_or_zero(row.waiting_since),
            "sla_policy_id": null,
        })
    }

    /// A message as the public interface shows it.
    pub(super) fn show_public_message(&self, message: &MessageRow) -> Value {
        let mut shown = self.show_message(message, None);
        if let Some(map) = shown.as_object_mut() {
            for name in ["inbox_id", "status", "private", "source_id"] {
                map.remove(name);
            }
        }
        shown
    }

    /// A conversation as the public interface shows it.
    pub(super) fn show_public_conversation(&self, row: &ConversationRow) -> Value {
        let messages: Vec<Value> = self
            .messages_of(row.id)
            .filter(|message| !message.private)
            .map(|message| self.show_public_message(message))
            .collect();
        json!({
            "id": row.display_id,
            "uuid": format!("00000000-0000-4000-a000-{:012}", row.id),
            "inbox_id": row.inbox,
            "contact_last_seen_at": seconds_or_zero(row.contact_seen),
            "status": row.status,
            "agent_last_seen_at": seconds_or_zero(row.agent_seen),
            "messages": messages,
            "contact": self.contacts.get(&row.contact).map(|contact| self.show_contact(contact, false)),
        })
    }

    /// Whether the contact has seen everything that it was told.
    pub(super) fn contact_has_read(&self, row: &ConversationRow) -> bool {
        let last =
            self.messages_of(row.id).filter(|row| row.kind == OUTGOING && !row.private).last();
        last.is_some_and(|message| row.contact_seen.is_some_and(|seen| seen >= message.created))
    }
}

fn file_type(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "file",
    }
}
