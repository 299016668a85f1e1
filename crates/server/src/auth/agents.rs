//! The agents as records.

use super::password;
use crate::http::error::Problem;
use crate::vault::VaultError;
use handover_core::contact::Agent;
use handover_core::port::store::{Record, Records, StoreError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

const KIND: &str = "agent";
const NAME_CHARS_MAX: usize = 60;
const LOGIN_CHARS_MAX: usize = 120;

/// What an agent may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers contacts and changes the settings.
    Admin,
    /// Answers contacts.
    Agent,
}

impl Role {
    /// The word in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
        }
    }
}

/// One agent, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id, which transcripts keep.
    pub id: String,
    /// The name that contacts see.
    pub name: String,
    /// What it signs in with: a name or an e-mail address, in lower case.
    pub login: String,
    /// What it may do.
    pub role: Role,
}

impl Member {
    /// The agent as the core knows it.
    pub fn agent(&self) -> Agent {
        Agent::new(self.id.as_str(), self.name.clone())
    }

    /// Whether it may change the settings.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    fn check(&self) -> Result<(), AgentError> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(AgentError::field(
                "name",
                format!("A name of 1 to {NAME_CHARS_MAX} characters is needed: contacts see it."),
            ));
        }
        let login = &self.login;
        let odd = login.chars().any(|c| c.is_whitespace() || c.is_control());
        if login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX || odd {
            return Err(AgentError::field(
                "login",
                format!(
                    "An e-mail address or a word without spaces, at most {LOGIN_CHARS_MAX} characters."
                ),
            ));
        }
        Ok(())
    }
}

/// Why an agent could not be read or written.
#[derive(Debug, Error)]
pub enum AgentError {
    /// A field that is wrong, and the fix.
    #[error("{field}: {problem}")]
    Field {
        /// The field's name in the form.
        field: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
    /// It must stay.
    #[error("{0}")]
    Refused(String),
    /// Hashing failed.
    #[error("a password could not be hashed: {0}")]
    Hash(String),
    /// The machine gives no randomness.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AgentError {
    pub(super) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Field { field, problem: problem.into() }
    }
}

impl From<AgentError> for Problem {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Field { field, problem } => Self::field(field, problem),
            AgentError::Refused(why) => Self::new(axum::http::StatusCode::CONFLICT, "refused", why),
            AgentError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    login: String,
    hash: String,
    role: Role,
}

/// The agents as records.
pub struct Agents<'a> {
    records: &'a dyn Records,
}

impl<'a> Agents<'a> {
    /// The agents in these records.
    pub fn new(records: &'a dyn Records) -> Self {
        Self { records }
    }

    /// All agents, by id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<Member>, AgentError> {
        let records = self.records.list(KIND).await?;
        Ok(records.into_iter().filter_map(read).map(|(member, _)| member).collect())
    }

    /// One agent.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, id: &str) -> Result<Option<Member>, AgentError> {
        Ok(self.records.get(KIND, id).await?.and_then(read).map(|(member, _)| member))
    }

    /// The agent that signs in so, if the password fits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in(&self, login: &str, given: &str) -> Result<Option<Member>, AgentError> {
        let login = fold(login);
        let found = self.records.list(KIND).await?.into_iter().filter_map(read);
        let found = found.into_iter().find(|(member, _)| member.login == login);
        let fits = password::fits(given, found.as_ref().map(|(_, hash)| hash.as_str())).await?;
        Ok(found.map(|(member, _)| member).filter(|_| fits))
    }

    /// Adds an agent; false when its id is taken.
    ///
    /// # Errors
    /// When a field is wrong or the store fails.
    pub async fn create(&self, member: &Member, password: &str) -> Result<bool, AgentError> {
        let member = Member { login: fold(&member.login), ..member.clone() };
        member.check()?;
        self.free(&member).await?;
        let hash = password::hash(password).await?;
        Ok(self.records.create(write(&member, hash)?).await?)
    }

    /// Changes name, login and role of an agent.
    ///
    /// # Errors
    /// When a field is wrong, it would leave nobody who may change the settings, or the store fails.
    pub async fn update(&self, member: &Member) -> Result<(), AgentError> {
        let member = Member { login: fold(&member.login), ..member.clone() };
        member.check()?;
        self.free(&member).await?;
        let Some((before, hash)) = self.records.get(KIND, &member.id).await?.and_then(read) else {
            return Err(AgentError::Refused("There is no such agent any more.".into()));
        };
        if before.is_admin() && !member.is_admin() {
            self.keep_an_admin(&member.id).await?;
        }
        Ok(self.records.put(write(&member, hash)?).await?)
    }

    /// Gives an agent a new password.
    ///
    /// # Errors
    /// When it is too short or too long, or the store fails.
    pub async fn set_password(&self, id: &str, password: &str) -> Result<(), AgentError> {
        let hash = password::hash(password).await?;
        let Some((member, _)) = self.records.get(KIND, id).await?.and_then(read) else {
            return Err(AgentError::Refused("There is no such agent any more.".into()));
        };
        Ok(self.records.put(write(&member, hash)?).await?)
    }

    /// Removes an agent. What it wrote stays in the transcripts.
    ///
    /// # Errors
    /// When it is the last one who may change the settings, or the store fails.
    pub async fn remove(&self, id: &str) -> Result<(), AgentError> {
        self.keep_an_admin(id).await?;
        self.records.delete(KIND, id).await?;
        Ok(())
    }

    async fn keep_an_admin(&self, but: &str) -> Result<(), AgentError> {
        let others = self.list().await?;
        if others.iter().any(|member| member.is_admin() && member.id != but) {
            return Ok(());
        }
        Err(AgentError::Refused(
            "This is the last administrator. Make someone else one first.".into(),
        ))
    }

    async fn free(&self, member: &Member) -> Result<(), AgentError> {
        let taken = |other: &Member| other.login == member.login && other.id != member.id;
        if self.list().await?.iter().any(taken) {
            return Err(AgentError::field("login", "Someone else signs in with this already."));
        }
        Ok(())
    }
}

fn fold(login: &str) -> String {
    login.trim().to_lowercase()
}

fn read(record: Record) -> Option<(Member, String)> {
    let stored: Stored = serde_json::from_value(record.body)
        .inspect_err(
            |error| tracing::error!(agent = record.id, %error, "an agent's record is damaged"),
        )
        .ok()?;
    let Stored { name, login, hash, role } = stored;
    Some((Member { id: record.id, name, login, role }, hash))
}

fn write(member: &Member, hash: String) -> Result<Record, AgentError> {
    let Member { id, name, login, role } = member.clone();
    let stored = Stored { name: name.trim().to_owned(), login, hash, role };
    let body = serde_json::to_value(stored).map_err(|error| AgentError::Hash(error.to_string()))?;
    Ok(Record { kind: KIND.into(), id, body })
}
