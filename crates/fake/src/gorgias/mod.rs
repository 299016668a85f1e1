//! A believable Gorgias.
//!
//! Its records are kept as the JSON objects that it shows, under its own field names; see `state`.

mod agents;
mod answer;
mod api;
mod check;
mod customers;
mod directory;
mod hooks;
mod integrations;
mod limit;
mod messages;
mod options;
mod page;
mod record;
mod shapes;
mod state;
mod template;
mod tickets;
mod uploads;
mod url;

#[cfg(test)]
mod tests;

pub use options::Options;
pub use state::{API_KEY, API_USER, Email};

use crate::vendor::{Conversation, Mood, Vendor};
use handover_core::port::clock::Clock;
use handover_core::port::http::{CallError, Reply, Request};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A Gorgias helpdesk in memory.
pub struct Gorgias {
    state: Mutex<State>,
}

impl Gorgias {
    /// A new account with the API user [`API_USER`], whose key is [`API_KEY`], and the agents Ana and Ben. Where the
    /// real one's behaviour is not known, it does what [`Options`] has as its default.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, Options::default())
    }

    /// A new account that behaves so where the real one's behaviour is not known.
    pub fn with(clock: Arc<dyn Clock>, options: Options) -> Self {
        Self { state: Mutex::new(State::new(clock, options)) }
    }

    /// What it sent to people by itself: e-mails, texts. None of it may be about what the contact has already seen.
    pub fn emails_sent(&self) -> Vec<Email> {
        self.lock().emails.clone()
    }

    /// An agent uses a macro, by its name. Gives the message's id; empty when there is no such macro or ticket.
    pub fn agent_uses_macro(&self, ticket: &str, agent: &str, name: &str) -> String {
        self.lock().agent_uses_macro(ticket, agent, name)
    }

    /// An agent moves the messages of one ticket into another. The first is gone afterwards, and its external id with it.
    pub fn merge(&self, from: &str, into: &str, agent: &str) {
        self.lock().merge(from, into, agent);
    }

    /// An agent takes the ticket.
    pub fn assigns(&self, ticket: &str, agent: &str) {
        self.lock().assign(ticket, agent);
    }

    /// An agent puts the ticket into the trash.
    pub fn trashes(&self, ticket: &str, agent: &str) {
        self.lock().trash(ticket, agent);
    }

    /// The role of the API user from now on: `admin`, `lead-agent`, `agent`. Only an admin may touch integrations.
    pub fn set_role(&self, role: &str) {
        self.lock().role = role.to_owned();
    }

    /// The integrations as the settings page shows them.
    pub fn integrations(&self) -> Vec<serde_json::Value> {
        self.lock().integrations()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vendor for Gorgias {
    fn name(&self) -> &'static str {
        "gorgias"
    }

    fn call(&self, request: &Request) -> Result<Reply, CallError> {
        self.lock().call(request)
    }

    fn hooks(&self) -> Vec<Request> {
        self.lock().hooks()
    }

    fn hook_answered(&self, request: &Request, status: Option<u16>) {
        self.lock().hook_answered(request, status);
    }

    fn set_mood(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    fn conversations(&self) -> Vec<Conversation> {
        self.lock().conversations()
    }

    fn agent_says(&self, conversation: &str, agent: &str, text: &str) -> String {
        self.lock().agent_says(conversation, agent, text)
    }

    fn agent_sends_file(
        &self,
        conversation: &str,
        agent: &str,
        name: &str,
        mime: &str,
        bytes: &[u8],
    ) -> String {
        self.lock().agent_sends_file(conversation, agent, name, mime, bytes)
    }

    fn agent_notes(&self, conversation: &str, agent: &str, text: &str) -> String {
        self.lock().agent_notes(conversation, agent, text)
    }

    fn agent_types(&self, _conversation: &str, _agent: &str, _on: bool) {
        // Typing in the helpdesk is told to nobody outside.
    }

    fn closes(&self, conversation: &str, agent: &str) {
        self.lock().set_status(conversation, agent, "closed");
    }

    fn reopens(&self, conversation: &str, agent: &str) {
        self.lock().set_status(conversation, agent, "open");
    }

    fn snoozes(&self, conversation: &str, agent: &str) {
        self.lock().snooze(conversation, agent);
    }

    fn robot_says(&self, conversation: &str, text: &str) -> String {
        self.lock().robot_says(conversation, text)
    }

    fn canned(&self) -> Vec<(String, String)> {
        self.lock().canned()
    }

    fn connecting(&self, base: &str) -> Vec<(&'static str, String)> {
        vec![
            ("Base URL", base.to_owned()),
            ("Username", API_USER.to_owned()),
            ("API key", API_KEY.to_owned()),
        ]
    }

    fn agent_deletes(&self, _conversation: &str, message: &str) {
        self.lock().lose(message);
    }

    fn loses(&self, message: &str) -> bool {
        self.lock().lose(message)
    }

    fn doubles(&self, message: &str) -> bool {
        self.lock().double(message)
    }

    fn misfits(&self) -> Vec<String> {
        self.lock().misfits.clone()
    }

    fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }
}
