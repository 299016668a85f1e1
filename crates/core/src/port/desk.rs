//! What a desk's adapter offers: pure functions, no I/O.

use crate::delivery::ToDesk;
use crate::entry::Entry;
use crate::event::FromDesk;
use crate::ids::{ConversationId, SessionId};
use crate::port::channel::{Call, DecodeError, Outgoing, Step};
use crate::port::directory::Account;
use crate::port::http::{Reply, Request};
use crate::port::manifest::Manifest;
use crate::port::place::Place;
use crate::session::Session;
use crate::time::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A desk's adapter.
pub trait Desk: Send + Sync {
    /// What it is.
    fn manifest(&self) -> &'static Manifest;

    /// Proves that a hook comes from the desk. Its secret address has already been checked; this is for desks that sign.
    ///
    /// # Errors
    /// Says what does not fit.
    fn verify(&self, account: &Account, call: &Call<'_>) -> Result<(), DecodeError> {
        let _ = (account, call);
        Ok(())
    }

    /// Reads a hook: what happened at the desk. `answers` are those to the requests that it has asked for.
    ///
    /// # Errors
    /// Names the field and the fix.
    fn decode(
        &self,
        account: &Account,
        call: &Call<'_>,
        answers: &[Reply],
    ) -> Result<Hooked, DecodeError>;

    /// The next step of a delivery, given the answers so far. `transcript` is what the desk may see up to the
    /// delivery's entry when a session is opened; the one entry that could not be delivered when trouble is told; else
    /// empty.
    fn step(
        &self,
        account: &Account,
        job: Outgoing<'_, ToDesk>,
        transcript: &[Entry],
        so_far: &[Reply],
    ) -> Step;

    /// The next step of connecting an account: proves its credentials and sets up at the vendor what can be set up.
    /// It may be done any number of times.
    fn connect(&self, account: &Account, place: &Place, answers: &[Reply]) -> Connect {
        let _ = (account, place, answers);
        Connect::Done { learnt: Map::new(), said: Vec::new() }
    }

    /// What a person must do at the vendor, in order.
    fn by_hand(&self, account: &Account, place: &Place) -> Vec<ByHand> {
        let _ = (account, place);
        Vec::new()
    }

    /// The next step of asking the desk what it holds of a session, open or over, for what was lost on its way to us or
    /// to the desk. `cursor` is what the last look gave; none at first and whenever all of the session is to be read.
    /// Events carry the same source ids as hooks, so that nothing is doubled.
    fn catch_up(
        &self,
        account: &Account,
        session: &Session,
        cursor: Option<&str>,
        answers: &[Reply],
    ) -> CatchUp {
        let _ = (account, session, cursor, answers);
        CatchUp::Done { events: Vec::new(), cursor: None, held: None }
    }

    /// The call that shows a sign of the contact's life, where the desk can show it. It is sent once and may be lost.
    fn presence(
        &self,
        account: &Account,
        session: &Session,
        presence: Presence,
    ) -> Option<Request> {
        let _ = (account, session, presence);
        None
    }

    /// The next step of answering as an agent would, for a test of the loop. The desk must not know it as ours.
    fn answer_as_agent(
        &self,
        account: &Account,
        session: &Session,
        text: &str,
        answers: &[Reply],
    ) -> Step {
        let _ = (account, session, text, answers);
        Step::Reject { why: NOT_ANSWERABLE.into() }
    }

    /// What to look at when a test of the loop failed at a hop, beside what is said of any desk.
    fn hint(&self, hop: Hop, why: &str) -> Option<String> {
        let _ = (hop, why);
        None
    }

    /// The call that fetches a file whose address the desk told.
    fn file(&self, account: &Account, url: &str) -> Request {
        let _ = account;
        Request::get(url).file()
    }

    /// How much of the account's limit is used, where an answer says so.
    fn usage(&self, reply: &Reply) -> Option<Usage> {
        let _ = reply;
        None
    }
}

/// Why a desk that has no interface for it cannot be answered by a program: a test of the loop leaves that part out.
pub const NOT_ANSWERABLE: &str = "this desk cannot be answered by a program";

/// One part of the way round a desk, in the order in which a test of the loop goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hop {
    /// The desk takes the credentials.
    Credentials,
    /// A session is opened there.
    Opened,
    /// A contact's message arrives there.
    Message,
    /// An agent answers there.
    Answer,
    /// The desk's hook brings the answer.
    Hook,
    /// The answer is shown to the contact.
    Reached,
    /// The marker in an agent's message becomes the button that ends.
    Marker,
    /// The session ends and the desk is told.
    Ended,
}

/// What a hook holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Hooked {
    /// What happened, in order.
    Events(Vec<FromHook>),
    /// Nothing that concerns a session.
    Ignored {
        /// Why, in words.
        why: String,
    },
    /// The desk must be asked first; then decode again with its answer.
    Ask {
        /// What to ask.
        request: Request,
        /// What happened, as far as the hook itself tells: for when no answer can be had in time.
        or: Vec<FromHook>,
    },
}

/// One thing that happened at the desk, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct FromHook {
    /// Where.
    pub at: At,
    /// What.
    pub what: What,
}

/// Which conversation a desk speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The one of this session.
    Session(SessionId),
    /// This one.
    Conversation(ConversationId),
    /// The one that the desk itself calls so: the `link` that it gave when a session was opened.
    Link(String),
}

/// What happened at the desk.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "almost every one is the large one")]
pub enum What {
    /// Something for the transcript.
    Did(FromDesk),
    /// An agent types, or no longer does.
    Typing {
        /// Who, by name.
        name: Option<String>,
        /// Whether it goes on.
        on: bool,
    },
}

/// The next step of connecting an account.
#[derive(Debug, Clone, PartialEq)]
pub enum Connect {
    /// Send this and come back with its answer.
    Call(Request),
    /// It is connected.
    Done {
        /// What was learnt, by the names of the manifest's `learnt`.
        learnt: Map<String, Value>,
        /// What was found and done, a line each, for the operator.
        said: Vec<String>,
    },
    /// The operator must choose.
    Choose {
        /// The field whose value is open.
        field: &'static str,
        /// Values, and what to call them.
        choices: Vec<(String, String)>,
        /// What is asked.
        question: String,
    },
    /// A field is wrong.
    Wrong {
        /// Which.
        field: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
    /// It cannot be done now, whatever the fields say.
    Failed {
        /// Why.
        why: String,
    },
}

/// Something that a person must do at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// What to do, in one or two sentences.
    pub what: String,
    /// Values to copy, each with what to call it. May hold the hook's secret address.
    pub copy: Vec<(String, String)>,
    /// Whether the first hook proves that it was done.
    pub seen_by_hook: bool,
}

/// The next step of asking the desk what it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum CatchUp {
    /// Send this and come back with its answer.
    Call(Request),
    /// This is what it holds.
    Done {
        /// What happened, in order.
        events: Vec<FromHook>,
        /// What to begin the next look with.
        cursor: Option<String>,
        /// What of ours stands there; none where only news were read or the desk does not tell.
        held: Option<Held>,
    },
    /// It could not be asked.
    Failed {
        /// Why.
        why: String,
    },
}

/// What of our deliveries stands at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// How often each stands there, by its number: also one that was deleted there, as long as the desk still tells of it.
    pub times: BTreeMap<u64, u32>,
    /// By the desk's own clock, the moment since when all that was written was read; none where all of it was.
    pub since: Option<Timestamp>,
}

/// A sign of the contact's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Types, or no longer does.
    Typing(bool),
    /// Has read what was said.
    Read,
}

/// How much of an account's limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Requests in the window.
    pub used: u32,
    /// How many there may be.
    pub limit: u32,
}
