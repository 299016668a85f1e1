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

use reqwest::Method;
use std::time::{Duration, Instant};
use support::api::{Api, press};
use support::chance::Chance;
use support::ledger::Ledger;
use support::load::{Crowd, Load};
use support::program::{Program, free_address, log_of};

const KILLS: u32 = 20;
const TALKERS: usize = 3;
const WRITERS: usize = 3;
const RETURNERS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_b_c_d_hold_when_the_program_is_killed_under_load() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    std::fs::write(folder.with_extension("toml"), "api_requests_per_s = 100000\n").unwrap();
    let address = free_address();
    let mut chance = Chance::new(u64::from(std::process::id()));
    let mut program = Some(Program::start(&folder, address));

    let api = Api::new(address);
    let crowd = Crowd::start(Load::new(api.clone()), TALKERS, WRITERS, RETURNERS).await;

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
    let counted = crowd.over().await;
    // Everything that was answered is followed to its end, then looked at from outside the program that wrote it.
    while api.metric("handover_deliveries_pending").await != Some(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.take().unwrap().kill();

    let ledger = Ledger::open(&folder).await;
    counted.check(&ledger).await;
    let slowest = up_after.iter().max().unwrap();
    println!(
        "killed {KILLS} times in {:.1} s, up again after at most {} ms; {counted}",
        killing.as_secs_f64(),
        slowest.as_millis(),
    );
    assert!(counted.least() > 10, "there was hardly any load; the log: {}", log_of(&folder));
    assert!(counted.repeated > 0, "no call was ever cut off");
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
