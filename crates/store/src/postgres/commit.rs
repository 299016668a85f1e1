//! A decision in the form in which it is stored, and the rows that it writes.

use super::columns::{session_word, signed, to_json, to_key, to_text};
use super::events::Waiting;
use super::lease::{Queued, Settled};
use super::seat::reseat;
use super::writes::{Writes, rows};
use crate::change::stays_inside;
use handover_core::conversation::Conversation;
use handover_core::port::store::{AGAIN, AGAIN_BY, Change, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Makes conversations, but for those that another node has made in the meantime.
pub(super) const CREATE: &str = "INSERT INTO conversations (id, revision, due, body)
     SELECT k.id, 1, k.due, k.body FROM unnest($1::text[], $2::bigint[], $3::text[]) AS k (id, due, body)
     ON CONFLICT (id) DO NOTHING RETURNING id";

/// Locks conversations, in the order of their ids.
pub(super) const LOCK: &str =
    "SELECT id, nr, revision FROM conversations WHERE id = ANY ($1) ORDER BY id FOR UPDATE";

/// Finds the keys that the inbox knows.
pub(super) const KNOWN: &str = "SELECT k.i, x.entry
     FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS k (i, id, account, source)
     JOIN conversations c ON c.id = k.id
     JOIN inbox x ON x.conversation = c.nr AND x.account = k.account AND x.source = k.source";

/// A timer that stays as it is costs its index nothing.
pub(super) const REVISE: &str = "UPDATE conversations c SET revision = k.revision, due = k.due, body = k.body
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS k (nr, revision, due, body)
     WHERE c.nr = k.nr";

const ADD_ENTRIES: &str = "INSERT INTO entries (conversation, n, body)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])";

/// Lets deliveries be tried once more that had arrived.
pub(super) const BRING_AGAIN: &str = "WITH again AS (
         UPDATE deliveries d SET state = 'pending', attempts = d.attempts + 1, forgiven = d.attempts + 1,
             created_at = k.at, next_at = k.at
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS k (conversation, n, at, note, by)
         WHERE d.conversation = k.conversation AND d.n = k.n AND d.state = 'delivered'
         RETURNING d.conversation, d.n, d.attempts, k.at, k.note, k.by
     )
     INSERT INTO attempts (conversation, delivery, attempt, at, note, by) SELECT * FROM again";

const PUT_SESSIONS: &str =
    "INSERT INTO sessions (id, conversation, state, started_at, ended_at, desk, link, body)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
         $8::text[])
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
         ended_at = excluded.ended_at, desk = excluded.desk, link = excluded.link, body = excluded.body";

const PUT_BOT_STATES: &str = "INSERT INTO bot_states (conversation, body)
     SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT (conversation) DO UPDATE SET body = excluded.body";

const REMEMBER: &str = "INSERT INTO inbox (conversation, account, source, at, entry)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])";

/// What commits ask of a hand.
pub(super) const STATEMENTS: &[&str] = &[
    CREATE,
    LOCK,
    KNOWN,
    REVISE,
    ADD_ENTRIES,
    BRING_AGAIN,
    PUT_SESSIONS,
    PUT_BOT_STATES,
    REMEMBER,
];

rows!(
    /// Conversations with their next revision.
    Revised: REVISE,
    nr: i64,
    revision: i64,
    due: Option<i64>,
    body: &'a str,
);

rows!(Entries: ADD_ENTRIES, conversation: i64, n: i64, body: &'a str);

rows!(
    Again: BRING_AGAIN,
    conversation: i64,
    n: i64,
    at: i64,
    note: &'a str,
    by: &'a str,
);

rows!(
    Sessions: PUT_SESSIONS,
    id: Cow<'a, str>,
    conversation: i64,
    state: &'static str,
    started_at: i64,
    ended_at: Option<i64>,
    desk: Option<&'a str>,
    link: Option<&'a str>,
    body: &'a str,
);

rows!(BotStates: PUT_BOT_STATES, conversation: i64, body: &'a str);

rows!(
    Inbox: REMEMBER,
    conversation: i64,
    account: &'a str,
    source: &'a str,
    at: i64,
    entry: i64,
);

/// A change in the form in which it is stored, so that the writer has nothing to encode.
pub(super) struct Encoded {
    at: i64,
    /// The node that writes it.
    node: i64,
    pub(super) id: String,
    pub(super) revision: i64,
    pub(super) due: Option<i64>,
    pub(super) body: String,
    entries: Vec<(i64, String)>,
    /// Whether the entries wait to be told to a log elsewhere.
    keeps_events: bool,
    deliveries: Vec<EncodedDelivery>,
    again: BTreeSet<i64>,
    /// By their ids: one that a change brings twice is written once, as it was last.
    sessions: BTreeMap<String, EncodedSession>,
    bot_state: Option<String>,
    /// The account, and the sender's id.
    pub(super) inbox: Option<(String, String)>,
    pub(super) settle: Option<Settled>,
}

struct EncodedDelivery {
    n: i64,
    side: &'static str,
    is_first: bool,
    account: String,
    body: String,
}

struct EncodedSession {
    state: &'static str,
    started_at: i64,
    ended_at: Option<i64>,
    /// The desk and what it calls its conversation.
    link: Option<(String, String)>,
    body: String,
}

impl Encoded {
    pub(super) fn new(change: Change, node: i64, keeps_events: bool) -> Result<Self> {
        stays_inside(&change)?;
        let revision = signed(change.conversation.revision)?;
        let next =
            Conversation { revision: change.conversation.revision + 1, ..change.conversation };
        let entry = |entry: &handover_core::entry::Entry| Ok((signed(entry.n)?, to_json(entry)?));
        let session = |session: &handover_core::session::SessionRecord| {
            let id = session.id.as_str().to_owned();
            let link = session.link.as_deref();
            let row = EncodedSession {
                state: session_word(session.state),
                started_at: session.started_at.as_ms(),
                ended_at: session.ended_at.map(|at| at.as_ms()),
                link: link.map(|link| (to_key(session.desk.as_str()), to_key(link))),
                body: to_json(session)?,
            };
            Ok((id, row))
        };
        Ok(Self {
            at: change.at.as_ms(),
            node,
            id: to_text(next.id.as_str()).into_owned(),
            revision,
            due: next.due.map(|due| due.as_ms()),
            body: to_json(&next)?,
            entries: change.entries.iter().map(entry).collect::<Result<_>>()?,
            keeps_events,
            deliveries: deliveries(&change.deliveries)?,
            again: change.again.iter().map(|n| signed(*n)).collect::<Result<_>>()?,
            sessions: change.sessions.iter().map(session).collect::<Result<_>>()?,
            bot_state: change.bot_state.as_ref().map(to_json).transpose()?,
            inbox: change
                .inbox
                .map(|key| (to_key(key.account.as_str()), to_key(key.source.as_str()))),
            settle: change.settle.map(Settled::new).transpose()?,
        })
    }

    /// The first entry that it makes; 0 if it makes none.
    pub(super) fn first_entry(&self) -> i64 {
        self.entries.first().map_or(0, |(n, _)| *n)
    }
}

fn deliveries(new: &[handover_core::delivery::Delivery]) -> Result<Vec<EncodedDelivery>> {
    let mut lanes = Vec::new();
    new.iter()
        .map(|delivery| {
            let is_first = !lanes.contains(&delivery.side);
            lanes.push(delivery.side);
            Ok(EncodedDelivery {
                n: signed(delivery.id.n)?,
                side: delivery.side.as_str(),
                is_first,
                account: to_key(delivery.account.as_str()),
                body: to_json(delivery)?,
            })
        })
        .collect()
}

/// Everything that changes write, but for the tries that they settle.
#[derive(Default)]
pub(super) struct Changes<'a> {
    revised: Revised<'a>,
    entries: Entries<'a>,
    waiting: Waiting<'a>,
    queued: Queued<'a>,
    again: Again<'a>,
    /// The conversations in which something is brought again.
    moved: BTreeSet<i64>,
    sessions: Sessions<'a>,
    bot_states: BotStates<'a>,
    inbox: Inbox<'a>,
}

impl<'a> Changes<'a> {
    /// Adds a change of the conversation `nr`, which is new or is to be revised.
    pub(super) fn add(&mut self, nr: i64, is_new: bool, change: &'a Encoded) {
        if !is_new {
            self.revised.push(nr, change.revision + 1, change.due, &change.body);
        }
        for (n, body) in &change.entries {
            self.entries.push(nr, *n, body);
            if change.keeps_events {
                self.waiting.push(nr, *n);
            }
        }
        for it in &change.deliveries {
            let account = Cow::Borrowed(it.account.as_str());
            let (node, at) = (change.node, change.at);
            self.queued.push(nr, it.n, it.side, account, node, at, it.is_first, &it.body);
        }
        for n in &change.again {
            self.again.push(nr, *n, change.at, AGAIN, AGAIN_BY);
            self.moved.insert(nr);
        }
        for (id, it) in &change.sessions {
            let (desk, link) = it.link.as_ref().map(|(desk, link)| (&**desk, &**link)).unzip();
            self.sessions.push(
                to_text(id),
                nr,
                it.state,
                it.started_at,
                it.ended_at,
                desk,
                link,
                &it.body,
            );
        }
        if let Some(body) = &change.bot_state {
            self.bot_states.push(nr, body);
        }
        if let Some((account, source)) = &change.inbox {
            self.inbox.push(nr, account, source, change.at, change.first_entry());
        }
    }

    pub(super) fn write(self, writes: &mut Writes<'a>) {
        self.revised.write(writes);
        self.entries.write(writes);
        self.waiting.write(writes);
        self.queued.write(writes);
        self.again.write(writes);
        reseat(self.moved, writes);
        self.sessions.write(writes);
        self.bot_states.write(writes);
        self.inbox.write(writes);
    }
}
