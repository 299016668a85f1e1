//! Hooks: what they say, to whom they go, how they are signed.

use super::state::{
    ContactRow, ConversationRow, INCOMING, MessageRow, OUTGOING, Sender, State, TEMPLATE, Waiting,
    hmac_hex, iso, seconds,
};
use crate::vendor::HookMood;
use handover_core::port::http::Request;
use handover_core::time::Timestamp;
use serde_json::{Map, Value, json};

impl State {
    /// Puts an event into the line of every hook that wants it.
    fn emit(&mut self, account: i64, inbox: i64, event: &str, mut payload: Value) {
        if let Some(map) = payload.as_object_mut() {
            map.insert("event".into(), json!(event));
        }
        let body = payload.to_string().into_bytes();
        let signs_inbox = self.version.signs_inbox_hooks();
        let signs_account = self.version.signs_account_hooks();
        let of_inbox = self.inboxes.get(&inbox).filter(|inbox| inbox.is_api()).and_then(|inbox| {
            let url = inbox.webhook_url.clone().filter(|url| !url.is_empty())?;
            Some((url, signs_inbox.then(|| inbox.secret.clone())))
        });
        let of_account = self
            .webhooks
            .values()
            .filter(|hook| hook.account == account)
            .filter(|hook| hook.subscriptions.iter().any(|wanted| wanted == event))
            .map(|hook| (hook.url.clone(), signs_account.then(|| hook.secret.clone())));
        let waiting: Vec<_> = of_account.chain(of_inbox).collect();
        for (url, secret) in waiting {
            self.hooks.push_back(Waiting { url, secret, body: body.clone() });
        }
    }

    pub(super) fn emit_message(&mut self, id: i64, event: &str) {
        let Some(message) = self.messages.get(&id) else { return };
        let Some(conversation) = self.conversations.get(&message.conversation) else { return };
        if !matches!(message.kind, INCOMING | OUTGOING | TEMPLATE) {
            return;
        }
        let (account, inbox) = (conversation.account, conversation.inbox);
        let payload = self.hook_message(message, conversation);
        self.emit(account, inbox, event, payload);
    }

    pub(super) fn emit_conversation(&mut self, id: i64, event: &str, changed: Value) {
        let Some(row) = self.conversations.get(&id) else { return };
        let (account, inbox) = (row.account, row.inbox);
        let mut payload = self.hook_conversation(row);
        if let Some(map) = payload.as_object_mut() {
            map.insert("changed_attributes".into(), changed);
        }
        self.emit(account, inbox, event, payload);
    }

    pub(super) fn emit_typing(&mut self, id: i64, who: Sender, on: bool, private: bool) {
        let Some(row) = self.conversations.get(&id) else { return };
        let (account, inbox) = (row.account, row.inbox);
        let payload = json!({
            "user": self.hook_sender(who),
            "conversation": self.hook_conversation(row),
            "is_private": private,
        });
        let event = if on { "conversation_typing_on" } else { "conversation_typing_off" };
        self.emit(account, inbox, event, payload);
    }

    /// Not the same as in REST: a user has no picture, a contact no type.
    fn hook_sender(&self, sender: Sender) -> Value {
        match sender {
            Sender::User(id) => self.user(id).map_or(Value::Null, |user| {
                json!({"id": user.id, "name": user.name, "email": user.email, "type": "user"})
            }),
            Sender::Contact(id) => {
                self.contacts.get(&id).map_or(Value::Null, |contact| self.hook_contact(contact))
            }
            Sender::Bot(id) => json!({"id": id, "name": "Bot", "type": "agent_bot"}),
            Sender::Nobody => Value::Null,
        }
    }

    fn hook_account(&self, id: i64) -> Value {
        self.accounts
            .get(&id)
            .map_or(Value::Null, |account| json!({"id": account.id, "name": account.name}))
    }

    fn hook_contact(&self, contact: &ContactRow) -> Value {
        let mut shown = json!({
            "account": self.hook_account(contact.account),
            "additional_attributes": contact.additional,
            "avatar": contact.picture,
            "custom_attributes": contact.custom,
            "email": contact.email,
            "id": contact.id,
            "identifier": contact.identifier,
            "name": contact.name,
            "phone_number": contact.phone,
            "thumbnail": contact.picture,
        });
        if let Some(map) = shown.as_object_mut()
            && self.version.blocks()
        {
            map.insert("blocked".into(), json!(contact.blocked));
        }
        shown
    }

    fn hook_message(&self, message: &MessageRow, conversation: &ConversationRow) -> Value {
        let kind = match message.kind {
            INCOMING => "incoming",
            TEMPLATE => "template",
            _ => "outgoing",
        };
        let inbox = self.inboxes.get(&conversation.inbox);
        let mut shown = json!({
            "account": self.hook_account(conversation.account),
            "additional_attributes": {},
            "content_attributes": message.content_attributes,
            "content_type": message.content_type,
            "content": message.content.as_deref().map(|text| text.trim_end_matches('\n').replace("\\\n", "\n")),
            "conversation": self.hook_conversation(conversation),
            "created_at": iso(message.created),
            "id": message.id,
            "inbox": inbox.map(|inbox| json!({"id": inbox.id, "name": inbox.name})),
            "message_type": kind,
            "private": message.private,
            "sender": self.hook_sender(message.sender),
            "source_id": message.source_id,
        });
        if let Some(map) = shown.as_object_mut()
            && !message.files.is_empty()
        {
            map.insert("attachments".into(), json!(self.show_files(message, conversation.account)));
        }
        shown
    }

    fn hook_conversation(&self, row: &ConversationRow) -> Value {
        let last = self.last_message(row.id).filter(|message| !message.private);
        let last = last.map(|message| self.show_embedded(message));
        let zero = |at: Option<Timestamp>| at.map_or(0, seconds);
        let assignee = row.assignee.and_then(|id| self.user(id));
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("additional_attributes", json!(row.additional));
        put("can_reply", json!(true));
        let inbox = self.inboxes.get(&row.inbox);
        put("channel", json!(inbox.map(|inbox| inbox.channel_type.as_str())));
        put("contact_inbox", self.hook_contact_inbox(row.contact_inbox));
        put("id", json!(row.display_id));
        put("inbox_id", json!(row.inbox));
        put("messages", json!(last.into_iter().collect::<Vec<_>>()));
        put("labels", json!(row.labels));
        put(
            "meta",
            json!({
                "sender": self.show_sender(Sender::Contact(row.contact)),
                "assignee": assignee.and_then(|user| self.show_sender(Sender::User(user.id))),
                "assignee_type": assignee.map(|_| "User"),
                "team": null,
                "hmac_verified": self.contact_inboxes.get(&row.contact_inbox).is_some_and(|row| row.hmac_verified),
            }),
        );
        put("status", json!(row.status));
        put("custom_attributes", json!(row.custom));
        put("snoozed_until", json!(row.snoozed_until));
        put("unread_count", json!(self.unread(row)));
        put("first_reply_created_at", json!(row.first_reply.map(iso)));
        put("priority", json!(row.priority));
        put("waiting_since", json!(zero(row.waiting_since)));
        put("agent_last_seen_at", json!(zero(row.agent_seen)));
        put("contact_last_seen_at", json!(zero(row.contact_seen)));
        put("last_activity_at", json!(seconds(row.last_activity)));
        put("timestamp", json!(seconds(row.last_activity)));
        put("created_at", json!(seconds(row.created)));
        put("updated_at", json!(row.updated.as_ms() as f64 / 1000.0));
        if self.version.names_account() {
            put("account", self.hook_account(row.account));
        }
        Value::Object(map)
    }

    fn hook_contact_inbox(&self, id: i64) -> Value {
        self.contact_inboxes.get(&id).map_or(Value::Null, |row| {
            json!({
                "id": row.id, "contact_id": row.contact, "inbox_id": row.inbox, "source_id": row.source_id,
                "created_at": iso(row.created), "updated_at": iso(row.created),
                "hmac_verified": row.hmac_verified, "pubsub_token": format!("pubsub-ci-{}", row.id),
            })
        })
    }

    /// Takes the hooks that go out now, as the mood has it.
    pub(super) fn send_hooks(&mut self, mood: HookMood) -> Vec<Request> {
        if mood == HookMood::Late {
            return Vec::new();
        }
        let mut waiting: Vec<Waiting> = self.hooks.drain(..).collect();
        match mood {
            HookMood::Lost => waiting.clear(),
            HookMood::OutOfOrder => waiting.reverse(),
            HookMood::Twice => {
                waiting = waiting.into_iter().flat_map(|hook| [hook.clone(), hook]).collect();
            }
            HookMood::Prompt | HookMood::Late => {}
        }
        waiting.into_iter().map(|hook| self.request(hook)).collect()
    }

    /// Signed with the time at which it is sent.
    fn request(&mut self, hook: Waiting) -> Request {
        let mut request = Request::new("POST", hook.url)
            .header("content-type", "application/json")
            .header("accept", "application/json");
        if self.version.numbers_deliveries() {
            request = request.header("x-chatwoot-delivery", self.uuid("delivery"));
        }
        if let Some(secret) = hook.secret {
            let at = seconds(self.now);
            let mut signed = format!("{at}.").into_bytes();
            signed.extend_from_slice(&hook.body);
            request = request
                .header("x-chatwoot-timestamp", at.to_string())
                .header("x-chatwoot-signature", format!("sha256={}", hmac_hex(&secret, &signed)));
        }
        request.body = hook.body;
        request
    }

    /// A hook of a message to an API inbox that fails marks the message as failed, for the agents to see.
    pub(super) fn hook_answered(&mut self, request: &Request, status: Option<u16>) {
        let good = status.is_some_and(|status| (200..300).contains(&status));
        if good || !self.version.marks_failed_hooks() {
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return };
        let of_message = matches!(
            body.get("event").and_then(Value::as_str),
            Some("message_created" | "message_updated")
        );
        let to_inbox = self
            .inboxes
            .values()
            .any(|inbox| inbox.webhook_url.as_deref() == Some(request.url.as_str()));
        let id = body.get("id").and_then(Value::as_i64);
        if let (true, true, Some(id)) = (of_message, to_inbox, id) {
            let why = status.map_or_else(
                || "the webhook could not be reached, or did not answer in time".to_owned(),
                |status| format!("{status} answered by the webhook"),
            );
            self.set_message_status(id, "failed", Some(&why));
        }
    }
}
