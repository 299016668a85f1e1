//! People who write, and programs that answer for agents, all the time, until it is over; and what they sent.

use super::api::{Api, press, text};
use super::ledger::Ledger;
use handover_core::words::{END, START};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// What everybody who takes part shares.
#[derive(Clone)]
pub(crate) struct Load {
    api: Api,
    over: Arc<AtomicBool>,
    repeated: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
    /// Answers that named somebody else.
    crossed: Arc<AtomicU64>,
    pause: Duration,
}

impl Load {
    pub(crate) fn new(api: Api) -> Self {
        Self {
            api,
            over: Arc::default(),
            repeated: Arc::default(),
            answered: Arc::default(),
            crossed: Arc::default(),
            pause: Duration::ZERO,
        }
    }

    /// Everybody takes a breath before they write again, so that their desk keeps up with them.
    pub(crate) fn paced(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    async fn sent(&self, user: &str, (answer, times): (Value, u32)) {
        self.repeated.fetch_add(u64::from(times - 1), Ordering::Relaxed);
        self.answered.fetch_add(1, Ordering::Relaxed);
        let crossed = names_another(&answer.to_string(), user);
        self.crossed.fetch_add(u64::from(crossed), Ordering::Relaxed);
        tokio::time::sleep(self.pause).await;
    }

    /// Talks to the bot only: each message asks it to repeat something that is said only once.
    async fn talker(self, user: String) -> u64 {
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let name = json!({ "name": format!("{user} {n}") });
            let answer = self.api.chat_as(&user, &n.to_string(), press("ABOUT_ME"), name).await;
            self.sent(&user, answer).await;
        }
        n
    }

    /// Writes to the agent in an open session.
    async fn writer(self, user: String) -> u64 {
        self.api.chat(&user, "start", press(START)).await;
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let words = text(&format!("to {n} by {user}"));
            self.sent(&user, self.api.chat(&user, &n.to_string(), words).await).await;
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
            let body = json!({ "text": format!("from {n} for {user}"), "id": id, "agent": agent });
            let answer = self.api.until_answered(Method::POST, &path, &body).await;
            self.sent(&user, answer).await;
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
                (format!("{round} b"), text(&format!("round {round} by {user}"))),
                (format!("{round} c"), press(END)),
            ] {
                self.sent(&user, self.api.chat(&user, &id, payload).await).await;
            }
        }
        round
    }
}

/// Whether words name somebody of the crowd who is not `user`. Nobody's name begins with another's while there are fewer
/// than ten of a kind.
pub(crate) fn names_another(words: &str, user: &str) -> bool {
    ["talker-", "writer-", "returner-"].iter().any(|kind| {
        let mut found = words.match_indices(kind);
        found.any(|(at, _)| !words[at..].starts_with(user))
    })
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

    /// How many calls were answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.load.answered.load(Ordering::Relaxed)
    }

    /// How long it takes from now on until a call is answered.
    pub(crate) async fn until_answered(&self) -> Duration {
        let (began, before) = (Instant::now(), self.answered());
        while self.answered() == before {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing is answered any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
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
            crossed: self.load.crossed.load(Ordering::Relaxed),
        }
    }
}

/// What they sent and was answered.
pub(crate) struct Counted {
    pub(crate) names: [Vec<String>; 3],
    pub(crate) talked: Vec<u64>,
    pub(crate) written: Vec<u64>,
    pub(crate) answered: Vec<u64>,
    pub(crate) returned: Vec<u64>,
    /// How many calls were sent again, as no answer had come.
    pub(crate) repeated: u64,
    /// How many answers named somebody else.
    pub(crate) crossed: u64,
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

    /// What all of them were answered.
    pub(crate) fn calls(&self) -> u64 {
        self.total() + 2 * self.returned.iter().sum::<u64>()
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
        let all = self.calls();
        write!(
            f,
            "{all} calls answered, {repeated} sent again\n\
             bot: {talked:?}  to the agent: {written:?}  from the agent: {answered:?}  sessions: {returned:?}\n\
             lost 0, doubled 0, out of order 0"
        )
    }
}
