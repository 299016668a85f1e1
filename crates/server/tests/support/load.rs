//! People who write, and programs that answer for agents, all the time, until it is over; and what they sent.

use super::api::{Api, press, text};
use super::ledger::Ledger;
use handover_core::words::{END, START};
use reqwest::Method;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What everybody who takes part shares.
#[derive(Clone)]
pub(crate) struct Load {
    api: Api,
    over: Arc<AtomicBool>,
    repeated: Arc<AtomicU64>,
}

impl Load {
    pub(crate) fn new(api: Api) -> Self {
        Self { api, over: Arc::default(), repeated: Arc::default() }
    }

    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn sent(&self, times: u32) {
        self.repeated.fetch_add(u64::from(times - 1), Ordering::Relaxed);
    }

    /// Talks to the bot only: each message asks it to repeat something that is said only once.
    async fn talker(self, user: String) -> u64 {
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let name = json!({ "name": format!("{user} {n}") });
            let (_, times) = self.api.chat_as(&user, &n.to_string(), press("ABOUT_ME"), name).await;
            self.sent(times);
        }
        n
    }

    /// Writes to the agent in an open session.
    async fn writer(self, user: String) -> u64 {
        self.api.chat(&user, "start", press(START)).await;
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let (_, times) = self.api.chat(&user, &n.to_string(), text(&format!("to {n}"))).await;
            self.sent(times);
        }
        n
    }

    /// The program that answers a writer in the agent's name.
    async fn agent(self, user: String) -> u64 {
        let session = loop {
            match self.api.session_of(&user).await {
                Some(session) => break session,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let path = format!("/v1/sessions/{session}/messages");
        let agent = json!({ "id": "7", "name": "Bob" });
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let id = format!("agent {user} {n}");
            let body = json!({ "text": format!("from {n}"), "id": id, "agent": agent });
            let (_, times) = self.api.until_answered(Method::POST, &path, &body).await;
            self.sent(times);
        }
        n
    }

    /// Asks for a human, says one thing, ends, and comes back. Gives the number of rounds.
    async fn returner(self, user: String) -> u64 {
        self.api.chat(&user, "hello", text("hello")).await;
        let mut round = 0;
        while self.goes_on() {
            round += 1;
            for (id, payload) in [
                (format!("{round} a"), press(START)),
                (format!("{round} b"), text(&format!("round {round}"))),
                (format!("{round} c"), press(END)),
            ] {
                let (_, times) = self.api.chat(&user, &id, payload).await;
                self.sent(times);
            }
        }
        round
    }
}

fn names(what: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{what}-{n}")).collect()
}

type Sends = std::pin::Pin<Box<dyn Future<Output = u64> + Send>>;

async fn counts(tasks: Vec<JoinHandle<u64>>) -> Vec<u64> {
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.expect("a sender that was answered in the end"));
    }
    counts
}

/// Everybody at once.
pub(crate) struct Crowd {
    load: Load,
    names: [Vec<String>; 3],
    tasks: [Vec<JoinHandle<u64>>; 4],
}

impl Crowd {
    /// They begin to write.
    pub(crate) async fn start(
        load: Load,
        talkers: usize,
        writers: usize,
        returners: usize,
    ) -> Self {
        let lifted = json!({ "loop_sessions": 1_000_000, "start_text": "" });
        load.api.until_answered(Method::PUT, "/v1/settings/livechat", &lifted).await;
        let spawn = |users: &[String], kind: fn(Load, String) -> Sends| -> Vec<_> {
            users.iter().map(|user| tokio::spawn(kind(load.clone(), user.clone()))).collect()
        };
        let (talkers, writers) = (names("talker", talkers), names("writer", writers));
        let returners = names("returner", returners);
        let tasks = [
            spawn(&talkers, |load, user| Box::pin(load.talker(user))),
            spawn(&writers, |load, user| Box::pin(load.writer(user))),
            spawn(&writers, |load, user| Box::pin(load.agent(user))),
            spawn(&returners, |load, user| Box::pin(load.returner(user))),
        ];
        Self { load, names: [talkers, writers, returners], tasks }
    }

    /// They stop once what they sent last is answered.
    pub(crate) async fn over(self) -> Counted {
        self.load.over.store(true, Ordering::Relaxed);
        let [talked, written, answered, returned] = self.tasks;
        Counted {
            names: self.names,
            talked: counts(talked).await,
            written: counts(written).await,
            answered: counts(answered).await,
            returned: counts(returned).await,
            repeated: self.load.repeated.load(Ordering::Relaxed),
        }
    }
}

/// What they sent and was answered.
pub(crate) struct Counted {
    names: [Vec<String>; 3],
    talked: Vec<u64>,
    written: Vec<u64>,
    answered: Vec<u64>,
    returned: Vec<u64>,
    /// How many calls were sent again, as no answer had come.
    pub(crate) repeated: u64,
}

impl Counted {
    /// All of it is there once and in order.
    pub(crate) async fn check(&self, ledger: &Ledger) {
        let [talkers, writers, returners] = &self.names;
        for (user, n) in talkers.iter().zip(&self.talked) {
            ledger.check_talker(user, *n).await;
        }
        for ((user, to), from) in writers.iter().zip(&self.written).zip(&self.answered) {
            ledger.check_writer(user, *to, *from).await;
        }
        for (user, rounds) in returners.iter().zip(&self.returned) {
            ledger.check_returner(user, *rounds).await;
        }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        [&self.talked, &self.written, &self.answered, &self.returned].into_iter().flatten().copied()
    }

    /// What all of them sent.
    pub(crate) fn total(&self) -> u64 {
        self.all().sum()
    }

    /// The least that anybody sent.
    pub(crate) fn least(&self) -> u64 {
        self.all().min().unwrap_or(0)
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { talked, written, answered, returned, repeated, .. } = self;
        let all = self.all().sum::<u64>() + 2 * returned.iter().sum::<u64>();
        write!(
            f,
            "{all} calls answered, {repeated} sent again\n\
             bot: {talked:?}  to the agent: {written:?}  from the agent: {answered:?}  sessions: {returned:?}\n\
             lost 0, doubled 0, out of order 0"
        )
    }
}
