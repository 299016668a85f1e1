//! What is on disk after a program has gone: transcripts, sessions, deliveries, the bot's memory.

use super::program::free_address;
use handover::config::{Config, DEFAULT_API_REQUESTS_PER_S, Presets};
use handover_core::content::Content;
use handover_core::delivery::Side;
use handover_core::entry::{Actor, Body, Cause, Entry};
use handover_core::ids::{AccountId, ContactKey, ConversationId, SourceId};
use handover_core::port::store::{DeliveryState, Page, SessionFilter, Store};
use handover_engine::conversation_id;
use std::path::Path;

/// What is on disk.
pub(crate) struct Ledger {
    running: handover::start::Running,
}

impl Ledger {
    pub(crate) async fn open(folder: &Path) -> Self {
        Self::at(folder, None).await
    }

    /// The same of a database that nodes share; `folder` is one of theirs.
    pub(crate) async fn at(folder: &Path, database: Option<String>) -> Self {
        let config = Config {
            // The nodes' key lies beside their folders.
            key_file: database.is_some().then(|| folder.with_file_name("key")),
            database,
            bus: None,
            events: None,
            public_url: "http://127.0.0.1:8080".into(),
            listen: free_address(),
            data: folder.to_owned(),
            allow_private_networks: false,
            api_requests_per_s: DEFAULT_API_REQUESTS_PER_S,
            presets: Presets::default(),
            from_file: handover::desks::from_file::FromFile::default(),
        };
        Self { running: handover::start::start(&config).await.unwrap() }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.running.app.store
    }

    /// All lines of somebody's transcript.
    pub(crate) async fn entries(&self, user: &str) -> (ConversationId, Vec<Entry>) {
        let id = conversation_id(&AccountId::new("api"), &ContactKey::new(user));
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let after = entries.last().map_or(0, |entry| entry.n);
            let more =
                self.store().transcript(&id, Page { after, limit: 500, newest: false }).await;
            let more = more.unwrap();
            if more.is_empty() {
                break;
            }
            entries.extend(more);
        }
        (id, entries)
    }

    /// The whole transcript, its numbers without gaps, every delivery at its end and none given up.
    pub(crate) async fn transcript(&self, user: &str) -> (ConversationId, Vec<Entry>) {
        let (id, entries) = self.entries(user).await;
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.n).collect();
        let whole: Vec<u64> = (1..=entries.len() as u64).collect();
        assert_eq!(numbers, whole, "{user}: the transcript has gaps");
        for record in self.store().deliveries(&id).await.unwrap() {
            let fine = matches!(record.state, DeliveryState::Delivered | DeliveryState::Skipped);
            assert!(fine, "{user}: a delivery is {:?}: {}", record.state, record.note);
        }
        (id, entries)
    }

    pub(crate) async fn check_talker(&self, user: &str, said: u64) {
        let (_, entries) = self.transcript(user).await;
        assert_eq!(sources(&entries, &Actor::Contact), in_order(said, ""), "{user}");
        let mut answers: Vec<&Entry> = entries.iter().filter(|e| e.actor == Actor::Bot).collect();
        answers.retain(|entry| matches!(entry.body, Body::Message { .. }));
        for own in entries.iter().filter(|entry| entry.actor == Actor::Contact) {
            let id = own.source.as_ref().unwrap();
            let turn = Cause::Turn { of: own.n };
            let theirs: Vec<&Content> =
                answers.iter().filter(|e| e.cause == turn).filter_map(|e| e.content()).collect();
            // The first message opens the flow: "Hello talker-1 1, I am ..."; the others: "Your name is talker-1 2."
            let ends = [".", ","].map(|end| format!(" {user} {id}{end}"));
            let texts: Vec<&str> = theirs
                .iter()
                .filter_map(|content| match content {
                    Content::Text { text } => Some(text.as_str()),
                    _ => None,
                })
                .filter(|text| ends.iter().any(|end| text.contains(end.as_str())))
                .collect();
            assert_eq!(texts.len(), 1, "{user}: the bot on message {id}: {theirs:?}");
        }
        let of: Vec<u64> = answers
            .iter()
            .map(|entry| match entry.cause {
                Cause::Turn { of } => of,
                _ => panic!("{user}: the bot said something without a turn: {entry:?}"),
            })
            .collect();
        assert!(of.is_sorted(), "{user}: the bot's answers are out of order");
    }

    /// All that a contact of a session said, once and in order.
    pub(crate) async fn check_contact(&self, user: &str, said: u64) {
        let (_, entries) = self.transcript(user).await;
        let mut sources = sources(&entries, &Actor::Contact);
        assert_eq!(sources.remove(0), SourceId::new("start"), "{user}");
        assert_eq!(sources, in_order(said, ""), "{user}");
    }

    pub(crate) async fn check_writer(&self, user: &str, to: u64, from: u64) {
        let (_, entries) = self.transcript(user).await;
        let mut said = sources(&entries, &Actor::Contact);
        assert_eq!(said.remove(0), SourceId::new("start"), "{user}");
        assert_eq!(said, in_order(to, ""), "{user}: to the agent");
        let agent = entries.iter().find(|entry| matches!(entry.actor, Actor::Agent(_))).unwrap();
        let written: Vec<SourceId> = entries
            .iter()
            .filter(|entry| entry.actor == agent.actor && entry.content().is_some())
            .filter_map(|entry| entry.source.clone())
            .collect();
        assert_eq!(
            written,
            in_order(from, &format!("api:agent {user} ")),
            "{user}: from the agent"
        );
        let bot = entries.iter().find(|entry| entry.actor == Actor::Bot);
        assert_eq!(bot, None, "promise A: {user}: the bot spoke while people had the floor");
    }

    pub(crate) async fn check_returner(&self, user: &str, rounds: u64) {
        let (id, entries) = self.transcript(user).await;
        let mut expected = vec![SourceId::new("hello")];
        for round in 1..=rounds {
            expected.extend(["a", "b", "c"].map(|part| SourceId::new(format!("{round} {part}"))));
        }
        assert_eq!(sources(&entries, &Actor::Contact), expected, "{user}");
        let filter =
            SessionFilter { open: Some(false), conversation: Some(id.clone()), limit: 100_000 };
        let ended = self.store().sessions(filter).await.unwrap().len() as u64;
        assert_eq!(ended, rounds, "{user}: one session for each START that was answered");
        let terminals: Vec<&Entry> =
            entries.iter().filter(|entry| matches!(entry.body, Body::Terminal { .. })).collect();
        assert_eq!(terminals.len() as u64, rounds, "rule 18: {user}");
        // The bot counts its terminal events in its memory, which is committed with its words.
        let state = self.store().bot_state(&id).await.unwrap().unwrap_or_default();
        assert!(
            state.to_string().contains(&format!("\"visits\":{rounds}")),
            "rule 18: {user}: after {rounds} sessions the bot remembers {state}"
        );
        assert_eq!(self.store().pending(&id, Side::Bot).await.unwrap(), 0);
    }
}

fn in_order(count: u64, before: &str) -> Vec<SourceId> {
    (1..=count).map(|n| SourceId::new(format!("{before}{n}"))).collect()
}

/// The ids under which somebody sent, in the transcript's order.
fn sources(entries: &[Entry], actor: &Actor) -> Vec<SourceId> {
    entries
        .iter()
        .filter(|entry| entry.actor == *actor)
        .filter_map(|entry| entry.source.clone())
        .collect()
}
