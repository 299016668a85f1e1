//! The public interface: no token, but an inbox's identifier and a contact's source id.

use super::answer::{Answer, Refusal, some};
use super::call::Call;
use super::messages::{attachments, page};
use super::state::{
    ACTIVITY, ContactInbox, ConversationRow, INCOMING, Inbox, Sender, State, hmac_hex,
};
use super::talk::{Draft, Opening};
use serde_json::{Value, json};

impl State {
    pub(super) fn public_inbox(&self, identifier: &str) -> Result<&Inbox, Refusal> {
        self.inboxes
            .values()
            .find(|inbox| inbox.is_api() && inbox.identifier == identifier)
            .ok_or_else(Refusal::not_found)
    }

    pub(super) fn public_place(
        &self,
        identifier: &str,
        source_id: &str,
    ) -> Result<&ContactInbox, Refusal> {
        let inbox = self.public_inbox(identifier)?;
        self.contact_inboxes
            .values()
            .find(|row| row.inbox == inbox.id && row.source_id == source_id)
            .ok_or_else(Refusal::not_found)
    }

    pub(super) fn public_conversation(
        &self,
        place: i64,
        display_id: i64,
    ) -> Result<&ConversationRow, Refusal> {
        self.conversations
            .values()
            .find(|row| row.contact_inbox == place && row.display_id == display_id)
            .ok_or_else(Refusal::not_found)
    }

    fn show_public_contact(&self, place: &ContactInbox) -> Value {
        let contact = self.contacts.get(&place.contact);
        json!({
            "source_id": place.source_id,
            "pubsub_token": format!("pubsub-ci-{}", place.id),
            "id": place.contact,
            "name": contact.map(|contact| contact.name.as_str()),
            "email": contact.and_then(|contact| contact.email.as_deref()),
            "phone_number": contact.and_then(|contact| contact.phone.as_deref()),
        })
    }

    pub(super) fn show_public_inbox(&self, identifier: &str) -> Answer {
        let inbox = self.public_inbox(identifier)?;
        some(json!({
            "identifier": inbox.identifier, "identity_validation_enabled": inbox.hmac_mandatory,
            "name": inbox.name, "timezone": "UTC", "working_hours": [], "working_hours_enabled": false,
            "csat_survey_enabled": false, "greeting_enabled": false,
        }))
    }

    pub(super) fn create_public_contact(&mut self, identifier: &str, call: &Call) -> Answer {
        let inbox = self.public_inbox(identifier)?.clone();
        let verified = prove(&inbox, call)?;
        let same =
            |wanted: Option<String>, has: &Option<String>| wanted.is_some() && wanted == *has;
        let known = self
            .contacts
            .values()
            .filter(|row| row.account == inbox.account)
            .find(|row| {
                same(call.text("identifier"), &row.identifier)
                    || same(call.text("email").map(|email| email.to_lowercase()), &row.email)
                    || same(call.text("phone_number"), &row.phone)
            })
            .map(|row| row.id);
        let contact = match known {
            Some(id) => id,
            None => self.insert_contact(inbox.account, call)?,
        };
        let place = self.place(inbox.account, contact, inbox.id, call.text("source_id"))?;
        if let Some(row) = self.contact_inboxes.get_mut(&place) {
            row.hmac_verified = verified;
        }
        Ok(self.contact_inboxes.get(&place).map(|place| self.show_public_contact(place)))
    }

    pub(super) fn get_public_contact(&self, identifier: &str, source_id: &str) -> Answer {
        some(self.show_public_contact(self.public_place(identifier, source_id)?))
    }

    pub(super) fn update_public_contact(
        &mut self,
        identifier: &str,
        source_id: &str,
        call: &Call,
    ) -> Answer {
        let contact = self.public_place(identifier, source_id)?.contact;
        let account = self.public_inbox(identifier)?.account;
        self.update_contact(account, contact, call)?;
        some(self.show_contact(self.contact(account, contact)?, false))
    }

    pub(super) fn create_public_conversation(
        &mut self,
        place: &ContactInbox,
        call: &Call,
    ) -> Answer {
        let account = self.inboxes.get(&place.inbox).ok_or_else(Refusal::not_found)?.account;
        let opening = Opening {
            account,
            contact_inbox: place.id,
            custom: call.object("custom_attributes").unwrap_or_default(),
            ..Opening::default()
        };
        let id = self.open(opening)?;
        Ok(self.conversations.get(&id).map(|row| self.show_public_conversation(row)))
    }

    pub(super) fn list_public_conversations(&self, place: &ContactInbox) -> Answer {
        let shown: Vec<Value> = self
            .conversations
            .values()
            .filter(|row| row.contact_inbox == place.id)
            .map(|row| self.show_public_conversation(row))
            .collect();
        some(Value::Array(shown))
    }

    /// The contact ends what is open; it cannot open anything.
    pub(super) fn toggle_public_status(&mut self, id: i64, contact: i64) -> Answer {
        let open = self.conversations.get(&id).is_some_and(|row| row.status != "resolved");
        if open {
            self.set_status(id, "resolved", None, Sender::Contact(contact));
        }
        Ok(self.conversations.get(&id).map(|row| self.show_public_conversation(row)))
    }

    pub(super) fn public_typing(&mut self, id: i64, contact: i64, call: &Call) -> Answer {
        let on = match call.text("typing_status").as_deref() {
            Some("on") => true,
            Some("off") => false,
            _ => return Ok(None),
        };
        if let Some(row) = self.conversations.get_mut(&id) {
            row.contact_types = on;
        }
        self.emit_typing(id, Sender::Contact(contact), on, false);
        Ok(None)
    }

    pub(super) fn create_public_message(&mut self, id: i64, contact: i64, call: &Call) -> Answer {
        let mut draft = Draft::new(INCOMING, Sender::Contact(contact), call.text("content"));
        draft.files = attachments(call);
        let message = self.add(id, draft)?;
        let row = self.messages.get(&message).ok_or_else(Refusal::not_found)?;
        let mut shown = self.show_public_message(row);
        if let (Some(map), Some(echo)) = (shown.as_object_mut(), call.text("echo_id")) {
            map.insert("echo_id".into(), json!(echo));
        }
        some(shown)
    }

    pub(super) fn list_public_messages(&self, id: i64, call: &Call) -> Answer {
        let seen = self.messages_of(id).filter(|row| !row.private && row.kind != ACTIVITY);
        let rows = page(seen, call.int("after"), call.int("before"));
        some(rows.iter().map(|row| self.show_public_message(row)).collect())
    }
}

/// Whether the contact proved who it is; an inbox may demand it.
fn prove(inbox: &Inbox, call: &Call) -> Result<bool, Refusal> {
    let hash = call.text("identifier_hash");
    let identifier = call.text("identifier").unwrap_or_default();
    let good = hash
        .as_ref()
        .is_some_and(|hash| *hash == hmac_hex(&inbox.hmac_token, identifier.as_bytes()));
    if (hash.is_some() || inbox.hmac_mandatory) && !good {
        return Err(Refusal::unauthorized("HMAC failed: Invalid Identifier Hash Provided"));
    }
    Ok(good)
}
