//! A request on its way in: what stands before every address, and the list of addresses.

use super::answer::{Answer, Bad, Good};
use super::check::{Field, Findings};
use super::limit::SIZE;
use super::record::Record;
use super::state::{API_KEY, API_USER, State};
use super::url;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handover_core::port::http::{CallError, Reply, Request};
use serde_json::Value;

/// A request, taken apart.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Vec<(String, String)>,
    pub(super) request: &'a Request,
}

impl Ask<'_> {
    /// A parameter of the query.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl State {
    pub(super) fn call(&mut self, request: &Request) -> Result<Reply, CallError> {
        if self.mood.down {
            return Err(CallError::NotSent("connection refused".into()));
        }
        let (base, rest) = url::split(&request.url);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        base.clone_into(&mut self.base);
        self.requests.push(format!("{} {path}", request.method));
        let ask = Ask { method: request.method, path, query: url::pairs(query), request };
        let mut reply = match self.admit(request).and_then(|()| self.route(&ask)) {
            Ok(good) => good.reply(),
            Err(bad) => self.refuse(bad),
        };
        let used = if self.mood.limit_hit { SIZE } else { self.bucket.used(self.now()) };
        reply
            .headers
            .push(("x-gorgias-account-api-call-limit".to_owned(), format!("{used}/{SIZE}")));
        let written = request.method != "GET" && reply.status < 300;
        if written && self.mood.answers_lost > 0 {
            self.mood.answers_lost -= 1;
            return Err(CallError::Unknown("the connection broke off before an answer".into()));
        }
        Ok(reply)
    }

    /// What must hold for any request.
    fn admit(&mut self, request: &Request) -> Result<(), Bad> {
        if self.mood.overloaded {
            return Err(Bad::new(503, "Service temporarily unavailable."));
        }
        if self.mood.revoked || !authorized(request) {
            return Err(Bad::new(401, "Unauthorized: the credentials are not valid."));
        }
        if self.mood.limit_hit || !self.bucket.fill(self.now()) {
            return Err(Bad::new(429, "Too many requests."));
        }
        Ok(())
    }

    fn refuse(&mut self, bad: Bad) -> Reply {
        let limited = bad.status == 429;
        let mut reply = bad.reply();
        if limited {
            let wait_s = if self.mood.limit_hit { 5 } else { self.bucket.wait_s(self.now()) };
            reply.headers.push(("retry-after".to_owned(), wait_s.to_string()));
        }
        reply
    }

    fn route(&mut self, ask: &Ask<'_>) -> Answer {
        let path = ask.path.trim_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        match (ask.method, parts.as_slice()) {
            ("GET", ["attachments", key, _])
            | ("GET", ["api", "attachment", "download", key, _]) => self.attachment(key),
            ("POST", ["api", "upload"]) => self.upload(ask),

            ("GET", ["api", "account"]) => self.account(ask),
            ("GET", ["api", "users"]) => self.list_users(ask),
            ("GET", ["api", "users", id]) => self.show_user(ask, id),
            ("GET", ["api", "teams"]) => self.list_plain(ask, self.teams.clone()),
            ("GET", ["api", "tags"]) => self.list_plain(ask, self.tags.clone()),
            ("GET", ["api", "macros"]) => self.list_plain(ask, self.macros.clone()),
            ("GET", ["api", "macros", id]) => self.show_macro(ask, id),
            ("GET", ["api", "events"]) => self.list_events(ask),
            ("GET", ["api", "events", id]) => self.show_event(ask, id),

            ("GET", ["api", "customers"]) => self.list_customers(ask),
            ("POST", ["api", "customers"]) => self.post_customer(ask),
            ("GET", ["api", "customers", id]) => self.show_customer(ask, id),
            ("PUT", ["api", "customers", id]) => self.put_customer(ask, id),
            ("DELETE", ["api", "customers", id]) => self.delete_customer(ask, id),
            ("PUT", ["api", "customers", id, "data"]) => self.put_customer_data(ask, id),

            ("GET", ["api", "tickets"]) => self.list_tickets(ask),
            ("POST", ["api", "tickets"]) => self.post_ticket(ask),
            ("GET", ["api", "tickets", id]) => self.show_ticket(ask, id),
            ("PUT", ["api", "tickets", id]) => self.put_ticket(ask, id),
            ("DELETE", ["api", "tickets", id]) => self.delete_ticket(ask, id),
            ("GET", ["api", "tickets", id, "tags"]) => self.list_ticket_tags(ask, id),
            ("POST" | "PUT" | "DELETE", ["api", "tickets", id, "tags"]) => {
                self.change_ticket_tags(ask, id)
            }

            ("GET", ["api", "messages"]) => self.list_messages(ask),
            ("GET", ["api", "tickets", id, "messages"]) => self.list_ticket_messages(ask, id),
            ("POST", ["api", "tickets", id, "messages"]) => self.post_message(ask, id),
            ("GET", ["api", "tickets", id, "messages", message])
            | ("GET", ["api", "messages", message @ id]) => self.show_message(ask, id, message),
            ("DELETE", ["api", "tickets", id, "messages", message]) => {
                self.delete_message(ask, id, message)
            }

            (_, ["api", "integrations", ..]) if self.role != "admin" => {
                Err(Bad::new(403, "You do not have the permission to do this."))
            }
            ("GET", ["api", "integrations"]) => self.list_integrations(ask),
            ("POST", ["api", "integrations"]) => self.post_integration(ask),
            ("GET", ["api", "integrations", id]) => self.show_integration(ask, id),
            ("PUT", ["api", "integrations", id]) => self.put_integration(ask, id),
            ("DELETE", ["api", "integrations", id]) => self.delete_integration(ask, id),
            _ => {
                self.misfit(ask, "there is no such address");
                Err(Bad::new(404, "The requested URL was not found."))
            }
        }
    }

    /// Notes that the real one would not understand a request.
    pub(super) fn misfit(&mut self, ask: &Ask<'_>, what: &str) {
        self.misfits.push(format!("{} {}: {what}", ask.method, ask.path));
    }

    /// Notes parameters of the query that the address does not know.
    pub(super) fn allow(&mut self, ask: &Ask<'_>, known: &[&str]) {
        for (name, _) in &ask.query {
            if !known.contains(&name.as_str()) {
                self.misfit(ask, &format!("there is no parameter {name}"));
            }
        }
    }

    /// The body, if it has this shape.
    pub(super) fn body(&mut self, ask: &Ask<'_>, shape: &[Field]) -> Result<Record, Bad> {
        let header = |name: &str| ask.request.headers.iter().find(|(key, _)| key == name);
        let mime = header("content-type").map(|(_, value)| value.as_str()).unwrap_or_default();
        if !mime.starts_with("application/json") {
            self.misfit(ask, "the body is not announced as JSON");
            return Err(Bad::new(415, "The body has to be JSON."));
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&ask.request.body) else {
            self.misfit(ask, "the body is no JSON object");
            return Err(Bad::new(400, "The body is not a JSON object."));
        };
        let findings = Findings::of(&body, shape);
        for name in &findings.unknown {
            self.misfit(ask, &format!("there is no field {name}"));
        }
        for (name, problem) in &findings.wrong {
            self.misfit(ask, &format!("field {name}: {problem}"));
        }
        findings.refusal().map(|()| body)
    }

    /// The number that an address has for an id.
    pub(super) fn id(what: &str, text: &str) -> Result<u64, Bad> {
        text.parse().map_err(|_| Bad::missing(what))
    }
}

fn authorized(request: &Request) -> bool {
    let wanted = format!("Basic {}", STANDARD.encode(format!("{API_USER}:{API_KEY}")));
    request.headers.iter().any(|(name, value)| name == "authorization" && *value == wanted)
}

/// Finds a record by the id in an address.
pub(super) fn found(record: Option<&Record>, what: &str) -> Result<Record, Bad> {
    record.cloned().ok_or_else(|| Bad::missing(what))
}

/// A record as an answer.
pub(super) fn shown(record: Record) -> Answer {
    Good::found(Value::Object(record))
}
