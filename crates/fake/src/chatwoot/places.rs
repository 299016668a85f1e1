//! Contacts' places in inboxes.

use super::answer::{Answer, Refusal, some};
use super::call::Call;
use super::state::{ContactInbox, State};
use serde_json::{Value, json};

impl State {
    /// The contact's place in an inbox, made if it is not there.
    pub(super) fn place(
        &mut self,
        account: i64,
        contact: i64,
        inbox: i64,
        source_id: Option<String>,
    ) -> Result<i64, Refusal> {
        self.contact(account, contact)?;
        self.inbox(account, inbox)?;
        let source_id = source_id.unwrap_or_else(|| self.uuid("source"));
        let taken = self
            .contact_inboxes
            .values()
            .find(|row| row.inbox == inbox && row.source_id == source_id);
        match taken {
            Some(row) if row.contact == contact => return Ok(row.id),
            Some(_) => return Err(Refusal::invalid("source_id", "Source has already been taken")),
            None => {}
        }
        let id = self.draw("contact_inbox");
        let row =
            ContactInbox { id, contact, inbox, source_id, hmac_verified: false, created: self.now };
        self.contact_inboxes.insert(id, row);
        Ok(id)
    }

    pub(super) fn create_place(&mut self, account: i64, contact: i64, call: &Call) -> Answer {
        let inbox = call.int("inbox_id").ok_or_else(Refusal::not_found)?;
        let id = self.place(account, contact, inbox, call.text("source_id"))?;
        if let (Some(row), Some(verified)) =
            (self.contact_inboxes.get_mut(&id), call.flag("hmac_verified"))
        {
            row.hmac_verified = verified;
        }
        Ok(self.contact_inboxes.get(&id).map(|row| self.show_contact_inbox(row)))
    }

    pub(super) fn contactable_inboxes(&self, account: i64, contact: i64) -> Answer {
        self.contact(account, contact)?;
        let rows: Vec<Value> = self
            .contact_inboxes
            .values()
            .filter(|row| row.contact == contact)
            .map(|row| self.show_contact_inbox(row))
            .collect();
        some(json!({ "payload": rows }))
    }
}
