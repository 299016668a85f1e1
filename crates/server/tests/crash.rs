//! Promises B, C, D and rule 18 against `kill -9`: the real program is killed under load, over and over, and then its
//! transcripts are counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::words::{END, START};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::api::{Api, press, text};
use support::chance::Chance;
use support::ledger::Ledger;
use support::program::{Program, free_address, log_of};

const KILLS: u32 = 20;
const TALKERS: usize = 3;
const WRITERS: usize = 3;
const RETURNERS: usize = 2;

/// What everybody who takes part shares.
#[derive(Clone)]
struct Load {
    api: Api,
    over: Arc<AtomicBool>,
    repeated: Arc<AtomicU64>,
}

impl Load {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_b_c_d_hold_when_the_program_is_killed_under_load() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    std::fs::write(folder.with_extension("toml"), "api_requests_per_s = 100000\n").unwrap();
    let address = free_address();
    let mut chance = Chance::new(u64::from(std::process::id()));
    let mut program = Some(Program::start(&folder, address));

    let api = Api::new(address);
    let lifted = json!({ "loop_sessions": 1_000_000, "start_text": "" });
    api.until_answered(Method::PUT, "/v1/settings/livechat", &lifted).await;
    let load = Load { api, over: Arc::default(), repeated: Arc::default() };
    let spawn = |users: &[String], kind: fn(Load, String) -> Sends| -> Vec<_> {
        users.iter().map(|user| tokio::spawn(kind(load.clone(), user.clone()))).collect()
    };
    let (talkers, writers, returners) =
        (names("talker", TALKERS), names("writer", WRITERS), names("returner", RETURNERS));
    let talking = spawn(&talkers, |load, user| Box::pin(load.talker(user)));
    let writing = spawn(&writers, |load, user| Box::pin(load.writer(user)));
    let answering = spawn(&writers, |load, user| Box::pin(load.agent(user)));
    let returning = spawn(&returners, |load, user| Box::pin(load.returner(user)));

    let began = Instant::now();
    let mut up_after = Vec::new();
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(chance.between(50, 1200))).await;
        let (next, address, folder) = (program.take().unwrap(), address, folder.clone());
        let next = tokio::task::spawn_blocking(move || {
            next.kill();
            Program::start(&folder, address)
        });
        let next = next.await.unwrap();
        up_after.push(next.up_after);
        program = Some(next);
    }
    let killing = began.elapsed();
    load.over.store(true, Ordering::Relaxed);
    let talked = counts(talking).await;
    let written = counts(writing).await;
    let answered = counts(answering).await;
    let returned = counts(returning).await;
    // Everything that was answered is followed to its end, then looked at from outside the program that wrote it.
    while load.api.metric("handover_deliveries_pending").await != Some(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.take().unwrap().kill();

    let ledger = Ledger::open(&folder).await;
    for (user, n) in talkers.iter().zip(&talked) {
        ledger.check_talker(user, *n).await;
    }
    for ((user, to), from) in writers.iter().zip(&written).zip(&answered) {
        ledger.check_writer(user, *to, *from).await;
    }
    for (user, rounds) in returners.iter().zip(&returned) {
        ledger.check_returner(user, *rounds).await;
    }
    let slowest = up_after.iter().max().unwrap();
    let all = [&talked, &written, &answered, &returned].into_iter().flatten();
    println!(
        "killed {KILLS} times in {:.1} s, up again after at most {} ms; {} calls answered, {} sent again\n\
         bot: {talked:?}  to the agent: {written:?}  from the agent: {answered:?}  sessions: {returned:?}\n\
         lost 0, doubled 0, out of order 0",
        killing.as_secs_f64(),
        slowest.as_millis(),
        all.sum::<u64>() + 2 * returned.iter().sum::<u64>(),
        load.repeated.load(Ordering::Relaxed),
    );
    assert!(
        [talked, written, answered, returned].iter().flatten().all(|count| *count > 10),
        "there was hardly any load; the log: {}",
        log_of(&folder)
    );
    assert!(load.repeated.load(Ordering::Relaxed) > 0, "no call was ever cut off");
}

type Sends = std::pin::Pin<Box<dyn Future<Output = u64> + Send>>;

async fn counts(tasks: Vec<tokio::task::JoinHandle<u64>>) -> Vec<u64> {
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.expect("a sender that was answered in the end"));
    }
    counts
}

#[tokio::test]
async fn sigterm_stops_within_ten_seconds() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    let address = free_address();
    let program = Program::start(&folder, address);
    println!("on an empty folder: up after {} ms", program.up_after.as_millis());
    assert!(program.up_after < Duration::from_secs(10), "{:?}", program.up_after);
    let api = Api::new(address);
    api.chat("ada", "1", press("ABOUT_ME")).await;
    // Someone waits for messages that do not come: they must not hold up the stop.
    let waiting = tokio::spawn({
        let api = api.clone();
        let path = "/v1/api/messages?user_id=ada&after=1000&wait_s=60";
        async move { api.try_call(Method::GET, path, None).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopped = tokio::task::spawn_blocking(move || program.stop(Duration::from_secs(12)));
    let (status, took) = stopped.await.unwrap();
    println!("stopped after {} ms", took.as_millis());
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let _ = waiting.await;
    let again = Program::start(&folder, address);
    println!("on a folder in use before: up after {} ms", again.up_after.as_millis());
    assert!(!again.said.iter().any(|line| line.contains("was empty")), "{:?}", again.said);
}

#[test]
fn a_second_program_on_the_same_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    let program = Program::start(&folder, free_address());
    let second = Program::run_to_end(&folder, free_address());
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another handover is running"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    drop(program);
}
