//! What is counted.

use crate::{Failed, pure, relay};

/// Something whose instructions are counted.
pub(crate) struct Case {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// What it is, for people.
    pub(crate) what: &'static str,
    /// How often it is run, and how often to compare with that.
    pub(crate) times: (u32, u32),
    run: fn(u32) -> Result<(), Failed>,
}

impl Case {
    /// Runs it so often.
    ///
    /// # Errors
    /// When what it runs fails.
    pub(crate) fn run(&self, times: u32) -> Result<(), Failed> {
        (self.run)(times)
    }
}

/// The case of a name.
pub(crate) fn find(name: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.name == name)
}

/// All of them. What SQLite does in one run stays below the jobs after which its log is emptied.
pub(crate) static CASES: [Case; 8] = [
    Case {
        name: "decide",
        what: "a contact's message in an open session, decided",
        times: (100, 600),
        run: pure::decide_message,
    },
    Case {
        name: "chat_decode",
        what: "a request of the Chat API, read",
        times: (100, 600),
        run: pure::decode_chat,
    },
    Case {
        name: "answer_json",
        what: "an answer as JSON, signed",
        times: (100, 600),
        run: pure::answer,
    },
    Case {
        name: "render",
        what: "a line of the transcript as HTML",
        times: (100, 600),
        run: pure::render,
    },
    Case { name: "csml_turn", what: "a turn of a bot", times: (100, 600), run: pure::turn },
    Case {
        name: "commit_alone",
        what: "one message on SQLite, a transaction of its own",
        times: (64, 320),
        run: relay::commit_alone,
    },
    Case {
        name: "commit_64",
        what: "64 messages on SQLite that wait together",
        times: (2, 6),
        run: relay::commit_64,
    },
    Case {
        name: "lease_settle",
        what: "one delivery on SQLite, leased and settled",
        times: (32, 160),
        run: relay::lease_settle,
    },
];
