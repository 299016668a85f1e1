//! What agents do and see, in domain words.

use super::Chatwoot;
use super::call::Upload;
use super::state::{
    ACTIVITY, ConversationRow, INCOMING, MessageRow, OUTGOING, Sender, State, TEMPLATE, User,
};
use super::talk::Draft;
use super::{ADMIN_TOKEN, files};
use crate::vendor::{Conversation, From, Message, Mood, Vendor};
use handover_core::port::http::{CallError, Reply, Request};
use serde_json::{Value, json};

impl Vendor for Chatwoot {
    fn name(&self) -> &'static str {
        "chatwoot"
    }

    fn call(&self, request: &Request) -> Result<Reply, CallError> {
        self.lock().call(request)
    }

    fn hooks(&self) -> Vec<Request> {
        let mut inner = self.lock();
        let mood = inner.mood.hooks;
        inner.state.send_hooks(mood)
    }

    fn hook_answered(&self, request: &Request, status: Option<u16>) {
        self.lock().state.hook_answered(request, status);
    }

    fn set_mood(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    fn conversations(&self) -> Vec<Conversation> {
        let inner = self.lock();
        inner.state.conversations.values().map(|row| inner.state.seen(row)).collect()
    }

    fn agent_says(&self, conversation: &str, agent: &str, text: &str) -> String {
        self.adds(conversation, |state| state.by(agent, OUTGOING, text))
    }

    fn agent_sends_file(
        &self,
        conversation: &str,
        agent: &str,
        name: &str,
        mime: &str,
        bytes: &[u8],
    ) -> String {
        self.adds(conversation, |state| {
            let file = Upload { name: name.into(), mime: mime.into(), bytes: bytes.to_vec() };
            Draft { content: None, files: vec![file], ..state.by(agent, OUTGOING, "") }
        })
    }

    fn agent_notes(&self, conversation: &str, agent: &str, text: &str) -> String {
        self.adds(conversation, |state| Draft { private: true, ..state.by(agent, OUTGOING, text) })
    }

    fn agent_types(&self, conversation: &str, agent: &str, on: bool) {
        self.on(conversation, |state, id| {
            let by = state.agent(agent);
            state.emit_typing(id, by, on, false);
        });
    }

    fn closes(&self, conversation: &str, agent: &str) {
        self.becomes(conversation, agent, "resolved");
    }

    fn reopens(&self, conversation: &str, agent: &str) {
        self.becomes(conversation, agent, "open");
    }

    fn snoozes(&self, conversation: &str, agent: &str) {
        self.becomes(conversation, agent, "snoozed");
    }

    fn robot_says(&self, conversation: &str, text: &str) -> String {
        self.adds(conversation, |_| Draft::new(TEMPLATE, Sender::Nobody, Some(text.into())))
    }

    fn agent_deletes(&self, conversation: &str, message: &str) {
        let message = message.parse().unwrap_or_default();
        self.on(conversation, |state, id| {
            // One that is not there need not be deleted.
            let _ = state.delete_message(id, message);
        });
    }

    fn loses(&self, message: &str) -> bool {
        let id = message.parse().unwrap_or_default();
        self.lock().state.messages.remove(&id).is_some()
    }

    fn doubles(&self, message: &str) -> bool {
        let known = message.parse().unwrap_or_default();
        let mut inner = self.lock();
        let id = inner.state.draw("message");
        let twin = inner.state.messages.get(&known).map(|row| MessageRow { id, ..row.clone() });
        twin.is_some_and(|twin| inner.state.messages.insert(id, twin).is_none())
    }

    fn misfits(&self) -> Vec<String> {
        self.lock().misfits.clone()
    }

    fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    fn agents(&self) -> Vec<String> {
        self.lock().state.users.iter().map(|user| user.name.clone()).collect()
    }

    fn canned(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let canned = inner.state.canned.values();
        canned.map(|row| (row.short_code.clone(), row.content.clone())).collect()
    }

    fn connecting(&self, base: &str) -> Vec<(&'static str, String)> {
        vec![("Base URL", base.to_owned()), ("Access token", ADMIN_TOKEN.to_owned())]
    }
}

impl Chatwoot {
    fn on<T: Default>(&self, conversation: &str, act: impl FnOnce(&mut State, i64) -> T) -> T {
        let mut inner = self.lock();
        let wanted = conversation.parse::<i64>().ok();
        let id = inner
            .state
            .conversations
            .values()
            .find(|row| Some(row.display_id) == wanted)
            .map(|row| row.id);
        id.map(|id| act(&mut inner.state, id)).unwrap_or_default()
    }

    /// The new message's id; empty when the conversation is unknown or takes no more.
    fn adds(&self, conversation: &str, draft: impl FnOnce(&mut State) -> Draft) -> String {
        self.on(conversation, |state, id| {
            let draft = draft(state);
            state.add(id, draft).map(|id| id.to_string()).unwrap_or_default()
        })
    }

    fn becomes(&self, conversation: &str, agent: &str, status: &str) {
        self.on(conversation, |state, id| {
            let by = state.agent(agent);
            state.set_status(id, status, None, by);
        });
    }
}

impl State {
    fn by(&mut self, agent: &str, kind: i64, text: &str) -> Draft {
        let by = self.agent(agent);
        Draft::new(kind, by, Some(text.to_owned()))
    }

    /// The agent of this name; a new one when there is none.
    fn agent(&mut self, name: &str) -> Sender {
        if let Some(user) = self.users.iter().find(|user| user.name == name) {
            return Sender::User(user.id);
        }
        let id = self.draw("user");
        let user = User {
            id,
            name: name.to_owned(),
            email: format!("agent-{id}@desk.example"),
            token: self.word("token", 24),
            administrator: false,
            accounts: vec![1],
            picture: files::picture_path("picture-ana"),
        };
        self.users.push(user);
        Sender::User(id)
    }

    fn seen(&self, row: &ConversationRow) -> Conversation {
        let contact = self.contacts.get(&row.contact);
        let data = json!({
            "identifier": contact.and_then(|contact| contact.identifier.as_deref()),
            "phone_number": contact.and_then(|contact| contact.phone.as_deref()),
            "contact": contact.map(|contact| &contact.custom),
            "contact_additional": contact.map(|contact| &contact.additional),
            "conversation": row.custom,
            "conversation_additional": row.additional,
            "labels": row.labels,
        });
        Conversation {
            id: row.display_id.to_string(),
            status: row.status.clone(),
            contact_name: contact.map(|contact| contact.name.clone()).unwrap_or_default(),
            contact_email: contact.and_then(|contact| contact.email.clone()),
            contact_data: data,
            messages: self
                .messages_of(row.id)
                .filter(|message| message.kind != ACTIVITY)
                .map(|message| self.seen_message(message))
                .collect(),
            contact_types: row.contact_types,
            contact_has_read: self.contact_has_read(row),
        }
    }

    fn seen_message(&self, message: &MessageRow) -> Message {
        let from = match (message.private, message.kind, message.sender) {
            (true, _, _) => From::Note,
            (_, INCOMING, _) => From::Contact,
            (_, _, Sender::User(id)) => {
                From::Agent(self.user(id).map(|user| user.name.clone()).unwrap_or_default())
            }
            _ => From::Robot,
        };
        let failed = (message.status == "failed").then(|| {
            let why = message.content_attributes.get("external_error").and_then(Value::as_str);
            why.unwrap_or("failed").to_owned()
        });
        let files = message.files.iter().filter_map(|id| self.files.get(id));
        Message {
            id: message.id.to_string(),
            from,
            text: message.content.clone().unwrap_or_default(),
            files: files.map(|stored| stored.file.name.clone()).collect(),
            our_id: message.source_id.clone(),
            failed,
        }
    }
}
