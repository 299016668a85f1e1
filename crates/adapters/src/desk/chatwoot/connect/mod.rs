//! Connecting: proves the token and sets up at Chatwoot what can be set up. Done again it finds what it made.

mod account;
mod inbox;
mod people;

use super::api::{authorised, body, complaint, encoded, root};
use super::json;
use crate::kit::replay::Answers;
use account::account_of;
use handover_core::port::desk::Connect;
use handover_core::port::directory::Account;
use handover_core::port::http::{Reply, Request};
use handover_core::port::place::Place;
use serde_json::{Map, Value};

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
