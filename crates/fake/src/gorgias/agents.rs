//! The agents' side: what people do in the helpdesk.

use super::record::{Record, flag, number, set, text, time};
use super::state::{RULES_USER, SUPPORT, State};
use crate::vendor::{Conversation, From, Message};
use serde_json::{Value, json};

/// Kinds of sources that the helpdesk can answer to.
const ANSWERABLE: [&str; 10] = [
    "email",
    "chat",
    "sms",
    "whatsapp",
    "facebook-messenger",
    "facebook-comment",
    "instagram-comment",
    "instagram-direct-message",
    "twitter-direct-message",
    "twitter",
];

/// How long a ticket is put to sleep, in milliseconds.
const SNOOZE_MS: i64 = 3_600_000;

impl State {
    pub(super) fn agent_says(&mut self, ticket: &str, agent: &str, said: &str) -> String {
        self.agent_answers(ticket, agent, said, Vec::new(), Vec::new())
    }

    pub(super) fn agent_sends_file(
        &mut self,
        ticket: &str,
        agent: &str,
        name: &str,
        mime: &str,
        bytes: &[u8],
    ) -> String {
        let mut file = self.keep_file(name, mime, bytes);
        if let Some(file) = file.as_object_mut() {
            set(file, "public", false);
        }
        self.agent_answers(ticket, agent, "", vec![file], Vec::new())
    }

    pub(super) fn agent_uses_macro(&mut self, ticket: &str, agent: &str, name: &str) -> String {
        let known = self.macros.iter_mut().find(|(_, known)| text(known, "name") == Some(name));
        let Some((id, known)) = known else { return String::new() };
        let used_before = number(known, "usage").unwrap_or_default();
        set(known, "usage", used_before + 1);
        let said = text_of_macro(known).to_owned();
        let used = vec![json!({ "id": id })];
        self.agent_answers(ticket, agent, &said, Vec::new(), used)
    }

    /// Macros by name, with their texts.
    pub(super) fn canned(&self) -> Vec<(String, String)> {
        let named = |known: &Record| {
            (text(known, "name").unwrap_or_default().to_owned(), text_of_macro(known).to_owned())
        };
        self.macros.values().map(named).collect()
    }

    pub(super) fn agent_notes(&mut self, ticket: &str, agent: &str, said: &str) -> String {
        let Some((ticket, _)) = self.ticket_named(ticket) else { return String::new() };
        let user = self.agent(agent);
        let mut note = self.blank_message();
        set(&mut note, "channel", "internal-note");
        set(&mut note, "via", "helpdesk");
        set(&mut note, "from_agent", true);
        set(&mut note, "public", false);
        set(&mut note, "sender", self.user(Some(user)));
        set(&mut note, "source", json!({ "type": "internal-note", "from": {}, "to": [] }));
        set_body(&mut note, said, said, &html(said));
        self.tell(ticket, note, user)
    }

    pub(super) fn robot_says(&mut self, ticket: &str, said: &str) -> String {
        let Some((id, kept)) = self.ticket_named(ticket) else { return String::new() };
        let mut message = self.reply(id, &kept, RULES_USER);
        set(&mut message, "via", "rule");
        set(&mut message, "rule_id", 4_711);
        set_body(&mut message, said, said, &html(said));
        self.tell(id, message, RULES_USER)
    }

    pub(super) fn set_status(&mut self, ticket: &str, agent: &str, status: &str) {
        self.edit(ticket, agent, |ticket, _| set(ticket, "status", status));
    }

    pub(super) fn snooze(&mut self, ticket: &str, agent: &str) {
        let until = time(self.now().plus_ms(SNOOZE_MS));
        self.edit(ticket, agent, |ticket, _| set(ticket, "snooze_datetime", until));
    }

    /// What is deleted leaves no trace.
    pub(super) fn lose(&mut self, message: &str) -> bool {
        message.parse().is_ok_and(|id| self.messages.remove(&id).is_some())
    }

    pub(super) fn double(&mut self, message: &str) -> bool {
        let known = message.parse().ok().and_then(|id: u64| self.messages.get(&id).cloned());
        let Some(mut twin) = known else { return false };
        let id = self.next_id();
        set(&mut twin, "id", id);
        self.messages.insert(id, twin).is_none()
    }

    pub(super) fn trash(&mut self, ticket: &str, agent: &str) {
        let now = self.now_text();
        self.edit(ticket, agent, |ticket, _| set(ticket, "trashed_datetime", now));
    }

    pub(super) fn assign(&mut self, ticket: &str, agent: &str) {
        self.edit(ticket, agent, |ticket, user| set(ticket, "assignee_user_id", user));
    }

    pub(super) fn merge(&mut self, from: &str, into: &str, agent: &str) {
        let (Some((from, _)), Some((into, kept))) =
            (self.ticket_named(from), self.ticket_named(into))
        else {
            return;
        };
        if from == into {
            return;
        }
        let user = self.agent(agent);
        for (id, message) in &mut self.messages {
            if number(message, "ticket_id") == Some(from) {
                set(message, "ticket_id", into);
                set(message, "uri", format!("/api/tickets/{into}/messages/{id}/"));
            }
        }
        self.tickets.remove(&from);
        self.change_ticket(into, kept, Some(user));
    }

    pub(super) fn conversations(&self) -> Vec<Conversation> {
        self.tickets.iter().map(|(id, ticket)| self.conversation(*id, ticket)).collect()
    }

    fn conversation(&self, id: u64, ticket: &Record) -> Conversation {
        let customer = self.customer_of(ticket);
        let has = |field: &str| text(ticket, field).is_some();
        let status = match text(ticket, "status") {
            _ if has("trashed_datetime") => "trashed",
            Some("open") if has("snooze_datetime") => "snoozed",
            status => status.unwrap_or("open"),
        };
        let owned = |field: &str| text(&customer, field).map(str::to_owned);
        Conversation {
            id: id.to_string(),
            status: status.to_owned(),
            contact_name: owned("name").unwrap_or_default(),
            contact_email: owned("email"),
            contact_data: customer.get("data").cloned().unwrap_or(Value::Null),
            messages: self.messages_of(id).iter().map(seen).collect(),
            contact_types: false,
            contact_has_read: false,
        }
    }

    fn edit(&mut self, ticket: &str, agent: &str, change: impl FnOnce(&mut Record, u64)) {
        let Some((id, mut ticket)) = self.ticket_named(ticket) else { return };
        let user = self.agent(agent);
        change(&mut ticket, user);
        self.change_ticket(id, ticket, Some(user));
    }

    fn agent_answers(
        &mut self,
        ticket: &str,
        agent: &str,
        said: &str,
        files: Vec<Value>,
        macros: Vec<Value>,
    ) -> String {
        let Some((id, kept)) = self.ticket_named(ticket) else { return String::new() };
        let user = self.agent(agent);
        let mut message = self.reply(id, &kept, user);
        let by_email = text(&message, "channel") == Some("email");
        let email = self.email_of(number(&kept, "customer_id"));
        if by_email && email.is_none() && self.options.agent_needs_address {
            return String::new();
        }
        if by_email && self.options.quotes_history {
            let (signature, quote) = (signature(agent), self.quote(id));
            let whole = format!("{said}\n\n{signature}\n\n{quote}");
            let whole_html = format!(
                "{}<div><br></div><div class=\"gorgias_signature\">{}</div>\
                 <blockquote class=\"gorgias_quote\"><div data-gorgias-quote-depth=\"1\">{}</div></blockquote>",
                html(said),
                html(&signature),
                html(&quote)
            );
            set_body(&mut message, &whole, said, &whole_html);
            set(&mut message, "stripped_signature", signature);
        } else {
            set_body(&mut message, said, said, &html(said));
        }
        set(&mut message, "stripped_html", html(said));
        set(&mut message, "attachments", files);
        set(&mut message, "macros", macros);
        self.tell(id, message, user)
    }

    /// A message to the customer, by the way that the helpdesk's composer would choose.
    fn reply(&self, id: u64, ticket: &Record, user: u64) -> Record {
        let messages = self.messages_of(id);
        let last = messages.iter().rev().find(|m| text(m, "channel") != Some("internal-note"));
        let source = last.and_then(|message| message.get("source")).and_then(Value::as_object);
        let kind = source.and_then(|source| text(source, "type"));
        let kind = kind.filter(|kind| ANSWERABLE.contains(kind)).unwrap_or("email");
        let customer = self.customer_of(ticket);
        let theirs = last.is_some_and(|message| !flag(message, "from_agent"));
        let ends = |field: &str| source.and_then(|source| source.get(field)).cloned();
        // An answer goes the way back.
        let (from, to) = match (kind, theirs) {
            ("email", _) => (
                json!({ "address": SUPPORT, "name": "Shop" }),
                json!([{ "address": customer.get("email"), "name": customer.get("name") }]),
            ),
            (_, true) => (
                ends("to").and_then(|to| to.get(0).cloned()).unwrap_or(Value::Null),
                json!([ends("from")]),
            ),
            (_, false) => (ends("from").unwrap_or(Value::Null), ends("to").unwrap_or(json!([]))),
        };
        let mut message = self.blank_message();
        set(&mut message, "channel", kind);
        set(&mut message, "via", "helpdesk");
        set(&mut message, "from_agent", true);
        set(&mut message, "sender", self.user(Some(user)));
        set(&mut message, "receiver", Self::person(&customer));
        set(&mut message, "subject", ticket.get("subject").cloned());
        set(&mut message, "source", json!({ "type": kind, "from": from, "to": to }));
        message
    }

    fn tell(&mut self, ticket: u64, message: Record, user: u64) -> String {
        let id = self.keep_message(ticket, message);
        self.announce(id, Some(user));
        id.to_string()
    }

    /// What an e-mail quotes: the last thing that was said in public.
    fn quote(&self, ticket: u64) -> String {
        let messages = self.messages_of(ticket);
        let Some(last) = messages.iter().rev().find(|message| flag(message, "public")) else {
            return String::new();
        };
        let sender = last.get("sender");
        let field = |name: &str| {
            sender.and_then(|sender| sender.get(name)).and_then(Value::as_str).unwrap_or_default()
        };
        let at = jiff::Timestamp::from_millisecond(self.now().as_ms())
            .map(|at| at.strftime("%a, %b %d, %Y, at %I:%M %p").to_string())
            .unwrap_or_default();
        let said = text(last, "body_text").unwrap_or_default();
        format!("On {at}, {} <{}> wrote:\n{said}", field("name"), field("email"))
    }
}

/// A message as the agents see it.
fn seen(message: &Record) -> Message {
    let owned = |field: &str| text(message, field).map(str::to_owned);
    let rule = message.get("rule_id").is_some_and(|id| !id.is_null());
    let name = message.get("sender").and_then(|sender| sender.get("name")).and_then(Value::as_str);
    let from = if text(message, "channel") == Some("internal-note") {
        From::Note
    } else if !flag(message, "from_agent") {
        From::Contact
    } else if rule || text(message, "via") == Some("rule") {
        From::Robot
    } else {
        From::Agent(name.unwrap_or_default().to_owned())
    };
    let files = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
    Message {
        id: number(message, "id").unwrap_or_default().to_string(),
        from,
        text: owned("stripped_text").or_else(|| owned("body_text")).unwrap_or_default(),
        files: files.filter_map(|f| f.get("name")?.as_str().map(str::to_owned)).collect(),
        our_id: owned("external_id"),
        // Nobody can tell this vendor; what its own e-mails came to stands in `last_sending_error`.
        failed: None,
    }
}

fn text_of_macro(known: &Record) -> &str {
    let said = known.get("actions").and_then(|all| all.pointer("/0/arguments/body_text"));
    said.and_then(Value::as_str).unwrap_or_default()
}

fn set_body(message: &mut Record, whole: &str, said: &str, whole_html: &str) {
    set(message, "body_text", whole);
    set(message, "stripped_text", said);
    set(message, "body_html", whole_html);
}

fn signature(agent: &str) -> String {
    format!("{agent}\nThe Shop")
}

fn html(said: &str) -> String {
    let escaped = said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.lines().map(|line| format!("<div>{line}</div>")).collect()
}
