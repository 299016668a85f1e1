//! Messages.

use super::answer::{Answer, Bad, Good};
use super::api::{Ask, found, shown};
use super::page::{PARAMETERS, Page};
use super::record::{Record, flag, number, record, set, text, tidy_time};
use super::shapes;
use super::state::{Email, State};
use serde_json::{Value, json};

/// Fields that a request sets as they are.
const PLAIN: [&str; 15] = [
    "channel",
    "via",
    "from_agent",
    "public",
    "subject",
    "body_text",
    "body_html",
    "stripped_text",
    "stripped_html",
    "external_id",
    "message_id",
    "source",
    "integration_id",
    "headers",
    "meta",
];

impl State {
    pub(super) fn list_messages(&mut self, ask: &Ask<'_>) -> Answer {
        self.allow(ask, &[&PARAMETERS[..], &["ticket_id"]].concat());
        let page = Page::read(&ask.query, &["created_datetime"])?;
        let ticket = match ask.get("ticket_id").map(str::parse::<u64>) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(_)) => return Err(Bad::field("ticket_id", "Not a valid integer.")),
        };
        let wanted = |message: &&Record| ticket.is_none() || number(message, "ticket_id") == ticket;
        page.answer(self.messages.values().filter(wanted).cloned().collect())
    }

    pub(super) fn list_ticket_messages(&mut self, ask: &Ask<'_>, id: &str) -> Answer {
        self.allow(ask, &PARAMETERS);
        let id = Self::id("Ticket", id)?;
        found(self.tickets.get(&id), "Ticket")?;
        let messages = self.messages_of(id);
        if self.options.bare_ticket_messages {
            return Good::found(messages.into_iter().map(Value::Object).collect::<Vec<_>>());
        }
        Page::read(&ask.query, &["created_datetime"])?.answer(messages)
    }

    pub(super) fn show_message(&mut self, _ask: &Ask<'_>, ticket: &str, id: &str) -> Answer {
        let message = found(self.messages.get(&Self::id("Message", id)?), "Message")?;
        if ticket != id && number(&message, "ticket_id") != Some(Self::id("Ticket", ticket)?) {
            return Err(Bad::missing("Message"));
        }
        shown(message)
    }

    pub(super) fn delete_message(&mut self, ask: &Ask<'_>, ticket: &str, id: &str) -> Answer {
        self.show_message(ask, ticket, id)?;
        self.messages.remove(&Self::id("Message", id)?);
        Good::deleted()
    }

    pub(super) fn post_message(&mut self, ask: &Ask<'_>, ticket: &str) -> Answer {
        self.allow(ask, &["action"]);
        let body = self.body(ask, shapes::MESSAGE)?;
        let ticket = Self::id("Ticket", ticket)?;
        found(self.tickets.get(&ticket), "Ticket")?;
        self.check_message(ask, &body, "", false)?;
        let id = self.make_message(ticket, &body)?;
        let customer_wrote = !flag(&body, "from_agent");
        self.announce(id, Some(1));
        if customer_wrote && self.options.api_message_reopens {
            let mut changed = found(self.tickets.get(&ticket), "Ticket")?;
            if text(&changed, "status") == Some("closed") {
                set(&mut changed, "status", "open");
                self.change_ticket(ticket, changed, None);
            }
        }
        Good::created(Value::Object(found(self.messages.get(&id), "Message")?))
    }

    /// What a message must be like, besides having the right fields.
    pub(super) fn check_message(
        &mut self,
        ask: &Ask<'_>,
        message: &Record,
        at: &str,
        in_new_ticket: bool,
    ) -> Result<(), Bad> {
        let place = |field: &str| {
            if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") }
        };
        let given = |field: &str| message.get(field).is_some_and(|value| !value.is_null());
        let note = text(message, "channel") == Some("internal-note");
        let problem = if !flag(message, "from_agent") {
            if note {
                Some(("from_agent", "Only users write internal notes."))
            } else if given("receiver") {
                Some(("receiver", "A customer's message has no receiver."))
            } else if !given("sender") && !in_new_ticket {
                Some(("sender", "A customer's message names the customer as its sender."))
            } else {
                None
            }
        } else if self.user_named(message.get("sender")).is_none() {
            Some(("sender", "Names no user."))
        } else if note && (given("receiver") || given("source")) {
            Some(("receiver", "An internal note has neither receiver nor source."))
        } else if note && flag(message, "public") {
            Some(("public", "An internal note is not public."))
        } else if !note && !given("receiver") {
            Some(("receiver", "A user's message names the customer as its receiver."))
        } else {
            None
        };
        let empty = !["body_text", "body_html", "attachments"].into_iter().any(given);
        let problem = problem.or(empty.then_some(("body_text", "The message is empty.")));
        let Some((field, problem)) = problem else { return Ok(()) };
        self.misfit(ask, &format!("field {}: {problem}", place(field)));
        Err(Bad::field(&place(field), problem))
    }

    /// Keeps a message that a request brings.
    pub(super) fn make_message(&mut self, ticket: u64, body: &Record) -> Result<u64, Bad> {
        let customer = self.tickets.get(&ticket).and_then(|t| number(t, "customer_id"));
        let user_wrote = flag(body, "from_agent");
        let named = body.get(if user_wrote { "receiver" } else { "sender" });
        let customer = match named.filter(|named| named.is_object()) {
            Some(named) if user_wrote => Some(self.customer_named(named, "receiver")?),
            Some(named) => Some(self.customer_named(named, "sender")?),
            None => customer,
        };
        let shown =
            customer.and_then(|id| self.customers.get(&id)).map_or(Value::Null, Self::person);
        let user = self.user_named(body.get("sender"));
        let mut message = self.blank_message();
        for field in PLAIN {
            if let Some(value) = body.get(field) {
                set(&mut message, field, value.clone());
            }
        }
        for field in ["created_datetime", "sent_datetime", "failed_datetime", "opened_datetime"] {
            if let Some(value) = body.get(field).filter(|value| value.is_string()) {
                set(&mut message, field, tidy_time(value));
            }
        }
        for field in ["attachments", "macros"] {
            if let Some(Value::Array(list)) = body.get(field) {
                set(&mut message, field, list.clone());
            }
        }
        if text(&message, "channel") == Some("internal-note") {
            set(&mut message, "public", false);
        }
        if message.get("stripped_text").is_none_or(Value::is_null) {
            let whole = message.get("body_text").cloned();
            set(&mut message, "stripped_text", whole);
        }
        let (sender, receiver) = match (user_wrote, named) {
            (false, _) => (shown, Value::Null),
            (true, None) => (self.user(user), Value::Null),
            (true, Some(_)) => (self.user(user), shown),
        };
        set(&mut message, "sender", sender);
        set(&mut message, "receiver", receiver);
        Ok(self.keep_message(ticket, message))
    }

    /// Keeps a message in its ticket.
    pub(super) fn keep_message(&mut self, ticket: u64, mut message: Record) -> u64 {
        let id = self.next_id();
        set(&mut message, "id", id);
        set(&mut message, "ticket_id", ticket);
        set(&mut message, "uri", format!("/api/tickets/{ticket}/messages/{id}/"));
        let created = text(&message, "created_datetime").map(str::to_owned);
        if let Some(ticket) = self.tickets.get_mut(&ticket)
            && flag(&message, "public")
        {
            set(ticket, "last_message_datetime", created.clone());
            if !flag(&message, "from_agent") {
                set(ticket, "last_received_message_datetime", created);
            }
        }
        self.messages.insert(id, message);
        id
    }

    /// Tells of a new message, and then sends it to the customer if it has not been sent.
    pub(super) fn announce(&mut self, id: u64, user: Option<u64>) {
        let Some(message) = self.messages.get(&id) else { return };
        let Some(ticket) = number(message, "ticket_id") else { return };
        self.fire("ticket-message-created", ticket, Some(id), user);
        self.send(id, ticket);
    }

    fn send(&mut self, id: u64, ticket: u64) {
        let Some(message) = self.messages.get(&id).cloned() else { return };
        let outgoing = flag(&message, "from_agent") && flag(&message, "public");
        if !outgoing || text(&message, "sent_datetime").is_some() {
            return;
        }
        let channel = text(&message, "channel").unwrap_or("api");
        let customer = self.tickets.get(&ticket).and_then(|t| number(t, "customer_id"));
        let email = self.email_of(customer);
        let of_source = message.get("source").and_then(|source| source.pointer("/to/0/address"));
        let to = match channel {
            // What has no way of its own leaves as an e-mail.
            "email" | "api" => email.as_deref(),
            _ => of_source.and_then(Value::as_str),
        };
        let now = self.now_text();
        let mut sent = message.clone();
        match to.filter(|to| !to.ends_with(".invalid")) {
            Some(to) => {
                let said = text(&message, "body_text").unwrap_or_default();
                let way = if channel == "api" { "email" } else { channel };
                self.emails.push(Email {
                    ticket: ticket.to_string(),
                    message: id.to_string(),
                    to: to.to_owned(),
                    channel: way.to_owned(),
                    text: said.to_owned(),
                });
                set(&mut sent, "sent_datetime", now);
            }
            None => {
                let why = match to {
                    Some(to) => format!("{to} cannot be reached."),
                    None => "The customer has no address for this channel.".to_owned(),
                };
                set(&mut sent, "failed_datetime", now);
                set(&mut sent, "last_sending_error", json!({ "error": why }));
            }
        }
        let failed = text(&sent, "failed_datetime").is_some();
        self.messages.insert(id, sent);
        if failed {
            self.fire("ticket-message-failed", ticket, Some(id), None);
        }
    }

    /// The messages of a ticket, oldest first.
    pub(super) fn messages_of(&self, ticket: u64) -> Vec<Record> {
        let of_ticket = |message: &&Record| number(message, "ticket_id") == Some(ticket);
        let mut messages: Vec<Record> = self.messages.values().filter(of_ticket).cloned().collect();
        messages.sort_by(|a, b| text(a, "created_datetime").cmp(&text(b, "created_datetime")));
        messages
    }

    /// A message with nothing in it yet.
    pub(super) fn blank_message(&self) -> Record {
        record(json!({ "id": null, "uri": null, "ticket_id": null, "external_id": null,
            "message_id": null, "channel": null, "via": null, "source": null, "sender": null,
            "receiver": null, "from_agent": false, "public": true, "subject": null, "body_text": null,
            "body_html": null, "stripped_text": null, "stripped_html": null,
            "stripped_signature": null, "attachments": [], "integration_id": null, "rule_id": null,
            "meta": null, "headers": null, "macros": [], "actions": null, "intents": [],
            "created_datetime": self.now_text(), "sent_datetime": null, "failed_datetime": null,
            "opened_datetime": null, "last_sending_error": null, "is_retriable": true }))
    }

    /// The user whom a sender names by id or e-mail.
    fn user_named(&self, named: Option<&Value>) -> Option<u64> {
        let named = named?.as_object()?;
        match number(named, "id") {
            Some(id) => self.users.contains_key(&id).then_some(id),
            None => {
                let email = text(named, "email")?;
                let found = self.users.iter().find(|(_, user)| text(user, "email") == Some(email));
                found.map(|(id, _)| *id)
            }
        }
    }
}
