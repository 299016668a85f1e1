//! Promises B and D when the end of SQLite's log is damaged: the program is killed, bytes are flipped, cut off or wiped,
//! and it is started again. What was answered before the damaged frame is there, whole and in order; what was in it is
//! missing as a whole, and can be sent again.
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
use std::fs;
use std::path::Path;
use std::time::Duration;
use support::api::{Api, press, text};
use support::ledger::Ledger;
use support::program::{Program, free_address, log_of};

const WRITERS: usize = 3;
const MESSAGES: u64 = 60;
/// Of the log's header, and of the header of each of its frames, in bytes.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What is done to the last frame.
#[derive(Debug, Clone, Copy)]
enum Damage {
    FlipPage,
    FlipHeader,
    FlipChecksum,
    Wipe,
    CutInTheMiddle,
    /// The last bytes of the file, whatever they belong to.
    FlipEnd,
}

use Damage::{CutInTheMiddle, FlipChecksum, FlipEnd, FlipHeader, FlipPage, Wipe};

/// Damages the last frame of the log that counts: the last with the header's salts.
fn damage(log: &Path, how: Damage) -> usize {
    let mut bytes = fs::read(log).unwrap();
    if bytes.is_empty() {
        return 0;
    }
    let page = u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let frame = FRAME_HEADER + page;
    let count = (bytes.len() - HEADER) / frame;
    let at = |n: usize| HEADER + n * frame;
    let valid = (0..count).take_while(|n| bytes[at(*n) + 8..at(*n) + 16] == bytes[16..24]).count();
    assert!(valid > 2, "a log worth damaging");
    let last = at(valid - 1);
    match how {
        FlipPage => bytes[last + FRAME_HEADER + page / 2] ^= 0xff,
        FlipHeader => bytes[last + 3] ^= 0x01,
        FlipChecksum => bytes[last + 20] ^= 0x80,
        Wipe => bytes[last..last + frame].fill(0),
        CutInTheMiddle => bytes.truncate(last + frame / 2),
        FlipEnd => {
            let end = bytes.len();
            bytes[end - 16..].iter_mut().for_each(|byte| *byte ^= 0x55);
        }
    }
    fs::write(log, bytes).unwrap();
    valid
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    fs::copy(from.with_extension("toml"), to.with_extension("toml")).unwrap();
}

async fn say(api: &Api, user: &str, n: u64) {
    api.chat(user, &n.to_string(), text(&format!("to {n} {}", "x".repeat(700)))).await;
}

/// The numbers of the messages of a contact that the program shows to the desk.
async fn shown(api: &Api, user: &str) -> Vec<u64> {
    let Some(session) = api.session_of(user).await else { return Vec::new() };
    let (status, answer) = api.call(Method::GET, &format!("/v1/sessions/{session}"), None).await;
    assert!(status.is_success(), "{user}: {status} {answer}");
    let lines = answer["transcript"].as_array().unwrap();
    let said = lines.iter().filter(|line| line["from"] == "contact" && line["kind"] == "message");
    let texts =
        said.filter_map(|line| line["text"].as_str()?.strip_prefix("to ")?.split(' ').next());
    texts.map(|number| number.parse().unwrap()).collect()
}

/// Everybody writes; the program is killed `after` the last answer; each damage is done to a copy.
async fn killed(when_quiet: bool) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    fs::write(folder.with_extension("toml"), "api_requests_per_s = 100000\n").unwrap();
    let program = Program::start(&folder, free_address());
    let api = Api::new(program.address);
    let users: Vec<String> = (1..=WRITERS).map(|n| format!("writer-{n}")).collect();
    for user in &users {
        api.chat(user, "start", press(START)).await;
    }
    for n in 1..=MESSAGES {
        if when_quiet && n == MESSAGES {
            quiet(&folder).await;
        }
        for user in &users {
            say(&api, user, n).await;
        }
    }
    if when_quiet {
        quiet(&folder).await;
    }
    program.kill();

    for how in [FlipPage, FlipHeader, FlipChecksum, Wipe, CutInTheMiddle, FlipEnd] {
        let copied = home.path().join(format!("{how:?}"));
        copy(&folder, &copied);
        let frames = damage(&copied.join("handover.db-wal"), how);
        let program = Program::start(&copied, free_address());
        let api = Api::new(program.address);
        let mut missing = 0;
        for user in &users {
            let kept = shown(&api, user).await;
            let whole: Vec<u64> = (1..=kept.len() as u64).collect();
            assert_eq!(kept, whole, "{how:?}: {user}: what is there is there from the beginning");
            missing += MESSAGES - kept.len() as u64;
        }
        assert!(missing <= 1, "{how:?}: {missing} messages for one damaged frame");
        assert!(missing == 0 || frames > 0, "{how:?}: nothing was damaged, and yet one is missing");
        // Whoever sends everything again doubles nothing, and the program goes on.
        for user in &users {
            for n in MESSAGES - 5..=MESSAGES + 5 {
                say(&api, user, n).await;
            }
        }
        while api.metric("handover_deliveries_pending").await != Some(0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        program.kill();
        let ledger = Ledger::open(&copied).await;
        for user in &users {
            ledger.check_contact(user, MESSAGES + 5).await;
        }
        let log = log_of(&copied);
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{how:?}: {log}");
        let answered = MESSAGES * WRITERS as u64;
        println!(
            "{how:?} in {frames} frames: sent {answered}, answered {answered}, gone with the frame {missing}, \
             out of order 0; sent again: delivered all, lost 0, doubled 0"
        );
    }
}

/// Waits until the log has been emptied into the file, as it is when nothing is written for a while: were it only copied,
/// damage to it would later cover new pages with old ones, and leave half a decision.
async fn quiet(folder: &Path) {
    let log = folder.join("handover.db-wal");
    for _ in 0..500 {
        if fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the log was not emptied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_costs_the_damaged_frame_only() {
    killed(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_quiet_moment_there_is_nothing_to_damage() {
    killed(true).await;
}
