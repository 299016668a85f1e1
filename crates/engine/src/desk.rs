//! What is asked of a desk beside deliveries: connecting it, signs of life, files.

use crate::{Engine, Error};
use handover_core::ids::{AccountId, ConversationId, SessionId};
use handover_core::port::channel::Step;
use handover_core::port::desk::{Connect, Desk, Presence};
use handover_core::port::directory::Account;
use handover_core::port::http::{CallError, Reply, Request};
use handover_core::session::Session;

/// Calls that connecting or a look may make; more means that the adapter goes round in circles.
pub(crate) const CALLS: usize = 40;
/// The longest that a question may take while a vendor waits for the answer to its hook, in seconds.
const QUESTION_S: u32 = 3;

impl Engine {
    /// Connects an account that need not be saved yet: proves its credentials and sets up what can be set up. Never
    /// answers with [`Connect::Call`].
    pub async fn connect(&self, adapter: &dyn Desk, account: &Account) -> Connect {
        let place = self.ports.directory.place();
        let mut answers = Vec::new();
        loop {
            match adapter.connect(account, &place, &answers) {
                Connect::Call(_) if answers.len() >= CALLS => {
                    return Connect::Failed { why: "too many calls were needed".into() };
                }
                Connect::Call(request) => match self.call(account, adapter, request).await {
                    Ok(answer) => answers.push(answer),
                    Err(error) => return Connect::Failed { why: error.to_string() },
                },
                end => return end,
            }
        }
    }

    /// Shows a sign of the contact's life at the desk of the open session, if there is one that can show it. May be lost.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn presence(&self, id: &ConversationId, presence: Presence) -> Result<(), Error> {
        let Some(session) = self.open_session(id).await? else { return Ok(()) };
        let Some((account, adapter)) = self.ports.directory.desk(&session.desk) else {
            return Ok(());
        };
        let now = self.ports.clock.now();
        let limit = adapter.manifest().limit;
        if limit.is_some_and(|limit| !self.paces.has_room(&session.desk, limit, now)) {
            return Ok(());
        }
        if let Some(request) = adapter.presence(&account, &session, presence)
            && let Err(error) = self.call(&account, adapter, request).await
        {
            tracing::debug!(desk = %session.desk, %error, "a sign of life was lost");
        }
        Ok(())
    }

    /// Answers in an open session as an agent of its desk would, by the desk's own interface: for a test of the loop.
    ///
    /// # Errors
    /// Why it could not be done.
    pub async fn answer_as_agent(&self, session: &SessionId, text: &str) -> Result<(), String> {
        let store = &self.ports.store;
        let record = store.session(session).await.map_err(|error| error.to_string())?;
        let record = record.ok_or("there is no such session")?;
        let open = self.open_session(&record.conversation).await;
        let open = open.map_err(|error| error.to_string())?.ok_or("the session is over")?;
        let (account, adapter) =
            self.ports.directory.desk(&open.desk).ok_or("the desk is no longer configured")?;
        let mut answers = Vec::new();
        loop {
            match adapter.answer_as_agent(&account, &open, text, &answers) {
                Step::Done { .. } => return Ok(()),
                Step::Retry { why, .. } | Step::Reject { why } => return Err(why),
                Step::Call(_) if answers.len() >= CALLS => {
                    return Err("too many calls were needed".into());
                }
                Step::Call(request) => {
                    let answer = self.call(&account, adapter, request).await;
                    answers.push(answer.map_err(|error| error.to_string())?);
                }
            }
        }
    }

    /// Fetches a file that lies at a desk.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn file_at_desk(&self, desk: &AccountId, url: &str) -> Result<Reply, CallError> {
        let (account, adapter) = self
            .ports
            .directory
            .desk(desk)
            .ok_or_else(|| CallError::Refused("the desk is no longer configured".into()))?;
        self.call(&account, adapter, adapter.file(&account, url)).await
    }

    pub(crate) async fn open_session(&self, id: &ConversationId) -> Result<Option<Session>, Error> {
        Ok(self.ports.store.load(id).await?.and_then(|conversation| conversation.session))
    }

    /// A call while a vendor waits for an answer: soon, or not at all.
    pub(crate) async fn ask(
        &self,
        account: &Account,
        adapter: &dyn Desk,
        mut request: Request,
    ) -> Option<Reply> {
        request.within_s = Some(QUESTION_S);
        let answer = self.call(account, adapter, request).await.ok()?;
        (200..300).contains(&answer.status).then_some(answer)
    }

    /// One call of an account, counted.
    pub(crate) async fn call(
        &self,
        account: &Account,
        adapter: &dyn Desk,
        request: Request,
    ) -> Result<Reply, CallError> {
        if adapter.manifest().limit.is_some() {
            self.paces.one_more(&account.id, self.ports.clock.now());
        }
        let answer = self.ports.http.call(request).await?;
        self.heard(account, adapter, &answer);
        Ok(answer)
    }

    /// What an answer says of the account's limit.
    pub(crate) fn heard(&self, account: &Account, adapter: &dyn Desk, answer: &Reply) {
        let Some(limit) = adapter.manifest().limit else { return };
        let now = self.ports.clock.now();
        if let Some(usage) = adapter.usage(answer) {
            self.paces.used(&account.id, limit, usage, now);
            self.ports.watch.used(&account.id, usage);
        }
        if answer.status == 429 {
            let wish = answer.header("retry-after").and_then(|text| text.trim().parse().ok());
            self.paces
                .silence(&account.id, now.plus_ms(wish.unwrap_or(1_i64).clamp(1, 600) * 1000));
        }
    }
}
