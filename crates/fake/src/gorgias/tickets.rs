//! Tickets.

use super::answer::{Answer, Bad, Good};
use super::api::{Ask, found, shown};
use super::customers::custom_fields;
use super::page::{PARAMETERS, Page};
use super::record::{Record, flag, number, record, set, text, tidy_time};
use super::shapes;
use super::state::State;
use serde_json::{Value, json};

/// Fields that a request sets as they are.
const PLAIN: [&str; 11] = [
    "external_id",
    "status",
    "priority",
    "channel",
    "via",
    "from_agent",
    "subject",
    "language",
    "meta",
    "spam",
    "is_unread",
];

/// Moments that a request sets.
const TIMES: [&str; 7] = [
    "opened_datetime",
    "closed_datetime",
    "trashed_datetime",
    "snooze_datetime",
    "updated_datetime",
    "last_message_datetime",
    "last_received_message_datetime",
];

impl State {
    pub(super) fn list_tickets(&mut self, ask: &Ask<'_>) -> Answer {
        let filters = ["external_id", "customer_id", "ticket_ids", "trashed", "view_id", "rule_id"];
        self.allow(ask, &[&PARAMETERS[..], &filters[..]].concat());
        let page = Page::read(&ask.query, &["created_datetime", "updated_datetime"])?;
        let customer = ask.get("customer_id").map(|id| id.parse::<u64>().ok());
        let trashed = ask.get("trashed").is_some_and(|told| told.eq_ignore_ascii_case("true"));
        let wanted = |ticket: &Record| {
            ask.get("external_id").is_none_or(|id| text(ticket, "external_id") == Some(id))
                && customer.is_none_or(|id| number(ticket, "customer_id") == id)
                && text(ticket, "trashed_datetime").is_some() == trashed
        };
        let ids: Vec<u64> =
            self.tickets.iter().filter(|(_, t)| wanted(t)).map(|(id, _)| *id).collect();
        // A list shows tickets without their messages.
        page.answer(ids.into_iter().filter_map(|id| self.ticket(id, false)).collect())
    }

    pub(super) fn post_ticket(&mut self, ask: &Ask<'_>) -> Answer {
        let body = self.body(ask, shapes::TICKET)?;
        let first: Vec<Record> = match body.get("messages") {
            Some(Value::Array(messages)) => messages.iter().cloned().map(record).collect(),
            _ => Vec::new(),
        };
        if !(1..=500).contains(&first.len()) {
            return Err(Bad::field("messages", "Length must be between 1 and 500."));
        }
        let customer = self.customer_of_new_ticket(&body, &first)?;
        for (index, message) in first.iter().enumerate() {
            // Whoever wrote the first message may be named by the ticket only.
            self.check_message(ask, message, &format!("messages[{index}]"), true)?;
        }
        let id = self.next_id();
        let now = self.now_text();
        let opening = first.first().cloned().unwrap_or_default();
        let of_first = |field: &str| opening.get(field).cloned().unwrap_or(Value::Null);
        let mut ticket = record(json!({ "id": id, "external_id": null, "status": "open",
            "priority": "normal", "channel": of_first("channel"), "via": of_first("via"),
            "from_agent": of_first("from_agent"), "spam": false, "subject": of_first("subject"),
            "meta": null, "language": null, "customer_id": customer, "assignee_user_id": null,
            "assignee_team_id": null, "tags": [], "custom_fields": {}, "created_datetime": now,
            "opened_datetime": null, "closed_datetime": null, "trashed_datetime": null,
            "snooze_datetime": null, "updated_datetime": now, "last_message_datetime": null,
            "last_received_message_datetime": null, "is_unread": true }));
        self.fill_ticket(&mut ticket, &body)?;
        if let Some(created) = body.get("created_datetime").filter(|at| at.is_string()) {
            set(&mut ticket, "created_datetime", tidy_time(created));
        }
        self.tickets.insert(id, ticket);
        self.fire("ticket-created", id, None, Some(1));
        for message in first {
            let message = self.make_message(id, &message)?;
            self.announce(message, Some(1));
        }
        Good::created(Value::Object(self.ticket(id, true).unwrap_or_default()))
    }

    pub(super) fn show_ticket(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        self.allow(ask, &["relationships"]);
        let id = Self::id("Ticket", id)?;
        shown(self.ticket(id, true).ok_or_else(|| Bad::missing("Ticket"))?)
    }

    pub(super) fn put_ticket(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        let body = self.body(ask, shapes::TICKET_CHANGE)?;
        let id = Self::id("Ticket", id)?;
        let mut ticket = found(self.tickets.get(&id), "Ticket")?;
        if let Some(named) = body.get("customer").filter(|named| named.is_object()) {
            let customer = self.customer_named(named, "customer")?;
            set(&mut ticket, "customer_id", customer);
        }
        self.fill_ticket(&mut ticket, &body)?;
        self.change_ticket(id, ticket, Some(1));
        Good::updated(Value::Object(self.ticket(id, true).unwrap_or_default()))
    }

    pub(super) fn delete_ticket(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        let id = Self::id("Ticket", id)?;
        found(self.tickets.remove(&id).as_ref(), "Ticket")?;
        self.messages.retain(|_, message| number(message, "ticket_id") != Some(id));
        Good::deleted()
    }

    pub(super) fn list_ticket_tags(&mut self, _ask: &Ask<'_>, id: &str) -> Answer {
        let ticket = found(self.tickets.get(&Self::id("Ticket", id)?), "Ticket")?;
        Good::found(json!({ "data": ticket.get("tags") }))
    }

    pub(super) fn change_ticket_tags(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        let body = self.body(ask, shapes::TAGS_OF_TICKET)?;
        let id = Self::id("Ticket", id)?;
        let mut ticket = found(self.tickets.get(&id), "Ticket")?;
        let list = |field: &str| body.get(field).and_then(Value::as_array).cloned();
        let ids = list("ids").unwrap_or_default().into_iter().map(|id| json!({ "id": id }));
        let names =
            list("names").unwrap_or_default().into_iter().map(|name| json!({ "name": name }));
        let named = self.tags_named(&ids.chain(names).collect::<Vec<_>>())?;
        let mut tags = match ticket.get("tags") {
            Some(Value::Array(tags)) if ask.method != "PUT" => tags.clone(),
            _ => Vec::new(),
        };
        tags.retain(|tag| !named.contains(tag));
        if ask.method != "DELETE" {
            tags.extend(named);
        }
        set(&mut ticket, "tags", tags);
        self.change_ticket(id, ticket, Some(1));
        Good::deleted()
    }

    /// Keeps a changed ticket and tells whoever wants to know.
    pub(super) fn change_ticket(&mut self, id: u64, mut ticket: Record, user: Option<u64>) {
        let Some(before) = self.tickets.get(&id).cloned() else { return };
        let now = self.now_text();
        let moved = |ticket: &Record, field: &str| before.get(field) != ticket.get(field);
        let status_moved = moved(&ticket, "status");
        if status_moved {
            let closed = text(&ticket, "status") == Some("closed");
            set(&mut ticket, "closed_datetime", closed.then(|| now.clone()));
            if !moved(&ticket, "snooze_datetime") {
                // Whoever opens or closes a ticket wakes it.
                set(&mut ticket, "snooze_datetime", Value::Null);
            }
        }
        set(&mut ticket, "updated_datetime", now);
        let assignee_moved =
            moved(&ticket, "assignee_user_id") || moved(&ticket, "assignee_team_id");
        self.tickets.insert(id, ticket);
        self.fire("ticket-updated", id, None, user);
        if status_moved {
            self.fire("ticket-status-updated", id, None, user);
        }
        if assignee_moved {
            self.fire("ticket-assignment-updated", id, None, user);
        }
    }

    /// A ticket as the vendor shows it.
    pub(super) fn ticket(&self, id: u64, with_messages: bool) -> Option<Record> {
        let mut ticket = self.tickets.get(&id)?.clone();
        let customer = number(&ticket, "customer_id");
        ticket.remove("customer_id");
        let shown = customer.and_then(|id| self.customers.get(&id)).cloned();
        set(&mut ticket, "customer", shown.map_or(Value::Null, Value::Object));
        let assignee = self.user(number(&ticket, "assignee_user_id"));
        set(&mut ticket, "assignee_user", assignee);
        let team = number(&ticket, "assignee_team_id").and_then(|id| self.teams.get(&id)).cloned();
        set(&mut ticket, "assignee_team", team.map_or(Value::Null, Value::Object));
        let messages = self.messages_of(id);
        let excerpt = messages.last().and_then(|m| text(m, "body_text"));
        let excerpt = excerpt.map(|said| said.chars().take(200).collect::<String>());
        set(&mut ticket, "excerpt", excerpt);
        set(&mut ticket, "messages_count", messages.len());
        set(&mut ticket, "satisfaction_survey", Value::Null);
        set(&mut ticket, "uri", format!("/api/tickets/{id}/"));
        if with_messages {
            let messages: Vec<Value> = messages.into_iter().map(Value::Object).collect();
            set(&mut ticket, "messages", messages);
        }
        Some(ticket)
    }

    /// Who a new ticket is about: as it says itself, or as its messages do.
    fn customer_of_new_ticket(&mut self, body: &Record, first: &[Record]) -> Result<u64, Bad> {
        if let Some(named) = body.get("customer").filter(|named| named.is_object()) {
            return self.customer_named(named, "customer");
        }
        for (index, message) in first.iter().enumerate() {
            let field = if flag(message, "from_agent") { "receiver" } else { "sender" };
            if let Some(named) = message.get(field).filter(|named| named.is_object()) {
                return self.customer_named(named, &format!("messages[{index}].{field}"));
            }
        }
        Err(Bad::field("customer", "Neither the ticket nor a message names a customer."))
    }

    fn fill_ticket(&mut self, ticket: &mut Record, body: &Record) -> Result<(), Bad> {
        for field in PLAIN {
            if let Some(value) = body.get(field) {
                set(ticket, field, value.clone());
            }
        }
        for field in TIMES {
            if let Some(value) = body.get(field) {
                set(ticket, field, tidy_time(value));
            }
        }
        if let Some(named) = body.get("assignee_user") {
            let id = named.get("id").and_then(Value::as_u64);
            if id.is_some_and(|id| !self.users.contains_key(&id)) {
                return Err(Bad::field("assignee_user", "There is no such user."));
            }
            set(ticket, "assignee_user_id", id);
        }
        if let Some(named) = body.get("assignee_team") {
            let id = named.get("id").and_then(Value::as_u64);
            if id.is_some_and(|id| !self.teams.contains_key(&id)) {
                return Err(Bad::field("assignee_team", "There is no such team."));
            }
            set(ticket, "assignee_team_id", id);
        }
        if let Some(Value::Array(tags)) = body.get("tags") {
            set(ticket, "tags", self.tags_named(tags)?);
        }
        if let Some(Value::Array(fields)) = body.get("custom_fields") {
            set(ticket, "custom_fields", custom_fields(fields));
        }
        Ok(())
    }

    /// Tags as tickets show them; those that are named for the first time are made.
    fn tags_named(&mut self, named: &[Value]) -> Result<Vec<Value>, Bad> {
        let mut tags = Vec::new();
        for tag in named {
            let id = tag.get("id").and_then(Value::as_u64);
            let name = tag.get("name").and_then(Value::as_str);
            let known = self.tags.iter().find(|(known, tag)| match (id, name) {
                (Some(id), _) => **known == id,
                (None, name) => name.is_some() && text(tag, "name") == name,
            });
            let id = match (known, name) {
                (Some((known, _)), _) => *known,
                (None, Some(name)) => {
                    let id = self.next_id();
                    let tag = json!({ "id": id, "name": name, "description": null, "decoration": null,
                        "created_datetime": self.now_text(), "uri": format!("/api/tags/{id}/") });
                    self.tags.insert(id, record(tag));
                    id
                }
                (None, None) => return Err(Bad::field("tags", "There is no such tag.")),
            };
            let name = self.tags.get(&id).and_then(|tag| tag.get("name")).cloned();
            tags.push(json!({ "id": id, "name": name, "decoration": null }));
        }
        Ok(tags)
    }
}
