//! A believable Chatwoot: accounts, inboxes, contacts, conversations, messages and hooks as the real one has them,
//! from release 2 to 4.15.

mod answer;
mod call;
mod canned;
mod contacts;
mod conversations;
mod describe;
mod desk;
mod files;
mod hooks;
mod inboxes;
mod messages;
mod places;
mod public;
mod route;
mod show;
mod show_talk;
mod state;
mod talk;
#[cfg(test)]
mod tests;
mod version;

pub use version::Version;

use crate::vendor::Mood;
use answer::{Refusal, json_reply, plain, reply};
use call::Call;
use handover_core::port::clock::Clock;
use handover_core::port::http::{CallError, Reply, Request};
use state::{AccountRow, State, User};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The token of the ready-made administrator.
pub const ADMIN_TOKEN: &str = "fake-admin-token";
/// The token of Ben, who is an agent and no administrator.
pub const AGENT_TOKEN: &str = "fake-agent-token";

/// A Chatwoot in memory, with an account `Fake` (1), the administrator Ada and the agents Ana and Ben.
pub struct Chatwoot {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    mood: Mood,
    misfits: Vec<String>,
    requests: Vec<String>,
    /// Whether its address was told; else it is learnt from requests.
    placed: bool,
}

impl Chatwoot {
    /// A new one, empty but for its people.
    pub fn new(clock: Arc<dyn Clock>, version: Version) -> Self {
        let mut state = State::new(version, clock.now());
        let account =
            AccountRow { id: 1, name: "Fake".into(), next_display_id: 1, labels: Vec::new() };
        state.accounts.insert(1, account);
        let people = [
            ("Ada", "ada@desk.example", ADMIN_TOKEN, true, "picture-admin"),
            ("Ana", "ana@desk.example", "fake-ana-token", false, "picture-ana"),
            ("Ben", "ben@desk.example", AGENT_TOKEN, false, "picture-ben"),
        ];
        for (name, email, token, administrator, picture) in people {
            let user = User {
                id: state.draw("user"),
                name: name.into(),
                email: email.into(),
                token: token.into(),
                administrator,
                accounts: vec![1],
                picture: files::picture_path(picture),
            };
            state.users.push(user);
        }
        let inner = Inner {
            state,
            mood: Mood::default(),
            misfits: Vec::new(),
            requests: Vec::new(),
            placed: false,
        };
        Self { clock, inner: Mutex::new(inner) }
    }

    /// With a second account, `Second` (2), that the administrator's token sees too. Its conversations are numbered
    /// from 101.
    #[must_use]
    pub fn with_two_accounts(self) -> Self {
        let mut inner = self.lock();
        let account =
            AccountRow { id: 2, name: "Second".into(), next_display_id: 101, labels: Vec::new() };
        inner.state.accounts.insert(2, account);
        for user in inner.state.users.iter_mut().filter(|user| user.administrator) {
            user.accounts.push(2);
        }
        drop(inner);
        self
    }

    /// With an active agent bot in every inbox that is made: conversations begin as `pending`.
    #[must_use]
    pub fn with_agent_bot(self) -> Self {
        self.lock().state.bots_everywhere = true;
        self
    }

    /// At this address (scheme and host); else it takes the one that the latest request named. It stands before the
    /// addresses of files and pictures.
    #[must_use]
    pub fn at(self, base: &str) -> Self {
        let mut inner = self.lock();
        inner.state.base = base.trim_end_matches('/').to_owned();
        inner.placed = true;
        drop(inner);
        self
    }

    /// Its state, with the clock's time.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.state.now = self.clock.now();
        inner
    }
}

impl Inner {
    fn call(&mut self, request: &Request) -> Result<Reply, CallError> {
        if self.mood.down {
            return Err(CallError::NotSent("connection refused".into()));
        }
        let call = Call::read(request);
        self.requests.push(format!("{} {}", call.method, call.path));
        if !self.placed && !call.origin.is_empty() {
            self.state.base.clone_from(&call.origin);
        }
        if self.mood.overloaded {
            return Ok(plain(503, "text/html", "<h1>503 Service Temporarily Unavailable</h1>"));
        }
        if self.mood.limit_hit {
            // It gives no hint of when to come again.
            return Ok(plain(429, "text/plain", "Retry later\n"));
        }
        if let Some(reply) = files::answer(&self.state, &call.path) {
            return Ok(reply);
        }
        let meant = describe::find(call.method, &call.path);
        self.misfits.extend(describe::misfits(&call, meant.as_ref()));
        let Some(meant) = meant else {
            return Ok(plain(
                404,
                "text/html",
                "<h1>The page you were looking for doesn't exist.</h1>",
            ));
        };
        if self.mood.revoked && call.token.is_some() {
            let refusal = Refusal::bad_token();
            return Ok(json_reply(refusal.status, &refusal.body));
        }
        if !call.broken.is_empty() {
            return Ok(plain(400, "text/html", "<h1>400 Bad Request</h1>"));
        }
        let answered = reply(route::answer(&mut self.state, &call, &meant));
        let writes = call.method != "GET" && !call.path.ends_with("/filter");
        if writes && self.mood.answers_lost > 0 {
            self.mood.answers_lost -= 1;
            return Err(CallError::Unknown("the connection was closed".into()));
        }
        Ok(answered)
    }
}
