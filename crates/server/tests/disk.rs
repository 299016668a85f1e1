//! Promises B, C and D against disks: full, failing, not to be written to, and damaged. The real program is put on them,
//! and then its transcripts are counted.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod support;

use handover_core::words::START;
use reqwest::Method;
use rustix::process::{Resource, Rlimit, geteuid, prlimit};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use support::api::{Api, press, text};
use support::ledger::Ledger;
use support::program::{Program, free_address, log_of};
use tokio::task::JoinHandle;

/// How long the disk is bad.
const BAD: Duration = Duration::from_millis(2500);
const WRITERS: u64 = 4;

/// A folder on a small disk of its own, where this machine allows that.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(at);
        let mounted = mount.output().is_ok_and(|out| out.status.success());
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// People who write to an agent all the while, each message repeated until it is answered with success.
struct Writers {
    over: Arc<AtomicBool>,
    refused: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<u64>>,
}

impl Writers {
    fn start(api: &Api) -> Self {
        let (over, refused, answered) = (
            Arc::<AtomicBool>::default(),
            Arc::<AtomicU64>::default(),
            Arc::<AtomicU64>::default(),
        );
        let tasks = (1..=WRITERS)
            .map(|writer| {
                let (api, over) = (api.clone(), Arc::clone(&over));
                let (refused, answered) = (Arc::clone(&refused), Arc::clone(&answered));
                tokio::spawn(async move {
                    let user = format!("writer-{writer}");
                    api.chat(&user, "start", press(START)).await;
                    let mut n = 0;
                    while !over.load(Ordering::Relaxed) {
                        n += 1;
                        let words = format!("to {n} {}", "x".repeat(1500));
                        let (_, times) = api.chat(&user, &n.to_string(), text(&words)).await;
                        answered.fetch_add(1, Ordering::Relaxed);
                        refused.fetch_add(u64::from(times - 1), Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(3)).await;
                    }
                    n
                })
            })
            .collect();
        Self { over, refused, answered, tasks }
    }

    fn so_far(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    async fn stop(self) -> (Vec<u64>, u64) {
        self.over.store(true, Ordering::Relaxed);
        let mut counts = Vec::new();
        for task in self.tasks {
            counts.push(task.await.expect("a writer that was answered in the end"));
        }
        (counts, self.refused.load(Ordering::Relaxed))
    }
}

/// A bad disk in the middle of a conversation: `break_it` and `mend_it` are what happens to it.
async fn a_bad_disk(
    name: &str,
    folder: &Path,
    break_it: impl Fn(&Program),
    mend_it: impl Fn(&Program),
) {
    fs::write(folder.with_extension("toml"), "api_requests_per_s = 100000\n").unwrap();
    let mut program = Program::start(folder, free_address());
    let api = Api::new(program.address);
    let writers = Writers::start(&api);
    tokio::time::sleep(Duration::from_millis(700)).await;
    break_it(&program);
    // What was under way may still come through.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let when_bad = writers.so_far();
    let mut told = None;
    let mut page_told = false;
    let mut read = 0;
    let until = tokio::time::Instant::now() + BAD;
    while tokio::time::Instant::now() < until {
        let body = json!({
            "client": { "user_id": "newcomer" }, "request_id": "1", "payload": text("hello"),
        });
        let Some((status, answer)) = api.try_call(Method::POST, "/v1/api/chat", Some(&body)).await
        else {
            panic!("no answer; it runs: {}; {}", program.runs(), log_of(folder));
        };
        if status.is_server_error() {
            assert_eq!(status.as_u16(), 503, "promise B: it is to be sent again: {answer}");
            assert_eq!(answer["error"]["code"], "not_stored");
            told = Some(answer["error"]["message"].as_str().unwrap_or_default().to_owned());
        }
        let frames = json!({ "frames": [
            { "type": "hello" },
            { "type": "say", "id": "1", "content": { "type": "text", "text": "hello" } },
        ] });
        let page = api.try_call(Method::POST, "/v1/web/web/messages", Some(&frames)).await;
        let page = page.map(|(_, answer)| answer["frames"][1].clone()).unwrap_or_default();
        if page["type"] == "refused" {
            assert_eq!(page["code"], "not_stored", "the chat page has words for it");
            assert!(page["retry_after_s"].as_u64() > Some(0), "promise B: it sends it again");
            page_told = true;
        }
        // What is there can still be read.
        let (status, _) = api.call(Method::GET, "/v1/sessions?state=open", None).await;
        read += u64::from(status.is_success());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let while_bad = writers.so_far() - when_bad;
    assert!(program.runs(), "it fell over: {}", log_of(folder));
    mend_it(&program);
    let mended = tokio::time::Instant::now();
    let before = writers.so_far();
    while writers.so_far() < before + 20 {
        assert!(mended.elapsed() < Duration::from_secs(10), "it did not go on: {}", log_of(folder));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = mended.elapsed();
    let (counts, refused) = writers.stop().await;
    while api.metric("handover_deliveries_pending").await != Some(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.kill();
    let ledger = Ledger::open(folder).await;
    for (writer, count) in (1..).zip(&counts) {
        ledger.check_contact(&format!("writer-{writer}"), *count).await;
    }
    println!(
        "{name}: sent {}, answered {0}, delivered {0}, lost 0, doubled 0, out of order 0; refused {refused} times, \
         {while_bad} taken and {read} reads answered while it was bad, on again after {} ms; it said: {told:?}",
        counts.iter().sum::<u64>(),
        again.as_millis(),
    );
    assert!(page_told, "no chat page was told while the disk was bad");
    let told = told.expect("somebody was told while the disk was bad");
    assert!(told.len() > 20 && !told.contains("SQL"), "in words: {told}");
    assert!(read > 0, "nothing could be read");
    assert!(refused > 0, "no call was ever refused");
    let log = log_of(folder);
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_got_over() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&home.path().join("disk")) else {
        println!(
            "this machine lets nobody mount a small disk; the failing disk is tested all the same"
        );
        return;
    };
    let filler = disk.0.join("filler");
    let fill = |_: &Program| {
        // To the last byte, whatever the program frees meanwhile.
        let chunk = vec![0_u8; 64 << 10];
        let mut file = fs::File::create(&filler).unwrap();
        while std::io::Write::write_all(&mut file, &chunk).is_ok() {}
        while std::io::Write::write_all(&mut file, &chunk[..512]).is_ok() {}
    };
    let free = |_: &Program| fs::remove_file(&filler).unwrap();
    a_bad_disk("full disk", &disk.0.join("data"), fill, free).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_no_more_writes_is_told_and_got_over() {
    let home = tempfile::tempdir().unwrap();
    let limit = |program: &Program, bytes: Option<u64>| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(program.pid()), Resource::Fsize, limit).unwrap();
    };
    let folder = home.path().join("data");
    a_bad_disk("failing disk", &folder, |it| limit(it, Some(4096)), |it| limit(it, None)).await;
}

/// The program, run to its end by somebody who may not write there.
fn by_somebody_else(folder: &Path, home: &Path) -> std::process::Output {
    let mut program = home.join("handover");
    if geteuid().is_root() {
        // Root may write everywhere: so it is nobody who runs a copy.
        fs::copy(env!("CARGO_BIN_EXE_handover"), &program).unwrap();
    } else {
        program = env!("CARGO_BIN_EXE_handover").into();
    }
    let mut command = Command::new(program);
    command.args(["serve", "--listen", &free_address().to_string(), "--data"]).arg(folder);
    command.env_remove("HANDOVER_CONFIG").env("NO_COLOR", "1").current_dir("/");
    if geteuid().is_root() {
        std::os::unix::process::CommandExt::uid(&mut command, 65_534);
    }
    command.output().unwrap()
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_to_is_named() {
    let home = tempfile::tempdir().unwrap();
    allow(home.path(), 0o755);
    let folder = home.path().join("data");
    let program = Program::start(&folder, free_address());
    Api::new(program.address).chat("ada", "1", text("hello")).await;
    let answered = 1;
    program.kill();

    let files: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    for (what, files_mode, folder_mode) in
        [("read only", 0o444, 0o555), ("not even read", 0o000, 0o555), ("closed", 0o444, 0o000)]
    {
        allow(&folder, 0o755);
        files.iter().filter(|file| file.is_file()).for_each(|file| allow(file, files_mode));
        allow(&folder, folder_mode);
        let out = by_somebody_else(&folder, home.path());
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        println!("{what}: {}", said.trim());
        assert!(!out.status.success(), "{what}");
        assert!(said.contains(&*folder.to_string_lossy()), "{what}: it names no folder: {said}");
        assert!(said.contains("may write"), "{what}: it names no fix: {said}");
        assert!(!said.contains("panicked"), "{what}: {said}");
    }
    // An empty folder that nobody can write to is no better.
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    allow(&empty, 0o555);
    let out = by_somebody_else(&empty, home.path());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    println!("empty: {}", said.trim());
    assert!(!out.status.success() && said.contains(&*empty.to_string_lossy()), "{said}");

    // It harmed nothing.
    allow(&folder, 0o700);
    files.iter().filter(|file| file.is_file()).for_each(|file| allow(file, 0o600));
    let (_, entries) = Ledger::open(&folder).await.transcript("ada").await;
    println!(
        "read-only folder: sent {answered}, answered {answered}, lost 0, lines {}",
        entries.len()
    );
    assert!(entries.iter().any(|entry| entry.source.is_some()), "promise B");
}
