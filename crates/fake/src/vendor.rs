//! What every believable vendor has: its HTTP interface, its hooks, its agents, its bad days.

use handover_core::port::http::{CallError, Reply, Request};

/// A help desk that holds state.
pub trait Vendor: Send + Sync {
    /// `chatwoot`, `gorgias`.
    fn name(&self) -> &'static str;

    /// Answers a request as the real one would, or breaks off as its mood has it. The host in the address does not matter.
    ///
    /// # Errors
    /// When the vendor is down, or did as asked and its answer was lost.
    fn call(&self, request: &Request) -> Result<Reply, CallError>;

    /// Takes the hooks that are to be sent now: whole requests to the addresses that were registered. What the mood
    /// says of hooks has already been done to them.
    fn hooks(&self) -> Vec<Request>;

    /// Tells that a hook's receiver answered with this status; none when there was no answer.
    fn hook_answered(&self, request: &Request, status: Option<u16>);

    /// How the vendor behaves from now on.
    fn set_mood(&self, mood: Mood);

    /// All conversations (tickets), oldest first, as the agents see them.
    fn conversations(&self) -> Vec<Conversation>;

    /// An agent writes to the contact. Gives the message's id.
    fn agent_says(&self, conversation: &str, agent: &str, text: &str) -> String;

    /// An agent sends a file to the contact. Gives the message's id.
    fn agent_sends_file(
        &self,
        conversation: &str,
        agent: &str,
        name: &str,
        mime: &str,
        bytes: &[u8],
    ) -> String;

    /// An agent writes a private note.
    fn agent_notes(&self, conversation: &str, agent: &str, text: &str) -> String;

    /// An agent types, or no longer does; nothing where the vendor has no such thing.
    fn agent_types(&self, conversation: &str, agent: &str, on: bool);

    /// An agent closes (resolves) the conversation.
    fn closes(&self, conversation: &str, agent: &str);

    /// An agent opens the conversation again.
    fn reopens(&self, conversation: &str, agent: &str);

    /// An agent snoozes the conversation.
    fn snoozes(&self, conversation: &str, agent: &str);

    /// A robot of the vendor (rule, auto-responder) writes to the contact.
    fn robot_says(&self, conversation: &str, text: &str) -> String;

    /// An agent deletes a message.
    fn agent_deletes(&self, conversation: &str, message: &str);

    /// The vendor loses a message that it had taken, without a trace. False when there is none.
    fn loses(&self, message: &str) -> bool;

    /// A message that the vendor has stands there twice from now on. False when there is none.
    fn doubles(&self, message: &str) -> bool;

    /// Requests that the real vendor would not understand (unknown address, unknown or ill-typed field), in words. Tests
    /// demand that there are none.
    fn misfits(&self) -> Vec<String>;

    /// Every request that came, as `METHOD /path`, in order.
    fn requests(&self) -> Vec<String>;

    /// The names of its agents.
    fn agents(&self) -> Vec<String> {
        vec!["Ana".into(), "Ben".into()]
    }

    /// Its canned responses (macros): what each is called, and its text.
    fn canned(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What to type into Handover's settings when it stands at `base` (scheme and host): what the field is called, and
    /// its value.
    fn connecting(&self, base: &str) -> Vec<(&'static str, String)> {
        vec![("Base URL", base.to_owned())]
    }
}

/// How a vendor behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mood {
    /// No connection can be made.
    pub down: bool,
    /// Every answer is 503.
    pub overloaded: bool,
    /// The credentials no longer count: 401.
    pub revoked: bool,
    /// Writes are obeyed, but this many answers to them are lost.
    pub answers_lost: u32,
    /// Every request is one too many: 429 (with the vendor's own hint, if it gives one).
    pub limit_hit: bool,
    /// What becomes of hooks.
    pub hooks: HookMood,
}

/// What becomes of hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HookMood {
    /// They go out once, in order.
    #[default]
    Prompt,
    /// Each goes out twice.
    Twice,
    /// They are held back until the mood changes.
    Late,
    /// What is waiting goes out in the wrong order.
    OutOfOrder,
    /// They are lost.
    Lost,
}

/// A conversation (ticket) as the agents see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// What the vendor calls it in its interface.
    pub id: String,
    /// `open`, `resolved`, `closed`, `snoozed`, `pending`: the vendor's own word.
    pub status: String,
    /// The contact's name.
    pub contact_name: String,
    /// The contact's address, if it has one.
    pub contact_email: Option<String>,
    /// What the agents see of the contact's metadata.
    pub contact_data: serde_json::Value,
    /// What was said, in the order in which the vendor has it.
    pub messages: Vec<Message>,
    /// Whether the contact is shown as typing.
    pub contact_types: bool,
    /// Whether the contact is shown as having read everything.
    pub contact_has_read: bool,
}

/// A message as the agents see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The vendor's id.
    pub id: String,
    /// Who wrote it.
    pub from: From,
    /// Its text.
    pub text: String,
    /// The names of its files.
    pub files: Vec<String>,
    /// The id that we gave to it.
    pub our_id: Option<String>,
    /// Why it did not reach the contact, where the vendor was told so.
    pub failed: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The contact.
    Contact,
    /// An agent, by name: the contact sees it.
    Agent(String),
    /// Nobody but agents see it.
    Note,
    /// A robot: the contact sees it.
    Robot,
}
