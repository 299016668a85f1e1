//! Connecting: proves the token and sets up at Chatwoot what can be set up. Done again it finds what it made.

use super::api::{authorised, body, complaint, encoded, root, went_well};
use super::json;
use crate::kit::replay::Answers;
use handover_core::marker;
use handover_core::port::desk::Connect;
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::place::Place;
use handover_core::words;
use serde_json::{Map, Value, json};

const INBOX: &str = "Handover";
/// The first release that signs the hooks of API inboxes.
const SIGNS_FROM: (u32, u32) = (4, 13);

type Stop = Box<Connect>;

pub(super) fn connect(account: &Account, place: &Place, answers: &[Reply]) -> Connect {
    let (Some(base_url), Some(token)) = (account.text("base_url"), account.text("token")) else {
        let field = if account.text("base_url").is_none() { "base_url" } else { "token" };
        return Connect::Wrong { field, problem: "It is missing: enter it.".into() };
    };
    let mut setup = Setup {
        account,
        hook: place.hook(account),
        root: root(base_url),
        token,
        answers: Answers::new(answers),
        learnt: Map::new(),
        said: Vec::new(),
    };
    match setup.run() {
        Ok(()) => Connect::Done { learnt: setup.learnt, said: setup.said },
        Err(stop) => *stop,
    }
}

struct Setup<'a> {
    account: &'a Account,
    hook: String,
    root: String,
    token: &'a str,
    answers: Answers<'a>,
    learnt: Map<String, Value>,
    said: Vec<String>,
}

impl<'a> Setup<'a> {
    fn run(&mut self) -> Result<(), Stop> {
        let profile = self.profile()?;
        let version = self.version()?;
        let account = account_of(self.account.text("account"), &profile)?;
        self.learn("account_id", account.clone());
        let at = format!("/api/v1/accounts/{}", encoded(&account));
        let inbox = self.inbox(&at)?;
        let Some(inbox_id) = inbox.get("id").and_then(json::int) else {
            return Err(failed("Chatwoot did not say which inbox it made. Try again."));
        };
        self.learn("inbox_id", inbox_id.to_string());
        self.secrets(&inbox, version);
        self.agents(&at, inbox_id)?;
        self.canned(&at)
    }

    /// Who the token is.
    fn profile(&mut self) -> Result<Value, Stop> {
        let reply = self.ask("GET", "/api/v1/profile", None)?;
        let profile = body(reply);
        match reply.status {
            200..=299 if profile.get("id").is_some() || profile.get("accounts").is_some() => {
                Ok(profile)
            }
            401 | 403 => Err(wrong(
                "token",
                "Chatwoot does not accept it. Copy it anew: your picture, Profile Settings, Access Token. It must be an administrator's. If it is right, a proxy before Chatwoot may drop the header api_access_token (nginx: underscores_in_headers on).",
            )),
            408 | 429 | 500.. => Err(unavailable(reply)),
            status => Err(wrong(
                "base_url",
                &format!(
                    "No Chatwoot answers there (its answer: {status}). Enter the address under which you open Chatwoot, for example https://app.chatwoot.com."
                ),
            )),
        }
    }

    /// Which release it is, where it says so.
    fn version(&mut self) -> Result<Option<String>, Stop> {
        let reply = self.ask("GET", "/api", None)?;
        let version = json::text(&body(reply), "version").map(str::to_owned);
        self.said.push(match &version {
            Some(version) => format!("Chatwoot {version} answers and accepts the token."),
            None => "Chatwoot answers and accepts the token.".into(),
        });
        Ok(version)
    }

    /// Finds the inbox by its name, or makes it; its hooks come to us.
    fn inbox(&mut self, at: &str) -> Result<Value, Stop> {
        let name = self.account.text("inbox").map_or(INBOX, str::trim).to_owned();
        let list = self.need("GET", &format!("{at}/inboxes"), None)?;
        let named: Vec<&Value> = json::items(&list)
            .iter()
            .filter(|inbox| json::text(inbox, "name").is_some_and(|it| it.trim() == name))
            .collect();
        let is_api = |inbox: &&Value| json::text(inbox, "channel_type") == Some("Channel::Api");
        let ours = |inbox: &&Value| hook_of(inbox) == Some(self.hook.as_str());
        let mut apis = named.iter().copied().filter(is_api);
        let found = apis.clone().find(ours).or_else(|| apis.next()).cloned();
        let inbox = match found {
            Some(inbox) => self.pointed(at, &name, inbox)?,
            None if !named.is_empty() => {
                return Err(wrong(
                    "inbox",
                    &format!(
                        "Chatwoot has an inbox named {name}, but it is none of the kind API. Enter another name; an inbox is made for it."
                    ),
                ));
            }
            None => self.made(at, &name)?,
        };
        if json::text(&inbox, "inbox_identifier").is_some() {
            return Ok(inbox);
        }
        let Some(id) = json::id(&inbox, "id") else { return Ok(inbox) };
        let whole = self.ask("GET", &format!("{at}/inboxes/{id}"), None)?;
        Ok(if went_well(whole) { body(whole) } else { inbox })
    }

    fn made(&mut self, at: &str, name: &str) -> Result<Value, Stop> {
        let request = json!({
            "name": name,
            "channel": { "type": "api", "webhook_url": self.hook },
            "enable_auto_assignment": true,
            "greeting_enabled": false,
        });
        let inbox = self.need("POST", &format!("{at}/inboxes"), Some(&request))?;
        self.said.push(format!("The inbox {name} was made; its hooks come here."));
        Ok(inbox)
    }

    fn pointed(&mut self, at: &str, name: &str, inbox: Value) -> Result<Value, Stop> {
        if hook_of(&inbox) == Some(self.hook.as_str()) {
            self.said.push(format!("The inbox {name} was found; its hooks come here."));
            return Ok(inbox);
        }
        let id = json::id(&inbox, "id").unwrap_or_default();
        let request = json!({ "channel": { "webhook_url": self.hook } });
        let changed = self.need("PATCH", &format!("{at}/inboxes/{id}"), Some(&request))?;
        self.said.push(format!("The inbox {name} was found; its hooks now come here."));
        Ok(if changed.get("id").is_some() { changed } else { inbox })
    }

    fn secrets(&mut self, inbox: &Value, version: Option<String>) {
        if let Some(identifier) = json::text(inbox, "inbox_identifier") {
            self.learn("inbox_identifier", identifier);
        }
        let secret = json::text(inbox, "secret");
        let signs = secret.is_some() && version.as_deref().is_some_and(signs);
        // An empty secret takes the place of one that was learnt before the server was put back.
        self.learn("secret", secret.unwrap_or_default());
        self.learnt.insert("signs".into(), signs.into());
        self.said.push(if signs {
            "Chatwoot signs its hooks; each signature is checked.".into()
        } else {
            "This Chatwoot does not sign its hooks; the secret in their address is checked.".into()
        });
        self.learn("version", version.unwrap_or_default());
    }

    /// Whoever is an agent sees the inbox, unless somebody has already chosen who does.
    fn agents(&mut self, at: &str, inbox_id: i64) -> Result<(), Stop> {
        let list = self.need("GET", &format!("{at}/agents"), None)?;
        let agents = json::items(&list);
        let faces: Map<String, Value> = agents.iter().filter_map(face).collect();
        self.learnt.insert("agents".into(), Value::Object(faces));
        let reply = self.ask("GET", &format!("{at}/inbox_members/{inbox_id}"), None)?;
        let present = if went_well(reply) { json::items(&body(reply)).len() } else { 0 };
        if present > 0 {
            self.said.push(format!("{present} of {} agents see the inbox.", agents.len()));
            return Ok(());
        }
        let ids: Vec<i64> =
            agents.iter().filter_map(|agent| agent.get("id").and_then(json::int)).collect();
        if ids.is_empty() {
            self.said.push("There are no agents yet: add them to the inbox in Chatwoot.".into());
            return Ok(());
        }
        let request = json!({ "inbox_id": inbox_id, "user_ids": ids });
        self.need("POST", &format!("{at}/inbox_members"), Some(&request))?;
        self.said.push(format!("All {} agents were added to the inbox.", ids.len()));
        Ok(())
    }

    /// A reply that offers the end, ready to be called with `/`.
    fn canned(&mut self, at: &str) -> Result<(), Stop> {
        let path = format!("{at}/canned_responses");
        let list = self.need("GET", &path, None)?;
        let all = json::items(&list);
        let code = |one: &Value| json::text(one, "short_code").unwrap_or_default().to_owned();
        let marked = |one: &&Value| {
            json::text(one, "content").is_some_and(|content| marker::take(content).found)
        };
        if let Some(there) = all.iter().find(marked) {
            self.said.push(format!("The canned response /{} offers the end.", code(there)));
            return Ok(());
        }
        let taken = |wanted: &&str| all.iter().any(|one| code(one) == **wanted);
        let short = ["end", "end-chat", "handover-end"].into_iter().find(|it| !taken(it));
        let short = short.unwrap_or("end");
        let content = format!("Thank you for writing to us. Goodbye!\n\n{}", words::END);
        let request = json!({ "canned_response": { "short_code": short, "content": content } });
        let reply = self.ask("POST", &path, Some(&request))?;
        self.said.push(if went_well(reply) {
            format!("The canned response /{short} was made: it offers the end to the contact.")
        } else {
            format!("A canned response could not be made: make one that holds {}.", words::END)
        });
        Ok(())
    }

    fn learn(&mut self, name: &str, value: impl Into<Value>) {
        self.learnt.insert(name.into(), value.into());
    }

    fn ask(
        &mut self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<&'a Reply, Stop> {
        let url = format!("{}{path}", self.root);
        let token = self.token;
        let asked = self.answers.ask(|| {
            let request = match body {
                Some(body) => Request::json(method, url, body),
                None => Request::new(method, url),
            };
            authorised(request, token)
        });
        asked.map_err(|request| Box::new(Connect::Call(request)))
    }

    /// The body of a success.
    fn need(
        &mut self,
        method: &'static str,
        path: &str,
        request: Option<&Value>,
    ) -> Result<Value, Stop> {
        let reply = self.ask(method, path, request)?;
        match reply.status {
            200..=299 => Ok(body(reply)),
            401 | 403 => Err(not_administrator()),
            408 | 429 | 500.. => Err(unavailable(reply)),
            status => {
                let what = path.rsplit("/accounts/").next().unwrap_or(path);
                let what = what.split_once('/').map_or(what, |(_, what)| what);
                let why = complaint(reply);
                Err(failed(&format!("Chatwoot refused {method} {what} ({status}): {why}")))
            }
        }
    }
}

/// The account that is meant.
fn account_of(wanted: Option<&str>, profile: &Value) -> Result<String, Stop> {
    let accounts = profile.get("accounts").map(json::items).unwrap_or_default();
    let id = |account: &Value| json::id(account, "id");
    if accounts.is_empty() {
        // Old releases name only one.
        let only = json::id(profile, "account_id").or_else(|| wanted.map(str::to_owned));
        return only.ok_or_else(|| wrong("token", "Its owner belongs to no Chatwoot account."));
    }
    let chosen = match (wanted.map(str::trim), accounts) {
        (Some(wanted), _) => accounts
            .iter()
            .find(|account| {
                id(account).as_deref() == Some(wanted)
                    || json::text(account, "name") == Some(wanted)
            })
            .ok_or_else(|| {
                wrong(
                    "account",
                    "The token's owner does not belong to it. Leave it empty to be asked.",
                )
            })?,
        (None, [only]) => only,
        (None, several) => {
            let choice = |account: &Value| {
                let id = id(account)?;
                let name = json::text(account, "name").map_or_else(|| id.clone(), str::to_owned);
                Some((id, name))
            };
            return Err(Box::new(Connect::Choose {
                field: "account",
                choices: several.iter().filter_map(choice).collect(),
                question: "The token belongs to several Chatwoot accounts. In which one do your agents answer?".into(),
            }));
        }
    };
    match json::text(chosen, "role") {
        Some("administrator") | None => {
            id(chosen).ok_or_else(|| failed("Chatwoot did not say which account it is."))
        }
        Some(_) => Err(not_administrator()),
    }
}

/// An agent as contacts see them.
fn face(agent: &Value) -> Option<(String, Value)> {
    let name = json::text(agent, "available_name").or_else(|| json::text(agent, "name"))?;
    let mut face = Map::new();
    face.insert("name".into(), name.into());
    let picture = json::text(agent, "thumbnail").or_else(|| json::text(agent, "avatar_url"));
    if let Some(picture) = picture {
        face.insert("picture".into(), picture.into());
    }
    Some((json::id(agent, "id")?, Value::Object(face)))
}

fn hook_of(inbox: &Value) -> Option<&str> {
    json::text(inbox, "webhook_url").or_else(|| json::text(inbox, "callback_webhook_url"))
}

fn signs(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= SIGNS_FROM,
        _ => false,
    }
}

fn not_administrator() -> Stop {
    wrong(
        "token",
        "Its owner is no administrator of the account. Use an administrator's token, or make its owner one in Chatwoot: Settings, Agents.",
    )
}

fn unavailable(reply: &Reply) -> Stop {
    failed(&format!("Chatwoot answered {}. Try again in a minute.", reply.status))
}

fn wrong(field: &'static str, problem: &str) -> Stop {
    Box::new(Connect::Wrong { field, problem: problem.to_owned() })
}

fn failed(why: &str) -> Stop {
    Box::new(Connect::Failed { why: why.to_owned() })
}
