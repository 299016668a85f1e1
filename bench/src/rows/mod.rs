//! The rows of the table, a file for each group of them. A subject is measured afresh in each round, in turn with the others
//! of its group, so that what changes on the machine changes for all.

mod accept;
mod bot;
mod disk;
mod fair;
mod million;
mod nodes;
mod peers;
mod relay;
mod sockets;
mod start;
mod widget;

use crate::figures::{Figures, Goal, Row};
use crate::quiet;
use std::pin::Pin;
use std::time::Duration;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Each run.
    pub run: Duration,
    pub rounds: usize,
}

/// What one run comes to.
type Run = Pin<Box<dyn Future<Output = Result<Figures, String>>>>;

/// Something that is measured.
pub struct Subject {
    name: String,
    beside: Option<&'static str>,
    goal: Goal,
    run: Box<dyn Fn(Duration) -> Run>,
}

impl Subject {
    fn new<F: Future<Output = Result<Figures, String>> + 'static>(
        name: impl Into<String>,
        run: impl Fn(Duration) -> F + 'static,
    ) -> Self {
        let run = Box::new(move |time| Box::pin(run(time)) as Run);
        Self { name: name.into(), beside: None, goal: Goal::None, run }
    }

    fn beside(self, baseline: &'static str) -> Self {
        Self { beside: Some(baseline), ..self }
    }

    fn goal(self, goal: Goal) -> Self {
        Self { goal, ..self }
    }
}

/// A group of rows.
pub struct Group {
    pub name: &'static str,
    pub about: &'static str,
    subjects: fn() -> Vec<Subject>,
    /// What makes its rows unequal, and what they leave out.
    pub notes: &'static [&'static str],
    /// Whether one round says enough, as it takes long or hardly varies.
    once: bool,
}

/// All of them, in the order of the table.
pub const GROUPS: &[Group] = &[
    Group {
        name: "accept",
        about: "A contact's message on disk before it is answered, 64 connections",
        subjects: accept::subjects,
        notes: &[
            "The echo reads JSON and writes it back; it checks no signature and keeps nothing.",
        ],
        once: false,
    },
    Group {
        name: "relay",
        about: "Contact, disk, the desk's HTTP, receipt on disk; in order per conversation, 64 connections",
        subjects: relay::subjects,
        notes: &[
            "The proxy passes bodies on; it checks nothing, keeps nothing and forgets what fails.",
        ],
        once: false,
    },
    Group {
        name: "disk",
        about: "The relay on this machine's disk and on one that takes 2 ms more per flush, 256 connections",
        subjects: disk::subjects,
        notes: &[],
        once: false,
    },
    Group {
        name: "nodes",
        about: "The relay on one and several nodes of this machine; p99 at half of the highest rate",
        subjects: nodes::subjects,
        notes: &[],
        once: false,
    },
    Group {
        name: "fair",
        about: "The relay at 400 messages a second while someone makes trouble: p99 beside that without it",
        subjects: fair::subjects,
        notes: &[
            "Who only writes much, and who waits for the dead desk, is compared with as many messages that make no trouble.",
        ],
        once: false,
    },
    Group {
        name: "bot",
        about: "A turn of the demo bot, stored: the contact's message in, the bot's answers out, 64 connections",
        subjects: bot::subjects,
        notes: &[bot::OFFICIAL],
        once: false,
    },
    Group {
        name: "peers",
        about: "What could be taken instead: a message from a contact to the desk, 64 connections",
        subjects: peers::subjects,
        notes: peers::UNEQUAL,
        once: false,
    },
    Group {
        name: "sockets",
        about: "Chat pages that are open and say nothing: memory of the server for each",
        subjects: sockets::subjects,
        notes: &[],
        once: true,
    },
    Group {
        name: "start",
        about: "A first start on an empty folder, memory at rest, size of the program",
        subjects: start::subjects,
        notes: &[],
        once: false,
    },
    Group {
        name: "widget",
        about: "What a browser loads, compressed with gzip, without the headers",
        subjects: widget::subjects,
        notes: &[],
        once: true,
    },
    Group {
        name: "million",
        about: "One million open sessions, ten million messages",
        subjects: million::subjects,
        notes: &[],
        once: true,
    },
];

/// Measures a group.
pub async fn measure(group: &Group, effort: Effort) -> Result<Vec<Row>, String> {
    let subjects = (group.subjects)();
    let mut rows: Vec<Row> = subjects
        .iter()
        .map(|subject| Row {
            group: group.name,
            name: subject.name.clone(),
            beside: subject.beside.map(str::to_owned),
            goal: subject.goal,
            rounds: Vec::new(),
        })
        .collect();
    let rounds = if group.once { 1 } else { effort.rounds };
    for round in 1..=rounds {
        for (subject, row) in subjects.iter().zip(&mut rows) {
            let idle_before = quiet::wait().await;
            let run = (subject.run)(effort.run);
            let figures = run.await.map_err(|why| format!("{}: {why}", subject.name))?;
            let figures = Figures { idle_before, ..figures };
            eprintln!("{} {round}/{rounds}: {figures:?}", subject.name);
            row.rounds.push(figures);
        }
    }
    Ok(rows)
}
