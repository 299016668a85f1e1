//! Contacts.

use super::answer::{Answer, Refusal, some};
use super::call::{Call, as_int, as_text};
use super::state::{ContactRow, State};
use serde_json::{Value, json};

const PAGE: usize = 15;

impl State {
    pub(super) fn contact(&self, account: i64, id: i64) -> Result<&ContactRow, Refusal> {
        self.contacts.get(&id).filter(|row| row.account == account).ok_or_else(Refusal::not_found)
    }

    fn contact_page<'a>(&self, found: impl Iterator<Item = &'a ContactRow>, call: &Call) -> Answer {
        let all: Vec<&ContactRow> = found.collect();
        let page = call.int("page").and_then(|page| usize::try_from(page).ok()).unwrap_or(1).max(1);
        let inboxes = call.flag("include_contact_inboxes").unwrap_or(true);
        let shown: Vec<Value> = all
            .iter()
            .skip((page - 1) * PAGE)
            .take(PAGE)
            .map(|contact| self.show_contact(contact, inboxes))
            .collect();
        let current = call.text("page").map_or_else(|| json!(1), |page| json!(page));
        some(json!({"meta": {"count": all.len(), "current_page": current}, "payload": shown}))
    }

    pub(super) fn list_contacts(&self, account: i64, call: &Call) -> Answer {
        let known = |row: &&ContactRow| {
            row.account == account
                && (row.email.is_some() || row.phone.is_some() || row.identifier.is_some())
        };
        self.contact_page(self.contacts.values().filter(known), call)
    }

    /// Substrings, without regard to case but for the identifier.
    pub(super) fn search_contacts(&self, account: i64, call: &Call) -> Answer {
        let Some(wanted) = call.text("q") else {
            return Err(Refusal::unprocessable("Specify search string with parameter q"));
        };
        let wanted = wanted.trim();
        let lower = wanted.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&lower);
        let found = self.contacts.values().filter(|row| row.account == account).filter(|row| {
            holds(&row.name)
                || row.email.as_deref().is_some_and(holds)
                || row.phone.as_deref().is_some_and(holds)
                || row.identifier.as_deref().is_some_and(|text| text.contains(wanted))
        });
        self.contact_page(found, call)
    }

    pub(super) fn filter_contacts(&self, account: i64, call: &Call) -> Answer {
        let conditions = call.list("payload").unwrap_or_default();
        let found = self.contacts.values().filter(|row| row.account == account).filter(|row| {
            let mut fits = true;
            let mut or = false;
            for condition in &conditions {
                let this = meets(row, condition);
                fits = if or { fits || this } else { fits && this };
                or = condition.get("query_operator").and_then(Value::as_str) == Some("OR");
            }
            fits
        });
        self.contact_page(found, call)
    }

    /// Refuses values that are malformed or another contact's.
    fn check_contact(&self, wanted: &ContactRow) -> Result<(), Refusal> {
        if wanted.email.as_deref().is_some_and(|email| !looks_like_email(email)) {
            return Err(Refusal::invalid("email", "Email Invalid email"));
        }
        if wanted.phone.as_deref().is_some_and(|phone| !looks_like_phone(phone)) {
            return Err(Refusal::invalid("phone_number", "Phone number should be in e164 format"));
        }
        let others = || {
            self.contacts
                .values()
                .filter(|row| row.account == wanted.account && row.id != wanted.id)
        };
        if wanted.email.is_some() && others().any(|row| row.email == wanted.email) {
            return Err(Refusal::invalid("email", "Email has already been taken"));
        }
        if wanted.identifier.is_some() && others().any(|row| row.identifier == wanted.identifier) {
            return Err(Refusal::invalid("identifier", "Identifier has already been taken"));
        }
        if wanted.phone.is_some() && others().any(|row| row.phone == wanted.phone) {
            return Err(Refusal::invalid("phone_number", "Phone number has already been taken"));
        }
        Ok(())
    }

    fn fill_contact(&self, row: &mut ContactRow, call: &Call) {
        let said = |name: &str| call.body.contains_key(name);
        if said("name") {
            row.name = call.text("name").unwrap_or_default();
        }
        if said("email") {
            row.email = call.text("email").map(|email| email.to_lowercase());
        }
        if said("phone_number") {
            row.phone = call.text("phone_number");
        }
        if said("identifier") {
            row.identifier = call.text("identifier");
        }
        // The real one fetches the picture and serves its copy.
        if let Some(url) = call.text("avatar_url") {
            row.picture = url;
        }
        if let Some(blocked) = call.flag("blocked").filter(|_| self.version.blocks()) {
            row.blocked = blocked;
        }
        row.custom.extend(call.object("custom_attributes").unwrap_or_default());
        row.additional.extend(call.object("additional_attributes").unwrap_or_default());
    }

    fn blank_contact(&self, account: i64) -> ContactRow {
        ContactRow {
            id: 0,
            account,
            name: String::new(),
            email: None,
            phone: None,
            identifier: None,
            picture: String::new(),
            blocked: false,
            custom: serde_json::Map::new(),
            additional: serde_json::Map::new(),
            created: self.now,
            last_activity: None,
        }
    }

    pub(super) fn insert_contact(&mut self, account: i64, call: &Call) -> Result<i64, Refusal> {
        let mut row = self.blank_contact(account);
        self.fill_contact(&mut row, call);
        self.check_contact(&row)?;
        row.id = self.draw("contact");
        let id = row.id;
        self.contacts.insert(id, row);
        Ok(id)
    }

    pub(super) fn create_contact(&mut self, account: i64, call: &Call) -> Answer {
        let id = self.insert_contact(account, call)?;
        let place = match call.int("inbox_id") {
            None => None,
            Some(inbox) => match self.place(account, id, inbox, call.text("source_id")) {
                Ok(place) => Some(place),
                Err(refusal) => {
                    // One transaction: the contact is gone with it.
                    self.contacts.remove(&id);
                    return Err(refusal);
                }
            },
        };
        let place = place.and_then(|id| self.contact_inboxes.get(&id));
        some(json!({"payload": {
            "contact": self.show_contact(self.contact(account, id)?, true),
            "contact_inbox": {
                "inbox": place.and_then(|row| self.inboxes.get(&row.inbox)).map(Self::show_inbox_briefly),
                "source_id": place.map(|row| &row.source_id),
            },
        }}))
    }

    pub(super) fn update_contact(&mut self, account: i64, id: i64, call: &Call) -> Answer {
        let mut row = self.contact(account, id)?.clone();
        self.fill_contact(&mut row, call);
        self.check_contact(&row)?;
        self.contacts.insert(id, row);
        self.get_contact(account, id, call)
    }

    pub(super) fn get_contact(&self, account: i64, id: i64, call: &Call) -> Answer {
        let inboxes = call.flag("include_contact_inboxes").unwrap_or(true);
        some(json!({"payload": self.show_contact(self.contact(account, id)?, inboxes)}))
    }

    pub(super) fn delete_contact(&mut self, account: i64, id: i64) -> Answer {
        self.contact(account, id)?;
        let gone: Vec<i64> =
            self.conversations.values().filter(|row| row.contact == id).map(|row| row.id).collect();
        self.messages.retain(|_, row| !gone.contains(&row.conversation));
        self.conversations.retain(|_, row| row.contact != id);
        self.contact_inboxes.retain(|_, row| row.contact != id);
        self.contacts.remove(&id);
        Ok(None)
    }

    pub(super) fn conversations_of_contact(&self, account: i64, contact: i64) -> Answer {
        self.contact(account, contact)?;
        let mut rows: Vec<_> =
            self.conversations.values().filter(|row| row.contact == contact).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.last_activity, row.id)));
        let shown: Vec<Value> =
            rows.iter().take(20).map(|row| self.show_conversation(row)).collect();
        some(json!({ "payload": shown }))
    }

    /// The second contact's things become the first one's; the second is gone.
    pub(super) fn merge_contacts(&mut self, account: i64, call: &Call) -> Answer {
        let id = |name: &str| call.int(name).ok_or_else(Refusal::not_found);
        let (base, gone) = (id("base_contact_id")?, id("mergee_contact_id")?);
        let from = self.contact(account, gone)?.clone();
        let mut into = self.contact(account, base)?.clone();
        into.email = into.email.or(from.email);
        into.phone = into.phone.or(from.phone);
        into.identifier = into.identifier.or(from.identifier);
        for (name, value) in from.custom {
            into.custom.entry(name).or_insert(value);
        }
        self.contacts.remove(&gone);
        for row in self.conversations.values_mut().filter(|row| row.contact == gone) {
            row.contact = base;
        }
        for row in self.contact_inboxes.values_mut().filter(|row| row.contact == gone) {
            row.contact = base;
        }
        let shown = self.show_contact(&into, true);
        self.contacts.insert(base, into);
        some(shown)
    }
}

fn meets(row: &ContactRow, condition: &Value) -> bool {
    let key = condition.get("attribute_key").and_then(Value::as_str).unwrap_or_default();
    let has = match key {
        "id" => Some(row.id.to_string()),
        "name" => Some(row.name.clone()),
        "email" => row.email.clone(),
        "phone_number" => row.phone.clone(),
        "identifier" => row.identifier.clone(),
        other => row.custom.get(other).and_then(as_text),
    };
    let wanted = condition.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
    let wanted: Vec<String> =
        wanted.iter().filter_map(|value| as_text(value).map(|text| text.to_lowercase())).collect();
    let has = has.unwrap_or_default().to_lowercase();
    match condition.get("filter_operator").and_then(Value::as_str) {
        Some("equal_to") => wanted.contains(&has),
        Some("not_equal_to") => !wanted.contains(&has),
        Some("contains") => wanted.iter().any(|text| has.contains(text)),
        Some("does_not_contain") => !wanted.iter().any(|text| has.contains(text)),
        _ => false,
    }
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains([' ', '\n'])
    })
}

fn looks_like_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// The numbers in a list.
pub(super) fn ids(list: &[Value]) -> Vec<i64> {
    list.iter().filter_map(as_int).collect()
}
