//! Customers: the people who write.

use super::answer::{Answer, Bad, Good};
use super::api::{Ask, found, shown};
use super::page::{PARAMETERS, Page};
use super::record::{Record, as_number, number, read_time, record, set, text};
use super::shapes;
use super::state::State;
use serde_json::{Value, json};

/// Fields that a request sets as they are.
const PLAIN: [&str; 8] =
    ["name", "firstname", "lastname", "external_id", "language", "timezone", "note", "meta"];

impl State {
    pub(super) fn list_customers(&mut self, ask: &Ask<'_>) -> Answer {
        let filters = ["email", "external_id", "name", "language", "timezone"];
        self.allow(ask, &[&PARAMETERS[..], &filters[..], &["ids"]].concat());
        let page = Page::read(&ask.query, &["created_datetime", "updated_datetime"])?;
        let wanted = |customer: &Record| {
            filters.iter().all(|field| {
                ask.get(field).is_none_or(|value| {
                    let known = text(customer, field).unwrap_or_default();
                    if *field == "email" { same_address(known, value) } else { known == value }
                })
            })
        };
        page.answer(self.customers.values().filter(|customer| wanted(customer)).cloned().collect())
    }

    pub(super) fn post_customer(&mut self, ask: &Ask<'_>) -> Answer {
        let body = self.body(ask, shapes::CUSTOMER)?;
        let id = self.make_customer(&body)?;
        Good::created(Value::Object(found(self.customers.get(&id), "Customer")?))
    }

    pub(super) fn show_customer(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        shown(found(self.customers.get(&Self::id("Customer", id)?), "Customer")?)
    }

    pub(super) fn put_customer(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        let body = self.body(ask, shapes::CUSTOMER)?;
        let id = Self::id("Customer", id)?;
        let mut customer = found(self.customers.get(&id), "Customer")?;
        self.fill_customer(&mut customer, id, &body)?;
        self.customers.insert(id, customer.clone());
        Good::updated(Value::Object(customer))
    }

    pub(super) fn delete_customer(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        let id = Self::id("Customer", id)?;
        found(self.customers.get(&id), "Customer")?;
        if self.tickets.values().any(|ticket| number(ticket, "customer_id") == Some(id)) {
            return Err(Bad::new(400, "The customer has tickets."));
        }
        self.customers.remove(&id);
        Good::deleted()
    }

    pub(super) fn put_customer_data(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        let body = self.body(ask, shapes::CUSTOMER_DATA)?;
        let id = Self::id("Customer", id)?;
        let mut customer = found(self.customers.get(&id), "Customer")?;
        let version = text(&body, "version").and_then(read_time).unwrap_or_else(|| self.now());
        let before = text(&customer, "data_version").and_then(read_time);
        // An older version is dropped without a word.
        if before.is_none_or(|before| version >= before) {
            set(&mut customer, "data", body.get("data").cloned().unwrap_or(Value::Null));
            set(&mut customer, "data_version", super::record::time(version));
            set(&mut customer, "updated_datetime", self.now_text());
            self.customers.insert(id, customer.clone());
        }
        Good::updated(json!({ "data": customer.get("data") }))
    }

    /// The customer that a ticket or message names; made when there is none and its id is not given.
    pub(super) fn customer_named(&mut self, named: &Value, field: &str) -> Result<u64, Bad> {
        let named = record(named.clone());
        if let Some(id) = number(&named, "id") {
            let known = self.customers.contains_key(&id);
            return known
                .then_some(id)
                .ok_or_else(|| Bad::field(field, "There is no such customer."));
        }
        let addresses = addresses(&named);
        let by_address =
            self.customers.iter().find(|(_, c)| addresses.iter().any(|address| has(c, address)));
        let by_external_id = || {
            let wanted = text(&named, "external_id")?;
            self.customers.iter().find(|(_, c)| text(c, "external_id") == Some(wanted))
        };
        if let Some((id, _)) = by_address.or_else(by_external_id) {
            return Ok(*id);
        }
        if addresses.is_empty() && named.get("name").is_none() && named.get("external_id").is_none()
        {
            return Err(Bad::field(field, "Names no customer: give an id or an email."));
        }
        self.make_customer(&named)
    }

    /// Where a customer can be written to by e-mail.
    pub(super) fn email_of(&self, customer: Option<u64>) -> Option<String> {
        text(self.customers.get(&customer?)?, "email").map(str::to_owned)
    }

    fn make_customer(&mut self, body: &Record) -> Result<u64, Bad> {
        let id = self.next_id();
        let now = self.now_text();
        let mut customer = record(json!({ "id": id, "active": true, "name": null, "email": null,
            "firstname": "", "lastname": "", "external_id": null, "language": null, "timezone": null,
            "note": null, "meta": null, "data": null, "channels": [], "custom_fields": {}, "integrations": {},
            "customer": null, "created_datetime": now, "updated_datetime": now,
            "uri": format!("/api/customers/{id}/") }));
        self.fill_customer(&mut customer, id, body)?;
        self.customers.insert(id, customer);
        Ok(id)
    }

    fn fill_customer(&mut self, customer: &mut Record, id: u64, body: &Record) -> Result<(), Bad> {
        for address in addresses(body) {
            let taken = self.customers.iter().any(|(other, c)| *other != id && has(c, &address));
            if taken {
                let problem = format!("The {} address {} is taken.", address.0, address.1);
                return Err(Bad::new(self.options.address_taken_status, problem));
            }
        }
        for field in PLAIN {
            if let Some(value) = body.get(field) {
                set(customer, field, value.clone());
            }
        }
        if let (Some(name), false) = (text(body, "name"), body.contains_key("firstname")) {
            let (first, last) = name.split_once(' ').unwrap_or((name, ""));
            set(customer, "firstname", first);
            set(customer, "lastname", last);
        }
        if let Some(Value::Array(fields)) = body.get("custom_fields") {
            set(customer, "custom_fields", custom_fields(fields));
        }
        if body.get("channels").is_some_and(Value::is_array) || body.contains_key("email") {
            let mut kept = addresses(body);
            if !body.get("channels").is_some_and(Value::is_array) {
                // A new e-mail address comes to the other channels, which stay.
                kept.extend(addresses(customer).into_iter().filter(|(kind, _)| kind != "email"));
            }
            let email = kept.iter().find(|(kind, _)| kind == "email").map(|(_, at)| at.clone());
            set(customer, "email", email);
            let channels: Vec<Value> =
                kept.iter().map(|address| self.channel(id, customer, address)).collect();
            set(customer, "channels", channels);
        }
        set(customer, "updated_datetime", self.now_text());
        Ok(())
    }

    fn channel(&mut self, id: u64, customer: &Record, (kind, address): &(String, String)) -> Value {
        let now = self.now_text();
        let owner = json!({ "id": id, "name": customer.get("name") });
        json!({ "id": self.next_id(), "type": kind, "address": address, "preferred": true,
            "created_datetime": now, "updated_datetime": now, "deleted_datetime": null,
            "customer": owner, "user": owner })
    }
}

/// The addresses in a customer or in what a request says of one, as type and address, each once.
fn addresses(of: &Record) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    if let Some(email) = text(of, "email").filter(|email| !email.is_empty()) {
        found.push(("email".to_owned(), email.to_owned()));
    }
    for channel in of.get("channels").and_then(Value::as_array).into_iter().flatten() {
        let field = |name: &str| channel.get(name).and_then(Value::as_str).map(str::to_owned);
        if let (Some(kind), Some(address)) = (field("type"), field("address")) {
            let known = found.iter().any(|(k, at)| *k == kind && same_address(at, &address));
            if !known {
                found.push((kind, address));
            }
        }
    }
    found
}

fn has(customer: &Record, (kind, address): &(String, String)) -> bool {
    addresses(customer).iter().any(|(k, at)| k == kind && same_address(at, address))
}

fn same_address(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Custom fields as records show them: by their ids.
pub(super) fn custom_fields(fields: &[Value]) -> Value {
    let by_id = fields.iter().filter_map(|field| {
        let id = field.get("id").and_then(as_number)?;
        let shown = json!({ "id": id, "value": field.get("value"), "prediction": null });
        Some((id.to_string(), shown))
    });
    Value::Object(by_id.collect())
}
