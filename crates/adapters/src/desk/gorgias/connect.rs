//! Connecting: the key is proved, the user is found, the two HTTP integrations are made or put right.

use super::api;
use super::settings::{MESSAGES_HOOK, STATUS_HOOK, Settings, USER_ID};
use crate::kit::replay::Answers;
use handover_core::port::desk::Connect;
use handover_core::port::directory::Account;
use handover_core::port::http::Reply;
use handover_core::port::place::Place;
use serde_json::{Map, Value, json};

/// An HTTP integration that we need. Gorgias does not let one have both kinds of triggers.
struct Wanted {
    learnt: &'static str,
    name: &'static str,
    trigger: &'static str,
}

const WANTED: &[Wanted] = &[
    Wanted { learnt: MESSAGES_HOOK, name: "Handover: messages", trigger: "ticket-message-created" },
    Wanted { learnt: STATUS_HOOK, name: "Handover: status", trigger: "ticket-status-updated" },
];

/// What a trigger sends when it cannot send everything.
const FIELDS: &[(&str, &str, &str)] = &[
    ("ticket-message-created", "message_id", "{{message.id}}"),
    ("ticket-message-created", "from_agent", "{{message.from_agent}}"),
    ("", "event_type", "{{event.type}}"),
    ("", "event_id", "{{event.id}}"),
    ("", "ticket_id", "{{ticket.id}}"),
    ("", "external_id", "{{ticket.external_id}}"),
    ("ticket-status-updated", "status", "{{ticket.status}}"),
    ("ticket-status-updated", "closed_datetime", "{{ticket.closed_datetime}}"),
    ("ticket-status-updated", "updated_datetime", "{{ticket.updated_datetime}}"),
    ("ticket-status-updated", "snooze_datetime", "{{ticket.snooze_datetime}}"),
];

pub(super) fn connect(account: &Account, place: &Place, answers: &[Reply]) -> Connect {
    let settings = match Settings::of(account) {
        Ok(settings) => settings,
        Err(field) => {
            return Connect::Wrong {
                field,
                problem: "It is empty. Give it, and save again.".into(),
            };
        }
    };
    let mut talk =
        Talk { settings, answers: Answers::new(answers), learnt: Map::new(), said: Vec::new() };
    match talk.go(account, place) {
        Ok(()) => Connect::Done { learnt: talk.learnt, said: talk.said },
        Err(step) => step,
    }
}

struct Talk<'a> {
    settings: Settings<'a>,
    answers: Answers<'a>,
    learnt: Map<String, Value>,
    said: Vec<String>,
}

impl<'a> Talk<'a> {
    fn go(&mut self, account: &Account, place: &Place) -> Result<(), Connect> {
        self.prove()?;
        self.find_user()?;
        self.integrations(account, place)
    }

    /// Whether the address, the user and the key fit together.
    fn prove(&mut self) -> Result<(), Connect> {
        let reply = self.get("account", &[])?;
        let body = api::body(reply);
        if api::is_fine(reply) && body.is_object() {
            let name = ["domain", "name"].iter().find_map(|name| body[*name].as_str());
            self.said.push(match name {
                Some(name) => format!("Signed in to the helpdesk {name}."),
                None => "Signed in to Gorgias.".into(),
            });
            return Ok(());
        }
        if matches!(reply.status, 400 | 403) {
            // A user who may not see the account may still work with tickets.
            let reply = self.get("tickets", &[("limit", "1")])?;
            if api::is_fine(reply) {
                self.said.push("Signed in to Gorgias.".into());
                return Ok(());
            }
            return Err(judged(reply));
        }
        Err(judged(reply))
    }

    fn find_user(&mut self) -> Result<(), Connect> {
        let reply = self.get("users", &[("limit", "100")])?;
        let username = self.settings.username;
        let found = api::list(reply).into_iter().find(|user| {
            user["email"].as_str().is_some_and(|email| email.eq_ignore_ascii_case(username))
        });
        if let Some(id) = found.and_then(|user| api::id(&user["id"])) {
            self.learnt.insert(USER_ID.into(), id.into());
        } else if api::is_fine(reply) {
            self.said.push(format!(
                "No user has the address {username}; internal notes carry it all the same."
            ));
        }
        Ok(())
    }

    fn integrations(&mut self, account: &Account, place: &Place) -> Result<(), Connect> {
        let url = place.hook(account);
        let reply = self.get("integrations", &[("type", "http"), ("limit", "100")])?;
        if reply.status == 403 {
            self.cannot(reply);
            return Ok(());
        }
        if !api::is_fine(reply) {
            return Err(judged(reply));
        }
        let there = api::list(reply);
        for wanted in WANTED {
            let known = account.text(wanted.learnt);
            let found = there.iter().find(|it| is_it(it, wanted, &url, known));
            if !self.integration(wanted, found, &url)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Makes one or puts it right. False when the user may not.
    fn integration(
        &mut self,
        wanted: &Wanted,
        found: Option<&Value>,
        url: &str,
    ) -> Result<bool, Connect> {
        let name = wanted.name;
        let id = found.and_then(|found| api::id(&found["id"]));
        if let (Some(found), Some(id)) = (found, &id)
            && is_right(found, wanted, url)
        {
            self.said.push(format!("HTTP integration \"{name}\" is there (number {id})."));
            self.learnt.insert(wanted.learnt.into(), id.as_str().into());
            return Ok(true);
        }
        let (method, path, done) = match &id {
            Some(id) => ("PUT", format!("integrations/{id}"), "was put right"),
            None => ("POST", "integrations".to_owned(), "was made"),
        };
        let mut reply = self.send(method, &path, &body(wanted, url, json!("{{context}}")))?;
        if matches!(reply.status, 400 | 422) {
            reply = self.send(method, &path, &body(wanted, url, form(wanted)))?;
        }
        if reply.status == 403 {
            self.cannot(reply);
            return Ok(false);
        }
        if !api::is_fine(reply) {
            return Err(judged(reply));
        }
        match api::id(&api::body(reply)["id"]).or(id) {
            Some(id) => {
                self.said.push(format!("HTTP integration \"{name}\" {done} (number {id})."));
                self.learnt.insert(wanted.learnt.into(), id.into());
            }
            None => self.said.push(format!("HTTP integration \"{name}\" {done}.")),
        }
        Ok(true)
    }

    fn cannot(&mut self, reply: &Reply) {
        self.said.push(format!(
            "The HTTP integrations could not be set up: {}. Make them by hand as shown below, or give an admin's API key and save again.",
            api::complaint(reply)
        ));
    }

    fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Result<&'a Reply, Connect> {
        let settings = self.settings;
        self.answers.ask(|| api::get(&settings, path, query)).map_err(Connect::Call)
    }

    fn send(
        &mut self,
        method: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<&'a Reply, Connect> {
        let settings = self.settings;
        self.answers.ask(|| api::send(&settings, method, path, body)).map_err(Connect::Call)
    }
}

fn body(wanted: &Wanted, url: &str, form: Value) -> Value {
    json!({
        "name": wanted.name,
        "type": "http",
        "description": "Tells Handover what agents do. Made by Handover; it is put right when the desk is saved there.",
        "deactivated_datetime": null,
        "http": {
            "url": url,
            "method": "POST",
            "request_content_type": "application/json",
            "response_content_type": "application/json",
            "headers": {},
            "form": form,
            "triggers": { wanted.trigger: true },
        },
    })
}

/// The fields one by one.
fn form(wanted: &Wanted) -> Value {
    let of = |trigger: &str| trigger.is_empty() || trigger == wanted.trigger;
    let fields = FIELDS.iter().filter(|(trigger, ..)| of(trigger));
    fields
        .map(|(_, name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect::<Map<_, _>>()
        .into()
}

/// Whether an integration is the one that we made: by its id, or by its name where it leads here.
fn is_it(integration: &Value, wanted: &Wanted, url: &str, known: Option<&str>) -> bool {
    let by_id = known.is_some() && api::id(&integration["id"]).as_deref() == known;
    let by_place = integration["name"] == wanted.name && integration["http"]["url"] == url;
    by_id || by_place
}

fn is_right(found: &Value, wanted: &Wanted, url: &str) -> bool {
    let http = &found["http"];
    found["deactivated_datetime"].is_null()
        && http["url"] == url
        && http["method"].as_str().is_some_and(|method| method.eq_ignore_ascii_case("POST"))
        && http["triggers"][wanted.trigger] == true
        && (http["form"] == "{{context}}" || http["form"] == form(wanted))
}

/// What a refusal says about the settings.
fn judged(reply: &Reply) -> Connect {
    match reply.status {
        401 | 403 => Connect::Wrong {
            field: "api_key",
            problem: format!(
                "Gorgias does not take this username and API key ({}). Copy both anew from Settings → REST API.",
                reply.status
            ),
        },
        200..=399 | 404 | 410 => Connect::Wrong {
            field: "base_url",
            problem: format!(
                "There is no Gorgias helpdesk at this address (it answered {}). Give https://your-shop.gorgias.com.",
                reply.status
            ),
        },
        429 => Connect::Failed {
            why: match api::retry_after_s(reply) {
                Some(s) => format!(
                    "Gorgias takes no more requests for the moment. Save again in {s} seconds."
                ),
                None => {
                    "Gorgias takes no more requests for the moment. Save again in a minute.".into()
                }
            },
        },
        _ => Connect::Failed { why: api::complaint(reply) },
    }
}
