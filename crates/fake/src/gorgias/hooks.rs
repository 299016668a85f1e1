//! Hooks: what is told to integrations, and what becomes of it.

use super::record::{Record, number, record, set, text, time};
use super::state::State;
use super::{shapes, template, url};
use crate::vendor::HookMood;
use handover_core::port::http::Request;
use handover_core::time::Timestamp;
use serde_json::{Value, json};

/// How long after a failure a hook is sent again, in milliseconds.
const RETRIES_MS: [i64; 3] = [10_000, 20_000, 40_000];

/// Fields of a ticket in the short context.
const SHORT: [&str; 23] = [
    "id",
    "external_id",
    "status",
    "channel",
    "via",
    "spam",
    "from_agent",
    "customer_id",
    "assignee_user_id",
    "assignee_team_id",
    "subject",
    "meta",
    "language",
    "created_datetime",
    "opened_datetime",
    "trashed_datetime",
    "closed_datetime",
    "updated_datetime",
    "snooze_datetime",
    "last_message_datetime",
    "last_received_message_datetime",
    "custom_fields",
    "tags",
];

/// A hook on its way.
pub(super) struct Posted {
    pub(super) integration: u64,
    request: Request,
    /// How often it was sent without an answer.
    failed: usize,
    due: Timestamp,
    /// Handed out, and waiting for what the receiver says.
    out: bool,
    /// The second of two that are the same: it is not sent again.
    copy: bool,
}

impl State {
    /// Tells integrations that something happened to a ticket or, where one is given, to its message.
    pub(super) fn fire(
        &mut self,
        trigger: &str,
        ticket: u64,
        message: Option<u64>,
        user: Option<u64>,
    ) {
        let object = message.map_or(("Ticket", ticket), |id| ("TicketMessage", id));
        let event = self.happened(trigger, object, user);
        let wanting: Vec<(u64, Record)> = self
            .integrations
            .iter()
            .filter(|(_, known)| text(known, "deactivated_datetime").is_none())
            .filter_map(|(id, known)| {
                let http = known.get("http")?;
                let on = http.get("triggers")?.get(trigger)?.as_bool()?;
                on.then(|| (*id, record(http.clone())))
            })
            .collect();
        if wanting.is_empty() {
            return;
        }
        let short = shapes::TRIGGER_GROUPS.iter().skip(1).any(|group| group.contains(&trigger));
        let context = self.context(ticket, message, event, short);
        for (integration, http) in wanting {
            if let Some(request) = self.hook(&http, &context) {
                let due = self.now();
                let posted =
                    Posted { integration, request, failed: 0, due, out: false, copy: false };
                self.outbox.push(posted);
            }
        }
    }

    pub(super) fn hooks(&mut self) -> Vec<Request> {
        self.wake_snoozed();
        let now = self.now();
        let mood = self.mood.hooks;
        if mood == HookMood::Late {
            return Vec::new();
        }
        if mood == HookMood::Lost {
            self.outbox.retain(|posted| posted.out);
            return Vec::new();
        }
        let mut going = Vec::new();
        let mut copies = Vec::new();
        for posted in &mut self.outbox {
            if posted.out || posted.due > now {
                continue;
            }
            posted.out = true;
            going.push(posted.request.clone());
            if mood == HookMood::Twice {
                going.push(posted.request.clone());
                copies.push(Posted {
                    integration: posted.integration,
                    request: posted.request.clone(),
                    failed: 0,
                    due: now,
                    out: true,
                    copy: true,
                });
            }
        }
        self.outbox.extend(copies);
        if mood == HookMood::OutOfOrder {
            going.reverse();
        }
        going
    }

    pub(super) fn hook_answered(&mut self, request: &Request, status: Option<u16>) {
        let out = |posted: &Posted| posted.out && posted.request == *request;
        let Some(at) = self.outbox.iter().position(out) else { return };
        let mut posted = self.outbox.remove(at);
        let id = posted.integration;
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.failures.remove(&id);
            return;
        }
        let failures = self.failures.entry(id).or_default();
        *failures += 1;
        if *failures >= self.options.failures_allowed {
            let now = self.now_text();
            if let Some(integration) = self.integrations.get_mut(&id) {
                set(integration, "deactivated_datetime", now);
            }
            self.outbox.retain(|posted| posted.integration != id);
            return;
        }
        // Only silence is tried again; any answer settles the matter.
        if let (None, false, Some(wait_ms)) = (status, posted.copy, RETRIES_MS.get(posted.failed)) {
            posted.failed += 1;
            posted.due = self.now().plus_ms(*wait_ms);
            posted.out = false;
            self.outbox.push(posted);
        }
    }

    /// Ends the sleep of tickets whose time has come.
    fn wake_snoozed(&mut self) {
        let now = time(self.now());
        let woken: Vec<u64> = self
            .tickets
            .iter()
            .filter(|(_, ticket)| {
                text(ticket, "snooze_datetime").is_some_and(|until| until <= now.as_str())
            })
            .map(|(id, _)| *id)
            .collect();
        for id in woken {
            if let Some(ticket) = self.tickets.get_mut(&id) {
                set(ticket, "snooze_datetime", Value::Null);
            }
            self.fire("ticket-self-unsnoozed", id, None, None);
        }
    }

    fn context(&self, ticket: u64, message: Option<u64>, event: Value, short: bool) -> Value {
        if short {
            let kept = self.tickets.get(&ticket).cloned().unwrap_or_default();
            let fields = SHORT
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), kept.get(*name)?.clone())));
            return json!({ "ticket": fields.collect::<Record>(), "event": event });
        }
        let mut whole = self.ticket(ticket, true).unwrap_or_default();
        let messages = whole.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
        set(&mut whole, "first_message", messages.first().cloned());
        set(&mut whole, "last_message", messages.last().cloned());
        let requester = whole.get("customer").cloned();
        set(&mut whole, "requester", requester);
        set(&mut whole, "account", json!({ "domain": "shop" }));
        let mut context = json!({ "ticket": whole, "event": event });
        let message = message.and_then(|id| self.messages.get(&id));
        if let (Some(context), Some(message)) = (context.as_object_mut(), message) {
            set(context, "message", message.clone());
        }
        context
    }

    fn hook(&self, http: &Record, context: &Value) -> Option<Request> {
        let null = self.options.null_in_templates;
        let plain = |told: &str| template::fill(told, context, null, str::to_owned);
        let address = text(http, "url")?;
        let address = if self.options.hook_urls_encoded {
            template::fill(address, context, null, url::encode)
        } else {
            plain(address)
        };
        let wanted = text(http, "method").unwrap_or("GET");
        let method = *shapes::METHODS.iter().find(|known| **known == wanted)?;
        let mut request = Request::new(method, address);
        for (name, value) in http.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), plain);
            request = request.header(&name.to_ascii_lowercase(), value);
        }
        if ["GET", "HEAD"].contains(&method) {
            return Some(request);
        }
        let mime = text(http, "request_content_type").unwrap_or("application/json");
        let form = http.get("form").unwrap_or(&Value::Null);
        request.body = if mime == "application/json" {
            match form {
                Value::Null => String::new(),
                Value::String(told) if template::is_whole(told) => context.to_string(),
                // Text that was written by hand goes out as it is, whatever the values do to its quotes.
                Value::String(told) => plain(told),
                form => fill_form(form, &plain).to_string(),
            }
        } else {
            pairs(form, context, &plain)
        }
        .into_bytes();
        Some(request.header("content-type", mime))
    }

    /// The ticket that the agents' side names.
    pub(super) fn ticket_named(&self, ticket: &str) -> Option<(u64, Record)> {
        let id = ticket.parse().ok()?;
        self.tickets.get(&id).map(|ticket| (id, ticket.clone()))
    }

    /// Who a ticket is about.
    pub(super) fn customer_of(&self, ticket: &Record) -> Record {
        let customer = number(ticket, "customer_id").and_then(|id| self.customers.get(&id));
        customer.cloned().unwrap_or_default()
    }
}

/// A form whose values are filled in: all of them become text.
fn fill_form(form: &Value, plain: &impl Fn(&str) -> String) -> Value {
    match form {
        Value::String(told) => Value::String(plain(told)),
        Value::Array(items) => items.iter().map(|item| fill_form(item, plain)).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), fill_form(value, plain))).collect(),
        ),
        other => other.clone(),
    }
}

/// A form as `name=value&...`.
fn pairs(form: &Value, context: &Value, plain: &impl Fn(&str) -> String) -> String {
    let fields = match form {
        Value::String(told) if template::is_whole(told) => context.as_object(),
        Value::String(told) => return plain(told),
        form => form.as_object(),
    };
    let text = |value: &Value| match value {
        Value::String(told) => plain(told),
        other => other.to_string(),
    };
    let pair = |(name, value): (&String, &Value)| {
        format!("{}={}", url::encode(name), url::encode(&text(value)))
    };
    fields.into_iter().flatten().map(pair).collect::<Vec<_>>().join("&")
}
